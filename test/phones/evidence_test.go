package phones

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"ringsplash/test/rig"
)

// wish is how somebody from elsewhere asks alice's phone to answer by itself.
func wish(from string, headers ...string) rig.Request {
	return rig.Request{
		Method: "INVITE", URI: rig.Alice.Address(), From: from,
		Headers: append([]string{"Answer-Mode: Auto"}, headers...), Body: offer("127.0.0.1", "0 PCMU/8000"),
	}
}

// arrives lets ask send an INVITE to alice's phone and returns what the phone
// got first and how long that took. The phone then refuses, as often as it
// rings: once more in the ordinary way after a trigger.
func arrives(t *testing.T, alice *rig.Phone, ask func()) (invite string, took time.Duration) {
	t.Helper()
	before := len(invites(alice))
	start, done := time.Now(), make(chan struct{})
	go func() {
		defer close(done)
		ask()
	}()
	alice.WaitEvent("CALL_INCOMING")
	took = time.Since(start)
	rig.Until(t, rig.Patience, "the INVITE is in the phone's log", func() bool { return len(invites(alice)) > before })
	invite = invites(alice)[before]
	alice.Hangup()
	if hasTrigger(invite) {
		alice.WaitEvent("CALL_INCOMING")
		alice.Hangup()
	}
	<-done
	return invite, took
}

// asks sends a request from an address of its own until its end.
func asks(t *testing.T, g *rig.Gateway, r rig.Request) func() {
	return func() { g.NewProbe(t).Ask(r) }
}

// Callers from elsewhere: what proves who they are opens the phone as far as
// the owner allowed, and what only looks like it does not.
func TestEvidenceFromElsewhere(t *testing.T) {
	t.Parallel()
	ca := rig.NewCA(t)
	signer, key := ca.Issue("signer", time.Hour, "sip:signed.example")
	g := rig.Start(t, rig.Options{Everywhere: ca, SIP: fmt.Sprintf("identity: {signers: {%q: %q}}", rig.SignerURL, signer)})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice})
	owner := g.LogIn(t, rig.Alice)
	allow(t, owner, "carl@signed.example", "partner.example", "carl@other.example")
	passport := func(orig string) string {
		return "Identity: " + rig.Passport(t, key, map[string]any{
			"orig": map[string]string{"uri": orig}, "dest": map[string][]string{"uri": {rig.Alice.Address()}}, "iat": time.Now().Unix(),
		}, nil)
	}
	byTLS := func(from string, names ...string) func() {
		return func() { inviteOverTLS(t, g, ca, from, names...) }
	}
	overheard := passport("sip:carl@signed.example")
	tests := []struct {
		name  string
		ask   func()
		grant string
		how   string
	}{
		{"signed", asks(t, g, wish("sip:carl@signed.example", overheard)), "addresses", "signed by signed.example"},
		{"overheard", asks(t, g, wish("sip:carl@signed.example", overheard)), "", ""},
		{"signed for another", asks(t, g, wish("sip:carl@signed.example", passport("sip:eve@signed.example"))), "", ""},
		{"forged signature", asks(t, g,
			wish("sip:carl@signed.example", passport("sip:carl@signed.example")[:80]+"AAAA;info=<"+rig.SignerURL+">")), "", ""},
		{
			"certificate of the domain", byTLS("sip:anybody@partner.example", "partner.example"), "addresses",
			"TLS certificate of partner.example",
		},
		{"certificate of another domain", byTLS("sip:anybody@partner.example", "evil.example"), "", ""},
		{"certificate for a person", byTLS("sip:carl@other.example", "other.example"), "", "TLS certificate of other.example"},
		{"no certificate", byTLS("sip:anybody@partner.example"), "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			invite, _ := arrives(t, alice, tt.ask)
			if hasTrigger(invite) != (tt.grant != "") {
				t.Errorf("the phone got\n%s", invite)
			}
			var list struct {
				Decisions []struct {
					Allow                        bool
					Grant, Authenticated, Reason string
				}
			}
			if status := owner.Do(http.MethodGet, "/api/v1/policy/decisions?limit=1", nil, &list); status != http.StatusOK ||
				len(list.Decisions) != 1 {
				t.Fatalf("decisions: status %d, %+v", status, list)
			}
			if d := list.Decisions[0]; d.Allow != (tt.grant != "") || d.Grant != tt.grant || d.Authenticated != tt.how || d.Reason == "" {
				t.Errorf("decided %+v", d)
			}
		})
	}
}

