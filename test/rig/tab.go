package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// Tab is a browser tab without a browser: it speaks the WebSocket protocol and
// keeps the newest parts. It has no media.
type Tab struct {
	t    testing.TB
	conn *websocket.Conn

	mu      sync.Mutex
	parts   map[string]json.RawMessage
	replies map[string]TabReply
	next    int
	bytes   int
	follows map[string]func(json.RawMessage)
	done    chan struct{}
}

// TabReply is the gateway's reply to a command.
type TabReply struct {
	OK    bool `json:"ok"`
	Error struct{ Code, Message string }
	Call  string `json:"call"`
}

// TabCall is a call as the tab sees it.
type TabCall struct {
	ID         string  `json:"id"`
	Version    uint64  `json:"version"`
	State      string  `json:"state"`
	On         *string `json:"on"`
	Microphone string  `json:"microphone"`
	Reason     string  `json:"reason"`
}

// OpenTab opens a tab of the logged-in user. It ends with the test.
func (c *Client) OpenTab(t testing.TB) *Tab {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), "ws"+c.base[len("http"):]+"/ws", &websocket.DialOptions{
		HTTPClient: c.http, HTTPHeader: http.Header{"Origin": {c.base}},
	})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	tab := &Tab{
		t: t, conn: conn, parts: map[string]json.RawMessage{}, replies: map[string]TabReply{},
		follows: map[string]func(json.RawMessage){}, done: make(chan struct{}),
	}
	go tab.read()
	t.Cleanup(func() {
		_ = conn.CloseNow()
		<-tab.done
	})
	tab.send(map[string]any{"type": "hello", "protocol": 1, "build": "test"})
	Until(t, Patience, "the tab is welcome", func() bool { return tab.Part("me", new(struct{})) })
	return tab
}

func (tab *Tab) read() {
	defer close(tab.done)
	for {
		_, text, err := tab.conn.Read(context.Background())
		if err != nil {
			return
		}
		var m map[string]json.RawMessage
		if json.Unmarshal(text, &m) != nil {
			return
		}
		tab.mu.Lock()
		tab.bytes += len(text)
		if string(m["type"]) == `"reply"` {
			var id string
			var r TabReply
			_ = json.Unmarshal(m["id"], &id)
			_ = json.Unmarshal(text, &r)
			tab.replies[id] = r
		} else {
			maps.Copy(tab.parts, m)
			for name, told := range tab.follows {
				if part, changed := m[name]; changed {
					told(part)
				}
			}
		}
		tab.mu.Unlock()
	}
}

func (tab *Tab) send(m any) {
	tab.t.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		tab.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := tab.conn.Write(ctx, websocket.MessageText, text); err != nil {
		tab.t.Fatal(err)
	}
}

// Bytes is how much the gateway has sent.
func (tab *Tab) Bytes() int {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return tab.bytes
}

// Follow has each new state of a part told at once, in the order they come. told
// must not block.
func (tab *Tab) Follow(part string, told func(json.RawMessage)) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.follows[part] = told
}

// Part decodes the newest state of a part, false before the first.
func (tab *Tab) Part(name string, into any) bool {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	text, ok := tab.parts[name]
	return ok && json.Unmarshal(text, into) == nil
}

// Order sends a command and gives its id. fields are name, value, name, value.
func (tab *Tab) Order(do string, fields ...any) (id string) {
	tab.t.Helper()
	tab.mu.Lock()
	tab.next++
	id = fmt.Sprint(tab.next)
	tab.mu.Unlock()
	m := map[string]any{"type": "do", "id": id, "do": do}
	for pair := range slices.Chunk(fields, 2) {
		m[pair[0].(string)] = pair[1]
	}
	tab.send(m)
	return id
}

// Do sends a command and waits for its reply.
func (tab *Tab) Do(do string, fields ...any) TabReply {
	tab.t.Helper()
	id := tab.Order(do, fields...)
	var reply TabReply
	Until(tab.t, Patience, "a reply to "+do, func() bool {
		tab.mu.Lock()
		defer tab.mu.Unlock()
		r, ok := tab.replies[id]
		reply = r
		return ok
	})
	return reply
}

// Call waits until the tab's newest call is as ok says, and returns it.
func (tab *Tab) Call(what string, ok func(TabCall) bool) TabCall {
	tab.t.Helper()
	var last TabCall
	Until(tab.t, Patience, "the tab sees a call "+what, func() bool {
		var calls []TabCall
		if !tab.Part("calls", &calls) || len(calls) == 0 {
			return false
		}
		last = calls[len(calls)-1]
		return ok(last)
	})
	return last
}

// InState waits for the newest call's state.
func (tab *Tab) InState(state string) TabCall {
	tab.t.Helper()
	return tab.Call(state, func(c TabCall) bool { return c.State == state })
}

// Microphone waits for the newest call's microphone.
func (tab *Tab) Microphone(state string) TabCall {
	tab.t.Helper()
	return tab.Call("with its microphone "+state, func(c TabCall) bool { return c.State == "connected" && c.Microphone == state })
}
