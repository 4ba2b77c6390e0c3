package registrar

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"time"

	"ringsplash/internal/keypair"
	"ringsplash/signaling/sipua/message"
)

// SignerFile is a certificate whose signatures on Identity headers count (RFC
// 8224). Nothing is ever fetched.
type SignerFile struct {
	// Info is the URL that the header names the certificate by. One that none
	// of them has may mean any.
	Info string
	// Cert is a PEM file: the certificate, then those between it and its root.
	Cert string
}

// Signers are all of them. The zero value trusts nobody.
type Signers struct {
	list []signer
	// numbers are the roots of who may sign for telephone numbers, nil for none.
	numbers *x509.CertPool
}

type signer struct {
	info string
	leaf *x509.Certificate
	// between are the intermediate certificates.
	between *x509.CertPool
}

// LoadSigners reads the files. numberCA is a PEM file of who signs the
// certificates that may sign for telephone numbers (RFC 8226), "" for none.
func LoadSigners(files []SignerFile, numberCA string) (*Signers, error) {
	s := &Signers{}
	for _, f := range files {
		one, err := loadSigner(f)
		if err != nil {
			return nil, err
		}
		s.list = append(s.list, one)
	}
	if numberCA == "" {
		return s, nil
	}
	var err error
	if s.numbers, err = keypair.Roots(numberCA); err != nil {
		return nil, fmt.Errorf("sipua: %w", err)
	}
	return s, nil
}

func loadSigner(f SignerFile) (signer, error) {
	text, err := os.ReadFile(f.Cert)
	if err != nil {
		return signer{}, fmt.Errorf("sipua: %w", err)
	}
	s := signer{info: f.Info, between: x509.NewCertPool()}
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return signer{}, fmt.Errorf("sipua: %s: %w", f.Cert, err)
		}
		if s.leaf == nil {
			s.leaf = c
		} else {
			s.between.AddCert(c)
		}
	}
	if s.leaf == nil {
		return signer{}, fmt.Errorf("sipua: %s has no certificate in it", f.Cert)
	}
	if key, ok := s.leaf.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		return signer{}, fmt.Errorf("sipua: the key of %s is no P-256 key, and Identity is signed by ES256 alone", f.Cert)
	}
	return s, nil
}

// named are the certificates that the URL may mean.
func (s *Signers) named(info string) []signer {
	var found []signer
	for _, one := range s.list {
		if one.info == info {
			found = append(found, one)
		}
	}
	if found == nil {
		return s.list
	}
	return found
}

// forDomain tells whether the certificate stands for the host, now (RFC 5922
// 7.2: no wildcards).
func (s signer) forDomain(host string, now time.Time) error {
	switch {
	case now.Before(s.leaf.NotBefore) || now.After(s.leaf.NotAfter):
		return errors.New("the certificate of the signer is out of time")
	case !slices.Contains(message.Domains(s.leaf), host):
		return fmt.Errorf("the certificate of the signer is not for %s", host)
	}
	return nil
}

// forNumber tells whether the signer may speak for the number, which is digits
// alone: its certificate comes from a configured root, and when it lists
// numbers, this one is among them (RFC 8226 9).
func (s signer) forNumber(digits string, roots *x509.CertPool, now time.Time) error {
	if roots == nil {
		return errors.New("nobody is trusted to sign for telephone numbers")
	}
	_, err := s.leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: s.between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return fmt.Errorf("the signer is not trusted for telephone numbers: %w", err)
	}
	for _, e := range s.leaf.Extensions {
		if e.Id.Equal(oidTNAuthList) && !coversNumber(e.Value, digits) {
			return fmt.Errorf("the certificate of the signer is not for the number %s", digits)
		}
	}
	return nil
}

// oidTNAuthList is id-pe-TNAuthList.
var oidTNAuthList = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 26}

// coversNumber reads a TNAuthorizationList (RFC 8226 9). A list of service
// providers says nothing about numbers: then the root's word for them counts.
func coversNumber(list []byte, digits string) bool {
	var entries []asn1.RawValue
	if rest, err := asn1.Unmarshal(list, &entries); err != nil || len(rest) > 0 {
		return false
	}
	for _, e := range entries {
		if e.Class != asn1.ClassContextSpecific || !e.IsCompound {
			continue
		}
		switch e.Tag {
		case 0: // spc
			return true
		case 1: // range
			if inNumberRange(e.Bytes, digits) {
				return true
			}
		case 2: // one
			var one string
			if _, err := asn1.UnmarshalWithParams(e.Bytes, &one, "ia5"); err == nil && strings.TrimPrefix(one, "+") == digits {
				return true
			}
		}
	}
	return false
}

func inNumberRange(der []byte, digits string) bool {
	var r struct {
		Start string `asn1:"ia5"`
		Count int
	}
	if _, err := asn1.Unmarshal(der, &r); err != nil || r.Count < 2 {
		return false
	}
	start, number, ok := new(big.Int), new(big.Int), false
	if start, ok = start.SetString(strings.TrimPrefix(r.Start, "+"), 10); !ok {
		return false
	}
	if number, ok = number.SetString(digits, 10); !ok || len(digits) != len(strings.TrimPrefix(r.Start, "+")) {
		return false
	}
	number.Sub(number, start)
	return number.Sign() >= 0 && number.Cmp(big.NewInt(int64(r.Count))) < 0
}
