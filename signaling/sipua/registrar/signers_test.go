package registrar

import (
	"encoding/asn1"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"ringsplash/policy"
	"ringsplash/test/rig"
)

// entry is one of a TNAuthorizationList (RFC 8226 9).
func entry(tag int, inner any) asn1.RawValue {
	params := ""
	if _, text := inner.(string); text {
		params = "ia5"
	}
	der, err := asn1.MarshalWithParams(inner, params)
	if err != nil {
		panic(err)
	}
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: der}
}

func numberList(entries ...asn1.RawValue) []byte {
	der, err := asn1.Marshal(entries)
	if err != nil {
		panic(err)
	}
	return der
}

// hundred are the numbers from +1 555 0000 on.
var hundred = entry(1, struct {
	Start string `asn1:"ia5"`
	Count int
}{"+15550000", 100})

// signedNumbers are certificates with their lists, and what they prove of a number.
var signedNumbers = []struct {
	name     string
	numbers  []byte
	stranger bool // its root is not configured
	from     string
	tn       string
	ok       bool
}{
	{"any number", nil, false, "tel:+1-555-0042", "15550042", true},
	{"SIP address of a number", nil, false, "sip:+15550042@carrier.example", "15550042", true},
	{"number without plus", nil, false, "sip:15550042@carrier.example;user=phone", "15550042", true},
	{"user part that is digits only by chance", nil, false, "sip:15550042@carrier.example", "15550042", false},
	{"another number", nil, false, "tel:+15550043", "15550042", false},
	{"a word", nil, false, "tel:+15550042", "*42", false},
	{"not of the root", nil, true, "tel:+15550042", "15550042", false},
	{"of a provider", numberList(entry(0, "1234")), false, "tel:+15550042", "15550042", true},
	{"listed", numberList(entry(2, "+15559999"), entry(2, "15550042")), false, "tel:+15550042", "15550042", true},
	{"not listed", numberList(entry(2, "15550043")), false, "tel:+15550042", "15550042", false},
	{"first of a range", numberList(hundred), false, "tel:+15550000", "15550000", true},
	{"last of a range", numberList(hundred), false, "tel:+15550099", "15550099", true},
	{"behind a range", numberList(hundred), false, "tel:+15550100", "15550100", false},
	{"before a range", numberList(hundred), false, "tel:+15549999", "15549999", false},
	{"unreadable list", []byte{1, 2, 3}, false, "tel:+15550042", "15550042", false},
	{"empty list", numberList(), false, "tel:+15550042", "15550042", false},
}

// Telephone numbers are signed for by certificates of a configured root, and by
// those that list numbers for these alone.
func TestSignedNumber(t *testing.T) {
	ca, other := rig.NewCA(t), rig.NewCA(t)
	var files []SignerFile
	var keys []string
	for i, tt := range signedNumbers {
		by := ca
		if tt.stranger {
			by = other
		}
		cert, key := by.IssueFor(fmt.Sprint("number", i), time.Hour, tt.numbers)
		files, keys = append(files, SignerFile{rig.SignerURL + "?" + fmt.Sprint(i), cert}), append(keys, key)
	}
	signers, err := LoadSigners(files, ca.File)
	if err != nil {
		t.Fatal(err)
	}
	f := openFront(t, func(c *Config) { c.Signers = signers })
	for i, tt := range signedNumbers {
		t.Run(tt.name, func(t *testing.T) {
			value := rig.Passport(t, keys[i], claims{
				"orig": claims{"tn": tt.tn}, "dest": uris{"uri": {rig.Alice.Address()}},
				"iat": time.Now().Unix(),
			}, claims{"x5u": files[i].Info})
			value = strings.Replace(value, rig.SignerURL, files[i].Info, 1)
			p := f.peer(t)
			got := whoCalls(t, p.raw(p.message("INVITE", rig.Alice.Address(), tt.from, rig.Alice.Address(), "Identity: "+value)))
			want := policy.Identity{Address: "tel:+" + tt.tn, Level: policy.Proven, How: "signed number"}
			if tt.ok && got != want || !tt.ok && got.Level != policy.Unverified {
				t.Errorf("taken for %+v", got)
			}
		})
	}
}

func TestLoadSigners(t *testing.T) {
	dir := t.TempDir()
	ca := rig.NewCA(t)
	_, key := ca.Issue("signer", time.Hour, "partner.example")
	if err := os.WriteFile(dir+"/none.pem", []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir + "/gone.pem": "no such file", dir + "/none.pem": "no certificate",
		key: "no certificate",
	} {
		if _, err := LoadSigners([]SignerFile{{Cert: path}}, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := LoadSigners(nil, dir+"/none.pem"); err == nil {
		t.Error("a root without a certificate was taken")
	}
}
