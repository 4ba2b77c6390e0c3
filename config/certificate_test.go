package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/test/rig"
)

func TestCertificateFaults(t *testing.T) {
	ca := rig.NewCA(t)
	const day = 24 * time.Hour
	n := 0
	issue := func(life time.Duration, names ...string) TLS {
		n++
		cert, key := ca.Issue(fmt.Sprint("c", n), life, names...)
		return TLS{cert, key}
	}
	good := issue(90*day, "example.test")
	for _, row := range []struct {
		name      string
		sip, http TLS
		now       time.Time
		want      string // in Check's and Certificates' faults together; "": none
	}{
		{name: "good", sip: good, http: good},
		{name: "none"},
		{name: "server below the domain", sip: issue(90*day, "sip.example.test")},
		{name: "address", sip: issue(90*day, "127.0.0.1")},
		{
			name: "another name", sip: issue(90*day, "example.org", "127.0.0.9"),
			want: "sip.tls.cert: the certificate is for [example.org 127.0.0.9]",
		},
		{name: "end of another name", sip: issue(90*day, "notexample.test"), want: "sip.tls.cert: the certificate is for"},
		{name: "expired", sip: issue(-day, "example.test"), want: "sip.tls.cert: the certificate has expired"},
		{name: "expires", http: issue(day, "example.test"), want: "http.tls.cert: the certificate expires"},
		{name: "not yet", sip: good, now: time.Now().Add(-10 * 365 * day), want: "sip.tls.cert: the certificate counts from"},
		{name: "no name", http: issue(90 * day), want: "http.tls.cert: the certificate names no host"},
		{name: "another key", sip: TLS{good.Cert, issue(day, "x").Key}, want: "sip.tls.cert: tls: private key does not match"},
		{name: "no certificate", sip: TLS{good.Key, good.Key}, want: "sip.tls.cert: tls: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := base + "sip:\n  listen: [\"tls://127.0.0.1:5061\", \"udp://127.0.0.1:5060\"]\n"
			if row.sip.Cert == "" {
				text = base + "sip:\n  listen: [\"udp://127.0.0.1:5060\"]\n"
			} else {
				text += fmt.Sprintf("  tls: {cert: %q, key: %q}\n", row.sip.Cert, row.sip.Key)
			}
			text += fmt.Sprintf("http:\n  tls: {cert: %q, key: %q}\n", row.http.Cert, row.http.Key)
			cfg, faults := parse([]byte(text), nil)
			require.Empty(t, faults)
			if row.now.IsZero() {
				row.now = time.Now()
			}
			var found []string
			for _, f := range append(cfg.Check(), cfg.Certificates(row.now)...) {
				found = append(found, f.String())
			}
			all := strings.Join(found, "\n")
			if row.want == "" {
				require.Empty(t, all)
				return
			}
			require.Contains(t, all, row.want)
			require.Len(t, found, 1)
		})
	}
}

// A signer's certificate is found beside the configuration file, and said to
// be out of time when it is.
func TestSigners(t *testing.T) {
	ca := rig.NewCA(t)
	for life, want := range map[time.Duration]string{90 * 24 * time.Hour: "", -time.Hour: "the certificate has expired"} {
		cert, _ := ca.Issue("signer", life, "partner.example")
		file := filepath.Join(filepath.Dir(cert), "ringsplash.yaml")
		text := base + "sip: {identity: {signers: {\"https://partner.example/signer.pem\": signer.pem}}}\n"
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		cfg, err := Load(file)
		require.NoError(t, err)
		require.Equal(t, cert, cfg.SIP.Identity.Signers["https://partner.example/signer.pem"])
		faults := cfg.Certificates(time.Now())
		require.Equal(t, want != "", len(faults) == 1)
		if want != "" {
			require.Contains(t, faults[0].String(), want)
		}
	}
}
