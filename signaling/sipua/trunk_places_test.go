package sipua

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/test/rig"
)

// server is a trunk's server that answers by itself: OPTIONS and REGISTER with
// 200, INVITE with 486, until it is told otherwise.
type server struct {
	*rawPeer
	mu     sync.Mutex
	status map[string]int // by method; 0 for no answer
	asked  map[string]int // transactions so far, by method
	known  map[string]bool
	over   bool // what is still read is not answered
}

func newServer(t *testing.T, p *party, at netip.AddrPort) *server {
	t.Helper()
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{
		rawPeer: &rawPeer{t: t, conn: c, tag: message.NewToken()}, asked: map[string]int{}, known: map[string]bool{},
		status: map[string]int{"OPTIONS": 200, "REGISTER": 200, "INVITE": 486},
	}
	var done sync.WaitGroup
	done.Go(func() {
		buf := make([]byte, 65535)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			if m, err := message.NewParser().ParseSIP(buf[:n]); err == nil {
				if req, ok := m.(*sip.Request); ok {
					s.serve(req, from.String())
				}
			}
		}
	})
	t.Cleanup(func() { s.stop(); done.Wait() })
	return s
}

func (s *server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	_ = s.conn.Close()
}

func (s *server) serve(req *sip.Request, from string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	method := string(req.Method)
	if branch := req.Via().Params.String(); !s.known[method+branch] {
		s.known[method+branch] = true
		s.asked[method]++
	}
	if status := s.status[method]; status != 0 && !s.over {
		s.send(from, s.reply(req, status, "Answer", s.tag, ""))
	}
}

// says sets the answer to the methods.
func (s *server) says(status int, methods ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range methods {
		s.status[m] = status
	}
}

func (s *server) count(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[method]
}

func (p *party) callTrunk() int {
	out := p.call("sip:123@pbx.test", func(in *gateway.Invite) { in.Trunk = "pbx" })
	return expect[machine.Refused](out).Status
}

// A trunk with a name is there as soon as the name is, goes where the name goes,
// and stays where it was when the name cannot be found any more.
func TestTrunkFollowsItsName(t *testing.T) {
	dns := rig.NewDNS(t)
	first := newWire(t, "127.0.0.3")
	port := mustAddr(first.addr()).Port()
	_ = first.conn.Close()
	var p *party
	began := time.Now()
	p = newParty(t, func(c *setup) {
		c.Resolver, c.lookAgain = dns.Resolver, 50*time.Millisecond
		c.Trunks = []trunk.Config{{
			Name: "pbx", Address: fmt.Sprintf("sip:pbx.test:%d", port), Transport: "udp", Ping: 50 * time.Millisecond,
		}}
	})
	if took := time.Since(began); took > wait/2 {
		t.Errorf("it took %v to start without a name server", took)
	}
	asked := dns.Asked()
	until(t, "it asks again", func() bool { return dns.Asked() > asked+4 })
	state := p.Trunks().States()[0]
	if state.Up || state.Found || !strings.Contains(state.Why, `"pbx.test" cannot be found`) || p.Trunks().Addrs("pbx") != nil {
		t.Errorf("without a name server: %+v at %v", state, p.Trunks().Addrs("pbx"))
	}
	same(t, "lines in the log", strings.Count(p.log.String(), "level=WARN"), 1)
	same(t, "a call", p.callTrunk(), 503)

	at := func(ip string) *server {
		addr := netip.AddrPortFrom(netip.MustParseAddr(ip), port)
		s := newServer(t, p, addr)
		dns.Serve("host-record=pbx.test," + ip)
		until(t, "the trunk is at "+ip, func() bool {
			addrs := p.Trunks().Addrs("pbx")
			return len(addrs) == 1 && addrs[0] == addr.Addr() && p.Trunks().Up("pbx") && p.Trunks().States()[0].Found
		})
		same(t, "a call", p.callTrunk(), 486)
		same(t, "INVITEs", s.count("INVITE"), 1)
		peer, known := p.peer(addr, "udp")
		same(t, "who calls from there", fmt.Sprint(peer.Name, known), "pbxtrue")
		return s
	}
	old := at("127.0.0.3")
	now := at("127.0.0.4")
	same(t, "INVITEs at the old address", old.count("INVITE"), 1)
	if _, known := p.peer(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.3"), port), "udp"); known {
		t.Error("the old address still counts as the trunk")
	}

	dns.Stop()
	until(t, "the look-up fails", func() bool { return !p.Trunks().States()[0].Found })
	asked = dns.Asked()
	until(t, "it asks again", func() bool { return dns.Asked() > asked+4 })
	same(t, "up", p.Trunks().Up("pbx"), true)
	same(t, "a call", p.callTrunk(), 486)
	same(t, "INVITEs", now.count("INVITE"), 2)
}

