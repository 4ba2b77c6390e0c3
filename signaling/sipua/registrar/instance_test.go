package registrar

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestInstance(t *testing.T) {
	tests := []struct {
		name, contact, agent, guid, want string
	}{
		{
			"declared", `<sip:a@192.0.2.1>;+sip.instance="<urn:uuid:ABCDEF00-0000-4000-8000-00000000000A>"`, "Phone 805EC0123456", "",
			"urn:uuid:abcdef00-0000-4000-8000-00000000000a",
		},
		{"declared, name in other case", `<sip:a@192.0.2.1>;+SIP.Instance="<urn:x:Y>"`, "", "", "urn:x:Y"},
		{"declared with separators inside", `<sip:a@192.0.2.1>;expires=9;+sip.instance="<urn:x:a;b=c,d>";q=1`, "", "", "urn:x:a;b=c,d"},
		{"declared empty", `<sip:a@192.0.2.1>;+sip.instance="<>"`, "", "", "contact:a@192.0.2.1:5060"},
		{"declared with a blank", `<sip:a@192.0.2.1>;+sip.instance="<a b>"`, "", "", "contact:a@192.0.2.1:5060"},
		{"MAC in User-Agent", `<sip:a@192.0.2.1>`, "Yealink SIP-T46S 66.84.0.15 805ec0123456", "", "mac:805ec0123456"},
		{"MAC in pairs", `<sip:a@192.0.2.1>`, "Grandstream GXP2170 1.0.9 00:0B:82:AA:BB:CC", "", "mac:000b82aabbcc"},
		{"MAC in Contact user", `<sip:0004f2abcdef@192.0.2.1:5060>`, "PolycomVVX", "", "mac:0004f2abcdef"},
		{"MAC in a Contact parameter", `<sip:a@192.0.2.1;mac=0004F2-ABCDEF>;mac="00-04-f2-ab-cd-ef"`, "", "", "mac:0004f2abcdef"},
		{"a number is no MAC", `<sip:441234567890@192.0.2.1>`, "", "", "contact:441234567890@192.0.2.1:5060"},
		{"a random MAC is none", `<sip:a@192.0.2.1>`, "Phone 020304abcdef", "", "contact:a@192.0.2.1:5060"},
		{"a pointer is no MAC", `<sip:a-0x55f88e893210@192.0.2.1>`, "", "", "contact:a-0x55f88e893210@192.0.2.1:5060"},
		{
			"GUID", `<sip:a@192.0.2.1>`, "Nortel PCC 4.1.432", "0123456789abcdef0123456789ABCDEF012345",
			"guid:0123456789abcdef0123456789abcdef012345",
		},
		{"GUID that is none", `<sip:a@192.0.2.1>`, "", "hello world", "contact:a@192.0.2.1:5060"},
		{"Contact", `<sip:%61lice@PC.Example.Test.:5070;transport=tcp>`, "", "", "contact:alice@pc.example.test:5070"},
		{"sips", `<sips:a@192.0.2.1>`, "", "", "contact:a@192.0.2.1:5061"},
		{"IPv6", `<sip:a@[2001:DB8:0::1]:5070>`, "", "", "contact:a@[2001:db8::1]:5070"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := instanceIn(tt.contact, tt.agent, tt.guid); err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

// instanceIn parses as sipgo does and asks as the registrar does.
func instanceIn(contact, agent, guid string) (string, error) {
	var h sip.ContactHeader
	var err error
	if h.DisplayName, err = sip.ParseAddressValue(contact, &h.Address, &h.Params); err != nil {
		return "", err
	}
	params, err := contactParams(h.Params)
	if err != nil {
		return "", err
	}
	if id := declaredInstance(params); id != "" {
		return id, nil
	}
	return guessedInstance(h.Address, params, agent, guid), nil
}

// Whatever comes, an instance id fits into a header and a store key.
func FuzzInstance(f *testing.F) {
	f.Add(`<sip:a@192.0.2.1>;+sip.instance="<urn:uuid:1>"`, "Phone 805ec0123456", "")
	f.Add(`sip:a@b;+sip.instance=x`, "", "{0123456789}")
	f.Fuzz(func(t *testing.T, contact, agent, guid string) {
		id, err := instanceIn(contact, agent, guid)
		if err != nil {
			t.Skip()
		}
		if id == "" || len(id) > instanceMax || strings.ContainsAny(id, "\r\n\x00") {
			t.Errorf("%q", id)
		}
	})
}
