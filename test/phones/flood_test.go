package phones

import (
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/policy"
	"ringsplash/signaling/sipua"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/signaling/sipua/wire"
	"ringsplash/test/rig"
)

// sound is one end of a call that sends a packet every 20 ms and sees the gaps
// in what it gets.
type sound struct {
	conn     *net.UDPConn
	to       atomic.Pointer[net.UDPAddr]
	sent     atomic.Int64
	received atomic.Int64
	gap      atomic.Int64 // the longest between two packets, in ns
}

func newSound(t *testing.T, all *sync.WaitGroup) *sound {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := &sound{conn: c}
	all.Go(func() {
		b, last := make([]byte, 2048), time.Time{}
		for {
			if _, err := c.Read(b); err != nil {
				return
			}
			now := time.Now()
			if !last.IsZero() {
				s.gap.Store(max(s.gap.Load(), int64(now.Sub(last))))
			}
			last = now
			s.received.Add(1)
		}
	})
	return s
}

func (s *sound) offer() []byte {
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP "+
		"0\r\na=rtpmap:0 PCMU/8000\r\n", s.conn.LocalAddr().(*net.UDPAddr).Port)
}

// hears points the sound at where an SDP says.
func (s *sound) hears(sdp []byte) {
	_, rest, _ := strings.Cut(string(sdp), "m=audio ")
	var port int
	_, _ = fmt.Sscanf(rest, "%d", &port)
	s.to.Store(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
}

func (s *sound) send(n uint16) {
	to := s.to.Load()
	if to == nil {
		return
	}
	p := make([]byte, 172)
	p[0], p[2], p[3] = 0x80, byte(n>>8), byte(n)
	stamp := uint32(n) * 160
	p[4], p[5], p[6], p[7], p[11] = byte(stamp>>24), byte(stamp>>16), byte(stamp>>8), byte(stamp), 1
	for i := 12; i < len(p); i++ {
		p[i] = byte(0x80 | i)
	}
	if _, err := s.conn.WriteToUDP(p, to); err == nil {
		s.sent.Add(1)
	}
}

// talkers is a phone that answers every call at once, with sound or without.
type talkers struct {
	next chan *sound // of the calls to come; a call without one is silent
}

const quietAnswer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP " +
	"0\r\na=rtpmap:0 PCMU/8000\r\n"

func (p talkers) Begin(build func(gateway.Sink) gateway.Incoming) {
	in := build(func(machine.Event) {})
	in.Leg.Ring(nil)
	select {
	case s := <-p.next:
		s.hears(in.Offer)
		in.Leg.Answer(s.offer())
	default:
		in.Leg.Answer([]byte(quietAnswer))
	}
}

// agent registers a user agent of ours as the user's desk phone.
func agent(t *testing.T, g *rig.Gateway, u rig.User, calls sipua.Calls) *sipua.UA {
	t.Helper()
	registered := make(chan error, 1)
	ua, err := sipua.Open(sipua.Config{
		Domain: rig.Domain, Config: wire.Config{Listen: []string{"udp://127.0.0.1:0"}},
		Trunks: []trunk.Config{{
			Name: "gateway", Address: "sip:" + g.SIP.String(), AOR: u.Address(), Instance: "urn:uuid:" + u.Name,
			Register: trunk.Credentials{User: u.Name, Password: u.SIPPassword("desk"), Realm: rig.Domain},
		}},
		Registered: func(_ string, err error) {
			select {
			case registered <- err:
			default:
			}
		},
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ua.Close() })
	if err := ua.Serve(sipua.Receiver{Calls: calls}); err != nil {
		t.Fatal(err)
	}
	if err := <-registered; err != nil {
		t.Fatal(err)
	}
	return ua
}

// dial calls carol as bob and returns the leg and how long the set-up took.
func dial(bob *sipua.UA, sdp []byte) (leg gateway.Leg, answer []byte, took time.Duration, err error) {
	events := make(chan machine.Event, 16)
	began := time.Now()
	leg = bob.Invite(gateway.Invite{
		Leg: machine.LegID(gateway.NewNodeName()), Trunk: "gateway", URI: rig.Carol.Address(),
		From: policy.Identity{Address: rig.Bob.Address()}, To: rig.Carol.Address(), Offer: sdp,
	}, func(e machine.Event) { events <- e })
	limit := time.After(10 * time.Second)
	for {
		select {
		case e := <-events:
			switch e := e.(type) {
			case machine.Answered:
				return leg, e.SDP, time.Since(began), nil
			case machine.Refused:
				return nil, nil, 0, fmt.Errorf("refused: %d %s", e.Status, e.Phrase)
			}
		case <-limit:
			return nil, nil, 0, fmt.Errorf("no answer in 10 s")
		}
	}
}

// office is a gateway with established calls that have sound, and bob, who
// calls carol again and again.
type office struct {
	t      *testing.T
	g      *rig.Gateway
	bob    *sipua.UA
	sounds []*sound

	stop chan struct{}
	work sync.WaitGroup
	ears sync.WaitGroup

	mu      sync.Mutex
	setups  []time.Duration
	failed  []error
	mostRSS float64
}

func openOffice(t *testing.T, memory, established, callsPerSecond int) *office {
	o := &office{t: t, stop: make(chan struct{}), g: rig.Start(t, rig.Options{Memory: memory, More: "max_calls: 1000"})}
	carol := talkers{next: make(chan *sound, 1)}
	agent(t, o.g, rig.Alice, talkers{})
	agent(t, o.g, rig.Carol, carol)
	o.bob = agent(t, o.g, rig.Bob, nil)
	for range established {
		here, there := newSound(t, &o.ears), newSound(t, &o.ears)
		carol.next <- there
		_, answer, _, err := dial(o.bob, here.offer())
		if err != nil {
			t.Fatal(err)
		}
		here.hears(answer)
		o.sounds = append(o.sounds, here, there)
	}
	o.work.Go(o.talk)
	o.work.Go(func() { o.callOn(callsPerSecond) })
	o.work.Go(o.weigh)
	return o
}

// talk sends the sound of all calls.
func (o *office) talk() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := uint16(0); ; n++ {
		select {
		case <-o.stop:
			return
		case <-tick.C:
			for _, s := range o.sounds {
				s.send(n)
			}
		}
	}
}

