package message

import (
	"bytes"
	"strings"
)

// LooksLikeSIP checks the first line: "METHOD URI SIP/2.0" or "SIP/2.0 status
// phrase" (RFC 3261 7.1 and 7.2), or what is meant to be one.
func LooksLikeSIP(data []byte) bool {
	end := bytes.IndexByte(data[:min(len(data), firstLineMax)], '\n')
	if end < 1 {
		return false
	}
	line := bytes.TrimSuffix(data[:end], []byte("\r"))
	if bytes.HasPrefix(line, []byte("SIP/")) {
		return bytes.HasPrefix(line, []byte("SIP/2.0 ")) && len(line) >= len("SIP/2.0 100")
	}
	return NamesSIP(line)
}

// IsKeepAlive recognises what phones send to keep a NAT open (RFC 5626 3.5.1):
// over UDP nobody answers it.
func IsKeepAlive(data []byte) bool {
	return len(data) <= 4 && len(bytes.Trim(data, "\r\n\x00")) == 0
}

// FirstLine judges the request line (RFC 3261 7.1) and where lines end: nil when
// the parser may read them, and for responses.
func FirstLine(data []byte) *Refusal {
	if mixedEnds(data) {
		return BadRequest("Lines End In CRLF And In LF")
	}
	line, _, _ := bytes.Cut(data, []byte("\r\n"))
	if bytes.HasPrefix(line, []byte("SIP/")) {
		return nil
	}
	parts := bytes.Split(line, []byte(" "))
	if len(parts) != 3 || !IsToken(string(parts[0])) || !bytes.HasPrefix(parts[2], []byte("SIP/")) {
		return BadRequest("First Line Not Readable")
	}
	scheme, _, found := strings.Cut(string(parts[1]), ":")
	if !found || !validScheme(scheme) || bytes.ContainsAny(parts[1], "<>\"\t") {
		return BadRequest("Request-URI Not Readable")
	}
	if strings.ContainsAny(scheme, "+-.0123456789") { // which the parser does not know
		return &Refusal{Status: 416, Phrase: "Unsupported URI Scheme"}
	}
	return nil
}

// firstLineMax is how far a datagram's first line is looked for.
const firstLineMax = 8192

// MaxSize is the size from which on a datagram is not read. sipgo reads
// that much and no more, so a datagram of just this size may be cut.
const MaxSize = 32768

// NamesSIP tells whether a first line is meant to be one of SIP, however badly
// written: whoever speaks SIP is told what is wrong with it.
func NamesSIP(line []byte) bool {
	for i := range line {
		if line[i] == '/' && i >= 3 && bytes.EqualFold(line[i-3:i], []byte("SIP")) {
			return true
		}
	}
	return false
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
