package bench

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/presence"
	"ringsplash/signaling/sipua"
	"ringsplash/signaling/sipua/event"
	"ringsplash/signaling/sipua/registrar"
	"ringsplash/signaling/sipua/wire"
	"ringsplash/test/rig"
)

const (
	lampPhones = 100
	lampKeys   = 100 // of each phone
)

// BenchmarkLamps measures how long it takes until 10,000 lamps show a change of one
// user, each NOTIFY answered.
func BenchmarkLamps(b *testing.B) {
	office := rig.NewOffice(b)
	var busy atomic.Bool
	ua, err := sipua.Open(sipua.Config{
		Config: wire.Config{Listen: []string{"udp://127.0.0.1:0"}}, Domain: rig.Domain,
		Events: event.NotifierConfig{PerDevice: lampPhones * lampKeys},
		Access: &registrar.Config{
			Node: "n1", Users: office.Users, Locations: office.Places, Store: office.Store, DatagramRate: 1e6, DatagramBurst: 1e6,
			StrangerRate: 1e6, StrangerBurst: 1e6,
		},
	}, rig.Quiet)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = ua.Close() })
	err = ua.Serve(sipua.Receiver{Shown: &event.Shown{
		Seen:      func(_, user string) (presence.View, bool) { return presence.View{State: presence.Available}, true },
		MayPickUp: func(string, string) bool { return false },
		Lamp: func(string) machine.Lamp {
			if busy.Load() {
				return machine.Lamp{State: machine.LampBusy, ID: "c1"}
			}
			return machine.Lamp{}
		},
	}})
	if err != nil {
		b.Fatal(err)
	}
	told := make(chan time.Time, 4*lampPhones*lampKeys)
	at := strings.TrimPrefix(ua.Addrs()[0], "udp://")
	var ready sync.WaitGroup
	for i := range lampPhones {
		ready.Add(1)
		go lampPhone(b, at, i, told, &ready)
	}
	ready.Wait()
	b.ResetTimer()
	var took []time.Duration
	for range min(b.N, 10) {
		time.Sleep(200 * time.Millisecond)
		busy.Store(!busy.Load())
		began := time.Now()
		ua.Events().Touch("alice")
		for range lampPhones * lampKeys {
			took = append(took, (<-told).Sub(began))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-median")
	b.ReportMetric(float64(took[len(took)*95/100].Milliseconds()), "ms-p95")
}

// lampPhone subscribes many times and answers NOTIFYs; those of changes go to told.
func lampPhone(b *testing.B, gateway string, i int, told chan<- time.Time, ready *sync.WaitGroup) {
	conn, err := net.Dial("udp", gateway)
	if err != nil {
		b.Error(err)
		return
	}
	b.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.UDPConn).SetReadBuffer(4 << 20)
	const uri = "sip:alice@" + rig.Domain
	subscribe := func(n int, auth string) {
		_, _ = fmt.Fprintf(conn, "SUBSCRIBE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKb%dx%d%t;rport\r\nMax-Forwards: 70\r\n"+
			"From: <sip:bob@%s>;tag=t%d\r\nTo: <%[1]s>\r\nCall-ID: c%[3]dx%[4]d\r\nCSeq: %[8]d SUBSCRIBE\r\n"+
			"Contact: <sip:bob@%[2]s>\r\nEvent: dialog\r\nExpires: 3600\r\n%[9]sContent-Length: 0\r\n\r\n",
			uri, conn.LocalAddr(), i, n, auth != "", rig.Domain, n, 1+min(len(auth), 1), auth)
	}
	subscribe(0, "")
	challenge, next, first := "", 0, 0
	buf := make([]byte, 65535)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		text := string(buf[:n])
		switch {
		case strings.HasPrefix(text, "SIP/2.0 407"):
			challenge = text
			subscribe(0, rig.Authorize(b, challenge, "", "SUBSCRIBE", uri, "bob", rig.Bob.SIPPassword("desk"), 1)+"\r\n")
		case strings.HasPrefix(text, "NOTIFY"):
			answer := []string{"SIP/2.0 200 OK"}
			for line := range strings.SplitSeq(text, "\r\n") {
				name, _, _ := strings.Cut(line, ":")
				if slices.Contains([]string{"Via", "From", "To", "Call-ID", "CSeq"}, name) {
					answer = append(answer, line)
				}
			}
			_, _ = conn.Write([]byte(strings.Join(answer, "\r\n") + "\r\nContent-Length: 0\r\n\r\n"))
			if first++; first > lampKeys {
				told <- time.Now()
				continue
			}
			if next++; next < lampKeys {
				subscribe(next, rig.Authorize(b, challenge, "", "SUBSCRIBE", uri, "bob", rig.Bob.SIPPassword("desk"), next+1)+"\r\n")
			} else {
				ready.Done()
			}
		}
	}
}
