package event

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/wire"
)

// What is too large for a datagram goes to a phone by TCP, if it takes a
// connection where its Contact leads (RFC 3261 18.1.1). The dialog stays on UDP.

// openingMax bounds the connections that are being made for NOTIFYs.
const openingMax = 64

// streamPatience is how long a phone has to answer by a connection that it did not
// make, in T1: what takes the connection may be no phone.
const streamPatience = 4

// fitting is the hop for a NOTIFY to a phone that is reached by h. A small document
// with long headers around it may be in fragments: who waits for a lamp does not
// wait for a connection. Under mu.
func (n *Notifier) fitting(h wire.Hop, req *sip.Request) wire.Hop {
	if len(req.Body()) <= datagramMax {
		return h
	}
	big, may := n.to.Wire.Stream(h, req)
	if !may || !n.to.Wire.Connected(big.Flow()) && n.opening >= openingMax {
		return h
	}
	return big
}

// open makes the connection that the NOTIFY req needs, beside the table; where there
// is none to be had, it goes by UDP. Under mu.
func (n *Notifier) open(f *flight, req *sip.Request) {
	f.next = f.since.Add(64 * sip.T1)
	n.opening++
	n.work.Go(func() {
		is := n.to.Wire.Open(f.hop)
		n.mu.Lock()
		defer n.mu.Unlock()
		n.opening--
		s := n.flights[f.branch]
		switch {
		case s == nil || s.flight != f || n.stop.Err() != nil: // it is over, or there is a newer one
		case is:
			n.pass(f)
			n.schedule(s)
		default:
			delete(n.flights, f.branch)
			req.RemoveHeader("Via")
			n.launch(s, req, time.Now())
			n.schedule(s)
		}
	})
}
