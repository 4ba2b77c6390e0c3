package registrar

import (
	"cmp"
	"encoding/json"
	"net/netip"
	"strings"
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
	load := func(files ...SignerFile) *Signers {
		s, err := LoadSigners(files, "")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	all := load(SignerFile{rig.SignerURL, cert}, SignerFile{"https://dns.example/", dns}, SignerFile{otherCertificate, old})
	front := openFront(t, func(c *Config) { c.Signers = all })
	keys := map[string]string{"": key, "dns": dnsKey, "old": oldKey, "strange": strange}
	for _, tt := range signedIdentities {
		t.Run(tt.name, func(t *testing.T) {
			from, to := cmp.Or(tt.from, signedBob), cmp.Or(tt.to, signedAlice)
			c, h := claims{
				"orig": claims{"uri": signedBob}, "dest": uris{"uri": {signedAlice}}, "iat": time.Now().Unix(),
				"origid": tt.name,
			}, claims{}
			if tt.change != nil {
				tt.change(c, h)
			}
			value := rig.Passport(t, keys[tt.key], c, h)
			if tt.value != nil {
				value = tt.value(value)
			}
			p := front.peer(t)
			got := whoCalls(t, p.raw(p.message("INVITE", cmp.Or(tt.uri, to), from, to, "Identity: "+value)))
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

// identifiesElsewhere checks what an Identity proves at another node of the same
// store.
func (f *front) identifiesElsewhere(t *testing.T, user, identity string, want policy.Level) {
	t.Helper()
	other, err := New(t.Context(), f.cfg, rig.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	m, err := message.NewParser().ParseSIP([]byte(f.peer(t).message("INVITE", rig.Alice.Address(), "sip:"+user+"@partner.example",
		rig.Alice.Address(), "Identity: "+identity)))
	if err != nil {
		t.Fatal(err)
	}
	m.SetTransport("UDP")
	m.SetSource("127.0.0.1:5060")
	if got, no := other.Identify(m.(*sip.Request)); no != nil || got.Identity.Level != want {
		t.Errorf("%s at another node: %+v %+v", user, got, no)
	}
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
	f.identifiesElsewhere(t, "bob", first, policy.Unverified)
	f.identifiesElsewhere(t, "frank", sign("frank"), policy.Proven)
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
