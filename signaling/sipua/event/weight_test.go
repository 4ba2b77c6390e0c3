package event

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
	"ringsplash/test/rig"
)

// maxWeight is what one subscription may take, in bytes.
const maxWeight = 2048

// Fifty thousand subscriptions are a number: one weighs little, and none has a
// goroutine.
func TestSubscriptionIsLight(t *testing.T) {
	w, err := wire.Open(wire.Config{Listen: []string{"udp://127.0.0.1:0"}}, rig.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	err = w.Serve(wire.Above{
		Route: func(*sipgo.Server) {}, Read: func(sip.TransportReadProps, []byte) ([]byte, error) { return nil, nil },
		Regular: func(netip.Addr) bool { return true }, Stray: func(*sip.Response) {}, Closed: func(message.Flow) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := OpenNotifier(NotifierConfig{}, Agent{Wire: w}, rig.Quiet)
	const many = 20000
	parser := message.NewParser()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()
	for i := range many {
		subscribes(t, n, parser, w, i)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / many
	t.Logf("%d bytes a subscription", each)
	if each > maxWeight {
		t.Errorf("a subscription takes %d bytes, %d are allowed", each, maxWeight)
	}
	if now := runtime.NumGoroutine(); now > goroutines {
		t.Errorf("%d goroutines more than without subscriptions", now-goroutines)
	}
	runtime.KeepAlive(n)
}

// subscribes puts the subscription of one of many phones into the table.
func subscribes(t *testing.T, n *Notifier, parser *sip.Parser, w *wire.Sockets, i int) {
	m, err := parser.ParseSIP(fmt.Appendf(nil, "SUBSCRIBE sip:user%d@example.test SIP/2.0\r\n"+
		"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: \"Reception\" <sip:phone%d@example.test>;tag=%s\r\nTo: <sip:user%d@example.test>\r\nCall-ID: %s@192.0.2.1\r\n"+
		"CSeq: 2 SUBSCRIBE\r\nContact: <sip:phone%d@192.0.2.1:5060;transport=udp;line=%d>\r\nEvent: dialog\r\nExpires: 3600\r\n"+
		"Accept: application/dialog-info+xml\r\nUser-Agent: Yealink SIP-T54W 96.86.0.70\r\nContent-Length: 0\r\n\r\n",
		i%1000, message.NewToken(), i/50, message.NewToken(), i%1000, message.NewToken(), i/50, i))
	if err != nil {
		t.Fatal(err)
	}
	req, _ := m.(*sip.Request)
	req.SetSource("192.0.2.1:5060")
	req.SetTransport("UDP")
	s, no := begun(req, w)
	if no != nil {
		t.Fatal(no.Phrase)
	}
	s.kind, s.event, s.watcher, s.device = packs["dialog"], "dialog", fmt.Sprint("phone", i/50), "desk"
	s.user, s.expires = fmt.Sprint("user", i%1000), time.Now().Add(time.Hour)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.add(s)
	n.schedule(s)
}
