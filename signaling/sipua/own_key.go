package sipua

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// ownKey marks tags and branches of ours, so that nothing need be kept to know
// them again (RFC 3261 8.2.7). It lasts as long as the process.
type ownKey [32]byte

// newOwnKey makes one that nobody can guess.
func newOwnKey() (k ownKey) {
	_, _ = rand.Read(k[:]) // never fails
	return k
}

// tag is the To tag of a stateless answer: a repeat of the request gets the
// same one (RFC 3261 8.2.7).
func (k ownKey) tag(req *sip.Request) string {
	m := hmac.New(sha256.New, k[:])
	for _, text := range []string{txKey(req), req.CallID().Value(), tagOf(req.From()), req.Source()} {
		m.Write([]byte(text))
		m.Write([]byte{0})
	}
	return hex.EncodeToString(m.Sum(nil)[:10])
}

// unreadable is the answer to a request that cannot be read as a whole, from
// the headers that can be; nil when none is possible. A repeat gets the same.
// Where the request ends too early, or does not say that it is SIP, all headers
// that an answer repeats must be there.
func (k ownKey) unreadable(data []byte, no *Refusal) []byte {
	head, whole := headOf(data)
	first, _, _ := bytes.Cut(head, []byte("\r\n"))
	m := hmac.New(sha256.New, k[:])
	m.Write(head)
	with := &Refusal{Status: no.Status, Phrase: no.Phrase, Headers: []sip.Header{sip.NewHeader("Server", product)}}
	return answerTo(head, with, hex.EncodeToString(m.Sum(nil)[:10]), func(found map[string]bool) bool {
		return found["Via"] && (whole && namesSIP(first) || found["From"] && found["To"] && found["Call-ID"] && found["CSeq"])
	})
}

// newBranch names a client transaction of ours so that an answer to it is
// known as one without looking anything up.
func (k ownKey) newBranch() string {
	token := newToken()
	return sip.RFC3261BranchMagicCookie + token + k.mark(token)
}

func (k ownKey) mark(token string) string {
	m := hmac.New(sha256.New, k[:])
	m.Write([]byte(token))
	return hex.EncodeToString(m.Sum(nil)[:6])
}

// made tells whether a branch is one of ours.
func (k ownKey) made(branch string) bool {
	text, ok := strings.CutPrefix(branch, sip.RFC3261BranchMagicCookie)
	return ok && len(text) == tokenSize+12 && hmac.Equal([]byte(text[tokenSize:]), []byte(k.mark(text[:tokenSize])))
}

// answers tells whether a response answers a request of ours (RFC 3261 18.1.2):
// others are dropped.
func (k ownKey) answers(response []byte) bool {
	_, rest, _ := bytes.Cut(response, []byte("\r\n"))
	for len(rest) > 2 {
		var line []byte
		line, rest = headerLine(rest)
		name, value, _ := bytes.Cut(line, []byte(":"))
		if answered[strings.ToLower(string(bytes.TrimSpace(name)))] != "Via" {
			continue
		}
		top, _, _ := bytes.Cut(value, []byte(","))
		for p := range bytes.SplitSeq(top, []byte(";")) {
			name, branch, _ := bytes.Cut(p, []byte("="))
			if bytes.EqualFold(bytes.TrimSpace(name), []byte("branch")) {
				return k.made(string(bytes.TrimSpace(branch)))
			}
		}
		return false
	}
	return false
}
