package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
	"ringsplash/token"
)

const site = "https://intranet.example"

func openStore(t *testing.T) store.Store {
	t.Helper()
	s, err := store.OpenBolt(t.TempDir(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func code(t *testing.T, err error) string {
	t.Helper()
	var r *token.Refusal
	require.ErrorAs(t, err, &r)
	require.True(t, strings.HasSuffix(r.Sentence.Text, "."), "a sentence: %s", r.Sentence.Text)
	return r.Code
}

func TestMintedTokenWorksOnce(t *testing.T) {
	s, ctx := openStore(t), t.Context()
	m := token.NewMint(s, "example.test", nil)
	text, expires, err := m.Make(ctx, "alice", site)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(token.Life), expires, time.Minute)
	ticket, err := m.Read(ctx, text)
	require.NoError(t, err)
	require.Equal(t, "alice", ticket.User)
	require.Equal(t, site, ticket.Origin)
	require.NoError(t, m.Spend(ctx, ticket))
	require.Equal(t, token.Used, code(t, m.Spend(ctx, ticket)), "two who read it before it was used")
	_, err = m.Read(ctx, text)
	require.Equal(t, token.Used, code(t, err))
	_, err = m.Read(ctx, text+"x")
	require.Equal(t, token.Unknown, code(t, err))
	items, err := s.Scan(ctx, "embed/", "", 10)
	require.NoError(t, err)
	require.Len(t, items, 1)
	require.NotContains(t, items[0].Key+string(items[0].Value), strings.TrimPrefix(text, "rst_"), "the store has no usable token")
}

// TestUsedTokenStaysUsedOverARestart: the gateway must remember as long as the
// token would work.
func TestUsedTokenStaysUsedOverARestart(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	key, sign := signer(t, "EdDSA")
	open := func() (store.Store, *token.Mint) {
		s, err := store.OpenBolt(dir, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		return s, token.NewMint(s, "example.test", []token.SigningKey{key})
	}
	s, m := open()
	minted, _, err := m.Make(ctx, "alice", site)
	require.NoError(t, err)
	texts := []string{minted, sign(nil)}
	for _, text := range texts {
		ticket, err := m.Read(ctx, text)
		require.NoError(t, err)
		require.NoError(t, m.Spend(ctx, ticket))
	}
	require.NoError(t, s.Close())
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "live.db")), "as after a crash")
	s, m = open()
	defer func() { require.NoError(t, s.Close()) }()
	for _, text := range texts {
		_, err := m.Read(ctx, text)
		require.Equal(t, token.Used, code(t, err))
	}
}

// TestMintedTokenExpires: a record whose time is over stays for a while, to say so.
func TestMintedTokenExpires(t *testing.T) {
	s, ctx := openStore(t), t.Context()
	m := token.NewMint(s, "example.test", nil)
	text, expires, err := m.Make(ctx, "alice", site)
	require.NoError(t, err)
	items, err := s.Scan(ctx, "embed/", "", 10)
	require.NoError(t, err)
	require.Len(t, items, 1)
	old := strings.Replace(string(items[0].Value), expires.Format(time.RFC3339Nano),
		time.Now().Add(-time.Second).UTC().Format(time.RFC3339Nano), 1)
	require.NotEqual(t, string(items[0].Value), old)
	_, err = s.Put(ctx, items[0].Key, []byte(old), items[0].Version, time.Hour)
	require.NoError(t, err)
	_, err = m.Read(ctx, text)
	require.Equal(t, token.Expired, code(t, err))
}

