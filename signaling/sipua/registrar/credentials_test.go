package registrar

import (
	"strings"
	"testing"

	"ringsplash/directory"
)

// The example of RFC 7616 3.9.1.
func TestCredentialsAnswer(t *testing.T) {
	for _, tt := range []struct{ algorithm, want string }{
		{algMD5, "8ca523f5e9506fed4657c9700eebdbec"},
		{algSHA256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
	} {
		c := credentials{
			algorithm: tt.algorithm, uri: "/dir/index.html", nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
			nc: "00000001", cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop: "auth",
		}
		if got := c.answer(hash(tt.algorithm, "Mufasa", "http-auth@example.org", "Circle of Life"), "GET"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.algorithm, got, tt.want)
		}
	}
}

func TestParseCredentials(t *testing.T) {
	c, isDigest, err := parseCredentials(
		`digest  Username="al\"ice", REALM="r", nonce=n, uri="sip:x", response=abc, ` +
			`algorithm=sha-256, cnonce="c", qop="auth", nc=0000000f`)
	want := credentials{`al"ice`, "r", "n", "sip:x", "abc", algSHA256, "c", "auth", "0000000f"}
	if err != nil || !isDigest || c != want {
		t.Errorf("got %+v, %v, %v", c, isDigest, err)
	}
	if nc, err := c.count(); nc != 15 || err != nil {
		t.Errorf("count %d, %v", nc, err)
	}
	if _, isDigest, _ := parseCredentials("Basic abc"); isDigest {
		t.Error("Basic is taken for Digest")
	}
	for _, bad := range []credentials{
		{qop: "auth-int", cnonce: "c", nc: "1"},
		{qop: "auth", nc: "1"},
		{qop: "auth", cnonce: "c"},
		{qop: "auth", cnonce: "c", nc: "0"},
		{qop: "auth", cnonce: "c", nc: "100000000"},
	} {
		if nc, err := bad.count(); err == nil {
			t.Errorf("%+v counts as %d, want an error", bad, nc)
		}
	}
}

// Whoever guesses a name must not see by the work done that it exists.
func TestMatchCostsTheSame(t *testing.T) {
	c := credentials{
		algorithm: algMD5, username: "x", nonce: "n", uri: "sip:x", response: strings.Repeat("0", 32), qop: "auth",
		nc: "1", cnonce: "c",
	}
	cost := func(n int) float64 {
		secrets := make([]directory.HA1, n)
		for i := range secrets {
			secrets[i] = directory.HA1{Algorithm: []string{algMD5, algSHA256}[i%2], Hex: strings.Repeat("1", 32)}
		}
		return testing.AllocsPerRun(20, func() {
			if c.match(secrets, "REGISTER") != nil {
				t.Error("a wrong response matches")
			}
		})
	}
	for _, n := range []int{1, 4, secretSlots} {
		if nobody, known := cost(0), cost(n); nobody != known || nobody == 0 {
			t.Errorf("a name nobody has costs %v allocations, one with %d secrets %v", nobody, n, known)
		}
	}
}

func FuzzCredentials(f *testing.F) {
	f.Add(`Digest username="a", realm="b", nonce="c", uri="sip:d", response="e", qop=auth, nc=00000001, cnonce="f"`)
	f.Add(`Digest a="\`)
	f.Fuzz(func(t *testing.T, s string) {
		c, isDigest, err := parseCredentials(s)
		if !isDigest && c != (credentials{}) {
			t.Errorf("fields without Digest: %+v", c)
		}
		if err == nil {
			_, _ = c.count()
		}
	})
}
