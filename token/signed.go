package token

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ringsplash/store"
)

// Algorithms are those a signing key may have (RFC 7518 3.1, RFC 8037 3.1).
var Algorithms = []string{"EdDSA", "ES256", "RS256"}

const (
	// leeway is how far the clocks of the two servers may differ.
	leeway = 30 * time.Second
	// maxSigned is the longest signed token, maxJTI its longest id, in bytes.
	maxSigned = 4096
	maxJTI    = 256
	minRSA    = 2048 // bits
)

// SigningKey is a key with which a site signs its tokens itself. The algorithm
// belongs to the key: what a token says about it is only compared.
type SigningKey struct {
	ID        string
	Algorithm string
	public    crypto.PublicKey
}

// ParseSigningKey reads a public key in PEM ("BEGIN PUBLIC KEY", RFC 7468 13).
func ParseSigningKey(id, algorithm string, text []byte) (SigningKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" {
		return SigningKey{}, errors.New(`this is not a public key in PEM, which begins with "-----BEGIN PUBLIC KEY-----"`)
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return SigningKey{}, fmt.Errorf("the public key cannot be read: %w", err)
	}
	fits := false
	switch key := public.(type) {
	case ed25519.PublicKey:
		fits = algorithm == "EdDSA"
	case *ecdsa.PublicKey:
		fits = algorithm == "ES256" && key.Curve == elliptic.P256()
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSA {
			return SigningKey{}, fmt.Errorf("the RSA key has %d bits, and at least %d are needed", key.N.BitLen(), minRSA)
		}
		fits = algorithm == "RS256"
	}
	if !fits {
		return SigningKey{}, fmt.Errorf("this key is not one for %s", algorithm)
	}
	return SigningKey{ID: id, Algorithm: algorithm, public: public}, nil
}

// signed are the claims of a token a site signed (RFC 7519 4): sub is the
// user, origin the site.
type signed struct {
	jwt.RegisteredClaims
	Origin string `json:"origin"`
}

func (m *Mint) readSigned(ctx context.Context, text string) (Ticket, error) {
	if len(text) > maxSigned {
		return Ticket{}, invalid("token.too_long", "bytes", maxSigned)
	}
	var c signed
	var key SigningKey
	_, err := jwt.NewParser(
		jwt.WithValidMethods(Algorithms), jwt.WithLeeway(leeway), jwt.WithExpirationRequired(), jwt.WithStrictDecoding(),
	).ParseWithClaims(text, &c, func(t *jwt.Token) (any, error) {
		var err error
		key, err = m.signer(t)
		return key.public, err
	})
	if err != nil {
		return Ticket{}, m.reason(err)
	}
	if r := m.checkClaims(c); r != nil {
		return Ticket{}, r
	}
	left := time.Until(c.ExpiresAt.Time)
	t := Ticket{User: c.Subject, Origin: c.Origin, key: mintedKey(key.ID + "\n" + c.ID), keep: left + 2*leeway}
	if t.value, err = json.Marshal(record{V: 1, Expires: c.ExpiresAt.UTC(), Used: true}); err != nil {
		return Ticket{}, err
	}
	switch _, err := m.store.Get(ctx, t.key); {
	case err == nil:
		return Ticket{}, used()
	case !errors.Is(err, store.ErrNotFound):
		return Ticket{}, fmt.Errorf("token: look up a token: %w", err)
	}
	return t, nil
}

// signer finds the key a token names by kid; a token without one is for the
// only key there is.
func (m *Mint) signer(t *jwt.Token) (SigningKey, error) {
	id, _ := t.Header["kid"].(string)
	key, ok := m.keys[id]
	if id == "" && len(m.keys) == 1 {
		for _, key = range m.keys {
			ok = true
		}
	}
	switch {
	case len(m.keys) == 0:
		return key, invalid("token.no_keys")
	case !ok:
		return key, invalid("token.unknown_key", "key", fmt.Sprintf("%.40q", id))
	case t.Method.Alg() != key.Algorithm:
		return key, invalid("token.wrong_algorithm", "algorithm", t.Method.Alg(), "key", strconv.Quote(key.ID), "right", key.Algorithm)
	}
	return key, nil
}

func (m *Mint) checkClaims(c signed) *Refusal {
	switch {
	case c.Subject == "" || c.Origin == "":
		return invalid("token.lacks_claims")
	case c.ID == "" || len(c.ID) > maxJTI:
		return invalid("token.bad_jti", "bytes", maxJTI)
	case time.Until(c.ExpiresAt.Time) > Life+leeway:
		return invalid("token.too_far_ahead")
	case len(c.Audience) > 0 && !slices.Contains(c.Audience, m.domain):
		return invalid("token.wrong_audience", "audience", strconv.Quote(m.domain))
	}
	return nil
}

// reason words what the library found.
func (m *Mint) reason(err error) error {
	var r *Refusal
	switch {
	case errors.As(err, &r):
		return r
	case errors.Is(err, jwt.ErrTokenExpired):
		return expired()
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return invalid("token.in_future")
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return invalid("token.no_exp")
	case errors.Is(err, jwt.ErrTokenMalformed):
		return invalid("token.malformed")
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return invalid("token.bad_signature", "algorithms", fmt.Sprint(Algorithms))
	}
	return invalid("token.not_usable")
}
