package rig

import (
	"maps"
	"os"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// SignerURL is where the certificates of signed callers pretend to be.
const SignerURL = "https://certificates.example/signer.pem"

// Passport is the value of an Identity header (RFC 8224) over the claims,
// signed with the key of a PEM file. header changes the PASSporT's header.
func Passport(t testing.TB, keyFile string, claims map[string]any, header map[string]any) string {
	t.Helper()
	text, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	key, err := jwt.ParseECPrivateKeyFromPEM(text)
	if err != nil {
		t.Fatal(err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims(claims))
	token.Header["typ"], token.Header["x5u"] = "passport", SignerURL
	maps.Copy(token.Header, header)
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed + ";info=<" + SignerURL + ">;alg=ES256"
}
