package trunk

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
	"ringsplash/test/rig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const wait = 30 * time.Second

// pbx answers each request over UDP with its status.
type pbx struct {
	at     string
	status atomic.Int32
	asked  atomic.Int32
}

func newPBX(t *testing.T) *pbx {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, done := &pbx{at: c.LocalAddr().String()}, make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65535)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			m, err := message.NewParser().ParseSIP(buf[:n])
			if req, ok := m.(*sip.Request); err == nil && ok {
				p.asked.Add(1)
				_, _ = c.WriteTo([]byte(sip.NewResponseFromRequest(req, int(p.status.Load()), "Answer", nil).String()), from)
			}
		}
	}()
	t.Cleanup(func() { _ = c.Close(); <-done })
	return p
}

// serve opens trunks over a socket of their own; end gives them up and is what
// they logged.
func serve(t *testing.T, list ...Config) (ts *Trunks, end func() string) {
	t.Helper()
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, nil))
	w, err := wire.Open(wire.Config{Listen: []string{"udp://127.0.0.1:0"}}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	allow := func() string { return "OPTIONS" }
	if ts, err = Open(list, Agent{Wire: w, Log: log, Domain: "example.test", Allow: allow}); err != nil {
		t.Fatal(err)
	}
	if err := w.Serve(wire.Above{
		Route: func(*sipgo.Server) {}, Read: func(_ sip.TransportReadProps, b []byte) ([]byte, error) { return b, nil },
		Regular: func(netip.Addr) bool { return true }, Stray: func(*sip.Response) {}, Closed: func(message.Flow) {},
	}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ts.Serve(ctx)
	end = func() string {
		cancel()
		ts.Wait()
		w.Close()
		return text.String()
	}
	t.Cleanup(func() { end() })
	return ts, end
}

// A trunk is up while it answers OPTIONS with anything but 408 and 503; two in
// a row count.
func TestState(t *testing.T) {
	p := newPBX(t)
	p.status.Store(503)
	ts, end := serve(t, Config{Name: "pbx", Address: "sip:" + p.at, Ping: 100 * time.Millisecond},
		Config{Name: "unasked", Address: "sip:127.0.0.9"})
	if !ts.Up("pbx") || ts.Up("nobody") {
		t.Errorf("at first: pbx is up %v, nobody is up %v", ts.Up("pbx"), ts.Up("nobody"))
	}
	rig.Until(t, wait, "the trunk is down", func() bool { return !ts.Up("pbx") })
	if n := p.asked.Load(); n < 2 {
		t.Errorf("down after %d answers", n)
	}
	states := ts.States()
	if states[0].Name != "pbx" || states[1].Name != "unasked" || states[0].Why != "it says 503 Answer" || !states[1].Up {
		t.Errorf("states: %+v", states)
	}
	p.status.Store(404)
	rig.Until(t, wait, "the trunk is up", func() bool { return ts.Up("pbx") })
	if why := ts.States()[0].Why; why != "" {
		t.Errorf("up, but %s", why)
	}
	if text := end(); !strings.Contains(text, "trunk is down") || !strings.Contains(text, "trunk is up") {
		t.Error("the log does not tell")
	}
}

// Refused credentials bring a trunk down, the ping alone does not bring it up.
func TestRegistrationCounts(t *testing.T) {
	p := newPBX(t)
	p.status.Store(403)
	ts, _ := serve(t, Config{
		Name: "pbx", Address: "sip:" + p.at, Ping: 50 * time.Millisecond, Register: Credentials{User: "us", Password: "x"},
	})
	rig.Until(t, wait, "the trunk is down", func() bool { return !ts.Up("pbx") })
	asked := p.asked.Load()
	rig.Until(t, wait, "it answers OPTIONS", func() bool { return p.asked.Load() > asked+3 })
	if s := ts.States()[0]; s.Up || s.Why != "the registrar says 403 Answer" {
		t.Errorf("state: %+v", s)
	}
	p.status.Store(200)
	rig.Until(t, wait, "the trunk is up", func() bool { return ts.Up("pbx") })
}

// What is wrong with a configuration is told with the name of the trunk.
func TestOpen(t *testing.T) {
	for name, row := range map[string]struct {
		list []Config
		want string
	}{
		"no name":   {[]Config{{Address: "sip:h"}}, `trunk name "" is empty`},
		"twice":     {[]Config{{Name: "a", Address: "sip:h"}, {Name: "a", Address: "sip:h"}}, "used twice"},
		"address":   {[]Config{{Name: "a", Address: "mail:h"}}, "trunk a: address"},
		"transport": {[]Config{{Name: "a", Address: "sip:h", Transport: "sctp"}}, "write udp, tcp or tls"},
		"CA":        {[]Config{{Name: "a", Address: "sip:h", CA: "/nonexistent"}}, "trunk a: "},
		"AOR": {
			[]Config{{Name: "a", Address: "sip:h", AOR: "tel:1", Register: Credentials{User: "u"}}},
			`aor "tel:1" is not a sip: address`,
		},
	} {
		if _, err := Open(row.list, Agent{Log: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
}
