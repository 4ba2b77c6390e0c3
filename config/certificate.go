package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"
)

// soon is how early an end of a certificate is told.
const soon = 14 * 24 * time.Hour

// Certificates says which certificates are out of time or name other hosts
// than they are used for. It reads their files; that they can be read and have
// a key is Check's part. A gateway starts in spite of these faults: its phones
// over UDP must not suffer for them.
func (c Config) Certificates(now time.Time) []Fault {
	k := &checker{cfg: &c}
	if leaf := k.leaf("http.tls.cert", c.HTTP.TLS, now); leaf != nil && len(leaf.DNSNames)+len(leaf.IPAddresses) == 0 {
		k.fault("http.tls.cert", "get one with a subject alternative name", "the certificate names no host, so no browser takes it")
	}
	if leaf := k.leaf("sip.tls.cert", TLS{c.SIP.TLS.Cert, c.SIP.TLS.Key}, now); leaf != nil && !c.phonesTake(leaf) {
		k.fault("sip.tls.cert", fmt.Sprintf("get one for %s or for an address of sip.listen", c.Domain),
			"the certificate is for %v, so phones that check it refuse us", namesOf(leaf))
	}
	k.signerTimes(c.SIP.Identity, now)
	return k.faults
}

// leaf reads our certificate and tells what is wrong with its time; nil when
// there is none.
func (k *checker) leaf(key string, files TLS, now time.Time) *x509.Certificate {
	if files.Cert == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil || pair.Leaf == nil {
		return nil // Check has told
	}
	k.inTime(key, "renew it; a running gateway takes the new files by itself", pair.Leaf, now)
	return pair.Leaf
}

// inTime tells when a certificate does not count yet, or not for long.
func (k *checker) inTime(key, remedy string, leaf *x509.Certificate, now time.Time) {
	switch {
	case now.Before(leaf.NotBefore):
		k.fault(key, "wait, or correct this machine's clock", "the certificate counts from %s on only",
			leaf.NotBefore.UTC().Format(time.DateTime))
	case now.After(leaf.NotAfter):
		k.fault(key, remedy, "the certificate has expired on %s", leaf.NotAfter.UTC().Format(time.DateTime))
	case now.Add(soon).After(leaf.NotAfter):
		k.fault(key, remedy, "the certificate expires on %s", leaf.NotAfter.UTC().Format(time.DateTime))
	}
}

// phonesTake tells whether the certificate names the domain or an address that
// phones may be given as their server.
func (c Config) phonesTake(leaf *x509.Certificate) bool {
	hosts := []string{c.Domain}
	for _, l := range c.SIP.Listen {
		if l.Transport != "tls" {
			continue
		}
		hosts = append(hosts, l.Addr.Addr().String())
		if public, ok := c.Media.Public[l.Addr.Addr()]; ok {
			hosts = append(hosts, public.String())
		}
	}
	if slices.ContainsFunc(hosts, func(h string) bool { return leaf.VerifyHostname(h) == nil }) {
		return true
	}
	// A name below the domain is the host of the server (sip.example.test).
	return slices.ContainsFunc(leaf.DNSNames, func(name string) bool { return strings.HasSuffix(name, "."+c.Domain) })
}

func namesOf(leaf *x509.Certificate) []string {
	names := slices.Clone(leaf.DNSNames)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}
