package sipua

import (
	"bytes"
	"crypto/rand"
	"strings"
)

// replyMax bounds the headers that a stateless answer repeats.
const replyMax = 4096

// tooLarge builds the 513 for a request that is too large to be read (RFC 3261
// 21.5.7), from the headers that every answer repeats (RFC 3261 8.2.6.2). It
// returns nil for an ACK, a response, and a request that lacks one of them.
func tooLarge(data []byte) []byte {
	head, _, whole := bytes.Cut(data, []byte("\r\n\r\n"))
	if !whole { // the last line may be cut short
		head = head[:max(0, bytes.LastIndex(head, []byte("\r\n")))]
	}
	first, rest, _ := bytes.Cut(head, []byte("\r\n"))
	if bytes.HasPrefix(first, []byte("SIP/2.0 ")) || bytes.HasPrefix(first, []byte("ACK ")) {
		return nil
	}
	var b strings.Builder
	b.WriteString("SIP/2.0 513 Message Too Large\r\n")
	found := map[string]bool{}
	for len(rest) > 0 {
		var line []byte
		line, rest = headerLine(rest)
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return nil
		}
		long := answered[strings.ToLower(string(bytes.TrimSpace(name)))]
		if long == "" {
			continue
		}
		if found[long] && long != "Via" {
			return nil
		}
		found[long] = true
		b.WriteString(long + ": ")
		b.Write(bytes.TrimSpace(value))
		if long == "To" && !bytes.Contains(bytes.ToLower(value), []byte(";tag=")) {
			b.WriteString(";tag=" + rand.Text())
		}
		b.WriteString("\r\n")
		if b.Len() > replyMax {
			return nil
		}
	}
	if len(found) != 5 {
		return nil
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return []byte(b.String())
}

// answered are the headers an answer repeats, by their names in lower case.
var answered = map[string]string{
	"via": "Via", "v": "Via", "from": "From", "f": "From", "to": "To", "t": "To",
	"call-id": "Call-ID", "i": "Call-ID", "cseq": "CSeq",
}

// headerLine cuts off one header with the lines folded into it (RFC 3261 7.3.1).
func headerLine(b []byte) (line, rest []byte) {
	from := 0
	for {
		end := bytes.Index(b[from:], []byte("\r\n"))
		if end < 0 {
			return b, nil
		}
		next := from + end + 2
		if next >= len(b) || b[next] != ' ' && b[next] != '\t' {
			return b[:from+end], b[next:]
		}
		from = next
	}
}
