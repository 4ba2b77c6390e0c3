package sipua

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/internal/keypair"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/test/rig"
)

// secure gives a party a TLS socket with a certificate for names.
func secure(ca *rig.CA, file string, names ...string) func(*setup) {
	cert, key := ca.Issue(file, time.Hour, names...)
	return func(c *setup) {
		c.Listen = append(c.Listen, "tls://127.0.0.1:0")
		c.TLS = keypair.Files{Cert: cert, Key: key, ClientCA: ca.File}
	}
}

// through makes party b a trunk of the next party, over TLS as host.
func through(ca *rig.CA, host string, b *party) func(*setup) {
	_, port, _ := net.SplitHostPort(b.at("tls"))
	return func(c *setup) {
		secure(ca, "caller", "sip:caller.example")(c)
		c.Trunks = []trunk.Config{{Name: "b", Address: "sip:" + host + ":" + port, Transport: "tls", CA: ca.File}}
	}
}

func byTrunk(in *gateway.Invite) { in.Trunk = "b" }

// A trunk's certificate must name the host of its address, and be signed by
// who the trunk's configuration names.
func TestTrunkCertificate(t *testing.T) {
	ca, other := rig.NewCA(t), rig.NewCA(t)
	b := newParty(t, secure(ca, "b", "localhost"))
	for name, row := range map[string]struct {
		host string
		ca   *rig.CA
		ok   bool
	}{
		"right":    {"localhost", ca, true},
		"wrong":    {"127.0.0.1", ca, false},
		"stranger": {"localhost", other, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newParty(t, through(row.ca, row.host, b))
			out := a.call("sip:alice@example.test", byTrunk)
			if !row.ok {
				same(t, "status", expect[machine.Refused](out).Status, 503)
				return
			}
			in := b.desk.next()
			same(t, "proven", strings.Join(b.wire.Domains(in.in.Source, "tls"), " "), "caller.example")
			in.leg.Reject(machine.CauseBusy)
			expect[machine.Refused](out)
			a.gone()
		})
	}
}

// secureWire connects as a phone does and trusts ca.
func secureWire(t *testing.T, ca *rig.CA, at string, shown ...tls.Certificate) *tls.Conn {
	t.Helper()
	roots, err := keypair.Roots(ca.File)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", at, &tls.Config{RootCAs: roots, ServerName: "localhost", Certificates: shown})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// New certificate files count for the connections that come then; broken ones
// leave the old certificate in use.
func TestCertificateIsReadAgain(t *testing.T) {
	ca := rig.NewCA(t)
	b := newParty(t, secure(ca, "b", "localhost"))
	serial := func() string {
		return secureWire(t, ca, b.at("tls")).ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	first := serial()
	same(t, "unchanged", serial(), first)
	cert, _ := ca.Issue("b", time.Hour, "localhost", "again.example")
	second := serial()
	if second == first {
		t.Fatal("the new certificate is not in use")
	}
	writeFile(t, cert, "no certificate")
	same(t, "broken", serial(), second)
	if !strings.Contains(b.log.String(), "the old one stays in use") {
		t.Error("nothing in the log about the broken file")
	}
}

// A client certificate is optional, and a stranger's proves nothing.
func TestClientCertificate(t *testing.T) {
	ca, other := rig.NewCA(t), rig.NewCA(t)
	b := newParty(t, secure(ca, "b", "localhost"))
	load := func(ca *rig.CA) tls.Certificate {
		pair, err := tls.LoadX509KeyPair(ca.Issue("phone", time.Hour, "phones.example", "*.wild.example", "sip:alice@user.example"))
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	for _, row := range []struct {
		name  string
		shown []tls.Certificate
		want  string // the domains
	}{{"none", nil, ""}, {"ours", []tls.Certificate{load(ca)}, "phones.example"}, {"strange", []tls.Certificate{load(other)}, ""}} {
		c := secureWire(t, ca, b.at("tls"), row.shown...)
		res := ask(t, c, rawMessage("OPTIONS sip:example.test SIP/2.0", options("TLS"), ""))
		if res == nil {
			t.Fatalf("%s: no answer", row.name)
		}
		same(t, row.name, strings.Join(b.wire.Domains(mustAddr(c.LocalAddr().String()), "tls"), " "), row.want)
	}
}

// options are the headers of an OPTIONS over a stream.
func options(transport string) []string {
	return []string{
		"Via: SIP/2.0/" + transport + " 127.0.0.1:9;rport;branch=z9hG4bK" + message.NewToken(), "From: <sip:x@y>;tag=1",
		"To: <sip:x@y>", "Call-ID: " + message.NewToken(), "CSeq: 7 OPTIONS", "Max-Forwards: 70",
	}
}

// ask writes text and reads the answer; nil when the connection was closed.
func ask(t *testing.T, c net.Conn, text string) *sip.Response {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(wait))
	if _, err := c.Write([]byte(text)); err != nil {
		return nil
	}
	return answerFrom(t, bufio.NewReader(c))
}

// answerFrom reads a response without a body; nil when the connection ends.
func answerFrom(t *testing.T, r *bufio.Reader) *sip.Response {
	t.Helper()
	res, _ := messageFrom(t, r).(*sip.Response)
	return res
}

func requestFrom(t *testing.T, r *bufio.Reader) *sip.Request {
	t.Helper()
	req, ok := messageFrom(t, r).(*sip.Request)
	if !ok {
		t.Fatal("no request came")
	}
	return req
}

// messageFrom reads a message of a stream; nil when the connection ends.
func messageFrom(t *testing.T, r *bufio.Reader) sip.Message {
	t.Helper()
	var text strings.Builder
	for !strings.HasSuffix(text.String(), "\r\n\r\n") {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil
		}
		text.WriteString(line)
	}
	n, _ := message.BodyLength([]byte(text.String()))
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil
	}
	m, err := message.NewParser().ParseSIP([]byte(text.String() + string(body)))
	if err != nil {
		t.Fatalf("not SIP: %v\n%s", err, &text)
	}
	return m
}
