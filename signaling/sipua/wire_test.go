package sipua

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

// rawPeer is a peer that writes its SIP by hand, to do what no decent phone does.
type rawPeer struct {
	t    *testing.T
	conn *net.UDPConn
	tag  string
	// held are messages read while another was looked for.
	held []sip.Message
}

func newWire(t *testing.T, ip string) *rawPeer {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &rawPeer{t: t, conn: c, tag: "far" + message.NewToken()}
}

func (w *rawPeer) addr() string { return w.conn.LocalAddr().String() }

func (w *rawPeer) send(to, text string) {
	w.t.Helper()
	a, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.conn.WriteTo([]byte(text), a); err != nil {
		w.t.Fatal(err)
	}
}

// read is the next message, within d; nil when there is none.
func (w *rawPeer) read(d time.Duration) sip.Message {
	w.t.Helper()
	buf := make([]byte, 65535)
	_ = w.conn.SetReadDeadline(time.Now().Add(d))
	n, from, err := w.conn.ReadFrom(buf)
	if err != nil {
		return nil
	}
	m, err := message.NewParser().ParseSIP(buf[:n])
	if err != nil {
		w.t.Fatalf("not SIP: %v\n%s", err, buf[:n])
	}
	m.SetSource(from.String())
	return m
}

// find waits for the message that ok takes and keeps the others for later.
func (w *rawPeer) find(what string, ok func(sip.Message) bool) sip.Message {
	w.t.Helper()
	for i, m := range w.held {
		if ok(m) {
			w.held = append(w.held[:i:i], w.held[i+1:]...)
			return m
		}
	}
	for deadline := time.Now().Add(wait); time.Now().Before(deadline); {
		m := w.read(time.Until(deadline))
		if m == nil {
			break
		}
		if ok(m) {
			return m
		}
		w.held = append(w.held, m)
	}
	w.t.Fatalf("no %s came", what)
	return nil
}

func (w *rawPeer) request(method string) *sip.Request {
	w.t.Helper()
	return w.find(method, func(m sip.Message) bool {
		r, ok := m.(*sip.Request)
		return ok && string(r.Method) == method
	}).(*sip.Request)
}

func (w *rawPeer) response(status int, method string) *sip.Response {
	w.t.Helper()
	return w.find(fmt.Sprint(status, " ", method), func(m sip.Message) bool {
		r, ok := m.(*sip.Response)
		return ok && r.StatusCode == status && string(r.CSeq().MethodName) == method
	}).(*sip.Response)
}

// forget drops what was held, and says how many of it ok takes.
func (w *rawPeer) drain(d time.Duration, ok func(sip.Message) bool) int {
	w.t.Helper()
	n := 0
	for _, m := range w.held {
		if ok(m) {
			n++
		}
	}
	w.held = nil
	for deadline := time.Now().Add(d); ; {
		m := w.read(time.Until(deadline))
		if m == nil {
			return n
		}
		if ok(m) {
			n++
		}
	}
}

// message writes a request line or status line with headers and SDP.
func rawMessage(first string, headers []string, sdp string) string {
	if sdp != "" {
		headers = append(headers, "Content-Type: application/sdp")
	}
	headers = append(headers, fmt.Sprintf("Content-Length: %d", len(sdp)))
	return first + "\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n" + sdp
}

func (w *rawPeer) via() string {
	return "Via: SIP/2.0/UDP " + w.addr() + ";rport;branch=z9hG4bK" + message.NewToken()
}

// invite is an INVITE for a new dialog.
func (w *rawPeer) invite(user, callID string, seq int, sdp string, more ...string) string {
	return rawMessage("INVITE sip:"+user+"@example.test SIP/2.0", append([]string{
		w.via(), "Max-Forwards: 70",
		"From: Carol <sip:carol@example.org>;tag=" + w.tag, "To: <sip:" + user + "@example.test>",
		"Call-ID: " + callID, fmt.Sprintf("CSeq: %d INVITE", seq), "Contact: <sip:carol@" + w.addr() + ">",
	}, more...), sdp)
}

// within is a request in the dialog that res, a response to our INVITE, made.
func (w *rawPeer) within(res *sip.Response, method string, seq int, sdp string, more ...string) string {
	target := "sip:nobody@invalid"
	if c := res.Contact(); c != nil {
		target = c.Address.String()
	}
	return rawMessage(method+" "+target+" SIP/2.0", append([]string{
		w.via(), "Max-Forwards: 70", "From: " + res.From().Value(), "To: " + res.To().Value(),
		"Call-ID: " + res.CallID().Value(), fmt.Sprintf("CSeq: %d %s", seq, method), "Contact: <sip:carol@" + w.addr() + ">",
	}, more...), sdp)
}

// reply answers req; tag is put into To when it has none.
func (w *rawPeer) reply(req *sip.Request, status int, phrase, tag, sdp string, more ...string) string {
	var headers []string
	for _, v := range req.GetHeaders("Via") {
		headers = append(headers, "Via: "+v.Value())
	}
	to := req.To().Value()
	if tag != "" && message.Tag(req.To()) == "" {
		to += ";tag=" + tag
	}
	headers = append(headers, "From: "+req.From().Value(), "To: "+to, "Call-ID: "+req.CallID().Value(), "CSeq: "+req.CSeq().Value())
	if req.IsInvite() && status > 100 && status < 300 {
		headers = append(headers, "Contact: <sip:phone@"+w.addr()+">")
	}
	return rawMessage(fmt.Sprintf("SIP/2.0 %d %s", status, phrase), append(headers, more...), sdp)
}

// back is a request in the dialog of an INVITE that came to the wire and that
// it answered with tag.
func (w *rawPeer) back(invite *sip.Request, tag, method string, seq int, sdp string, more ...string) string {
	return rawMessage(method+" "+invite.Contact().Address.String()+" SIP/2.0", append([]string{
		w.via(), "Max-Forwards: 70", "From: " + invite.To().Value() + ";tag=" + tag, "To: " + invite.From().Value(),
		"Call-ID: " + invite.CallID().Value(), fmt.Sprintf("CSeq: %d %s", seq, method), "Contact: <sip:phone@" + w.addr() + ">",
	}, more...), sdp)
}

// branchOf names the transaction of a message.
func branchOf(m sip.Message) string {
	branch, _ := m.Via().Params.Get("branch")
	return branch
}
