package rig

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"
)

// Probe is a bare UDP socket that speaks just enough SIP to see how the
// gateway answers what no phone would send.
type Probe struct {
	Addr string // host:port of the probe

	t    testing.TB
	g    *Gateway
	conn *net.UDPConn
	// Passed is what Incoming received and passed over.
	Passed []string
}

// Request is what a Probe sends. Zero values give a request that is valid.
type Request struct {
	Method string // default OPTIONS
	URI    string // default sip:DOMAIN
	From   string // a URI; default the probe's own address
	To     string // a URI; default URI
	// User and Password answer a challenge, once.
	User, Password string
	Headers        []string // "Name: value"
	Body           string   // of Type application/sdp
}

// Response is a final response, or the zero value when none came.
type Response struct {
	Status int
	Phrase string
	Header textproto.MIMEHeader
	Body   string
}

func (r Response) String() string { return fmt.Sprintf("%d %s", r.Status, r.Phrase) }

// NewProbe opens a socket on an address of its own, closed with the test.
func (g *Gateway) NewProbe(t testing.TB) *Probe {
	t.Helper()
	return g.ProbeAt(t, NewAddr())
}

// ProbeAt opens a socket on that address.
func (g *Gateway) ProbeAt(t testing.TB, ip string) *Probe {
	t.Helper()
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(ip)}, net.UDPAddrFromAddrPort(g.SIP))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &Probe{Addr: conn.LocalAddr().String(), t: t, g: g, conn: conn}
}

// Send writes raw bytes.
func (p *Probe) Send(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

// Ask sends a request, answers a challenge when there are credentials, and
// returns the final response. Final responses >= 300 to an INVITE get their ACK.
func (p *Probe) Ask(r Request) Response {
	p.t.Helper()
	r = r.withDefaults(p.Addr)
	callID, cseq := fmt.Sprintf("probe-%d", rand.Int64()), 1 //nolint:gosec // unique, not secret
	resp := p.transact(r, callID, cseq, "")
	if r.User == "" || resp.Status != 401 && resp.Status != 407 {
		return resp
	}
	name, answer := "WWW-Authenticate", "Authorization"
	if resp.Status == 407 {
		name, answer = "Proxy-Authenticate", "Proxy-Authorization"
	}
	challenge, err := digest.ParseChallenge(resp.Header.Get(name))
	if err != nil {
		p.t.Fatalf("%s: %v", resp.Header.Get(name), err)
	}
	cred, err := digest.Digest(challenge, digest.Options{
		Method: r.Method, URI: r.URI, Username: r.User, Password: r.Password,
		Count: 1,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.transact(r, callID, cseq+1, answer+": "+cred.String()+"\r\n")
}

// Incoming waits for a request of the gateway and returns its text, "" when
// none came.
func (p *Probe) Incoming(method string) string {
	_ = p.conn.SetReadDeadline(time.Now().Add(Patience))
	buf := make([]byte, 65536)
	for {
		n, err := p.conn.Read(buf)
		if err != nil {
			return ""
		}
		text := string(buf[:n])
		if strings.HasPrefix(text, method+" ") {
			return text
		}
		p.Passed = append(p.Passed, text)
	}
}

// Refuse answers an INVITE, as "486 Busy Here".
func (p *Probe) Refuse(invite, status string) {
	p.t.Helper()
	answer := "SIP/2.0 " + status + "\r\n"
	for line := range strings.SplitSeq(invite, "\r\n") {
		switch name, _, _ := strings.Cut(line, ":"); name {
		case "To":
			line += ";tag=phone"
			fallthrough
		case "Via", "From", "Call-ID", "CSeq":
			answer += line + "\r\n"
		}
	}
	p.Send([]byte(answer + "Content-Length: 0\r\n\r\n"))
}

// Options asks the gateway for a sign of life.
func (p *Probe) Options() Response {
	p.t.Helper()
	return p.Ask(Request{})
}

func (r Request) withDefaults(addr string) Request {
	if r.Method == "" {
		r.Method = "OPTIONS"
	}
	if r.URI == "" {
		r.URI = "sip:" + Domain
	}
	if r.From == "" {
		r.From = "sip:probe@" + addr
	}
	if r.To == "" {
		r.To = r.URI
	}
	return r
}

func (p *Probe) transact(r Request, callID string, cseq int, authorization string) Response {
	branch := fmt.Sprintf("z9hG4bK%d", rand.Int64()) //nolint:gosec // unique, not secret
	write := func(method, to, extra, body string) {
		headers := ""
		for _, h := range r.Headers {
			headers += h + "\r\n"
		}
		if body != "" {
			headers += "Content-Type: application/sdp\r\n"
		}
		p.Send([]byte(fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nFrom: <%s>;tag=probe\r\nTo: %s\r\n"+
			"Call-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:probe@%s>\r\nMax-Forwards: 70\r\n%s%sContent-Length: %d\r\n\r\n%s",
			method, r.URI, p.Addr, branch, r.From, to, callID, cseq, method, p.Addr, headers, extra, len(body), body)))
	}
	write(r.Method, "<"+r.To+">", authorization, r.Body)
	resp := p.read(cseq, r.Method)
	if r.Method == "INVITE" && resp.Status >= 300 {
		write("ACK", resp.Header.Get("To"), "", "")
	}
	return resp
}

// read waits up to 5 s for the final response with that CSeq.
func (p *Probe) read(cseq int, method string) Response {
	_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 65536)
	for {
		n, err := p.conn.Read(buf)
		if err != nil {
			return Response{}
		}
		resp := parseResponse(string(buf[:n]))
		if resp.Status >= 200 && resp.Header.Get("CSeq") == fmt.Sprintf("%d %s", cseq, method) {
			return resp
		}
	}
}

func parseResponse(text string) Response {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	fields := strings.SplitN(lines[0], " ", 3)
	if len(fields) != 3 || fields[0] != "SIP/2.0" {
		return Response{}
	}
	status, _ := strconv.Atoi(fields[1])
	resp := Response{Status: status, Phrase: fields[2], Header: textproto.MIMEHeader{}, Body: body}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		resp.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return resp
}
