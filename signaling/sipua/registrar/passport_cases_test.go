package registrar

import (
	"strings"
	"time"

	"ringsplash/test/rig"
)

const (
	signedBob, signedAlice = "sip:bob@gate.partner.example", "sip:alice@example.test"
	otherCertificate       = "https://certificates.example/old.pem"
)

// signedIdentities are INVITEs with an Identity, and what it proves.
var signedIdentities = []struct {
	name     string
	from, to string // bob and alice when left out
	uri      string // to, when left out
	key      string // whose: "" is the right one
	// change makes of right claims and header what is sent.
	change func(c, h claims)
	value  func(string) string
	proven string // "" when nothing is
}{
	{name: "right", proven: signedBob},
	{
		name: "by number", to: "sip:1001@example.test",
		change: func(c, _ claims) { c["dest"] = uris{"uri": {"sip:1001@example.test"}} }, proven: signedBob,
	},
	{
		name: "one of many", change: func(c, _ claims) { c["dest"] = uris{"uri": {"sip:x@y.example", signedAlice}} },
		proven: signedBob,
	},
	{name: "capitals", from: "sip:Bob@GATE.partner.example:5070;x=y", proven: "sip:Bob@gate.partner.example"},
	{
		name: "a number as user", from: "sip:+1555@gate.partner.example",
		change: func(c, _ claims) { c["orig"] = claims{"uri": "sip:+1555@gate.partner.example"} },
		proven: "sip:+1555@gate.partner.example",
	},
	{
		name: "certificate of the configured list", from: "sip:bob@dns.example", key: "dns", change: func(c, h claims) {
			c["orig"], h["x5u"] = claims{"uri": "sip:bob@dns.example"}, "https://any.example/"
		}, value: func(v string) string { return strings.Replace(v, rig.SignerURL, "https://any.example/", 1) },
		proven: "sip:bob@dns.example",
	},
	{name: "a second header", value: func(v string) string { return "x.y.z;info=<a>, " + v }, proven: signedBob},

	{name: "signed by another", key: "strange"},
	{
		name: "for another domain", from: "sip:bob@other.example",
		change: func(c, _ claims) { c["orig"] = claims{"uri": "sip:bob@other.example"} },
	},
	{
		name: "DNS name beside a SIP URI", from: "sip:bob@partner.example",
		change: func(c, _ claims) { c["orig"] = claims{"uri": "sip:bob@partner.example"} },
	},
	{
		name: "SIP URI with a user", from: "sip:bob@user.example",
		change: func(c, _ claims) { c["orig"] = claims{"uri": "sip:bob@user.example"} },
	},
	{name: "wildcard", from: "sip:bob@a.wild.example", key: "dns", change: func(c, h claims) {
		c["orig"], h["x5u"] = claims{"uri": "sip:bob@a.wild.example"}, "https://any.example/"
	}, value: func(v string) string { return strings.Replace(v, rig.SignerURL, "https://any.example/", 1) }},
	{name: "expired certificate", from: "sip:bob@old.example", key: "old", change: func(c, h claims) {
		c["orig"], h["x5u"] = claims{"uri": "sip:bob@old.example"}, otherCertificate
	}, value: func(v string) string { return strings.Replace(v, rig.SignerURL, otherCertificate, 1) }},
	{name: "another caller", change: func(c, _ claims) { c["orig"] = claims{"uri": "sip:eve@gate.partner.example"} }},
	{name: "no caller", change: func(c, _ claims) { c["orig"] = claims{} }},
	{name: "two callers", change: func(c, _ claims) { c["orig"] = claims{"uri": signedBob, "tn": "1555"} }},
	{
		name: "caller is a number nobody signs for", from: "tel:+1555",
		change: func(c, _ claims) { c["orig"] = claims{"tn": "1555"} },
	},
	{name: "for somebody else", change: func(c, _ claims) { c["dest"] = uris{"uri": {"sip:carol@example.test"}} }},
	{
		name:   "for somebody of the same name elsewhere",
		change: func(c, _ claims) { c["dest"] = uris{"uri": {"sip:alice@elsewhere.example"}} },
	},
	{
		name:   "for somebody of the same name at another gateway's address",
		change: func(c, _ claims) { c["dest"] = uris{"uri": {"sip:alice@192.0.2.1"}} },
	},
	{
		name: "for a short number elsewhere", to: "sip:1001@example.test",
		change: func(c, _ claims) { c["dest"] = uris{"tn": {"1001"}} },
	},
	{
		name: "To is another of ours", uri: signedAlice, to: "sip:bob@example.test",
		change: func(c, _ claims) { c["dest"] = uris{"uri": {"sip:bob@example.test"}} },
	},
	{name: "To is who it was for", uri: "sip:bob@example.test"},
	{name: "for nobody", change: func(c, _ claims) { delete(c, "dest") }},
	{name: "of two minutes ago", change: func(c, _ claims) { c["iat"] = time.Now().Add(-2 * time.Minute).Unix() }},
	{name: "of the future", change: func(c, _ claims) { c["iat"] = time.Now().Add(2 * time.Minute).Unix() }},
	{name: "of no time", change: func(c, _ claims) { delete(c, "iat") }},
	{name: "no PASSporT", change: func(_, h claims) { h["typ"] = "JWT" }},
	{name: "names another certificate", change: func(_, h claims) { h["x5u"] = otherCertificate }},
	{
		name:  "info names another certificate",
		value: func(v string) string { return strings.Replace(v, rig.SignerURL, otherCertificate, 1) },
	},
	{name: "unknown extension", change: func(_, h claims) { h["ppt"] = "div" }},
	{name: "attested by nobody", change: func(c, h claims) { h["ppt"], c["attest"] = "shaken", "C" }},
	{name: "attested", change: func(c, h claims) { h["ppt"], c["attest"] = "shaken", "A" }, proven: signedBob},
	{
		name:  "algorithm of the header alone",
		value: func(v string) string { return "eyJhbGciOiJub25lIn0" + v[strings.IndexByte(v, '.'):] },
	},
	{name: "no info", value: func(v string) string { v, _, _ = strings.Cut(v, ";"); return v }},
	{name: "info without brackets", value: func(v string) string { return strings.NewReplacer("<", "", ">", "").Replace(v) }},
	{name: "compact form", value: func(v string) string { return ".." + v[strings.LastIndexByte(v, '.')+1:] }},
	{name: "changed", value: func(v string) string { return strings.Replace(v, ".", "A.", 1) }},
	{name: "cut", value: func(v string) string { return v[:40] + ";info=<" + rig.SignerURL + ">" }},
	{name: "nonsense", value: func(string) string { return "a.b.c;info=<" + rig.SignerURL + ">" }},
	{name: "empty", value: func(string) string { return ";" }},
	{name: "beyond the fourth", value: func(v string) string { return strings.Repeat("x.y.z;info=<a>, ", 4) + v }},
}
