// Package keypair is a TLS certificate with its key that is read again when
// one of its files changes, so that a renewal needs no restart.
package keypair

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Files are PEM files.
type Files struct {
	// Cert and Key are our certificate with its chain, and its key.
	Cert, Key string
	// ClientCA signs the certificates that prove a peer's domain; "" asks for
	// none. A peer without one, or with another's, is taken too.
	ClientCA string
}

// Pair is what Files held when they could be read last. A nil Pair has nothing.
type Pair struct {
	files Files
	log   *slog.Logger

	mu      sync.Mutex
	cert    *tls.Certificate
	roots   *x509.CertPool
	used    [3]stamp // of the files that cert and roots were read from
	refused [3]stamp // of the files that could not be used
	tried   time.Time
}

// stamp tells one state of a file from the next.
type stamp struct {
	size int64
	time time.Time
}

// tryEvery bounds how often a flood of handshakes reads files that are broken.
const tryEvery = time.Second

// Open reads the files.
func Open(files Files, log *slog.Logger) (*Pair, error) {
	p := &Pair{files: files, log: log}
	return p, p.read(p.stamps())
}

func (p *Pair) stamps() (out [3]stamp) {
	for i, path := range []string{p.files.Cert, p.files.Key, p.files.ClientCA} {
		if info, err := os.Stat(path); err == nil {
			out[i] = stamp{info.Size(), info.ModTime()}
		}
	}
	return out
}

func (p *Pair) read(now [3]stamp) error {
	cert, err := tls.LoadX509KeyPair(p.files.Cert, p.files.Key)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", p.files.Cert, err)
	}
	var roots *x509.CertPool
	if p.files.ClientCA != "" {
		if roots, err = Roots(p.files.ClientCA); err != nil {
			return err
		}
	}
	p.cert, p.roots, p.used = &cert, roots, now
	return nil
}

// Roots reads a PEM file of certificates that sign others.
func Roots(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in it", path)
	}
	return roots, nil
}

// Current is the certificate of the files as they are now, and the roots of
// ClientCA, nil without one. New files that cannot be used, as those of a
// renewal half written, leave the old ones in use. It reads the files' times.
func (p *Pair) Current() (*tls.Certificate, *x509.CertPool) {
	if p == nil {
		return nil, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.stamps()
	if now == p.used || now == p.refused && time.Since(p.tried) < tryEvery {
		return p.cert, p.roots
	}
	p.tried = time.Now()
	if err := p.read(now); err == nil {
		p.log.Info("the TLS certificate was read again", "file", p.files.Cert)
	} else if now != p.refused {
		p.refused = now
		p.log.Error("the changed TLS certificate cannot be read; the old one stays in use", "err", err)
	}
	return p.cert, p.roots
}

// Names tells whether the certificate in use is for the host.
func (p *Pair) Names(host string) bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cert.Leaf != nil && p.cert.Leaf.VerifyHostname(host) == nil
}
