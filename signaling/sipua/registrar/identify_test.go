package registrar

import (
	"encoding/json"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/emiago/sipgo/sip"

	"ringsplash/policy"
	"ringsplash/test/rig"
)

func TestCanonicalURI(t *testing.T) {
	for in, want := range map[string]string{
		"sip:Bob@Example.TEST:5080;transport=tcp?x=y": "sip:Bob@example.test",
		"sips:bob:secret@example.test.":               "sips:bob@example.test",
		"sip:b%6Fb%40x%2f@example.test":               "sip:bob%40x%2F@example.test",
		"sip:b%zz%4@example.test":                     "sip:b%zz%4@example.test",
		"sip:+44%20123;npdi@example.test;user=phone":  "sip:+44%20123;npdi@example.test",
		"sip:example.test":                            "sip:example.test",
		"sip:bob@[2001:DB8:0:0::1]:5060":              "sip:bob@[2001:db8::1]",
		"sip:bob@[::ffff:192.0.2.1]":                  "sip:bob@192.0.2.1",
		"sip:bob@bücher.test":                         "sip:bob@xn--bcher-kva.test",
		"tel:+44-(0)123.4":                            "tel:+4401234",
		"tel:+44-1;EXT=1-2":                           "tel:+441;ext=12",
		"tel:10-01;phone-context=PBX.test.":           "tel:1001;phone-context=pbx.test",
		"tel:1001;phone-context=+44-1":                "tel:1001;phone-context=+441",
		"tel:10-01":                                   "tel:1001",
		"mailto:bob@example.test":                     "",
	} {
		var u sip.Uri
		if err := sip.ParseUri(in, &u); err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		if got := canonicalURI(u); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestAssertedIdentity(t *testing.T) {
	tests := []struct {
		name    string
		values  []string
		address string
		display string
	}{
		{"sip", []string{`"Zoë, \"Z\"" <sip:+44123@PBX.test;user=phone>`}, "sip:+44123@pbx.test", `Zoë, "Z"`},
		{"bare", []string{"sip:z@pbx.test"}, "sip:z@pbx.test", ""},
		{"tel", []string{"<tel:+44-123>"}, "tel:+44123", ""},
		{"sip and tel", []string{"<tel:+44-123>, <sip:z@pbx.test>"}, "sip:z@pbx.test", ""},
		{"sip and tel in two headers", []string{"<sip:z@pbx.test>", "<tel:+44-123>"}, "sip:z@pbx.test", ""},
		{"two sips", []string{"<sip:a@pbx.test>, <sip:b@pbx.test>"}, "", ""},
		{"two tels", []string{"<tel:+1>, <tel:+2>"}, "", ""},
		{"local number in its context", []string{"<tel:10-01;phone-context=PBX.test>"}, "tel:1001;phone-context=pbx.test", ""},
		{"local number without its context", []string{"<tel:1001>"}, "", ""},
		{"an extension is another number", []string{"<tel:+44-123;ext=9>"}, "tel:+44123;ext=9", ""},
		{"parameters that are not readable", []string{"<tel:+44123;ext=9;ext=8>"}, "", ""},
		{"mailto", []string{"<mailto:a@b.test>"}, "", ""},
		{"empty tel", []string{"<tel:;x>"}, "", ""},
		{"bad host", []string{"<sip:a@b/c>"}, "", ""},
		{"open bracket", []string{"<sip:a@b"}, "", ""},
		{"nothing", nil, "", ""},
		{"blank", []string{" "}, "", ""},
	}
	for _, tt := range tests {
		address, display, ok := assertedIdentity(tt.values)
		if !ok {
			address, display = "", ""
		}
		if address != tt.address || display != tt.display || ok != (tt.address != "") {
			t.Errorf("%s: %q, %q, %v", tt.name, address, display, ok)
		}
	}
}

func TestIdentify(t *testing.T) {
	f := openFront(t, func(c *Config) {
		c.Aliases = []string{"gw.example.test"}
		c.Trunk = func(source netip.AddrPort, transport string) (TrunkPeer, bool) {
			peer, ok := trunkPeers[source.Addr().String()]
			return peer, ok && transport == "udp"
		}
	})
	for _, tt := range identified {
		t.Run(tt.name, func(t *testing.T) {
			if tt.ip == "" {
				tt.ip = rig.NewAddr()
			}
			p := f.peerAt(t, tt.ip)
			var res string
			if tt.user != "" {
				res = p.proven("INVITE", tt.uri, tt.from, tt.uri, tt.user, tt.password, tt.lines...)
			} else {
				res = p.raw(p.message("INVITE", tt.uri, tt.from, tt.uri, tt.lines...))
			}
			if status(res) != tt.want || phrase(res) == "" {
				t.Fatalf("%q, want %d", res, tt.want)
			}
			if tt.want != 480 {
				return
			}
			var got Caller
			if err := json.Unmarshal([]byte(header(res, "X-Caller")[0]), &got); err != nil {
				t.Fatal(err)
			}
			if got != tt.caller {
				t.Errorf("got  %+v\nwant %+v", got, tt.caller)
			}
		})
	}
}

// The calling phone is known by its instance id, else by where it sends from.
func TestIdentifyDevice(t *testing.T) {
	f := openFront(t, nil)
	first, second := f.peer(t), f.peer(t)
	for p, instance := range map[*peer]string{first: uuid1} {
		if res := p.register("bob", rig.Bob.SIPPassword("desk"), "Contact: <sip:bob@"+p.addr+">;"+instance); status(res) != 200 {
			t.Fatal(res)
		}
	}
	if res := second.register("bob", rig.Bob.SIPPassword("desk"), "Contact: <sip:bob@"+second.addr+">;"+uuid2); status(res) != 200 {
		t.Fatal(res)
	}
	other := f.Places.Of("bob")[1].Device
	if other == "desk" {
		t.Fatal("the second phone is no device of its own")
	}
	for _, tt := range []struct {
		name, contact, want string
		from                *peer
	}{
		{"by instance", "Contact: <sip:x@192.0.2.1>;" + uuid2, other, first},
		{"by source", "Contact: <sip:x@192.0.2.1>", other, second},
		{"by source, without Contact", "Contact:", "desk", first},
		{"not registered", "Contact: <sip:x@192.0.2.1>", "desk", f.peer(t)},
	} {
		res := tt.from.proven("INVITE", rig.Alice.Address(), rig.Bob.Address(), rig.Alice.Address(), "bob", rig.Bob.SIPPassword("desk"),
			tt.contact)
		if got := strings.Join(header(res, "X-Caller"), ""); !strings.Contains(got, `"Device":"`+tt.want+`"`) {
			t.Errorf("%s: %s, want %s", tt.name, res, tt.want)
		}
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

func FuzzAssertedIdentity(f *testing.F) {
	f.Add(`"a" <sip:b@c>, <tel:1>`)
	f.Add(`<sip:%00@[::1]>`)
	f.Fuzz(func(t *testing.T, s string) {
		address, display, ok := assertedIdentity([]string{s})
		if ok != (address != "") {
			t.Errorf("%q, %v", address, ok)
		}
		if strings.ContainsAny(display, "\r\n\x00") || len(display) > 128 {
			t.Errorf("display %q", display)
		}
		if again, _, _ := assertedIdentity([]string{"<" + address + ">"}); ok && !strings.ContainsAny(address, "<>\",; ") &&
			again != address {
			t.Errorf("%q is read back as %q", address, again)
		}
	})
}
