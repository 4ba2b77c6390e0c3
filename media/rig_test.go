package media

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"ringsplash/media/sdp"
)

const patience = 5 * time.Second

var localhost = netip.MustParseAddr("127.0.0.1")

// newLoop opens a loop that must leave no goroutine behind.
func newLoop(t testing.TB, cfg Config) *Loop {
	t.Helper()
	before := goleak.IgnoreCurrent()
	l, err := Listen(cfg, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if n := l.broken.Load(); n != 0 {
			t.Errorf("%d panics were caught", n)
		}
		goleak.VerifyNone(t, before)
	})
	return l
}

// eventually waits until ok is true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// phone is a device of the test: a pair of sockets, and SDP written by hand.
type phone struct {
	t         testing.TB
	rtp, rtcp *net.UDPConn
	addr      netip.AddrPort
	to        netip.AddrPort // the gateway's RTP port
	buf       []byte
}

func newPhone(t testing.TB, at netip.Addr) *phone {
	t.Helper()
	a, b, err := openKernel(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return &phone{t: t, rtp: a, rtcp: b, addr: netip.AddrPortFrom(at, portOf(a)), buf: make([]byte, 2000)}
}

// sdp describes the phone with the m-line's formats and further lines.
func (p *phone) sdp(formats string, lines ...string) []byte {
	return sdpAt(p.addr, formats, lines...)
}

func sdpAt(at netip.AddrPort, formats string, lines ...string) []byte {
	text := fmt.Sprintf("v=0\r\no=phone 1 1 IN IP4 %s\r\ns=call\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP %s\r\n",
		at.Addr(), at.Addr(), at.Port(), formats)
	for _, l := range lines {
		text += l + "\r\n"
	}
	return []byte(text)
}

func (p *phone) send(pkt rtp.Packet) {
	p.t.Helper()
	pkt.Version = 2
	b, err := pkt.Marshal()
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.rtp.WriteToUDPAddrPort(b, p.to); err != nil {
		p.t.Fatal(err)
	}
}

// receive is the next RTP packet at the phone.
func (p *phone) receive() rtp.Packet {
	p.t.Helper()
	_ = p.rtp.SetReadDeadline(time.Now().Add(patience))
	n, _, err := p.rtp.ReadFromUDPAddrPort(p.buf)
	if err != nil {
		p.t.Fatal(err)
	}
	var pkt rtp.Packet
	if err := pkt.Unmarshal(append([]byte(nil), p.buf[:n]...)); err != nil {
		p.t.Fatal(err)
	}
	return pkt
}

// connect makes an RTP end for the phone, by an offer of the phone.
func connect(t testing.TB, l *Loop, p *phone, o RTPOptions, formats string, lines ...string) *RTPEnd {
	t.Helper()
	if !o.Peer.IsValid() {
		o.Peer = p.addr.Addr()
	}
	e, err := l.NewRTPEnd(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.TakeOffer(p.sdp(formats, lines...)); err != nil {
		t.Fatal(err)
	}
	answer, _, err := e.Answer([]sdp.Codec{sdp.PCMU, sdp.PCMA, sdp.G722, sdp.Opus}, sdp.SendRecv)
	if err != nil {
		t.Fatal(err)
	}
	p.to = e.Addr()
	if !strings.Contains(string(answer), fmt.Sprintf("m=audio %d ", p.to.Port())) {
		t.Fatalf("the answer does not name port %d:\n%s", p.to.Port(), answer)
	}
	return e
}

// recorder is a wire that keeps what is sent.
type recorder struct {
	mu      sync.Mutex
	packets []rtp.Packet
	reports [][]rtcp.Packet
	closed  int
}

func (w *recorder) sendRTP(b []byte) bool {
	var p rtp.Packet
	if err := p.Unmarshal(append([]byte(nil), b...)); err != nil {
		panic(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.packets = append(w.packets, p)
	return true
}

func (w *recorder) sendRTCP(p []rtcp.Packet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, p)
}

func (w *recorder) close() { w.closed++ }

func (w *recorder) sent() []rtp.Packet {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]rtp.Packet(nil), w.packets...)
}

func (w *recorder) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.packets)
}

// nowhere is a wire that sends everything to nobody.
type nowhere struct{}

func (nowhere) sendRTP([]byte) bool    { return true }
func (nowhere) sendRTCP([]rtcp.Packet) {}
func (nowhere) close()                 {}

var (
	g711Types = []sdp.PayloadType{
		{Number: 0, Format: sdp.FormatPCMU},
		{Number: 8, Format: sdp.FormatPCMA},
		{Number: 101, Format: sdp.FormatEvent8},
	}
	pcmaTypes  = []sdp.PayloadType{{Number: 8, Format: sdp.FormatPCMA}}
	opusTypes  = []sdp.PayloadType{{Number: 111, Format: sdp.FormatOpus}, {Number: 110, Format: sdp.FormatEvent48}}
	opusEvent8 = []sdp.PayloadType{{Number: 96, Format: sdp.FormatOpus}, {Number: 97, Format: sdp.FormatEvent8}}
)

// newBare makes an end without a network.
func newBare(t testing.TB, l *Loop, shut bool, types []sdp.PayloadType) (*End, *recorder) {
	t.Helper()
	w := &recorder{}
	e, err := newEnd(l, w, shut)
	if err != nil {
		t.Fatal(err)
	}
	e.setPayloads(newPayloads(types, types), false)
	return e, w
}

// still is a loop whose tick does not run: the test ticks.
func still() *Loop {
	return &Loop{log: slog.Default(), birth: time.Now(), closing: make(chan struct{})}
}
