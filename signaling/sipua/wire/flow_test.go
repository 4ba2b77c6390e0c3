package wire

import (
	"net/netip"
	"testing"

	"ringsplash/signaling/sipua/message"
)

func TestStreamsAreBounded(t *testing.T) {
	f := newFlows()
	made := func(ip string, port int) *stream {
		return &stream{key: message.Flow{Transport: "tcp", Peer: netip.AddrPortFrom(netip.MustParseAddr(ip), uint16(port))}}
	}
	for port := range maxStreamsPerSource {
		if !f.add(made("192.0.2.1", port)) {
			t.Fatal("refused too early")
		}
	}
	if f.add(made("192.0.2.1", 5000)) {
		t.Fatal("no bound")
	}
	if !f.add(made("192.0.2.2", 1)) {
		t.Fatal("another source pays for the first")
	}
	f.remove(f.find(made("192.0.2.1", 7).key))
	if !f.add(made("192.0.2.1", 5000)) {
		t.Fatal("a closed connection still counts")
	}
}

// Whoever asks late hears of the end too: a registration over a connection that
// was lost at once would else wait for its expiry.
func TestDoneAfterTheEnd(t *testing.T) {
	w := &Sockets{flows: newFlows()}
	peer := netip.MustParseAddrPort("192.0.2.1:5060")
	for transport, ends := range map[string]bool{"tcp": true, "tls": true, "udp": false, "": false} {
		if got := w.Done(message.Flow{Transport: transport, Peer: peer}) != nil; got != ends {
			t.Errorf("%q: an end %v, want %v", transport, got, ends)
		}
	}
	<-w.Done(message.Flow{Transport: "tcp", Peer: peer})
}