// callOn has bob call carol so many times a second.
func (o *office) callOn(perSecond int) {
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for {
		select {
		case <-o.stop:
			return
		case <-tick.C:
		}
		o.work.Go(func() {
			leg, _, took, err := dial(o.bob, []byte(quietAnswer))
			o.mu.Lock()
			defer o.mu.Unlock()
			if err != nil {
				o.failed = append(o.failed, err)
				return
			}
			o.setups = append(o.setups, took)
			leg.HangUp(machine.CauseHangUp)
		})
	}
}

// await waits until bob has called so many times.
func (o *office) await(calls int) {
	for made := 0; made < calls; time.Sleep(100 * time.Millisecond) {
		o.mu.Lock()
		made = len(o.setups) + len(o.failed)
		o.mu.Unlock()
	}
}

// weigh remembers the most memory.
func (o *office) weigh() {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		m := o.g.Metrics(o.t)
		o.mu.Lock()
		o.mostRSS = max(o.mostRSS, m["process_resident_memory_bytes"])
		o.mu.Unlock()
		select {
		case <-o.stop:
			return
		case <-tick.C:
		}
	}
}

// close ends it all and returns the share of set-ups that failed, their
// 99th percentile, the share of sound that was lost and its longest gap.
func (o *office) close() (failed float64, p99 time.Duration, lost float64, gap time.Duration) {
	close(o.stop)
	o.work.Wait()
	time.Sleep(200 * time.Millisecond) // what is still on its way
	var sent, received int64
	for _, s := range o.sounds {
		sent += s.sent.Load()
		received += s.received.Load()
		gap = max(gap, time.Duration(s.gap.Load()))
		_ = s.conn.Close()
	}
	o.ears.Wait()
	slices.Sort(o.setups)
	if len(o.setups) > 0 {
		p99 = o.setups[len(o.setups)*99/100]
	}
	for _, err := range o.failed[:min(len(o.failed), 5)] {
		o.t.Logf("a call of bob's: %v", err)
	}
	return float64(len(o.failed)) / float64(max(1, len(o.failed)+len(o.setups))), p99, 1 - float64(received)/float64(max(1, sent)),
		gap
}

