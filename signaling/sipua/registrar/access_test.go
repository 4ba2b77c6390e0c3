package registrar

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"ringsplash/signaling/sipua/message"
	"ringsplash/test/rig"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// front is an Access behind a real socket, with a real store and directory.
type front struct {
	*Access
	*rig.Office
	addr  netip.AddrPort
	clock *clock
	stack *sipgo.UserAgent
}

// openFront starts one with Alice and Bob of the rig. change may be nil.
func openFront(t *testing.T, change func(*Config)) *front {
	t.Helper()
	f := &front{clock: &clock{now: time.Now()}}
	leaks := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		// sipgo answers what was under way from a new socket, even after Close.
		for range 5 {
			if goleak.Find(leaks) == nil {
				return
			}
			_ = f.stack.Close()
		}
		goleak.VerifyNone(t, leaks)
	})
	f.Office = rig.NewOffice(t)
	cfg := Config{Domain: rig.Domain, Node: "n1", Users: f.Users, Locations: f.Places, Store: f.Store, Now: f.clock.Now}
	if change != nil {
		change(&cfg)
	}
	var err error
	if f.Access, err = New(context.Background(), cfg, rig.Quiet); err != nil {
		t.Fatal(err)
	}
	f.serve(t)
	return f
}

// serve answers REGISTER, and INVITE with 480 and what Identify said.
func (f *front) serve(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = conn.LocalAddr().(*net.UDPAddr).AddrPort()
	ua, err := sipgo.NewUA()
	if err != nil {
		t.Fatal(err)
	}
	f.stack = ua
	server, err := sipgo.NewServer(ua)
	if err != nil {
		t.Fatal(err)
	}
	server.OnRegister(f.Register)
	server.OnInvite(func(req *sip.Request, tx sip.ServerTransaction) {
		caller, refusal := f.Identify(req)
		if refusal == nil {
			who, _ := json.Marshal(caller)
			refusal = &message.Refusal{Status: 480, Phrase: "Identified", Headers: []sip.Header{sip.NewHeader("X-Caller", string(who))}}
		}
		_ = tx.Respond(refusal.Response(req))
	})
	server.OnAck(func(*sip.Request, sip.ServerTransaction) {})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.ServeUDP(conn)
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		_ = ua.Close()
		<-done
	})
}

// branches counts the transactions of all peers.
var branches atomic.Int64

// peer is a bare UDP socket.
type peer struct {
	t    *testing.T
	f    *front
	conn *net.UDPConn
	addr string
	cseq int
	id   string
	// branch is that of the last message; answers to others are not read.
	branch string
}

func (f *front) peer(t *testing.T) *peer { return f.peerAt(t, "127.0.0.1") }

func (f *front) peerAt(t *testing.T, ip string) *peer {
	t.Helper()
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(ip)}, net.UDPAddrFromAddrPort(f.addr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	p := &peer{t: t, f: f, conn: conn, addr: conn.LocalAddr().String()}
	p.id = "call-" + p.addr
	return p
}

// raw sends a request and returns the final response to the last message,
// which gets its ACK when it is due; "" for none.
func (p *peer) raw(b string) string {
	p.t.Helper()
	if _, err := p.conn.Write([]byte(b)); err != nil {
		p.t.Fatal(err)
	}
	buf := make([]byte, 65536)
	_ = p.conn.SetReadDeadline(time.Now().Add(rig.Patience))
	for {
		n, err := p.conn.Read(buf)
		if err != nil {
			return ""
		}
		res := string(buf[:n])
		if strings.HasPrefix(res, "SIP/2.0 1") || !strings.Contains(res, p.branch) {
			continue
		}
		if method, rest, _ := strings.Cut(b, " "); method == "INVITE" {
			ack := strings.Replace("ACK "+rest, " INVITE\r\n", " ACK\r\n", 1)
			_, _ = p.conn.Write([]byte(strings.Replace(ack, "To: "+header(b, "To")[0], "To: "+header(res, "To")[0], 1)))
		}
		return res
	}
}

// message writes a request from a user of ours to himself (REGISTER) or to
// somebody (INVITE); lines replace or add headers, "Name:" alone removes one.
// SELF in them is the peer's address and NEW a branch of its own.
func (p *peer) message(method, uri, from, to string, lines ...string) string {
	p.cseq++
	// A port may come again while the gateway still remembers who had it before.
	branch := fmt.Sprintf("z9hG4bK%x.", branches.Add(1))
	p.branch = branch
	headers := []string{
		"Via: SIP/2.0/UDP " + p.addr + ";branch=" + branch + ";rport",
		"From: <" + from + ">;tag=1", "To: <" + to + ">", "Call-ID: " + p.id,
		fmt.Sprintf("CSeq: %d %s", p.cseq, method), "Max-Forwards: 70",
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		if name == "Via" || name == "From" || name == "To" || name == "Call-ID" || name == "CSeq" {
			headers = slices.DeleteFunc(headers, func(h string) bool { return strings.HasPrefix(h, name+":") })
		}
		if value != "" {
			headers = append(headers, strings.NewReplacer("SELF", p.addr, "NEW", branch).Replace(line))
		}
	}
	return method + " " + uri + " SIP/2.0\r\n" + strings.Join(headers, "\r\n") + "\r\nContent-Length: 0\r\n\r\n"
}

// register sends a REGISTER and answers its challenge.
func (p *peer) register(user, password string, lines ...string) string {
	p.t.Helper()
	aor := "sip:" + strings.Split(user, "~")[0] + "@" + rig.Domain
	return p.proven("REGISTER", "sip:"+rig.Domain, aor, aor, user, password, lines...)
}

// proven sends a request and answers its first challenge.
func (p *peer) proven(method, uri, from, to, user, password string, lines ...string) string {
	p.t.Helper()
	res := p.raw(p.message(method, uri, from, to, lines...))
	header := rig.Authorize(p.t, res, "", method, uri, user, password, 1)
	if header == "" {
		return res
	}
	return p.raw(p.message(method, uri, from, to, append(lines, header)...))
}

func status(res string) int {
	var n int
	_, _ = fmt.Sscanf(res, "SIP/2.0 %d", &n)
	return n
}

func phrase(res string) string {
	line, _, _ := strings.Cut(res, "\r\n")
	_, p, _ := strings.Cut(strings.TrimPrefix(line, "SIP/2.0 "), " ")
	return p
}

// header returns the values of a header in a response.
func header(res, name string) []string {
	var values []string
	for _, line := range strings.Split(res, "\r\n")[1:] {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			values = append(values, strings.TrimSpace(v))
		}
	}
	return values
}