// inviteOverTLS sends a wish with a client certificate for names, none when
// there are none, and waits for the end of the call.
func inviteOverTLS(t *testing.T, g *rig.Gateway, ca *rig.CA, from string, names ...string) {
	t.Helper()
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(ca.File)
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Errorf("the CA cannot be read: %v", err)
		return
	}
	cfg := &tls.Config{RootCAs: roots}
	if len(names) > 0 {
		pair, err := tls.LoadX509KeyPair(ca.Issue("client", time.Hour, names...))
		if err != nil {
			t.Error(err)
			return
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	conn, err := tls.Dial("tcp", g.At("tls", false), cfg)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	r := wish(from)
	write := func(method, to, rest, body string) {
		fmt.Fprintf(conn, "%s %s SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bK%s\r\nFrom: <%s>;tag=t\r\nTo: %s\r\nCall-ID: "+
			"%s\r\nCSeq: 1 %s\r\n"+
			"Contact: <sip:x@%s;transport=tls>\r\nMax-Forwards: 70\r\n%sContent-Length: %d\r\n\r\n%s",
			method, r.URI, conn.LocalAddr(), conn.LocalAddr(), r.From, to, conn.LocalAddr(), method, conn.LocalAddr(), rest, len(body),
			body)
	}
	write("INVITE", "<"+r.URI+">", strings.Join(r.Headers, "\r\n")+"\r\nContent-Type: application/sdp\r\n", r.Body)
	_ = conn.SetReadDeadline(time.Now().Add(rig.Patience))
	final, to := false, ""
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "SIP/2.0 "):
			final = line[len("SIP/2.0 ")] > '2'
		case strings.HasPrefix(line, "To: "):
			to = strings.TrimPrefix(line, "To: ")
		case line == "" && final:
			write("ACK", to, "", "")
			return
		}
	}
	t.Error("the INVITE got no final response")
}

var bobsAddress = "<" + rig.Bob.Address() + ">"

// forged are header lines by which a stranger claims to be bob.
var forged = map[string][]string{
	"P-Asserted-Identity": {"P-Asserted-Identity: \"Bob\" " + bobsAddress},
	"folded": {"P-Asserted-Identity:\r\n " + bobsAddress, "Remote-Party-ID:\r\n\t" + bobsAddress +
		"\r\n ;party=calling"},
	"space before colon": {"P-Asserted-Identity : " + bobsAddress, "Answer-Mode \t: Auto"},
	"duplicates": {
		"P-Asserted-Identity: " + bobsAddress, "P-Asserted-Identity: <tel:+1>", "Answer-Mode: Manual",
		"answer-mode: Auto",
	},
	"Remote-Party-ID":      {"Remote-Party-ID: \"Bob\" " + bobsAddress + ";party=calling;screen=yes;privacy=off"},
	"P-Preferred-Identity": {"P-Preferred-Identity: " + bobsAddress},
	"Identity":             {"Identity: e30.e30.e30;info=<https://" + rig.Domain + "/>;alg=ES256"},
	"compact Identity":     {"y: e30.e30.e30;info=<https://" + rig.Domain + "/>"},
	"who redirected": {"Referred-By: " + bobsAddress, "Diversion: " + bobsAddress, "History-Info: " + bobsAddress +
		";index=1"},
	"credentials of nobody": {"Proxy-Authorization: Digest username=\"bob\", realm=\"" + rig.Domain +
		"\", nonce=\"x\", uri=\"sip:x\", response=\"00000000000000000000000000000000\""},
}

// However somebody who proves nothing writes that he is bob, whom alice let in,
// the phone only rings, and hears nothing of bob.
func TestForgedEvidence(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice})
	allow(t, g.LogIn(t, rig.Alice), "bob@"+rig.Domain, "1002@"+rig.Domain, rig.Domain)
	rows := maps.Clone(forged)
	var everything []string
	for _, lines := range rows {
		everything = append(everything, lines...)
	}
	rows["all at once"] = everything
	for name, lines := range rows {
		t.Run(name, func(t *testing.T) {
			invite, _ := arrives(t, alice, asks(t, g, wish("sip:eve@elsewhere.test", lines...)))
			if hasTrigger(invite) || strings.Contains(invite, rig.Bob.Address()) {
				t.Errorf("the phone got\n%s", invite)
			}
		})
	}
	t.Run("parameters of the address", func(t *testing.T) {
		r := wish("sip:eve@elsewhere.test;user=phone")
		r.URI, r.To = "sip:alice;intercom=true@"+rig.Domain+";intercom=true;answer-after=0", "sip:alice@"+rig.Domain+";intercom=true"
		if invite, _ := arrives(t, alice, asks(t, g, r)); hasTrigger(invite) || strings.Contains(invite, "intercom") {
			t.Errorf("the phone got\n%s", invite)
		}
	})
	// What is wrong enough is refused; the phone does not even ring.
	before := len(invites(alice))
	for name, r := range map[string]rig.Request{
		"From of the owner":   wish(rig.Alice.Address()),
		"From of bob":         wish(rig.Bob.Address()),
		"From of his number":  wish("sip:1002@" + rig.Domain),
		"From in sips":        wish("sips:bob@" + rig.Domain),
		"From in capitals":    wish("SIP:bob@" + strings.ToUpper(rig.Domain)),
		"From at our address": wish("sip:bob@" + g.SIP.Addr().String()),
		"require": {
			Method: "INVITE", URI: rig.Alice.Address(), From: "sip:eve@elsewhere.test",
			Headers: []string{"Priv-Answer-Mode: Auto;require"}, Body: offer("127.0.0.1", "0 PCMU/8000"),
		},
	} {
		if resp := g.NewProbe(t).Ask(r); resp.Status != 407 && resp.Status != 403 {
			t.Errorf("%s gets %v", name, resp)
		}
	}
	if n := len(invites(alice)) - before; n != 0 {
		t.Errorf("the phone rang %d times", n)
	}
}
