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
		return Ticket{}, invalid(
			"The token is longer than %d bytes. Leave claims out that the gateway does not need: it looks at sub, origin, exp and jti.",
			maxSigned)
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
	t := Ticket{
		User: c.Subject, Origin: c.Origin, key: "embed/" + hash(key.ID+"\n"+c.ID),
		keep: time.Until(c.ExpiresAt.Time) + 2*leeway,
	}
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
		return key, invalid("The token is a signed one, and the gateway has no key to check it with. List the site's public key " +
			"under http.embed_keys of the gateway.")
	case !ok:
		return key, invalid("The token names the key %.40q (kid), which is not under http.embed_keys of the gateway. Sign with one "+
			"that is, or list it.", id)
	case t.Method.Alg() != key.Algorithm:
		return key, invalid("The token is signed with %s, and the key %q is for %s. Sign with that, or correct http.embed_keys.",
			t.Method.Alg(), key.ID, key.Algorithm)
	}
	return key, nil
}

func (m *Mint) checkClaims(c signed) *Refusal {
	switch {
	case c.Subject == "" || c.Origin == "":
		return invalid("The token lacks the claim sub (the user's name) or origin (the embedding site, such as " +
			"https://intranet.example). Put both in.")
	case c.ID == "" || len(c.ID) > maxJTI:
		return invalid("The token needs a claim jti of 1 to %d bytes that no other token has, such as a random UUID.", maxJTI)
	case time.Until(c.ExpiresAt.Time) > Life+leeway:
		return invalid("The token ends more than five minutes from now. Set exp to at most five minutes ahead.")
	case len(c.Audience) > 0 && !slices.Contains(c.Audience, m.domain):
		return invalid("The token is for another audience. Leave aud out, or set it to %q.", m.domain)
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
		return invalid("The token begins in the future. Compare the clocks of the two servers.")
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return invalid("The token has no claim exp. Set it to at most five minutes ahead.")
	case errors.Is(err, jwt.ErrTokenMalformed):
		return invalid("This is no token: neither one of POST /api/v1/embed-tokens nor a signed one (JWT). getToken must return the " +
			"token alone, as text.")
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return invalid("The signature of the token is wrong, or made in another way than %v. Check that the public key under "+
			"http.embed_keys belongs to the key the site signs with.", Algorithms)
	}
	return invalid("The token cannot be used. It must be a JWT with sub, origin, exp and jti.")
}