// TestNodesShareTokens: what one node minted another takes, and of many that
// try at the same time one succeeds.
func TestNodesShareTokens(t *testing.T) {
	url, ctx := storetest.StartRedis(t).URL(), t.Context()
	key, sign := signer(t, "EdDSA")
	var nodes []*token.Mint
	for range 2 {
		s, err := store.OpenRedis(ctx, url, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		nodes = append(nodes, token.NewMint(s, "example.test", []token.SigningKey{key}))
	}
	minted, _, err := nodes[0].Make(ctx, "alice", site)
	require.NoError(t, err)
	for what, text := range map[string]string{"minted": minted, "signed": sign(nil)} {
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				m := nodes[i%2]
				ticket, err := m.Read(ctx, text)
				if err == nil && m.Spend(ctx, ticket) == nil {
					won.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, won.Load(), what)
	}
}

// signer is a fresh key and what signs tokens with it; change may spoil the
// claims or the header.
func signer(t *testing.T, algorithm string) (token.SigningKey, func(change func(jwt.MapClaims, *jwt.Token)) string) {
	t.Helper()
	private := privateKey(t, algorithm)
	key, err := token.ParseSigningKey("intranet", algorithm, publicPEM(t, private))
	require.NoError(t, err)
	return key, func(change func(jwt.MapClaims, *jwt.Token)) string {
		claims := jwt.MapClaims{"sub": "alice", "origin": site, "exp": time.Now().Add(4 * time.Minute).Unix(), "jti": rand.Text()}
		tok := jwt.NewWithClaims(jwt.GetSigningMethod(algorithm), claims)
		tok.Header["kid"] = "intranet"
		if change != nil {
			change(claims, tok)
		}
		text, err := tok.SignedString(private)
		require.NoError(t, err)
		return text
	}
}

func privateKey(t *testing.T, algorithm string) crypto.Signer {
	t.Helper()
	var private crypto.Signer
	var err error
	switch algorithm {
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "RS256":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	require.NoError(t, err)
	return private
}

func publicPEM(t *testing.T, private crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestSignedTokenWorksOnce(t *testing.T) {
	for _, algorithm := range token.Algorithms {
		t.Run(algorithm, func(t *testing.T) {
			ctx := t.Context()
			key, sign := signer(t, algorithm)
			m := token.NewMint(openStore(t), "example.test", []token.SigningKey{key})
			text := sign(nil)
			ticket, err := m.Read(ctx, text)
			require.NoError(t, err)
			require.Equal(t, "alice", ticket.User)
			require.Equal(t, site, ticket.Origin)
			require.NoError(t, m.Spend(ctx, ticket))
			_, err = m.Read(ctx, text)
			require.Equal(t, token.Used, code(t, err))
			_, err = m.Read(ctx, sign(func(_ jwt.MapClaims, tok *jwt.Token) { delete(tok.Header, "kid") }))
			require.NoError(t, err, "the only key needs no kid")
		})
	}
}

// TestSignedTokenRefused: what is wrong is named, so that the site's owner can
// mend it.
func TestSignedTokenRefused(t *testing.T) {
	ctx := t.Context()
	key, sign := signer(t, "ES256")
	other, _ := signer(t, "EdDSA")
	other.ID = "other"
	m := token.NewMint(openStore(t), "example.test", []token.SigningKey{key, other})
	claim := func(name string, value any) string {
		return sign(func(c jwt.MapClaims, _ *jwt.Token) { c[name] = value })
	}
	head := func(name string, value any) string {
		return sign(func(_ jwt.MapClaims, t *jwt.Token) { t.Header[name] = value })
	}
	_, strange := signer(t, "ES256")
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"sub": "alice"}).SignedString(
		jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	// The public key taken as a shared secret: the classic confusion.
	confused := jwt.NewWithClaims(jwt.SigningMethodHS256,
		jwt.MapClaims{"sub": "alice", "origin": site, "exp": time.Now().Add(time.Minute).Unix(), "jti": "1"})
	confused.Header["kid"] = "intranet"
	hmac, err := confused.SignedString(publicPEM(t, privateKey(t, "ES256")))
	require.NoError(t, err)
	for _, row := range []struct{ what, text, code, says string }{
		{"old", claim("exp", time.Now().Add(-time.Minute).Unix()), token.Expired, "five minutes"},
		{"long", claim("exp", time.Now().Add(time.Hour).Unix()), token.Invalid, "more than five minutes"},
		{"no exp", claim("exp", nil), token.Invalid, "no claim exp"},
		{"early", claim("nbf", time.Now().Add(2*time.Minute).Unix()), token.Invalid, "begins in the future"},
		{"no user", claim("sub", ""), token.Invalid, "claim sub"},
		{"no origin", claim("origin", ""), token.Invalid, "origin"},
		{"no jti", claim("jti", ""), token.Invalid, "jti"},
		{"audience", claim("aud", "elsewhere"), token.Invalid, `"example.test"`},
		{"unknown key", head("kid", "third"), token.Invalid, "http.embed_keys"},
		{"no kid of two", head("kid", nil), token.Invalid, "http.embed_keys"},
		{"another's key", head("kid", "other"), token.Invalid, "is for EdDSA"},
		{"signature", strange(nil), token.Invalid, "signature"},
		{"none", unsigned, token.Invalid, "signature"},
		{"HS256", hmac, token.Invalid, "signature"},
		{"words", "hello", token.Invalid, "no token"},
		{"long text", strings.Repeat("x", 5000), token.Invalid, "longer"},
	} {
		_, err := m.Read(ctx, row.text)
		require.Error(t, err, row.what)
		require.Equal(t, row.code, code(t, err), row.what)
		require.Contains(t, err.Error(), row.says, row.what)
	}
	none := token.NewMint(openStore(t), "example.test", nil)
	_, err = none.Read(ctx, sign(nil))
	require.ErrorContains(t, err, "http.embed_keys")
}

func TestSigningKeyFaults(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	for _, row := range []struct {
		what, algorithm string
		text            []byte
	}{
		{"no PEM", "EdDSA", []byte("hello")},
		{"a private key", "EdDSA", []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")},
		{"another kind", "RS256", publicPEM(t, privateKey(t, "EdDSA"))},
		{"another curve", "ES256", publicPEM(t, curve)},
		{"a short key", "RS256", publicPEM(t, small)},
		{"no such algorithm", "HS256", publicPEM(t, privateKey(t, "ES256"))},
	} {
		_, err := token.ParseSigningKey("k", row.algorithm, row.text)
		require.Error(t, err, row.what)
	}
}

func TestAPIKeys(t *testing.T) {
	s, ctx := openStore(t), t.Context()
	k := token.Keys{Store: s}
	text, err := k.Add(ctx, "intranet", token.Access{})
	require.NoError(t, err)
	_, err = k.Add(ctx, "intranet", token.Access{})
	require.ErrorIs(t, err, store.ErrConflict)
	_, err = k.Add(ctx, "No Name", token.Access{})
	require.ErrorIs(t, err, token.ErrKeyName)
	key, err := k.Check(ctx, text)
	require.NoError(t, err)
	require.Equal(t, "intranet", key.Name)
	require.True(t, key.May(token.RightEmbed), "what a key may that was given no right")
	require.False(t, key.May(token.RightCalls))
	for _, wrong := range []token.Access{
		{Rights: []token.Right{"all"}},
		{Rights: []token.Right{token.RightOpen}, Users: []string{"alice"}},
		{Rights: []token.Right{token.RightCalls}},
		{Users: []string{"alice"}},
		{Rights: []token.Right{token.RightCalls}, Users: []string{"alice", ""}},
	} {
		_, err := k.Add(ctx, "wrong", wrong)
		require.ErrorIs(t, err, token.ErrKeyRight, "%+v", wrong)
	}
	given := token.Access{Rights: []token.Right{token.RightCalls, token.RightOpen}, Users: []string{"alice"}}
	crm, err := k.Add(ctx, "crm", given)
	require.NoError(t, err)
	key, err = k.Check(ctx, crm)
	require.NoError(t, err)
	require.Equal(t, given, key.Access)
	require.True(t, key.For("alice") && !key.For("bob") && !key.May(token.RightEmbed))
	require.NoError(t, k.Remove(ctx, "crm"))
	for _, wrong := range []string{
		"", text + "x", text[:len(text)-1], "rsk_other~x", "rsk_..~" + text,
		strings.TrimPrefix(text, "rsk_"),
	} {
		_, err := k.Check(ctx, wrong)
		require.ErrorIs(t, err, token.ErrKey, wrong)
	}
	items, err := s.Scan(ctx, "apikey/", "", 10)
	require.NoError(t, err)
	_, secret, _ := strings.Cut(text, "~")
	require.NotContains(t, string(items[0].Value), secret, "the store has only the hash")
	list, err := k.List(ctx)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "intranet", list[0].Name)
	require.NoError(t, k.Remove(ctx, "intranet"))
	require.ErrorIs(t, k.Remove(ctx, "intranet"), store.ErrNotFound)
	_, err = k.Check(ctx, text)
	require.ErrorIs(t, err, token.ErrKey, "a removed key is refused at once")
}
