package registrar

import (
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/policy"
	"ringsplash/signaling/sipua/message"
	"ringsplash/test/rig"
)

// uris and tns are the values of orig and dest.
type (
	claims = map[string]any
	uris   = map[string][]string
)

// An Identity proves a caller only when all of it is right; else it rings as if
// it were not there.
func TestSignedIdentity(t *testing.T) {
	ca, other := rig.NewCA(t), rig.NewCA(t)
	cert, key := ca.Issue("signer", time.Hour, "partner.example", "*.wild.example", "sip:gate.partner.example",
		"sip:eve@user.example")
	dns, dnsKey := ca.Issue("dns", time.Hour, "dns.example", "*.wild.example")
	old, oldKey := ca.Issue("old", -time.Hour, "sip:old.example")
	_, strange := other.Issue("strange", time.Hour, "sip:gate.partner.example")
	const elsewhere = "https://certificates.example/old.pem"
	var front *front
	load := func(files ...SignerFile) *Signers {
		s, err := LoadSigners(files, "")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	all := load(SignerFile{rig.SignerURL, cert}, SignerFile{"https://dns.example/", dns}, SignerFile{elsewhere, old})
	front = openFront(t, func(c *Config) { c.Signers = all })
	const bob, alice = "sip:bob@gate.partner.example", "sip:alice@example.test"
	tests := []struct {
		name     string
		from, to string // bob and alice when left out
		uri      string // to, when left out
		key      string
		// change makes of right claims and header what is sent.
		change func(c, h claims)
		value  func(string) string
		proven string // "" when nothing is
	}{
		{name: "right", proven: bob},
		{
			name: "by number", to: "sip:1001@example.test",
			change: func(c, _ claims) { c["dest"] = uris{"uri": {"sip:1001@example.test"}} }, proven: bob,
		},
		{name: "one of many", change: func(c, _ claims) { c["dest"] = uris{"uri": {"sip:x@y.example", alice}} }, proven: bob},
		{name: "capitals", from: "sip:Bob@GATE.partner.example:5070;x=y", proven: "sip:Bob@gate.partner.example"},
		{
			name: "a number as user", from: "sip:+1555@gate.partner.example",
			change: func(c, _ claims) { c["orig"] = claims{"uri": "sip:+1555@gate.partner.example"} },
			proven: "sip:+1555@gate.partner.example",
		},
		{
			name: "certificate of the configured list", from: "sip:bob@dns.example", key: dnsKey, change: func(c, h claims) {
				c["orig"], h["x5u"] = claims{"uri": "sip:bob@dns.example"}, "https://any.example/"
			}, value: func(v string) string { return strings.Replace(v, rig.SignerURL, "https://any.example/", 1) },
			proven: "sip:bob@dns.example",
		},
		{name: "a second header", value: func(v string) string { return "x.y.z;info=<a>, " + v }, proven: bob},

		{name: "signed by another", key: strange},
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
		{name: "wildcard", from: "sip:bob@a.wild.example", key: dnsKey, change: func(c, h claims) {
			c["orig"], h["x5u"] = claims{"uri": "sip:bob@a.wild.example"}, "https://any.example/"
		}, value: func(v string) string { return strings.Replace(v, rig.SignerURL, "https://any.example/", 1) }},
		{name: "expired certificate", from: "sip:bob@old.example", key: oldKey, change: func(c, h claims) {
			c["orig"], h["x5u"] = claims{"uri": "sip:bob@old.example"}, elsewhere
		}, value: func(v string) string { return strings.Replace(v, rig.SignerURL, elsewhere, 1) }},
		{name: "another caller", change: func(c, _ claims) { c["orig"] = claims{"uri": "sip:eve@gate.partner.example"} }},
		{name: "no caller", change: func(c, _ claims) { c["orig"] = claims{} }},
		{name: "two callers", change: func(c, _ claims) { c["orig"] = claims{"uri": bob, "tn": "1555"} }},
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
			name: "To is another of ours", uri: alice, to: "sip:bob@example.test",
			change: func(c, _ claims) { c["dest"] = uris{"uri": {"sip:bob@example.test"}} },
		},
		{name: "To is who it was for", uri: "sip:bob@example.test"},
		{name: "for nobody", change: func(c, _ claims) { delete(c, "dest") }},
		{name: "of two minutes ago", change: func(c, _ claims) { c["iat"] = time.Now().Add(-2 * time.Minute).Unix() }},
		{name: "of the future", change: func(c, _ claims) { c["iat"] = time.Now().Add(2 * time.Minute).Unix() }},
		{name: "of no time", change: func(c, _ claims) { delete(c, "iat") }},
		{name: "no PASSporT", change: func(_, h claims) { h["typ"] = "JWT" }},
		{name: "names another certificate", change: func(_, h claims) { h["x5u"] = elsewhere }},
		{
			name:  "info names another certificate",
			value: func(v string) string { return strings.Replace(v, rig.SignerURL, elsewhere, 1) },
		},
		{name: "unknown extension", change: func(_, h claims) { h["ppt"] = "div" }},
		{name: "attested by nobody", change: func(c, h claims) { h["ppt"], c["attest"] = "shaken", "C" }},
		{name: "attested", change: func(c, h claims) { h["ppt"], c["attest"] = "shaken", "A" }, proven: bob},
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
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			orElse := func(s, otherwise string) string {
				if s == "" {
					return otherwise
				}
				return s
			}
			from, to := orElse(tt.from, bob), orElse(tt.to, alice)
			c, h := claims{"orig": claims{"uri": bob}, "dest": uris{"uri": {alice}}, "iat": time.Now().Unix(), "origid": tt.name}, claims{}
			if tt.change != nil {
				tt.change(c, h)
			}
			value := rig.Passport(t, orElse(tt.key, key), c, h)
			if tt.value != nil {
				value = tt.value(value)
			}
			p := front.peer(t)
			got := whoCalls(t, p.raw(p.message("INVITE", orElse(tt.uri, to), from, to, "Identity: "+value)))
			if tt.proven == "" {
				if got.Level != policy.Unverified || got.How != "from" || got.FoldCase {
					t.Errorf("taken for %+v", got)
				}
				return
			}
			_, host, _ := strings.Cut(tt.proven, "@")
			if want := (policy.Identity{Address: tt.proven, Level: policy.Proven, How: "signed by " + host, FoldCase: true}); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// whoCalls reads what Identify said of an INVITE.
func whoCalls(t *testing.T, res string) policy.Identity {
	t.Helper()
	if status(res) != 480 {
		t.Fatalf("the INVITE was refused: %q", res)
	}
	var c Caller
	if err := json.Unmarshal([]byte(header(res, "X-Caller")[0]), &c); err != nil {
		t.Fatal(err)
	}
	return c.Identity
}

// A PASSporT proves one call: whoever overhears it cannot use it again. The
// compact form of the header's name is as good, and a trunk may bring one too.
func TestSignedIdentityOnce(t *testing.T) {
	ca := rig.NewCA(t)
	cert, key := ca.Issue("signer", time.Hour, "partner.example")
	signers, err := LoadSigners([]SignerFile{{rig.SignerURL, cert}}, "")
	if err != nil {
		t.Fatal(err)
	}
	trunk := rig.NewAddr()
	f := openFront(t, func(c *Config) {
		c.Signers = signers
		c.Trunk = func(source netip.AddrPort, _ string) (TrunkPeer, bool) {
			return TrunkPeer{Name: "pbx", TrustIdentity: true, TrustUDP: true}, source.Addr().String() == trunk
		}
	})
	sign := func(user string) string {
		return rig.Passport(t, key,
			claims{
				"orig": claims{"uri": "sip:" + user + "@partner.example"}, "dest": uris{"uri": {rig.Alice.Address()}},
				"iat": time.Now().Unix(),
			}, nil)
	}
	invite := func(ip, user string, lines ...string) policy.Identity {
		p := f.peerAt(t, ip)
		return whoCalls(t, p.raw(p.message("INVITE", rig.Alice.Address(), "sip:"+user+"@partner.example", rig.Alice.Address(),
			lines...)))
	}
	first := sign("bob")
	if got := invite("127.0.0.1", "bob", "y: "+first); got.Level != policy.Proven {
		t.Errorf("the first time: %+v", got)
	}
	if got := invite("127.0.0.1", "bob", "Identity: "+first); got.Level != policy.Unverified {
		t.Errorf("the second time: %+v", got)
	}
	other, err := New(t.Context(), f.cfg, rig.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	for user, call := range map[string]struct {
		identity string
		level    policy.Level
	}{"bob": {first, policy.Unverified}, "frank": {sign("frank"), policy.Proven}} {
		m, err := message.NewParser().ParseSIP(
			[]byte(f.peer(t).message("INVITE", rig.Alice.Address(), "sip:"+user+"@partner.example", rig.Alice.Address(),
				"Identity: "+call.identity)))
		if err != nil {
			t.Fatal(err)
		}
		m.SetTransport("UDP")
		m.SetSource("127.0.0.1:5060")
		if got, no := other.Identify(m.(*sip.Request)); no != nil || got.Identity.Level != call.level {
			t.Errorf("at another node: %+v %+v", got, no)
		}
	}
	if got := invite(trunk, "carol", "Identity: "+sign("carol")); got.Level != policy.Proven || got.Trunk != "pbx" {
		t.Errorf("through a trunk: %+v", got)
	}
	if got := invite(trunk, "dave", "Identity: "+sign("dave"),
		"P-Asserted-Identity: <sip:x@pbx.test>"); got.Address != "sip:x@pbx.test" || got.Level != policy.Asserted {
		t.Errorf("beside the trunk's own word: %+v", got)
	}
	if got := invite(trunk, "erin", "Identity: "+sign("erin"), "Privacy: id"); got.Level != policy.Unverified ||
		strings.Contains(got.Address, "erin") {
		t.Errorf("a private caller: %+v", got)
	}
}

// Telephone numbers are signed for by certificates of a configured root, and by
// those that list numbers for these alone.
func TestSignedNumber(t *testing.T) {
	ca, other := rig.NewCA(t), rig.NewCA(t)
	context := func(tag int, inner any) asn1.RawValue {
		params := ""
		if _, text := inner.(string); text {
			params = "ia5"
		}
		der, err := asn1.MarshalWithParams(inner, params)
		if err != nil {
			t.Fatal(err)
		}
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: der}
	}
	list := func(entries ...asn1.RawValue) []byte {
		der, err := asn1.Marshal(entries)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	block := struct {
		Start string `asn1:"ia5"`
		Count int
	}{"+15550000", 100}
	tests := []struct {
		name    string
		numbers []byte
		by      *rig.CA
		from    string
		tn      string
		ok      bool
	}{
		{"any number", nil, ca, "tel:+1-555-0042", "15550042", true},
		{"SIP address of a number", nil, ca, "sip:+15550042@carrier.example", "15550042", true},
		{"number without plus", nil, ca, "sip:15550042@carrier.example;user=phone", "15550042", true},
		{"user part that is digits only by chance", nil, ca, "sip:15550042@carrier.example", "15550042", false},
		{"another number", nil, ca, "tel:+15550043", "15550042", false},
		{"a word", nil, ca, "tel:+15550042", "*42", false},
		{"not of the root", nil, other, "tel:+15550042", "15550042", false},
		{"of a provider", list(context(0, "1234")), ca, "tel:+15550042", "15550042", true},
		{"listed", list(context(2, "+15559999"), context(2, "15550042")), ca, "tel:+15550042", "15550042", true},
		{"not listed", list(context(2, "15550043")), ca, "tel:+15550042", "15550042", false},
		{"first of a range", list(context(1, block)), ca, "tel:+15550000", "15550000", true},
		{"last of a range", list(context(1, block)), ca, "tel:+15550099", "15550099", true},
		{"behind a range", list(context(1, block)), ca, "tel:+15550100", "15550100", false},
		{"before a range", list(context(1, block)), ca, "tel:+15549999", "15549999", false},
		{"unreadable list", []byte{1, 2, 3}, ca, "tel:+15550042", "15550042", false},
		{"empty list", list(), ca, "tel:+15550042", "15550042", false},
	}
	var files []SignerFile
	var keys []string
	for i, tt := range tests {
		cert, key := tt.by.IssueFor(fmt.Sprint("number", i), time.Hour, tt.numbers)
		files, keys = append(files, SignerFile{rig.SignerURL + "?" + fmt.Sprint(i), cert}), append(keys, key)
	}
	signers, err := LoadSigners(files, ca.File)
	if err != nil {
		t.Fatal(err)
	}
	f := openFront(t, func(c *Config) { c.Signers = signers })
	for i, tt := range tests {
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

// What a TLS certificate proves of a caller is his domain, and only his own.
func TestCertificateProvesTheDomain(t *testing.T) {
	var shown sync.Map // by source
	f := openFront(t, func(c *Config) {
		c.Domains = func(source netip.AddrPort, _ string) []string {
			domains, _ := shown.Load(source.String())
			list, _ := domains.([]string)
			return list
		}
	})
	for _, tt := range []struct {
		from    string
		domains []string
		want    policy.Identity
	}{
		{
			"sip:bob@Partner.example",
			[]string{"other.example", "partner.example"},
			policy.Identity{Address: "sip:bob@partner.example", How: "TLS certificate of partner.example", Domain: "partner.example"},
		},
		{"sip:bob@partner.example", []string{"other.example"}, policy.Identity{Address: "sip:bob@partner.example", How: "from"}},
		{
			"sip:bob@sub.partner.example",
			[]string{"partner.example"},
			policy.Identity{Address: "sip:bob@sub.partner.example", How: "from"},
		},
		{"tel:+1555", []string{""}, policy.Identity{Address: "tel:+1555", How: "from"}},
		{"sip:bob@partner.example", nil, policy.Identity{Address: "sip:bob@partner.example", How: "from"}},
	} {
		p := f.peer(t)
		shown.Store(p.addr, tt.domains)
		if got := whoCalls(t, p.raw(p.message("INVITE", rig.Alice.Address(), tt.from, rig.Alice.Address()))); got != tt.want {
			t.Errorf("got  %+v\nwant %+v", got, tt.want)
		}
	}
	// Our own users prove themselves by digest, whatever certificate they show.
	p := f.peer(t)
	shown.Store(p.addr, []string{rig.Domain})
	if res := p.raw(p.message("INVITE", rig.Alice.Address(), rig.Bob.Address(), rig.Alice.Address())); status(res) != 407 {
		t.Errorf("a certificate for our own domain stands for a log-in: %q", res)
	}
}

func FuzzIdentityHeader(f *testing.F) {
	f.Add("a.b.c;info=<https://x.example/>;alg=ES256;ppt=\"shaken\"")
	f.Add("..c;info=<>")
	f.Fuzz(func(t *testing.T, s string) {
		for _, value := range message.SplitList(s) {
			token, info, err := cutIdentity(value)
			if err == nil && (strings.HasPrefix(token, "..") || strings.HasPrefix(info, "<")) {
				t.Errorf("%q became %q and %q", value, token, info)
			}
		}
	})
}
