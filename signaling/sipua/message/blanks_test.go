package message

import (
	"strings"
	"testing"
)

func TestSqueeze(t *testing.T) {
	for value, want := range map[string]string{
		"SIP/2.0/UDP 192.0.2.1:5060 ;branch = z9hG4bK1": "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
		`"A ; b = \" c" <sip:c@h> ; tag	=1`:             `"A ; b = \" c" <sip:c@h>;tag=1`,
		`"Doe, John" <sip:a@b> ; tag = x`:               `"Doe, John" <sip:a@b>;tag=x`,
		"plain":                                         "plain",
		"Bob <sip:b@h>":                                 "Bob <sip:b@h>",
	} {
		if got := squeeze(value, ";="); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

// FuzzSqueeze: nothing but blanks is lost, and nothing within quotes.
func FuzzSqueeze(f *testing.F) {
	for _, s := range []string{
		"SIP/2.0/UDP h:5060 ; branch = z9", `"a ; \" = b" <sip:x@y> ; tag=1`, "a , b ; c", `"open ; `,
		"\t;\t=\t", `\" ; "`,
	} {
		f.Add(s)
	}
	bare := strings.NewReplacer(" ", "", "\t", "")
	f.Fuzz(func(t *testing.T, s string) {
		got := squeeze(s, ";=/")
		if bare.Replace(got) != bare.Replace(s) {
			t.Fatalf("%q becomes %q", s, got)
		}
		if squeeze(got, ";=/") != got {
			t.Fatalf("%q is not squeezed yet: %q", got, squeeze(got, ";=/"))
		}
	})
}
