package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// What a message looks like before sipgo's parser reads it. Some senders write
// what the parser does not take, and mean one thing only: that is mended. The
// rest is answered with 400, so that nobody who can be answered hears silence.

// Mend is a message as the parser wants it: lines that all end in LF alone get
// their CR, a datagram its last empty line, and an INVITE of RFC 2543 a branch.
// Nothing else is touched, and data itself never.
func Mend(data []byte, datagram bool) []byte {
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

// HeadEnd is where the body begins, after the first empty line, which may end in
// LF alone; -1 when there is none.
func HeadEnd(b []byte) int {
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
// then depends on the reader, so the message is not read: see FirstLine.
func mixedEnds(data []byte) bool {
	head := data
	if end := HeadEnd(data); end >= 0 {
		head = data[:end]
	}
	return bytes.IndexByte(head, '\r') >= 0 && bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n"))
}

// headOf is the head of a message with CRLF at the end of all lines but the
// last, however they end. A LF alone within a value becomes a blank. A line that
// was cut short is left out.
func headOf(data []byte) (head []byte, whole bool) {
	end := HeadEnd(data)
	if whole = end >= 0; !whole {
		end = bytes.LastIndexByte(data, '\n') + 1
	}
	for line := range bytes.Lines(bytes.TrimRight(data[:end], "\r\n")) {
		if n := len(head); n > 0 && head[n-1] == '\n' && !bytes.HasSuffix(head, []byte("\r\n")) {
			name, _, found := bytes.Cut(line, []byte(":"))
			head = append(head[:n-1], ' ')
			if found && IsToken(string(bytes.TrimSpace(name))) {
				head = append(head[:n-1], "\r\n"...)
			}
		}
		head = append(head, line...)
	}
	return head, whole
}

// withCR writes CRLF where a head has LF alone. A body of lines is written anew
// too, when only then it is as long as the Content-Length says.
func withCR(data []byte) []byte {
	head, body, _ := bytes.Cut(data, []byte("\n\n"))
	crlf := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }
	head = append(crlf(bytes.TrimSuffix(head, []byte("\n"))), "\r\n\r\n"...)
	if n, ok := BodyLength(head); ok && n > len(body) && bytes.IndexByte(body, '\r') < 0 {
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

// Measured is a stream's head, and how long the body behind it is; false when
// that cannot be told. A message that names neither a length nor a body has
// none, and is made to say so.
func Measured(head []byte) (said []byte, body int, ok bool) {
	if mixedEnds(head) {
		return head, 0, false
	}
	lines := Mend(head, false)
	if body, ok = BodyLength(lines); ok || namesBody(lines) {
		return head, body, ok
	}
	return append(bytes.Clone(lines[:len(lines)-2]), "Content-Length: 0\r\n\r\n"...), 0, true
}

// BodyLength reads the Content-Length of a message's headers; false for none,
// for one that is not a number and for several.
func BodyLength(head []byte) (length int, ok bool) {
	seen := false
	for name, value := range headers(head) {
		if name == "content-length" || name == "l" {
			n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 31)
			length, ok = int(n), err == nil && !seen
			seen = true
		}
	}
	return length, ok
}

// namesBody tells whether a head says anything of a body.
func namesBody(head []byte) bool {
	for name := range headers(head) {
		switch name {
		case "content-length", "l", "content-type", "c":
			return true
		}
	}
	return false
}
