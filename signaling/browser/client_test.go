package browser

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/coder/websocket"

	"ringsplash/chat"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
)

// page is one WebSocket of a tab.
type page struct {
	r    *rig
	conn *websocket.Conn
}

// dial opens a socket and says nothing yet.
func (b *browserClient) dial() *page {
	b.r.t.Helper()
	p, status, err := b.tryDial(b.r.base)
	if err != nil {
		b.r.t.Fatalf("upgrade: %d %v", status, err)
	}
	return p
}

// tryDial opens a socket; status is that of a refusal.
func (b *browserClient) tryDial(origin string) (p *page, status int, err error) {
	header := http.Header{}
	if origin != "" {
		header.Set("Origin", origin)
	}
	ctx, cancel := context.WithTimeout(b.r.t.Context(), patience)
	defer cancel()
	plain := &http.Client{Jar: b.Jar, Transport: b.Transport.(checkedTransport).next}
	//nolint:bodyclose // the library says: never needed
	conn, res, err := websocket.Dial(ctx, b.r.base+"/ws", &websocket.DialOptions{HTTPClient: plain, HTTPHeader: header})
	if res != nil {
		status = res.StatusCode
	}
	if err != nil {
		return nil, status, err
	}
	conn.SetReadLimit(-1)
	p = &page{b.r, conn}
	b.r.t.Cleanup(func() { _ = conn.CloseNow() })
	return p, status, nil
}

// open opens a socket, says hello and takes the welcome.
func (b *browserClient) open(resume *tabKey) (*page, message) {
	b.r.t.Helper()
	p := b.dial()
	p.send(hello{Type: typeHello, Protocol: protocol, Build: "test", Resume: resume})
	m := p.read()
	if m.Type != typeWelcome {
		b.r.t.Fatalf("no welcome but %s", m.raw)
	}
	return p, m
}

func (p *page) send(v any) {
	p.r.t.Helper()
	b, ok := v.([]byte)
	if !ok {
		b = encode(v)
	}
	ctx, cancel := context.WithTimeout(p.r.t.Context(), patience)
	defer cancel()
	if err := p.conn.Write(ctx, websocket.MessageText, b); err != nil {
		p.r.t.Fatalf("send: %v", err)
	}
}

// do sends a command.
func (p *page) do(id string, c gateway.Command) {
	p.r.t.Helper()
	p.send(do{Type: typeDo, ID: id, Command: c})
}

// message is any message of the gateway.
type message struct {
	Type    string                 `json:"type"`
	Seq     uint64                 `json:"seq"`
	Now     string                 `json:"now"`
	Build   string                 `json:"build"`
	Tab     tabName                `json:"tab"`
	Resumed bool                   `json:"resumed"`
	Open    right                  `json:"open"`
	Bearer  string                 `json:"bearer"`
	ID      string                 `json:"id"`
	OK      bool                   `json:"ok"`
	Call    string                 `json:"call"`
	SDP     string                 `json:"sdp"`
	Kept    string                 `json:"message"`
	Talks   []chat.Conversation    `json:"conversations"`
	Error   *machine.CommandError  `json:"error"`
	Me      *gateway.MeView        `json:"me"`
	Calls   []machine.CallView     `json:"calls"`
	Devices []gateway.DeviceView   `json:"devices"`
	Counts  *gateway.CountersView  `json:"counters"`
	Present []gateway.PresenceView `json:"presence"`
	Media   *gateway.MediaView     `json:"media"`

	raw []byte
}

func (m message) key() *tabKey { return &tabKey{Tab: m.Tab.ID, Secret: m.Tab.Secret} }

// read takes the next message, which must be as docs/protocol.md has it.
func (p *page) read() message {
	p.r.t.Helper()
	m, err := p.tryRead()
	if err != nil {
		p.r.t.Fatalf("read: %v", err)
	}
	return m
}

func (p *page) tryRead() (message, error) {
	ctx, cancel := context.WithTimeout(p.r.t.Context(), patience)
	defer cancel()
	_, b, err := p.conn.Read(ctx)
	if err != nil {
		return message{}, err
	}
	m := message{raw: b}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, err
	}
	return m, documented(b)
}

// pump reads all the time, as a browser does, so that pings are answered.
func (p *page) pump() <-chan message {
	read := make(chan message, 100)
	go func() {
		defer close(read)
		for {
			_, b, err := p.conn.Read(p.r.t.Context())
			if err != nil {
				return
			}
			var m message
			if json.Unmarshal(b, &m) == nil {
				m.raw = b
				read <- m
			}
		}
	}()
	return read
}

// reply reads on until the reply to id comes.
func (p *page) reply(id string) message {
	p.r.t.Helper()
	for {
		if m := p.read(); m.Type == typeReply && m.ID == id {
			return m
		}
	}
}

// closed reads on until the gateway closes and returns the code.
func (p *page) closed() int {
	p.r.t.Helper()
	for {
		if _, err := p.tryRead(); err != nil {
			return int(websocket.CloseStatus(err))
		}
	}
}
