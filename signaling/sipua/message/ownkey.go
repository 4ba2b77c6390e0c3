package message

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// OwnKey marks tags and branches of ours, so that nothing need be kept to know
// them again (RFC 3261 8.2.7). It lasts as long as the process.
type OwnKey [32]byte

// NewOwnKey makes one that nobody can guess.
func NewOwnKey() (k OwnKey) {
	_, _ = rand.Read(k[:]) // never fails
	return k
}

// Tag is the To tag of a stateless answer: a repeat of the request gets the
// same one (RFC 3261 8.2.7).
func (k OwnKey) Tag(req *sip.Request) string {
	m := hmac.New(sha256.New, k[:])
	for _, text := range []string{TransactionKey(req), req.CallID().Value(), Tag(req.From()), req.Source()} {
		m.Write([]byte(text))
		m.Write([]byte{0})
	}
	return hex.EncodeToString(m.Sum(nil)[:10])
}

// Unreadable is the answer to a request that cannot be read as a whole, from
// the headers that can be; nil when none is possible. A repeat gets the same.
// Where the request ends too early, or does not say that it is SIP, all headers
// that an answer repeats must be there.
func (k OwnKey) Unreadable(data []byte, no *Refusal) []byte {
	head, whole := headOf(data)
	first, _, _ := bytes.Cut(head, []byte("\r\n"))
	m := hmac.New(sha256.New, k[:])
	m.Write(head)
	with := &Refusal{Status: no.Status, Phrase: no.Phrase, Headers: []sip.Header{sip.NewHeader("Server", Product)}}
	return answerTo(head, with, hex.EncodeToString(m.Sum(nil)[:10]), func(found map[string]bool) bool {
		return found["Via"] && (whole && NamesSIP(first) || found["From"] && found["To"] && found["Call-ID"] && found["CSeq"])
	})
}

// NewBranch names a client transaction of ours so that an answer to it is
// known as one without looking anything up.
func (k OwnKey) NewBranch() string {
	token := NewToken()
	return sip.RFC3261BranchMagicCookie + token + k.mark(token)
}

func (k OwnKey) mark(token string) string {
	m := hmac.New(sha256.New, k[:])
	m.Write([]byte(token))
	return hex.EncodeToString(m.Sum(nil)[:6])
}

// made tells whether a branch is one of ours.
func (k OwnKey) made(branch string) bool {
	text, ok := strings.CutPrefix(branch, sip.RFC3261BranchMagicCookie)
	return ok && len(text) == tokenSize+12 && hmac.Equal([]byte(text[tokenSize:]), []byte(k.mark(text[:tokenSize])))
}

// Answers tells whether a response answers a request of ours (RFC 3261 18.1.2):
// others are dropped.
func (k OwnKey) Answers(response []byte) bool {
	for name, value := range headers(response) {
		if answered[name] != "Via" {
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
