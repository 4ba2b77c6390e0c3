package rig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// CA signs the certificates of one test.
type CA struct {
	File string // PEM, for who shall trust it

	t    testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewCA makes a certificate authority that lives as long as the test.
func NewCA(t testing.TB) *CA {
	t.Helper()
	ca := &CA{t: t, dir: scratch(t, "ca")}
	var err error
	if ca.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	ca.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	ca.File = ca.write("ca.pem", ca.sign(ca.cert, &ca.key.PublicKey))
	return ca
}

// Issue writes a certificate and its key as PEM files, over those of the same
// name. Each of for is an IP address, a host name or a URI. The certificate
// ends in life, which may be negative: it is then expired.
func (ca *CA) Issue(name string, life time.Duration, names ...string) (cert, key string) {
	ca.t.Helper()
	return ca.IssueFor(name, life, nil, names...)
}

// IssueFor issues a certificate with an extension that lists telephone numbers
// (RFC 8226 9), which is numbers in DER; nil for none.
func (ca *CA) IssueFor(name string, life time.Duration, numbers []byte, names ...string) (cert, key string) {
	ca.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		ca.t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		NotBefore:   time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(life),
	}
	if numbers != nil {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 26}, Value: numbers}}
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else if u, err := url.Parse(n); err == nil && strings.Contains(n, ":") {
			c.URIs = append(c.URIs, u)
		} else {
			c.DNSNames = append(c.DNSNames, n)
		}
	}
	der, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		ca.t.Fatal(err)
	}
	cert = ca.write(name+".pem", ca.sign(c, &private.PublicKey))
	return cert, ca.write(name+".key", &pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}

func (ca *CA) sign(c *x509.Certificate, public *ecdsa.PublicKey) *pem.Block {
	der, err := x509.CreateCertificate(rand.Reader, c, ca.cert, public, ca.key)
	if err != nil {
		ca.t.Fatal(err)
	}
	return &pem.Block{Type: "CERTIFICATE", Bytes: der}
}

func (ca *CA) write(name string, block *pem.Block) string {
	path := filepath.Join(ca.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		ca.t.Fatal(err)
	}
	return path
}
