package message

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"ringsplash/directory"
)

// maxText bounds one value that we write into a header, in bytes.
const maxText = 512

// CleanText makes s safe as part of a header value, a log line and a page: valid
// UTF-8, no control characters (CR and LF would start a new header) and none
// that make a reader see another text, bounded.
func CleanText(s string) string {
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

// CleanTag tells whether s can be written as a tag or Call-ID again (RFC 3261
// 25.1); it may not hold what would end it there.
func CleanTag(s string) bool {
	return len(s) <= maxText && strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`;,<>"`, r)
	}) < 0
}

// QuoteDisplay makes s fit between the quotes of a display name (RFC 3261
// 25.1, quoted-pair).
func QuoteDisplay(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(CleanText(s))
}

// UnquoteDisplay undoes the quoted-pairs of a received display name.
func UnquoteDisplay(s string) string {
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
	return CleanText(b.String())
}

// IsToken tells whether s is a token (RFC 3261 25.1), as methods and names of
// headers are.
func IsToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		if !alnum && strings.IndexByte("-.!%*_+`'~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// DisplayText makes a display name from outside fit to be shown.
func DisplayText(s string) string { return Clip(UnquoteDisplay(s), displayMax) }

// Clip cuts text from outside to at most n bytes and removes what could break
// a line.
func Clip(s string, n int) string {
	s = CleanText(s)
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// displayMax bounds a display name from outside, in bytes.
const displayMax = 128

// NewToken is a random text for tags, branches and Call-IDs, not to be guessed.
func NewToken() string {
	var b [tokenSize / 2]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// tokenSize is the length of NewToken's text.
const tokenSize = 24

// Product is our name in User-Agent and Server (RFC 3261 20.35, 20.41).
const Product = "Ringsplash"
