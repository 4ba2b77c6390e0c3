package browser

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a key pair on disk that is read again when a file changed, so
// that a renewal needs no restart.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	stamp   [2]time.Time // modification times of the pair in use
	checked time.Time
}

// checkEvery bounds how often a flood of handshakes looks at the disk.
const checkEvery = time.Second

func loadCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("browser: http.tls: %w; check that both files are there, readable, PEM, and belong together", err)
	}
	return c, nil
}

func (c *certificate) read() error {
	stamp, err := c.stamps()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.pair, c.stamp = &pair, stamp
	return nil
}

func (c *certificate) stamps() (s [2]time.Time, err error) {
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return s, err
		}
		s[i] = info.ModTime()
	}
	return s, nil
}

// names tells whether the certificate in use is for the host.
func (c *certificate) names(host string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pair.Leaf != nil && c.pair.Leaf.VerifyHostname(host) == nil
}

// get serves tls.Config.GetCertificate. A pair that cannot be read (a renewal
// half written) leaves the old one in use.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.checked) >= checkEvery {
		c.checked = now
		if stamp, err := c.stamps(); err != nil || stamp != c.stamp {
			if err := c.read(); err != nil {
				c.log.Warn("the changed TLS certificate cannot be read; the old one stays in use", "error", err)
			} else {
				c.log.Info("the TLS certificate was read again")
			}
		}
	}
	return c.pair, nil
}