// Strangers flood the gateway with each method: it answers once at most, keeps
// nothing, and calls with sound and new calls of its users go on.
func TestFlood(t *testing.T) {
	o := openOffice(t, 0, 4, 4)
	before := o.g.Metrics(t)["process_resident_memory_bytes"]
	for _, method := range rig.FloodMethods {
		got := rig.Flood{Method: method, Addresses: 50, Rate: 3000}.Run(t, o.g, 700*time.Millisecond)
		t.Logf("%s: %d sent, %d answers, %.2f bytes back for each", method, got.Sent, got.Got, got.Amplification())
		if got.Amplification() > 3 {
			t.Errorf("%s: %d bytes came back for %d", method, got.GotBytes, got.SentBytes)
		}
		if method != "INVITE" && got.Got < got.Sent/10 {
			t.Errorf("%s: %d answers to %d requests", method, got.Got, got.Sent)
		}
	}
	rig.Flood{Method: "INVITE", Addresses: 50, Rate: 3000, Mutate: true}.Run(t, o.g, time.Second)
	m := o.g.Metrics(t)
	if open := m[`ringsplash_sip_transactions{of="strangers"}`]; open > 50 {
		t.Errorf("%v transactions of strangers", open)
	}
	failed, p99, lost, gap := o.close()
	t.Logf("%d calls of users, %.1f %% failed, p99 %v; %.2f %% of the sound lost, longest gap %v; RSS %.0f MiB before, %.0f MiB "+
		"at most",
		len(o.setups), 100*failed, p99, 100*lost, gap, before/(1<<20), o.mostRSS/(1<<20))
	if failed > 0 {
		t.Errorf("%d calls of users failed", len(o.failed))
	}
	if lost > 0.01 {
		t.Errorf("%.1f %% of the sound was lost", 100*lost)
	}
}

// The floods of seven methods at 20,000 requests a second, from one address and
// from 250, and a million mutated messages, on a gateway in 256 MiB with 100
// calls: `make soak`.
func TestSoakFlood(t *testing.T) {
	if *soakCalls == 0 {
		t.Skip("a long run: make soak")
	}
	const (
		growth = 64 << 20
		rate   = 20000
		// longestGap is what people do not hear as one: the jitter buffers of
		// phones bridge it.
		longestGap = 150 * time.Millisecond
	)
	o := openOffice(t, 256, 100, 10)
	o.await(600) // a minute: what calls leave behind for half a minute is there
	before := o.g.Metrics(t)
	t.Logf("at work: %s", memory(before))
	for _, addresses := range []int{1, 250} {
		for _, method := range rig.FloodMethods {
			got := rig.Flood{Method: method, Addresses: addresses, Rate: rate}.Run(t, o.g, *soakFlood)
			t.Logf("%s from %d addresses: %d sent in %v, %d answers, %.2f bytes back for each; %s", method, addresses, got.Sent,
				*soakFlood, got.Got, got.Amplification(), memory(o.g.Metrics(t)))
			if got.Amplification() > 3 || got.Got == 0 {
				t.Errorf("%s: %d bytes came back for %d", method, got.GotBytes, got.SentBytes)
			}
			if float64(got.Sent) < 0.95*rate*soakFlood.Seconds() {
				t.Errorf("%s: only %d were sent", method, got.Sent)
			}
		}
	}
	mutated := int64(0)
	for _, method := range rig.FloodMethods {
		got := rig.Flood{Method: method, Addresses: 250, Rate: rate, Mutate: true}.Run(t, o.g, *soakFlood*2)
		mutated += got.Sent
		t.Logf("mutated %s: %d sent, %d answers; %s", method, got.Sent, got.Got, memory(o.g.Metrics(t)))
	}
	failed, p99, lost, gap := o.close()
	t.Logf("%d calls of users, %.2f %% failed, p99 %v; %.3f %% of the sound lost, longest gap %v; RSS %.0f MiB before, %.0f MiB "+
		"at most",
		len(o.setups), 100*failed, p99, 100*lost, gap, before["process_resident_memory_bytes"]/(1<<20), o.mostRSS/(1<<20))
	if failed > 0.001 {
		t.Errorf("%.2f %% of the users' calls failed", 100*failed)
	}
	if p99 > 200*time.Millisecond {
		t.Errorf("p99 of the set-up is %v", p99)
	}
	if lost > 0.001 || gap > longestGap {
		t.Errorf("%.2f %% of the sound was lost, with a gap of %v", 100*lost, gap)
	}
	if *soakFlood >= fullFlood && mutated < 1e6 {
		t.Errorf("only %d mutated messages were sent", mutated)
	}
	if o.mostRSS > before["process_resident_memory_bytes"]+growth {
		t.Errorf("the memory grew from %.0f to %.0f MiB", before["process_resident_memory_bytes"]/(1<<20), o.mostRSS/(1<<20))
	}
}
