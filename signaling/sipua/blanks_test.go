package sipua

import (
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
		same(t, value, squeeze(value, ";="), want)
	}
}
