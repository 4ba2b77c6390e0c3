package media

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/stdnet"
	"github.com/pion/webrtc/v3"
)

// certificateLife is long: browsers compare the fingerprint, not the dates.
const certificateLife = 10 * 365 * 24 * time.Hour

// tabSide is the browsers' side of the loop: the port, the tab ends on it, and
// what their PeerConnections share.
type tabSide struct {
	loop        *Loop
	port        *browserPort
	net         transport.Net
	certificate webrtc.Certificate
	fingerprint string // as in SDP: "sha-256 AB:CD..."

	disconnected, failed time.Duration // ICE timeouts

	mu     sync.Mutex
	closed bool
	ends   sync.WaitGroup
}

// open binds the socket of all browsers. It is called once, by Listen, which
// gives its goroutines by l.run.
func (t *tabSide) open(l *Loop) error {
	t.loop = l
	t.disconnected, t.failed = iceDisconnected, iceFailed
	if err := t.makeCertificate(); err != nil {
		return err
	}
	base, err := stdnet.NewNet()
	if err != nil {
		return fmt.Errorf("media: cannot read the network interfaces: %w", err)
	}
	if t.port, err = listenBrowsers(l); err != nil {
		return err
	}
	t.net = newPortNet(base, t.port)
	return nil
}

// close waits for the tab ends, which are closed already, and frees the socket
// so that its readers return.
func (t *tabSide) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.ends.Wait()
	t.port.close()
}

// start runs f until the end of a tab end; false after close.
func (t *tabSide) start(f func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.ends.Go(f)
	return true
}

// makeCertificate makes the DTLS certificate of all PeerConnections.
func (t *tabSide) makeCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("media: no DTLS key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fmt.Errorf("media: no DTLS certificate: %w", err)
	}
	now := time.Now()
	made, err := webrtc.NewCertificate(key, x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "ringsplash"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(certificateLife),
	})
	if err != nil {
		return fmt.Errorf("media: no DTLS certificate: %w", err)
	}
	prints, err := made.GetFingerprints()
	if err != nil || len(prints) == 0 {
		return fmt.Errorf("media: no fingerprint of the DTLS certificate: %w", err)
	}
	t.certificate = *made
	t.fingerprint = prints[0].Algorithm + " " + strings.ToUpper(prints[0].Value)
	return nil
}

// WebRTCAddr is where browsers send to, UDP and TCP: the first listen address.
func (l *Loop) WebRTCAddr() netip.AddrPort { return l.tabs.port.sockets[0].addr }
