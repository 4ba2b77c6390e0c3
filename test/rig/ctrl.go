package rig

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// PhoneEvent is one event of a phone, as baresip reports it.
type PhoneEvent struct {
	Type    string `json:"type"` // CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED, ...
	Peer    string `json:"peeruri"`
	Display string `json:"peerdisplayname"`
	Param   string `json:"param"` // why a call was closed, the digit that was pressed
}

// ctrl is the one connection to a phone's ctrl_tcp: netstrings of JSON. A
// second connection would replace it, and events are not replayed.
type ctrl struct {
	conn net.Conn

	mu      sync.Mutex
	pending []PhoneEvent
	changed chan struct{} // closed and replaced when pending grew or the connection ended
	replies map[string]chan reply
	tokens  int
	ended   error
}

type reply struct {
	OK    bool   `json:"ok"`
	Data  string `json:"data"`
	Token string `json:"token"`
}

func newCtrl(conn net.Conn) *ctrl {
	c := &ctrl{conn: conn, changed: make(chan struct{}), replies: map[string]chan reply{}}
	go c.read()
	return c
}

func (c *ctrl) read() {
	r := bufio.NewReader(c.conn)
	for {
		text, err := readNetstring(r)
		c.mu.Lock()
		if err != nil {
			c.ended = err
			c.wake()
			c.mu.Unlock()
			return
		}
		var kind struct {
			Event bool `json:"event"`
		}
		_ = json.Unmarshal(text, &kind)
		if kind.Event {
			var ev PhoneEvent
			_ = json.Unmarshal(text, &ev)
			c.pending = append(c.pending, ev)
			c.wake()
		} else {
			var rep reply
			_ = json.Unmarshal(text, &rep)
			if ch := c.replies[rep.Token]; ch != nil {
				delete(c.replies, rep.Token)
				ch <- rep
			}
		}
		c.mu.Unlock()
	}
}

func (c *ctrl) wake() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func readNetstring(r *bufio.Reader) ([]byte, error) {
	size, err := r.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(size, ":"))
	if err != nil || n < 0 || n > 1<<20 {
		return nil, fmt.Errorf("ctrl_tcp: bad length %q", size)
	}
	text := make([]byte, n+1)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, err
	}
	// baresip leaves control characters in its strings, which JSON forbids.
	for i, b := range text[:n] {
		if b < ' ' || b == 0x7f {
			text[i] = ' '
		}
	}
	return text[:n], nil
}

// command sends one command and waits for its reply.
func (c *ctrl) command(name, params string) (reply, error) {
	c.mu.Lock()
	c.tokens++
	token, ch := fmt.Sprintf("t%d", c.tokens), make(chan reply, 1)
	c.replies[token] = ch
	c.mu.Unlock()
	text, err := json.Marshal(map[string]string{"command": name, "params": params, "token": token})
	if err != nil {
		return reply{}, err
	}
	if _, err := fmt.Fprintf(c.conn, "%d:%s,", len(text), text); err != nil {
		return reply{}, err
	}
	select {
	case rep := <-ch:
		return rep, nil
	case <-time.After(Patience):
		return reply{}, fmt.Errorf("no reply to %s %s", name, params)
	}
}

// wait takes the first pending event of one of the types out of the list.
func (c *ctrl) wait(limit time.Duration, types []string) (PhoneEvent, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		c.mu.Lock()
		at := slices.IndexFunc(c.pending, func(ev PhoneEvent) bool { return slices.Contains(types, ev.Type) })
		if at >= 0 {
			ev := c.pending[at]
			c.pending = slices.Delete(c.pending, at, at+1)
			c.mu.Unlock()
			return ev, nil
		}
		seen, changed, ended := fmt.Sprint(c.pending), c.changed, c.ended
		c.mu.Unlock()
		if ended != nil {
			return PhoneEvent{}, fmt.Errorf("no %v: the phone closed its control connection: %w", types, ended)
		}
		select {
		case <-changed:
		case <-timer.C:
			return PhoneEvent{}, fmt.Errorf("no %v within %v; seen meanwhile: %s", types, limit, seen)
		}
	}
}

// saw tells whether an event of the type waits to be taken.
func (c *ctrl) saw(kind string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.pending, func(ev PhoneEvent) bool { return ev.Type == kind })
}
