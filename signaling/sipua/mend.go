package sipua

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// What a message looks like before sipgo's parser reads it. Some senders write
// what the parser does not take, and mean one thing only: that is mended. The
// rest is answered with 400, so that nobody who can be answered hears silence.

// mended is a message as the parser wants it: lines that all end in LF alone get
// their CR, a datagram its last empty line, and an INVITE of RFC 2543 a branch.
// Nothing else is touched, and data itself never.
func mended(data []byte, datagram bool) []byte {
	if end := bytes.IndexByte(data, '\n'); end > 0 && data[end-1] != '\r' && !mixedEnds(data) {
		data = withCR(data)
	}
	if datagram && bytes.HasSuffix(data, []byte("\r\n")) && !bytes.Contains(data, []byte("\r\n\r\n")) {
		data = append(bytes.Clone(data), "\r\n"...)
	}
	if !bytes.Contains(data, []byte("branch")) && !bytes.HasPrefix(data, []byte("SIP/")) {
		data = withBranch(data)
	}
	return data
}

// headEnd is where the body begins, after the first empty line, which may end in
// LF alone; -1 when there is none.
func headEnd(b []byte) int {
	for at := 0; ; {
		lf := bytes.IndexByte(b[at:], '\n')
		if lf < 0 {
			return -1
		}
		at += lf + 1
		switch {
		case bytes.HasPrefix(b[at:], []byte("\n")):
			return at + 1
		case bytes.HasPrefix(b[at:], []byte("\r\n")):
			return at + 2
		}
	}
}

// mixedEnds tells whether only some lines of a head end in CRLF. What is a line
// then depends on the reader, so the message is not read: see firstLine.
func mixedEnds(data []byte) bool {
	head := data
	if end := headEnd(data); end >= 0 {
		head = data[:end]
	}
	return bytes.IndexByte(head, '\r') >= 0 && bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n"))
}

// headOf is the head of a message with CRLF at the end of all lines but the
// last, however they end. A LF alone within a value becomes a blank. A line that
// was cut short is left out.
func headOf(data []byte) (head []byte, whole bool) {
	end := headEnd(data)
	if whole = end >= 0; !whole {
		end = bytes.LastIndexByte(data, '\n') + 1
	}
	for line := range bytes.Lines(bytes.TrimRight(data[:end], "\r\n")) {
		if n := len(head); n > 0 && head[n-1] == '\n' && !bytes.HasSuffix(head, []byte("\r\n")) {
			name, _, found := bytes.Cut(line, []byte(":"))
			head = append(head[:n-1], ' ')
			if found && methodToken(bytes.TrimSpace(name)) {
				head = append(head[:n-1], "\r\n"...)
			}
		}
		head = append(head, line...)
	}
	return head, whole
}

// namesSIP tells whether a first line is meant to be one of SIP, however badly
// written: whoever speaks SIP is told what is wrong with it.
func namesSIP(line []byte) bool {
	for i := range line {
		if line[i] == '/' && i >= 3 && bytes.EqualFold(line[i-3:i], []byte("SIP")) {
			return true
		}
	}
	return false
}

// withCR writes CRLF where a head has LF alone. A body of lines is written anew
// too, when only then it is as long as the Content-Length says.
func withCR(data []byte) []byte {
	head, body, _ := bytes.Cut(data, []byte("\n\n"))
	crlf := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }
	head = append(crlf(bytes.TrimSuffix(head, []byte("\n"))), "\r\n\r\n"...)
	if n, ok := bodyLength(head); ok && n > len(body) && bytes.IndexByte(body, '\r') < 0 {
		if lines := crlf(body); len(lines) == n {
			body = lines
		}
	}
	return append(head, body...)
}

