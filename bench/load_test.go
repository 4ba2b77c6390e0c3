package bench

import (
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icholy/digest"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/location"
	"ringsplash/policy"
	"ringsplash/store"
)

// answers is a phone that answers at once with the offer turned round, and has
// no sound.
type answers struct{}

const quietSDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP " +
	"0\r\na=rtpmap:0 PCMU/8000\r\n"

func (answers) Begin(build func(gateway.Sink) gateway.Incoming) {
	in := build(func(machine.Event) {})
	in.Leg.Ring(nil)
	in.Leg.Answer([]byte(quietSDP))
}

// callers is how many set-ups are under way at a time.
const callers = 16

// BenchmarkSetups is how many calls a second are set up and ended, without
// sound: INVITE with digest, fork to one phone, 200, ACK, BYE, both test phones
// included. The delays are INVITE to 200.
func BenchmarkSetups(b *testing.B) {
	n := startNode(b)
	startPhone(b, n, "alice", answers{})
	bob := startPhone(b, n, "bob", nil)
	flood(b, "setup", func(int) (func() (time.Duration, error), error) {
		return func() (time.Duration, error) { return oneCall(bob) }, nil
	})
}

// flood does something b.N times, by callers side by side, and reports how
// often a second and how long it took. start gives the work of one caller.
func flood(b *testing.B, unit string, start func(caller int) (once func() (time.Duration, error), err error)) {
	b.Helper()
	var mu sync.Mutex
	var times []time.Duration
	var left atomic.Int64
	left.Store(int64(b.N))
	began := time.Now()
	b.ResetTimer()
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			once, err := start(i)
			if err != nil {
				b.Error(err)
				return
			}
			for left.Add(-1) >= 0 {
				took, err := once()
				if err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				times = append(times, took)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(len(times))/time.Since(began).Seconds(), unit+"s/s")
	report(b, unit, times)
}

type dials interface {
	Invite(in gateway.Invite, sink gateway.Sink) gateway.Leg
}

// oneCall sets a call up and ends it.
func oneCall(bob dials) (time.Duration, error) {
	events := make(chan machine.Event, 8)
	began := time.Now()
	leg := bob.Invite(gateway.Invite{
		Leg: machine.LegID(gateway.NewNodeName()), Trunk: "gateway", URI: "sip:alice@" + domain,
		From: policy.Identity{Address: "sip:bob@" + domain}, To: "sip:alice@" + domain, Offer: []byte(quietSDP),
	}, func(e machine.Event) { events <- e })
	for {
		select {
		case e := <-events:
			switch e := e.(type) {
			case machine.Answered:
				took := time.Since(began)
				leg.HangUp(machine.CauseHangUp)
				return took, nil
			case machine.Refused:
				return 0, fmt.Errorf("refused: %d %s", e.Status, e.Phrase)
			}
		case <-time.After(10 * time.Second):
			return 0, fmt.Errorf("no answer in 10 s")
		}
	}
}

// BenchmarkRegisters is how many REGISTERs a second are taken, each with a
// digest answer to a challenge of its own; two messages each way.
func BenchmarkRegisters(b *testing.B) {
	n := startNode(b)
	flood(b, "register", func(caller int) (func() (time.Duration, error), error) {
		p, err := newRegistrant(n.SIP()[0][len("udp://"):], caller)
		if err != nil {
			return nil, err
		}
		b.Cleanup(func() { _ = p.conn.Close() })
		return func() (time.Duration, error) {
			at := time.Now()
			err := p.register()
			return time.Since(at), err
		}, nil
	})
}

// registrant is a phone of alice that registers again and again.
type registrant struct {
	conn net.Conn
	id   int
	seq  int
}

func newRegistrant(to string, id int) (*registrant, error) {
	conn, err := net.Dial("udp", to)
	return &registrant{conn: conn, id: id}, err
}

// register asks, answers the challenge and wants a 200.
func (p *registrant) register() error {
	first, err := p.ask("")
	if err != nil {
		return err
	}
	line := headerOf(first, "WWW-Authenticate")
	challenge, err := digest.ParseChallenge(line)
	if err != nil {
		return fmt.Errorf("%w in %q", err, first)
	}
	answer, err := digest.Digest(challenge,
		digest.Options{Method: "REGISTER", URI: "sip:" + domain, Username: "alice", Password: "alice-desk", Count: 1})
	if err != nil {
		return err
	}
	second, err := p.ask("Authorization: " + answer.String() + "\r\n")
	if err != nil {
		return err
	}
	if !strings.HasPrefix(second, "SIP/2.0 200 ") {
		return fmt.Errorf("registration refused: %.60q", second)
	}
	return nil
}

func (p *registrant) ask(more string) (string, error) {
	p.seq++
	at := p.conn.LocalAddr().String()
	_, err := fmt.Fprintf(p.conn,
		"REGISTER sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;branch=z9hG4bK%[3]d-%[4]d;rport\r\nFrom: "+
			"<sip:alice@%[1]s>;tag=b%[3]d\r\nTo: <sip:alice@%[1]s>\r\n"+
			"Call-ID: bench-%[3]d\r\nCSeq: %[4]d REGISTER\r\nContact: "+
			"<sip:alice@%[2]s>;+sip.instance=\"<urn:uuid:alice>\";reg-id=1\r\nMax-Forwards: 70\r\nExpires: 300\r\n%[5]sContent-Length: "+
			"0\r\n\r\n",
		domain, at, p.id, p.seq, more)
	if err != nil {
		return "", err
	}
	buf := make([]byte, 4096)
	_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		n, err := p.conn.Read(buf)
		if err != nil {
			return "", err
		}
		if text := string(buf[:n]); headerOf(text, "CSeq") == strconv.Itoa(p.seq)+" REGISTER" {
			return text, nil
		}
	}
}

func headerOf(text, name string) string {
	_, rest, _ := strings.Cut(text, "\r\n"+name+": ")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// BenchmarkBindings is the memory that 10,000 registered phones take, measured
// once whatever -benchtime says.
func BenchmarkBindings(b *testing.B) {
	const phones = 10000
	log := slog.New(slog.DiscardHandler)
	s, err := store.OpenBolt(b.TempDir(), log)
	if err != nil {
		b.Fatal(err)
	}
	bindings, err := location.New(b.Context(), "n1", s, log)
	if err != nil {
		b.Fatal(err)
	}
	before := heap()
	for i := range phones {
		user := fmt.Sprintf("user%d", i)
		err := bindings.Put(b.Context(), location.Binding{
			User: user, Device: "desk", Instance: fmt.Sprintf("urn:uuid:%032d", i),
			Contact:   fmt.Sprintf("sip:%s@192.0.2.%d:5060", user, i%250),
			Transport: "udp", Source: fmt.Sprintf("192.0.2.%d:5060", i%250), Local: "192.0.2.254:5060", UserAgent: "Phone 1.2.3",
			CallID: fmt.Sprintf("%032d", i), CSeq: 1, Expires: time.Now().Add(time.Hour), Refreshed: time.Now(),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	grown := heap() - before
	for b.Loop() {
		if bindings.Count() != phones {
			b.Fatal("some are missing")
		}
	}
	b.ReportMetric(float64(grown)/phones, "B/binding")
	b.ReportMetric(float64(grown)/(1<<20), "MiB/10000")
	bindings.Close()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
