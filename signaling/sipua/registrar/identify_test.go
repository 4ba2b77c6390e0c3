package registrar

import (
	"encoding/json"
	"net/netip"
	"strings"
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
	trusted, byTLS, doubted := rig.NewAddr(), rig.NewAddr(), rig.NewAddr()
	trunks := map[string]TrunkPeer{
		trusted: {Name: "pbx", TrustIdentity: true, TrustUDP: true},
		byTLS:   {Name: "tls", TrustIdentity: true},
		doubted: {Name: "carrier"},
	}
	f := openFront(t, func(c *Config) {
		c.Aliases = []string{"gw.example.test"}
		c.Trunk = func(source netip.AddrPort, transport string) (TrunkPeer, bool) {
			peer, ok := trunks[source.Addr().String()]
			return peer, ok && transport == "udp"
		}
	})
	alice, stranger := rig.Alice.Address(), "sip:Eve@Elsewhere.test:5070;x=y"
	const pai = `P-Asserted-Identity: "Zed" <sip:+44123@pbx.test>`
	proven := Caller{Identity: policy.Identity{
		Address: rig.Bob.Address(), Display: rig.Bob.Display, Level: policy.Proven,
		How: "digest", User: "bob",
	}, Device: "desk"}
	claimed := policy.Identity{Address: "sip:Eve@elsewhere.test", Level: policy.Unverified, How: "from"}
	through := func(trunk string) policy.Identity {
		c := claimed
		c.Trunk = trunk
		return c
	}
	bob, password := rig.Bob.Address(), rig.Bob.SIPPassword("desk")
	tests := []struct {
		name, ip, uri, from, user, password string
		lines                               []string
		want                                int
		caller                              Caller
	}{
		{name: "our user", from: bob, uri: alice, user: "bob", password: password, want: 480, caller: proven},
		{
			name: "our user to anywhere", from: bob, uri: "sip:x@elsewhere.test", user: "bob", password: password, want: 480,
			caller: proven,
		},
		{name: "our user by device name", from: bob, uri: alice, user: "bob~desk", password: password, want: 480, caller: proven},
		{
			name: "our user by number", from: "sip:1002@" + rig.Domain, uri: alice, user: "bob", password: password, want: 480,
			caller: proven,
		},
		{
			name: "our user at an alias", from: "sip:bob@GW.example.test", uri: alice, user: "bob", password: password, want: 480,
			caller: proven,
		},
		{name: "unproven", from: bob, uri: alice, want: 407},
		{name: "unproven in the other scheme", from: "sips:bob@" + rig.Domain, uri: alice, want: 407},
		{name: "wrong password", from: bob, uri: alice, user: "bob", password: "x", want: 403},
		{name: "From is Alice", from: alice, uri: alice, user: "bob", password: password, want: 403},
		{name: "From is nobody", from: "sip:zoe@" + rig.Domain, uri: alice, user: "bob", password: password, want: 403},
		{
			name: "PAI of a user changes nothing", from: bob, uri: alice, user: "bob", password: password, lines: []string{pai}, want: 480,
			caller: proven,
		},
		{name: "stranger", from: stranger, uri: alice, want: 480, caller: Caller{Identity: claimed}},
		{name: "stranger by number", from: stranger, uri: "sip:10-01@" + rig.Domain, want: 480, caller: Caller{Identity: claimed}},
		{
			name: "stranger by address of ours", from: stranger, uri: "sip:alice@127.0.0.1:5060", want: 480,
			caller: Caller{Identity: claimed},
		},
		{name: "stranger with PAI", from: stranger, uri: alice, lines: []string{pai}, want: 480, caller: Caller{Identity: claimed}},
		{name: "stranger to nobody", from: stranger, uri: "sip:zoe@" + rig.Domain, want: 404},
		{name: "stranger to elsewhere", from: stranger, uri: "sip:alice@elsewhere.test", want: 404},
		{name: "stranger to a trunk", from: stranger, uri: "sip:00441234@" + rig.Domain, want: 404},
		{
			name: "anonymous", from: "sip:anonymous@anonymous.invalid", uri: alice, want: 480,
			caller: Caller{Identity: policy.Identity{Address: "sip:anonymous@anonymous.invalid", How: "from"}},
		},
		{
			name: "tel", from: "tel:+44-1", uri: alice, want: 480,
			caller: Caller{Identity: policy.Identity{Address: "tel:+441", How: "from"}},
		},
		{
			name: "trunk asserts", ip: trusted, from: stranger, uri: alice, lines: []string{pai}, want: 480,
			caller: Caller{Identity: policy.Identity{
				Address: "sip:+44123@pbx.test", Display: "Zed", Level: policy.Asserted,
				How: "trunk pbx", Trunk: "pbx",
			}},
		},
		{name: "trunk asserts nothing", ip: trusted, from: stranger, uri: alice, want: 480, caller: Caller{Identity: through("pbx")}},
		{
			name: "trunk asserts nonsense", ip: trusted, from: stranger, uri: alice,
			lines: []string{"P-Asserted-Identity: <sip:a@b>, <sip:c@d>"}, want: 480, caller: Caller{Identity: through("pbx")},
		},
		{
			name: "trunk asserts a private caller", ip: trusted, from: stranger, uri: alice, lines: []string{pai, "Privacy: id;critical"},
			want: 480, caller: Caller{Identity: policy.Identity{
				Address: "sip:anonymous@anonymous.invalid", Display: "Anonymous",
				How: "private, trunk pbx", Trunk: "pbx",
			}},
		},
		{
			name: "trunk over UDP that is trusted otherwise", ip: byTLS, from: stranger, uri: alice, lines: []string{pai}, want: 480,
			caller: Caller{Identity: through("tls")},
		},
		{
			name: "trunk that is not trusted", ip: doubted, from: stranger, uri: alice, lines: []string{pai}, want: 480,
			caller: Caller{Identity: through("carrier")},
		},
		{
			name: "trunk in our name", ip: doubted, from: bob, uri: alice, want: 480,
			caller: Caller{Identity: policy.Identity{Address: bob, How: "from", Trunk: "carrier"}},
		},
		{name: "trunk to a trunk", ip: trusted, from: stranger, uri: "sip:00441234@" + rig.Domain, lines: []string{pai}, want: 404},
		{name: "no CSeq", from: stranger, uri: alice, lines: []string{"CSeq:"}, want: 400},
	}
	for _, tt := range tests {
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
