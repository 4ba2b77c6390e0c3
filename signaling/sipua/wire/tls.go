package wire

import (
	"crypto/tls"
	"crypto/x509"

	"ringsplash/internal/keypair"
)

// proven reads what a peer's certificate proves about it; nil for nothing. Over
// a connection of our own the handshake has verified it.
func proven(state tls.ConnectionState, certs *keypair.Pair) *x509.Certificate {
	if len(state.VerifiedChains) > 0 {
		return state.PeerCertificates[0]
	}
	_, roots := certs.Current()
	if len(state.PeerCertificates) == 0 || roots == nil {
		return nil
	}
	between := x509.NewCertPool()
	for _, cert := range state.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return nil
	}
	return state.PeerCertificates[0]
}

// serverTLS is the configuration for accepted connections. The files are looked
// at in the handshake, which nobody else waits for.
func serverTLS(certs *keypair.Pair) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		cert, roots := certs.Current()
		cfg := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*cert}}
		if roots != nil {
			// Not VerifyClientCertIfGiven: phones show the certificate of their maker
			// too, which proves nothing here but is no reason to turn them away.
			cfg.ClientAuth, cfg.ClientCAs = tls.RequestClientCert, roots
		}
		return cfg, nil
	}}
}

// clientTLS is the configuration to reach host; roots nil means the system's.
func clientTLS(certs *keypair.Pair, host string, roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: roots,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if cert, _ := certs.Current(); cert != nil {
				return cert, nil
			}
			return &tls.Certificate{}, nil
		},
	}
}
