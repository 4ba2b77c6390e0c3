package demo

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"ringsplash/internal/mailbox"
)

//go:embed page
var files embed.FS

// page serves /demo and its socket: faces as JSON, loudspeaker sound as binary
// messages (one byte for the phone, then 20 ms of PCMU).
type page struct {
	d      *Demo
	log    *slog.Logger
	static http.Handler
	done   chan struct{}

	mu      sync.Mutex
	viewers map[*viewer]struct{}
	wg      sync.WaitGroup
}

// viewer is one open page.
type viewer struct {
	wake  chan struct{}
	sound chan []byte
}

func newPage(d *Demo, log *slog.Logger) *page {
	sub, _ := fs.Sub(files, "page") // the folder is embedded above
	static := http.StripPrefix("/demo", http.FileServerFS(sub))
	return &page{d: d, log: log, static: static, done: make(chan struct{}), viewers: map[*viewer]struct{}{}}
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/demo/socket":
		p.socket(w, r)
	case "/demo":
		http.Redirect(w, r, "/demo/", http.StatusMovedPermanently)
	default:
		w.Header().Set("Content-Security-Policy",
			"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "+
				"form-action 'none'; frame-ancestors 'none'")
		p.static.ServeHTTP(w, r)
	}
}

// changed tells all open pages to look again.
func (p *page) changed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for v := range p.viewers {
		mailbox.Wake(v.wake)
	}
}

// sound hands 20 ms to the open pages; a slow page misses some.
func (p *page) sound(phone string, payload []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.viewers) == 0 {
		return
	}
	frame := append([]byte{phone[0]}, payload...)
	for v := range p.viewers {
		select {
		case v.sound <- frame:
		default:
		}
	}
}

func (p *page) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	p.wg.Add(1)
	defer p.wg.Done()
	defer func() { _ = conn.CloseNow() }()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	v := &viewer{wake: make(chan struct{}, 1), sound: make(chan []byte, 50)}
	v.wake <- struct{}{}
	p.mu.Lock()
	p.viewers[v] = struct{}{}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.viewers, v)
		p.mu.Unlock()
	}()
	p.wg.Go(func() {
		defer cancel()
		p.read(ctx, conn)
	})
	p.write(ctx, conn, v)
}

func (p *page) write(ctx context.Context, conn *websocket.Conn, v *viewer) {
	send := func(kind websocket.MessageType, b []byte) bool {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		return conn.Write(ctx, kind, b) == nil
	}
	for ok := true; ok; {
		select {
		case <-ctx.Done():
			return
		case <-p.done:
			return
		case <-v.wake:
			text, err := json.Marshal([]face{p.d.alice.look(), p.d.bob.look()})
			ok = err == nil && send(websocket.MessageText, text)
		case b := <-v.sound:
			ok = send(websocket.MessageBinary, b)
		}
	}
}

// read takes the keys pressed on the page.
func (p *page) read(ctx context.Context, conn *websocket.Conn) {
	conn.SetReadLimit(1024)
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var press struct{ Phone, Key string }
		if err := json.Unmarshal(text, &press); err != nil {
			p.log.Debug("demo page sent nonsense", "err", err)
			continue
		}
		p.press(press.Phone, press.Key)
	}
}

func (p *page) press(name, key string) {
	ph := p.d.alice
	if name == "bob" {
		ph = p.d.bob
	}
	keys := map[string]func(){
		"call": p.d.callAlice, "lift": ph.lift, "hangup": ph.hangUp, "mute": ph.mute, "hold": ph.hold, "star": ph.star,
	}
	if do := keys[key]; do != nil {
		do()
	}
}

// close ends the open pages' sockets and waits for them.
func (p *page) close() {
	close(p.done)
	p.wg.Wait()
}
