package sipua

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emiago/sipgo/sip"

	"ringsplash/directory"
)

// maxText bounds one value that we write into a header, in bytes.
const maxText = 512

// cleanText makes s safe as part of a header value, a log line and a page: valid
// UTF-8, no control characters (CR and LF would start a new header) and none
// that make a reader see another text, bounded.
func cleanText(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	for len(s) > maxText {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return directory.Legible(s)
}

// cleanTag tells whether s can be written as a tag or Call-ID again (RFC 3261
// 25.1); it may not hold what would end it there.
func cleanTag(s string) bool {
	return len(s) <= maxText && strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`;,<>"`, r)
	}) < 0
}

// quoteDisplay makes s fit between the quotes of a display name (RFC 3261
// 25.1, quoted-pair).
func quoteDisplay(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(cleanText(s))
}

// unquoteDisplay undoes the quoted-pairs of a received display name.
func unquoteDisplay(s string) string {
	var b strings.Builder
	escaped := false
	for _, r := range s {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		b.WriteRune(r)
	}
	return cleanText(b.String())
}

// parseTarget reads a URI that we are going to write into a request line, so it
// may hold nothing that would end the URI there (RFC 3261 25.1).
func parseTarget(s string) (sip.Uri, error) {
	var u sip.Uri
	if len(s) > 2048 {
		return u, fmt.Errorf("the URI has %d characters, 2048 are allowed", len(s))
	}
	for i := range len(s) {
		if c := s[i]; c <= 0x20 || c >= 0x7f || strings.IndexByte("<>\"", c) >= 0 {
			return u, fmt.Errorf("the URI %q has the character %q, which is not allowed in it", s, c)
		}
	}
	if err := sip.ParseUri(s, &u); err != nil {
		return u, fmt.Errorf("the URI %q cannot be read: %w", s, err)
	}
	switch u.Scheme {
	case "sip", "sips":
		if u.Host == "" || u.Host == "*" {
			return u, fmt.Errorf("the URI %q names no host", s)
		}
		if u.Port < 0 || u.Port > 65535 {
			return u, fmt.Errorf("the URI %q has no valid port", s)
		}
	case "tel":
	default:
		return u, fmt.Errorf("the URI %q is neither a sip: nor a tel: address", s)
	}
	var again sip.Uri
	if err := sip.ParseUri(u.String(), &again); err != nil || again.User != u.User || again.Host != u.Host {
		return u, fmt.Errorf("the URI %q can be read in two ways", s)
	}
	u.Headers = nil // headers of a URI never make it into a request of ours (RFC 3261 19.1.5)
	return u, nil
}

// isToken tells whether s can be a header name (RFC 3261 25.1).
func isToken(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		alnum := (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		if !alnum && !strings.ContainsRune("-.!%*_+`'~", rune(c)) {
			return false
		}
	}
	return true
}
