package profile

import (
	"strings"
	"testing"
)

// FuzzProfiles reads an administrator's own profiles.
func FuzzProfiles(f *testing.F) {
	f.Add([]byte("profiles:\n  - {name: x, match: [\"^x\"], mute: gate}\n"))
	f.Add([]byte("methods: [{name: m, headers: [{name: A, value: b}]}]\n"))
	f.Add([]byte("profiles: [{name: y, match: [\"(\"]}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Load(text, "example.test")
		if err != nil {
			return
		}
		for _, agent := range []string{"", "snom300", string(text)} {
			for _, h := range p.For("auto", agent).Headers {
				if h.Name == "" || strings.ContainsAny(h.Name+h.Value, "\r\n") {
					t.Fatalf("a profile writes the header %q", h)
				}
			}
		}
	})
}
