package media

import (
	"bytes"
	"net/netip"
	"sync"

	"github.com/pion/webrtc/v3"
)

// secure takes the SRTP keys when DTLS is connected and the page's certificate
// is the one its offer named.
func (p *tabPeer) secure(t *webrtc.DTLSTransport) {
	defer p.tab.loop.recovered("DTLS")
	err := func() error {
		conn, err := dtlsConnOf(t)
		if err != nil {
			return err
		}
		keys, err := srtpKeys(conn)
		if err != nil {
			return err
		}
		opener, err := newOpener(keys, p.tab.loop.now)
		if err != nil {
			return err
		}
		sealer, err := newSealer(keys)
		if err != nil {
			return err
		}
		p.opener.Store(opener)
		p.sealer.Store(sealer)
		return nil
	}()
	if err != nil {
		p.tab.loop.log.Error("media: a tab has no sound because its SRTP keys could not be read; please report it", "err", err)
		p.broken.Store(true)
		p.tab.wake()
	}
}

// earlyDTLS keeps the page's first flight until the PeerConnection listens:
// pion drops what comes before, and the page would repeat it only after some
// 50 ms. Chromium's ClientHello is two datagrams.
type earlyDTLS struct {
	mu      sync.Mutex
	listen  bool
	packets []earlyPacket
}

type earlyPacket struct {
	conn *iceConn
	from netip.AddrPort
	raw  []byte
}

const maxEarly = 8

// receiveDTLS takes a DTLS packet from an address this PeerConnection proved.
func (p *tabPeer) receiveDTLS(conn *iceConn, pkt []byte, from netip.AddrPort) {
	e := &p.early
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.listen {
		conn.deliver(pkt, from)
	} else if len(e.packets) < maxEarly {
		e.packets = append(e.packets, earlyPacket{conn, from, bytes.Clone(pkt)})
	}
}

func (e *earlyDTLS) release() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.listen = true
	for _, p := range e.packets {
		p.conn.deliver(p.raw, p.from)
	}
	e.packets = nil
}
