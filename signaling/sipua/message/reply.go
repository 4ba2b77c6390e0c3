package message

import (
	"bytes"
	"crypto/rand"
	"iter"
	"strconv"
	"strings"
)

// replyMax bounds the headers that a stateless answer repeats.
const replyMax = 4096

// AnswerTooLarge builds the 513 for a request that is too large to be read (RFC 3261
// 21.5.7), from the headers that every answer repeats (RFC 3261 8.2.6.2). It
// returns nil for an ACK, a response, and a request that lacks one of them.
func AnswerTooLarge(data []byte) []byte {
	head, _ := headOf(data)
	whole5 := func(found map[string]bool) bool { return len(found) == 5 }
	return answerTo(head, &Refusal{Status: 513, Phrase: "Message Too Large"}, rand.Text(), whole5)
}

// answerTo answers the request that begins with head, with our tag, when enough
// takes the names of the headers that could be repeated. It returns nil for an
// ACK and a response too.
func answerTo(head []byte, no *Refusal, tag string, enough func(found map[string]bool) bool) []byte {
	first, rest, _ := bytes.Cut(head, []byte("\r\n"))
	if unanswerable(first) {
		return nil
	}
	var b strings.Builder
	b.WriteString("SIP/2.0 " + strconv.Itoa(no.Status) + " " + no.Phrase + "\r\n")
	found := map[string]bool{}
	for len(rest) > 0 {
		var line []byte
		line, rest = headerLine(rest)
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			found["no header"] = true
			continue
		}
		long := answered[strings.ToLower(string(bytes.TrimSpace(name)))]
		if long == "" {
			continue
		}
		if found[long] && long != "Via" {
			found["two of one"] = true
			continue
		}
		if long == "Via" && len(bytes.Fields(value)) < 2 { // it names no sender
			return nil
		}
		found[long] = true
		b.WriteString(long + ": ")
		b.Write(oneLine(value))
		if long == "To" && !bytes.Contains(bytes.ToLower(value), []byte(";tag=")) {
			b.WriteString(";tag=" + tag)
		}
		b.WriteString("\r\n")
		if b.Len() > replyMax {
			return nil
		}
	}
	if !enough(found) {
		return nil
	}
	for _, h := range no.Headers {
		b.WriteString(h.Name() + ": " + h.Value() + "\r\n")
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return []byte(b.String())
}

// unanswerable tells whether a first line is that of an ACK or a response.
func unanswerable(first []byte) bool {
	return bytes.HasPrefix(first, []byte("ACK ")) || len(first) >= 4 && bytes.EqualFold(first[:4], []byte("SIP/"))
}

// oneLine is a header's value without folding, and without what another reader
// could take for the end of a line.
func oneLine(value []byte) []byte {
	return bytes.TrimSpace(bytes.Map(func(r rune) rune {
		if r == '\r' || r == '\n' {
			return ' '
		}
		return r
	}, value))
}

// answered are the headers an answer repeats, by their names in lower case.
var answered = map[string]string{
	"via": "Via", "v": "Via", "from": "From", "f": "From", "to": "To", "t": "To",
	"call-id": "Call-ID", "i": "Call-ID", "cseq": "CSeq",
}

// headers are the names, in lower case, and the values of a head's headers,
// behind its first line.
func headers(head []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		_, rest, _ := bytes.Cut(head, []byte("\r\n"))
		for len(rest) > 2 {
			var line []byte
			line, rest = headerLine(rest)
			name, value, _ := bytes.Cut(line, []byte(":"))
			if !yield(strings.ToLower(string(bytes.TrimSpace(name))), value) {
				return
			}
		}
	}
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