// Of several servers the one with the best record is used while it answers, and
// the next one when it does not (RFC 3263 4.3).
func TestTrunkHasSeveralServers(t *testing.T) {
	dns := rig.NewDNS(t)
	one, two := newWire(t, "127.0.0.3"), newWire(t, "127.0.0.4")
	addrs := []netip.AddrPort{mustAddr(one.addr()), mustAddr(two.addr())}
	_, _ = one.conn.Close(), two.conn.Close()
	best, next := newServer(t, nil, addrs[0]), newServer(t, nil, addrs[1])
	dns.Serve("host-record=one.pbx.test,127.0.0.3", "host-record=two.pbx.test,127.0.0.4",
		fmt.Sprintf("srv-host=_sip._udp.pbx.test,two.pbx.test,%d,20", addrs[1].Port()),
		fmt.Sprintf("srv-host=_sip._udp.pbx.test,one.pbx.test,%d,10", addrs[0].Port()))
	p := newParty(t, func(c *setup) {
		c.Resolver, c.lookAgain, c.First1xx = dns.Resolver, 50*time.Millisecond, time.Second
		c.Trunks = []trunk.Config{{
			Name: "pbx", Address: "sip:pbx.test", Ping: 50 * time.Millisecond,
			Register: trunk.Credentials{User: "us", Password: "x"},
		}}
	})
	first := func() netip.Addr { return p.Trunks().Addrs("pbx")[0] }
	until(t, "it is registered at the best", func() bool { return best.count("REGISTER") == 1 && p.Trunks().Up("pbx") })
	same(t, "addresses", fmt.Sprint(p.Trunks().Addrs("pbx")), "[127.0.0.3 127.0.0.4]")

	// One call that the best cannot take goes to the next at once.
	best.says(503, "INVITE")
	same(t, "the call", p.callTrunk(), 486)
	same(t, "INVITEs", fmt.Sprint(best.count("INVITE"), next.count("INVITE")), "1 1")
	next.says(503, "INVITE")
	same(t, "a call that neither takes", p.callTrunk(), 503)
	same(t, "INVITEs", fmt.Sprint(best.count("INVITE"), next.count("INVITE")), "2 2")
	next.says(486, "INVITE")

	// The best goes into maintenance, and comes back.
	best.says(503, "OPTIONS")
	until(t, "the trunk is at the next", func() bool { return first() == addrs[1].Addr() })
	until(t, "it is registered there", func() bool { return next.count("REGISTER") > 0 && p.Trunks().Up("pbx") })
	best.says(200, "OPTIONS")
	until(t, "the trunk is at the best again", func() bool { return first() == addrs[0].Addr() })
	until(t, "it is registered there", func() bool { return best.count("REGISTER") > 1 })

	// It dies: a call waits in vain, the one after it does not.
	best.says(0, "OPTIONS", "INVITE", "REGISTER")
	before := next.count("INVITE")
	same(t, "the call", p.callTrunk(), 408)
	same(t, "the next call", p.callTrunk(), 486)
	same(t, "INVITEs", next.count("INVITE"), before+1)
}
