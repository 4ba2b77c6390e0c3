package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"os"
	"time"
)

// identity looks at the certificates that sign callers.
func (k *checker) identity(id Identity) {
	k.roots("sip.identity.number_ca", id.NumberCA)
	for info, file := range id.Signers {
		key := "sip.identity.signers." + info
		if u, err := url.Parse(info); err != nil || u.Scheme != "https" || u.Host == "" {
			k.fault(key, "write it as callers do, like https://partner.example/signer.pem; it is never fetched",
				"%q is not the URL of a certificate", info)
			continue
		}
		if file == "" {
			k.fault(key, "name a PEM file; the URL is only a name and is never fetched", "the certificate is missing")
			continue
		}
		before := len(k.faults)
		k.roots(key, file)
		if len(k.faults) > before {
			continue
		}
		leaf := signerLeaf(file)
		if leaf == nil {
			k.fault(key, "begin the file with the certificate of the signer", "the first certificate in %s cannot be read", file)
		} else if public, ok := leaf.PublicKey.(*ecdsa.PublicKey); !ok || public.Curve != elliptic.P256() {
			k.fault(key, "get one with a P-256 key: callers are signed with ES256", "the key of the certificate cannot sign callers")
		}
	}
}

// signerTimes says which signers' certificates are out of time.
func (k *checker) signerTimes(id Identity, now time.Time) {
	for info, file := range id.Signers {
		if leaf := signerLeaf(file); leaf != nil {
			k.inTime("sip.identity.signers."+info, "get the new one from the signer and start again", leaf, now)
		}
	}
}

// signerLeaf is the first certificate of a PEM file, nil when there is none.
func signerLeaf(path string) *x509.Certificate {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return nil
		}
		if block.Type == "CERTIFICATE" {
			leaf, _ := x509.ParseCertificate(block.Bytes)
			return leaf
		}
	}
}