// withBranch gives the first Via of a request of RFC 2543 a branch made of what
// names its transaction (RFC 3261 17.2.3): the ACK and the CANCEL of an INVITE
// get the same one.
func withBranch(data []byte) []byte {
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		return data
	}
	first, rest, _ := bytes.Cut(data[:end+2], []byte("\r\n"))
	_, uri, _ := bytes.Cut(first, []byte(" "))
	sum := sha256.New()
	sum.Write(uri)
	at, tagged, found := 0, false, 0
	for len(rest) > 2 {
		var line []byte
		before := len(rest)
		line, rest = headerLine(rest)
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		if answered[strings.ToLower(string(bytes.TrimSpace(name)))] != "" {
			found++
		}
		switch answered[strings.ToLower(string(bytes.TrimSpace(name)))] {
		case "Via":
			if at == 0 {
				at = end + 2 - before + len(line)
				if comma := bytes.IndexByte(line, ','); comma >= 0 {
					at += comma - len(line)
				}
				sum.Write(value)
			}
		case "From":
			tagged = bytes.Contains(bytes.ToLower(value), []byte("tag"))
			sum.Write(value)
		case "Call-ID":
			sum.Write(value)
		case "CSeq":
			number, _, _ := bytes.Cut(value, []byte(" "))
			sum.Write(number)
		}
	}
	if at == 0 || found < 5 || tagged { // with a tag the parser does it
		return data
	}
	branch := ";branch=" + sip.RFC3261BranchMagicCookie + hex.EncodeToString(sum.Sum(nil)[:12])
	return append(append(bytes.Clone(data[:at]), branch...), data[at:]...)
}

// firstLine judges the request line (RFC 3261 7.1) and where lines end: nil when
// the parser may read them, and for responses.
func firstLine(data []byte) *Refusal {
	if mixedEnds(data) {
		return badRequest("Lines End In CRLF And In LF")
	}
	line, _, _ := bytes.Cut(data, []byte("\r\n"))
	if bytes.HasPrefix(line, []byte("SIP/")) {
		return nil
	}
	parts := bytes.Split(line, []byte(" "))
	if len(parts) != 3 || !methodToken(parts[0]) || !bytes.HasPrefix(parts[2], []byte("SIP/")) {
		return badRequest("First Line Not Readable")
	}
	scheme, _, found := strings.Cut(string(parts[1]), ":")
	if !found || !validScheme(scheme) || bytes.ContainsAny(parts[1], "<>\"\t") {
		return badRequest("Request-URI Not Readable")
	}
	if strings.ContainsAny(scheme, "+-.0123456789") { // which the parser does not know
		return &Refusal{Status: 416, Phrase: "Unsupported URI Scheme"}
	}
	return nil
}

// methodToken tells whether b is a token (RFC 3261 25.1).
func methodToken(b []byte) bool {
	for _, c := range b {
		if !unreserved(c) && c != '+' && c != '`' && c != '%' || c == '(' || c == ')' {
			return false
		}
	}
	return len(b) > 0
}

// validScheme tells whether s can be the scheme of a URI (RFC 3986 3.1).
func validScheme(s string) bool {
	for i := range len(s) {
		letter := s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z'
		if !letter && (i == 0 || !(s[i] >= '0' && s[i] <= '9') && strings.IndexByte("+-.", s[i]) < 0) {
			return false
		}
	}
	return s != ""
}

// unreadable is the answer to a request that cannot be read as a whole, from
// the headers that can be; nil when none is possible. A repeat gets the same.
// Where the request ends too early, or does not say that it is SIP, all headers
// that an answer repeats must be there.
func (s *stateless) unreadable(data []byte, no *Refusal) []byte {
	head, whole := headOf(data)
	first, _, _ := bytes.Cut(head, []byte("\r\n"))
	m := hmac.New(sha256.New, s.key[:])
	m.Write(head)
	with := &Refusal{Status: no.Status, Phrase: no.Phrase, Headers: []sip.Header{sip.NewHeader("Server", product)}}
	return answerTo(head, with, hex.EncodeToString(m.Sum(nil)[:10]), func(found map[string]bool) bool {
		return found["Via"] && (whole && namesSIP(first) || found["From"] && found["To"] && found["Call-ID"] && found["CSeq"])
	})
}
