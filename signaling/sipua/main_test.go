package sipua

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/policy"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// Timers a tenth of RFC 3261's: what waits 64*T1 waits 3.2 s here.
func TestMain(m *testing.M) {
	sip.SetTimers(50*time.Millisecond, 400*time.Millisecond, 500*time.Millisecond)
	goleak.VerifyTestMain(m)
}

const wait = 30 * time.Second

const (
	offerSDP  = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n"
	answerSDP = "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4002 RTP/AVP 0\r\na=sendrecv\r\n"
	holdSDP   = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"
)

// line is what a test holds of one leg: the leg and its events in order.
type line struct {
	t      *testing.T
	leg    gateway.Leg
	in     gateway.Incoming
	events chan machine.Event
	kept   chan machine.Kept
}

func newLine(t *testing.T) *line {
	return &line{t: t, events: make(chan machine.Event, 1000), kept: make(chan machine.Kept, 1000)}
}

func (l *line) sink(e machine.Event) {
	if k, ok := e.(machine.Kept); ok { // comes beside what a test is about
		l.kept <- k
		return
	}
	l.events <- e
}

// expect waits for the next event, which must be of the type of E.
func expect[E machine.Event](l *line) E {
	l.t.Helper()
	select {
	case e := <-l.events:
		if want, ok := e.(E); ok {
			return want
		}
		var want E
		l.t.Fatalf("got %T %+v, want %T", e, e, want)
	case <-time.After(wait):
		var want E
		l.t.Fatalf("no event, want %T", want)
	}
	panic("not reached")
}

// silent checks that nothing was posted. Call it after a barrier.
func (l *line) silent() {
	l.t.Helper()
	select {
	case e := <-l.events:
		l.t.Fatalf("unexpected %T %+v", e, e)
	default:
	}
}

// board is a Calls that hands each new call to the test.
type board struct {
	t     *testing.T
	lines chan *line
}

func newBoard(t *testing.T) *board { return &board{t: t, lines: make(chan *line, 1000)} }

func (d *board) Begin(build func(gateway.Sink) gateway.Incoming) {
	l := newLine(d.t)
	l.in = build(l.sink)
	l.leg = l.in.Leg
	d.lines <- l
}

func (d *board) next() *line {
	d.t.Helper()
	select {
	case l := <-d.lines:
		return l
	case <-time.After(wait):
		d.t.Fatal("no call came")
		return nil
	}
}

// logged collects a log that a test can search.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// party is a UA under test with a board behind it.
type party struct {
	*UA
	t    *testing.T
	desk *board
	log  *logged
}

// setup is what a test may change of a party.
type setup struct {
	Config
	Receiver
}

func newParty(t *testing.T, change func(*setup)) *party {
	t.Helper()
	p := &party{t: t, desk: newBoard(t), log: &logged{}}
	cfg := setup{Config{
		Config: wire.Config{Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}},
		Domain: "example.test", AllowDomains: []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"},
	}, Receiver{Calls: p.desk}}
	if change != nil {
		change(&cfg)
	}
	var out io.Writer = p.log
	if os.Getenv("SIPUA_LOG") != "" {
		out = io.MultiWriter(p.log, os.Stderr)
	}
	ua, err := Open(cfg.Config, slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	p.UA = ua
	t.Cleanup(func() { _ = ua.Close() })
	if err := ua.Serve(cfg.Receiver); err != nil {
		t.Fatal(err)
	}
	return p
}

// at is the address of a party's socket as host:port.
func (p *party) at(network string) string {
	p.t.Helper()
	for _, a := range p.Addrs() {
		if rest, ok := strings.CutPrefix(a, network+"://"); ok {
			return rest
		}
	}
	p.t.Fatalf("no %s socket", network)
	return ""
}

var caller = policy.Identity{Address: "sip:bob@example.test", Display: `Bob "the" Builder`, Level: policy.Proven}

// call starts a branch from p to a URI.
func (p *party) call(uri string, change func(*gateway.Invite)) *line {
	l := newLine(p.t)
	in := gateway.Invite{
		Leg: machine.LegID("leg-" + message.NewToken()), URI: uri, From: caller, To: "sip:alice@example.test",
		Offer: []byte(offerSDP),
	}
	if change != nil {
		change(&in)
	}
	l.leg = p.Invite(in, l.sink)
	return l
}

// gone waits until no leg is left.
func (p *party) gone() {
	p.t.Helper()
	for deadline := time.Now().Add(wait); p.Legs() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("%d legs are still alive", p.Legs())
		}
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if b, ok := got.([]byte); ok {
		got = string(b)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func mustAddr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func uriAt(user, at, network string) string {
	if network != "udp" {
		return fmt.Sprintf("sip:%s@%s;transport=%s", user, at, network)
	}
	return fmt.Sprintf("sip:%s@%s", user, at)
}
