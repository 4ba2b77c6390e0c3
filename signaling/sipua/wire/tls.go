package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"ringsplash/signaling/sipua/message"
)

// TLSFiles are PEM files. They are read again when they change, for the
// connections that come then.
type TLSFiles struct {
	// Cert and Key are our certificate with its chain, and its key. It is shown
	// to who connects, and to trunks that ask for one.
	Cert, Key string
	// ClientCA signs the certificates that prove a peer's domain; "" asks for
	// none. A peer without one, or with another's, is taken too.
	ClientCA string
}

// certificates keeps TLS configurations in step with their files.
type certificates struct {
	files TLSFiles
	log   *slog.Logger

	mu      sync.Mutex
	used    [3]stamp // of the files that config was made of
	refused [3]stamp // of the files that could not be used
	config  *tls.Config
}

// Stamp tells one state of a file from the next.
type stamp struct {
	size int64
	time time.Time
}

// openCertificates reads the files; without a Cert there is only a client side.
func openCertificates(files TLSFiles, log *slog.Logger) (*certificates, error) {
	c := &certificates{files: files, log: log}
	if files.Cert == "" {
		return c, nil
	}
	var err error
	c.used = c.stamps()
	c.config, err = files.load()
	return c, err
}

func (c *certificates) stamps() (out [3]stamp) {
	for i, path := range []string{c.files.Cert, c.files.Key, c.files.ClientCA} {
		if info, err := os.Stat(path); err == nil {
			out[i] = stamp{info.Size(), info.ModTime()}
		}
	}
	return out
}

// load makes the configuration of the server side.
func (f TLSFiles) load() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("sipua: certificate %s: %w", f.Cert, err)
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if f.ClientCA != "" {
		if cfg.ClientCAs, err = message.ReadRoots(f.ClientCA); err != nil {
			return nil, err
		}
		// Not VerifyClientCertIfGiven: phones show the certificate of their maker
		// too, which proves nothing here but is no reason to turn them away.
		cfg.ClientAuth = tls.RequestClientCert
	}
	return cfg, nil
}

// current is the configuration of the files as they are now; new files that
// cannot be used leave the old ones in use. It reads their times.
func (c *certificates) current() *tls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.config == nil {
		return nil
	}
	now := c.stamps()
	if now == c.used {
		return c.config
	}
	fresh, err := c.files.load()
	if err != nil {
		if now != c.refused {
			c.log.Error("sip: the new certificate cannot be used, the old one stays in use", "error", err)
		}
		c.refused = now
		return c.config
	}
	c.config, c.used = fresh, now
	c.log.Info("sip: certificate read again", "file", c.files.Cert)
	return fresh
}

// proven reads what a peer's certificate proves about it; nil for nothing. Over
// a connection of our own the handshake has verified it.
func (c *certificates) proven(state tls.ConnectionState) *x509.Certificate {
	if len(state.VerifiedChains) > 0 {
		return state.PeerCertificates[0]
	}
	cfg := c.current()
	if len(state.PeerCertificates) == 0 || cfg == nil || cfg.ClientCAs == nil {
		return nil
	}
	between := x509.NewCertPool()
	for _, cert := range state.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: cfg.ClientCAs, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return nil
	}
	return state.PeerCertificates[0]
}

// server is the configuration for accepted connections.
func (c *certificates) server() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if cfg := c.current(); cfg != nil {
			return cfg, nil
		}
		return nil, errors.New("there is no certificate")
	}}
}

// client is the configuration to reach host; roots nil means the system's.
func (c *certificates) client(host string, roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: roots,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if cfg := c.current(); cfg != nil {
				return &cfg.Certificates[0], nil
			}
			return &tls.Certificate{}, nil
		},
	}
}
