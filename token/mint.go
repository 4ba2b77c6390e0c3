// Package token makes and checks what a page of another site logs its user in
// with: short tokens for one user and one origin that work once, minted here
// for an API key or signed by the site itself.
package token

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ringsplash/internal/sentence"
	"ringsplash/store"
)

const (
	// Life is how long a token may be used after it was made.
	Life = 5 * time.Minute
	// remembered is how long a token is kept after that, to say why it does
	// not work any more.
	remembered = time.Hour

	// SecretBytes is how much chance is in a Secret.
	SecretBytes = 32
	mintedMark  = "rst_"
)

// Refusal says why a token does not work: a code for programs, a sentence for
// whoever runs the embedding site.
type Refusal struct {
	Code     string
	Sentence sentence.Sentence
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Sentence.Text }

// Codes of a Refusal.
const (
	Unknown = "token_unknown"
	Used    = "token_used"
	Expired = "token_expired"
	Invalid = "token_invalid"
)

func unknown() *Refusal { return &Refusal{Unknown, Words.Say("token.unknown")} }
func used() *Refusal    { return &Refusal{Used, Words.Say("token.used")} }
func expired() *Refusal { return &Refusal{Expired, Words.Say("token.expired")} }

func invalid(say string, args ...any) *Refusal { return &Refusal{Invalid, Words.Say(say, args...)} }

// Ticket is a token that was read and has not been used yet.
type Ticket struct {
	User string
	// Origin is the site it is for, such as "https://intranet.example".
	Origin string

	key     string
	value   []byte
	version store.Version
	keep    time.Duration
}

// Mint makes tokens and takes them. Several nodes on one store share it.
type Mint struct {
	store  store.Store
	domain string
	keys   map[string]SigningKey // by id
}

// NewMint returns a Mint that also takes what keys sign. domain is what a
// signed token may name as its audience.
func NewMint(s store.Store, domain string, keys []SigningKey) *Mint {
	m := &Mint{store: s, domain: domain, keys: map[string]SigningKey{}}
	for _, k := range keys {
		m.keys[k.ID] = k
	}
	return m
}

// record is a minted token under embed/<hash>. A used one stays for a while,
// to be told from one that never was.
type record struct {
	V       int       `json:"v"`
	User    string    `json:"user,omitempty"`
	Origin  string    `json:"origin,omitempty"`
	Expires time.Time `json:"expires"`
	Used    bool      `json:"used,omitempty"`
}

// Make mints a token. It blocks for the store.
func (m *Mint) Make(ctx context.Context, user, origin string) (text string, expires time.Time, err error) {
	text = mintedMark + Secret()
	expires = time.Now().Add(Life).UTC()
	value, err := json.Marshal(record{V: 1, User: user, Origin: origin, Expires: expires})
	if err != nil {
		return "", time.Time{}, err
	}
	if _, err := m.store.Put(ctx, mintedKey(text), value, 0, Life+remembered); err != nil {
		return "", time.Time{}, fmt.Errorf("token: keep a token: %w", err)
	}
	return text, expires, nil
}

// Read tells whom a token is for. The error is a *Refusal, or the store's. It
// blocks for the store and uses nothing up.
func (m *Mint) Read(ctx context.Context, text string) (Ticket, error) {
	if !strings.HasPrefix(text, mintedMark) {
		return m.readSigned(ctx, text)
	}
	item, err := m.store.Get(ctx, mintedKey(text))
	if errors.Is(err, store.ErrNotFound) {
		return Ticket{}, unknown()
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("token: look up a token: %w", err)
	}
	var r record
	if err := json.Unmarshal(item.Value, &r); err != nil {
		return Ticket{}, fmt.Errorf("token: read a token: %w", err)
	}
	switch {
	case r.Used:
		return Ticket{}, used()
	case time.Now().After(r.Expires):
		return Ticket{}, expired()
	}
	t := Ticket{User: r.User, Origin: r.Origin, key: item.Key, version: item.Version, keep: remembered}
	r.Used = true
	t.value, err = json.Marshal(r)
	return t, err
}

// Spend uses a token up: of several who try, on this node or another, one
// succeeds. The error is a *Refusal, or the store's. It blocks for the store.
func (m *Mint) Spend(ctx context.Context, t Ticket) error {
	_, err := m.store.Put(ctx, t.key, t.value, t.version, t.keep)
	switch {
	case errors.Is(err, store.ErrConflict):
		return used()
	case err != nil:
		return fmt.Errorf("token: use a token up: %w", err)
	}
	return nil
}

func mintedKey(text string) string { return "embed/" + Hash(text) }

// Secret is a new random text, of SecretBytes in base64, that nobody can guess.
func Secret() string {
	raw := make([]byte, SecretBytes)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Hash is what is kept of a secret, from which it cannot be found.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
