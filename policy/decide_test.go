package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringsplash/internal/address"
)

// ground are facts in which nothing is allowed and nothing stands in the way.
func ground(g Grants) *facts {
	return &facts{interworking: true, grants: g, entries: g.entries(), phoneHosts: []address.Host{{Name: "carrier.example"}}}
}

func trunkSays(address string) Identity {
	return Identity{Address: address, Level: Asserted, How: "trunk pbx", Trunk: "pbx"}
}

func byCertificate(address, domain string) Identity {
	return Identity{Address: address, How: "TLS certificate of " + domain, Domain: domain}
}

func TestDecide(t *testing.T) {
	everything := Grants{
		AllowPublic: true, AllowFriends: true, AllowDirectory: true, AllowAddresses: true,
		Addresses: []string{"bob@example.test"},
	}
	only := func(set func(*Grants)) Grants { g := Grants{Addresses: everything.Addresses}; set(&g); return g }
	addresses := only(func(g *Grants) { g.AllowAddresses = true })
	friends := only(func(g *Grants) { g.AllowFriends = true })
	directory := only(func(g *Grants) { g.AllowDirectory = true })
	public := only(func(g *Grants) { g.AllowPublic = true })
	claimed := Identity{Address: "sip:bob@example.test", How: "from"}
	hidden := Identity{Address: "sip:anonymous@anonymous.invalid", Level: Asserted, How: "trunk pbx", Trunk: "pbx"}
	cases := []struct {
		name   string
		grants Grants
		change func(*Question, *facts)
		grant  string // "" for a deny
		says   string
	}{
		{"default", Grants{}, nil, "", "no group"},
		{"address list without the switch", only(func(*Grants) {}), nil, "", "no group"},
		{"address", addresses, nil, "addresses", ""},
		{"address, only claimed", addresses, func(q *Question, _ *facts) { q.Requester = claimed }, "", "only claimed"},
		{
			"address, asserted by a trusted trunk", addresses,
			func(q *Question, _ *facts) { q.Requester = trunkSays("sip:bob@example.test") }, "addresses", "",
		},
		{
			"address, From of a trunk without assertion", addresses,
			func(q *Question, _ *facts) { q.Requester = claimed; q.Requester.Trunk = "pbx" }, "", "only claimed",
		},
		{"address in a tab", addresses, func(q *Question, _ *facts) {
			q.Kind, q.Requester.Level, q.Requester.How = Intercom, Self,
				"tab"
		}, "addresses", ""},
		{"display name is no evidence", addresses, func(q *Question, _ *facts) {
			q.Requester = trunkSays("sip:eve@example.test")
			q.Requester.Display = "bob@example.test"
		}, "", "no group"},
		{"friend", friends, func(_ *Question, f *facts) { f.friend, f.known = true, true }, "friends", ""},
		{"friend, only claimed", friends, func(q *Question, f *facts) { f.friend, q.Requester = true, claimed }, "", "only claimed"},
		{"known, not a friend", friends, func(_ *Question, f *facts) { f.known = true }, "", "no group"},
		{"known", directory, func(_ *Question, f *facts) { f.known = true }, "directory", ""},
		{"friends are part of the directory", directory, func(_ *Question, f *facts) { f.friend = true }, "directory", ""},
		{"public", public, nil, "public", ""},
		{"public, only claimed", public, func(q *Question, _ *facts) { q.Requester = claimed }, "public", ""},
		{"public, hidden", public, func(q *Question, _ *facts) { q.Requester = hidden }, "public", ""},
		{"public, no address", public, func(q *Question, _ *facts) { q.Requester = Identity{} }, "public", ""},
		{
			"hidden",
			Grants{AllowFriends: true, AllowDirectory: true, AllowAddresses: true, Addresses: []string{"*.invalid"}},
			func(q *Question, f *facts) { q.Requester, f.friend = hidden, true }, "", "withholds",
		},
		{"order: addresses first", everything, func(_ *Question, f *facts) { f.friend = true }, "addresses", ""},
		{
			"order: then friends", everything, func(q *Question, f *facts) { q.Requester, f.friend = trunkSays("sip:x@y.example"), true },
			"friends", "",
		},
		{
			"order: then directory", everything, func(q *Question, f *facts) { q.Requester, f.known = trunkSays("sip:x@y.example"), true },
			"directory", "",
		},
		{"order: then public", everything, func(q *Question, _ *facts) { q.Requester = trunkSays("sip:x@y.example") }, "public", ""},
		{"privileged", everything, func(q *Question, _ *facts) { q.Kind = Privileged }, "", "Priv-Answer-Mode"},
		{
			"privileged by the owner", everything, func(q *Question, _ *facts) { *q = click(); q.Kind = Privileged }, "",
			"Priv-Answer-Mode",
		},
		{"require changes nobody's rights", Grants{}, func(q *Question, _ *facts) { q.Require = true }, "", "no group"},
		{"self", Grants{}, func(q *Question, _ *facts) { *q = click() }, "self", ""},
		{"self, test", Grants{}, func(q *Question, _ *facts) { *q = click(); q.Kind = Test }, "self", ""},
		{"self, by an intercom", Grants{}, func(q *Question, _ *facts) { *q = click(); q.Kind = Intercom }, "", "no group"},
		{"self, by a call", Grants{}, func(q *Question, _ *facts) { *q = click(); q.Kind = ThirdParty }, "", "no group"},
		{
			"self, without interworking", everything, func(q *Question, f *facts) { *q, f.interworking = click(), false }, "",
			"Interworking is off",
		},
		{
			"anybody, without interworking", everything, func(_ *Question, f *facts) { f.interworking = false }, "",
			"Interworking is off",
		},
		{
			"somebody else's click", everything, func(q *Question, _ *facts) { q.Kind, q.Requester.Level = Click, Self }, "",
			"Only the owner",
		},
		{
			"owner by digest is no click", everything, func(q *Question, _ *facts) { *q = click(); q.Requester.Level = Proven }, "",
			"Only the owner",
		},
		{
			"nobody owns nothing",
			Grants{},
			func(q *Question, _ *facts) { *q = click(); q.Owner, q.Requester.User = "", "" }, "",
			"Only the owner",
		},
		{"unknown kind", everything, func(q *Question, _ *facts) { q.Kind = "" }, "", "not known"},
		{"store away", everything, func(_ *Question, f *facts) { f.fault = faultStore }, "", "store"},
		{"store away, self", everything, func(q *Question, f *facts) { *q = click(); f.fault = faultStore }, "", "store"},
		{"ceiling", everything, func(_ *Question, f *facts) { f.friend, f.forbid = true, Groups }, "", "no group"},
		{"ceiling on public only", everything, func(_ *Question, f *facts) { f.forbid = []Group{Public} }, "addresses", ""},
		{"ceilings do not bind the owner", everything, func(q *Question, f *facts) { *q = click(); f.forbid = Groups }, "self", ""},
		{"requester's limit", everything, func(_ *Question, f *facts) { f.byRequester = requesterMax }, "", "10 times"},
		{
			"below the limits", everything, func(_ *Question, f *facts) { f.byRequester, f.byOwner = requesterMax-1, ownerMax-1 },
			"addresses", "",
		},
		{"owner's limit", everything, func(_ *Question, f *facts) { f.byOwner = ownerMax }, "", "30 times"},
		{
			"limits do not bind the owner",
			Grants{},
			func(q *Question, f *facts) { *q = click(); f.byRequester, f.byOwner = 99, 99 },
			"self", "",
		},
		{
			"number of a trunk",
			Grants{AllowAddresses: true, Addresses: []string{"+1555"}},
			func(q *Question, _ *facts) { q.Requester = trunkSays("sip:+1555@carrier.example") }, "addresses", "",
		},
		{
			"number of another host through a trunk",
			Grants{AllowAddresses: true, Addresses: []string{"+1555"}},
			func(q *Question, _ *facts) { q.Requester = trunkSays("sip:+1555@evil.example") }, "", "no group",
		},
		{
			"number of a trunk's host not through it",
			Grants{AllowAddresses: true, Addresses: []string{"+1555"}},
			func(q *Question, _ *facts) { q.Requester.Address = "sip:+1555@carrier.example" }, "", "no group",
		},
		{
			"tel identity and domain entry",
			Grants{AllowAddresses: true, Addresses: []string{"carrier.example"}},
			func(q *Question, _ *facts) { q.Requester = trunkSays("tel:+1555") }, "", "no group",
		},
		{
			"whole domain by certificate",
			Grants{AllowAddresses: true, Addresses: []string{"partner.example"}},
			func(q *Question, _ *facts) {
				q.Requester = byCertificate("sip:bob@partner.example", "partner.example")
			}, "addresses", "",
		},
		{
			"sub-domains by certificate",
			Grants{AllowAddresses: true, Addresses: []string{"*.partner.example"}},
			func(q *Question, _ *facts) {
				q.Requester = byCertificate("sip:bob@berlin.partner.example", "Berlin.Partner.example.")
			}, "addresses", "",
		},
		{
			"sub-domain by the certificate of the domain",
			Grants{AllowAddresses: true, Addresses: []string{"*.partner.example"}},
			func(q *Question, _ *facts) {
				q.Requester = byCertificate("sip:bob@berlin.partner.example", "partner.example")
			}, "", "only claimed",
		},
		{
			"person by certificate",
			Grants{AllowAddresses: true, Addresses: []string{"bob@partner.example"}},
			func(q *Question, _ *facts) {
				q.Requester = byCertificate("sip:bob@partner.example", "partner.example")
			}, "", "only claimed",
		},
		{"friend by certificate", Grants{AllowFriends: true, AllowDirectory: true}, func(q *Question, f *facts) {
			q.Requester, f.friend = byCertificate("sip:bob@partner.example", "partner.example"), true
		}, "", "only claimed"},
		{
			"another domain by certificate",
			Grants{AllowAddresses: true, Addresses: []string{"example.test"}},
			func(q *Question, _ *facts) {
				q.Requester = byCertificate("sip:bob@example.test", "partner.example")
			}, "", "only claimed",
		},
		{
			"number of ours",
			Grants{AllowAddresses: true, Addresses: []string{"1002@example.test"}},
			func(_ *Question, f *facts) { f.number = "1002" }, "addresses", "",
		},
		{
			"number of ours at another domain",
			Grants{AllowAddresses: true, Addresses: []string{"1002@example.com"}},
			func(_ *Question, f *facts) { f.number = "1002" }, "", "no group",
		},
		{
			"star and hash in a number",
			Grants{AllowAddresses: true, Addresses: []string{"*1%232@example.test"}},
			func(_ *Question, f *facts) { f.number = "*1#2" }, "addresses", "",
		},
		{
			"global number of ours",
			Grants{AllowAddresses: true, Addresses: []string{"+1 555"}},
			func(_ *Question, f *facts) { f.number = "+1555" }, "addresses", "",
		},
		{
			"local number is no global one",
			Grants{AllowAddresses: true, Addresses: []string{"+1555"}},
			func(_ *Question, f *facts) { f.number = "1555" }, "", "no group",
		},
		{"no automatic answers", everything, func(_ *Question, f *facts) { f.quiet = true }, "", "no automatic answers"},
		{
			"no automatic answers, intercom", public, func(q *Question, f *facts) { q.Kind, f.quiet = Intercom, true }, "",
			"no automatic answers",
		},
		{"no automatic answers, self", Grants{}, func(q *Question, f *facts) { *q = click(); f.quiet = true }, "self", ""},
		{"no automatic answers tells nothing of grants", Grants{}, func(_ *Question, f *facts) { f.quiet = true }, "", "no group"},
		{"case of the user", Grants{AllowAddresses: true, Addresses: []string{"Bob@example.test"}}, nil, "", "no group"},
		{
			"case of the user in a PASSporT",
			Grants{AllowAddresses: true, Addresses: []string{"Bob@example.test"}},
			func(_ *Question, f *facts) { f.fold = true }, "addresses", "",
		},
		{
			"broken entry in the store",
			Grants{AllowAddresses: true, Addresses: []string{"*", "@", "bob@example.test"}},
			nil, "addresses",
			"",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q, f := fromBob(), ground(c.grants)
			if c.change != nil {
				c.change(&q, f)
			}
			d := decide(q, f)
			require.Equal(t, c.grant, d.Grant, d.Reason)
			require.Equal(t, c.grant != "", d.Allow)
			require.Contains(t, d.Reason.Text, c.says)
			require.True(t, strings.HasSuffix(d.Reason.Text, "."), "no sentence: %s", d.Reason)
		})
	}
}

// From proves nothing, whatever else is there.
func TestClaimedAddressMatchesNothing(t *testing.T) {
	g := Grants{
		AllowFriends: true, AllowDirectory: true, AllowAddresses: true,
		Addresses: []string{"bob@example.test", "example.test"},
	}
	f := ground(g)
	f.friend, f.known = true, true
	q := fromBob()
	q.Requester = Identity{Address: "sip:bob@example.test", Level: Unverified, How: "from", User: "bob", Trunk: "pbx"}
	require.False(t, decide(q, f).Allow)
}

var words = rapid.StringMatching(`[a-z][a-z0-9]{0,6}`)

func hosts(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"example.test", "a.example.test", "evilexample.test", "192.0.2.1", "[2001:db8::1]",
		"xn--bcher-kva.example",
	}).Draw(t, "host")
}

func identities(t *rapid.T) Identity {
	id := Identity{
		Level: rapid.SampledFrom([]Level{Unverified, Asserted, Proven, Self}).Draw(t, "level"), How: "drawn",
		User:  rapid.SampledFrom([]string{"", "alice", "bob"}).Draw(t, "user"),
		Trunk: rapid.SampledFrom([]string{"", "pbx"}).Draw(t, "trunk"),
	}
	if rapid.Bool().Draw(t, "certificate") {
		id.Domain = hosts(t)
	}
	switch rapid.IntRange(0, 9).Draw(t, "form") {
	case 0:
		id.Address = "sip:anonymous@anonymous.invalid"
	case 1:
		id.Address = rapid.String().Draw(t, "garbage")
	case 2:
		id.Address = "tel:+1555"
	default:
		id.Address = rapid.SampledFrom([]string{"sip:", "sips:"}).Draw(t, "scheme") +
			rapid.SampledFrom([]string{"bob", "eve", "+1555"}).Draw(t, "name") + "@" + hosts(t)
	}
	return id
}

func someGrants(t *rapid.T) Grants {
	g := Grants{
		AllowPublic: rapid.Bool().Draw(t, "public"), AllowFriends: rapid.Bool().Draw(t, "friends"),
		AllowDirectory: rapid.Bool().Draw(t, "directory"), AllowAddresses: rapid.Bool().Draw(t, "addresses"),
	}
	g.Addresses = rapid.SliceOfN(rapid.SampledFrom([]string{
		"bob@example.test", "example.test", "*.example.test", "192.0.2.1", "2001:db8::1", "tel:+1555", "sips:eve@example.test",
		"bücher.example",
	}), 0, 5).Draw(t, "list")
	return g
}

func drawn(t *rapid.T) (Question, *facts) {
	q := Question{
		Requester: identities(t), Owner: "alice", Device: "desk", Require: rapid.Bool().Draw(t, "require"),
		Kind: rapid.SampledFrom([]Kind{Click, ThirdParty, Privileged, Intercom, Test}).Draw(t, "kind"),
	}
	f := ground(someGrants(t))
	f.interworking = rapid.IntRange(0, 4).Draw(t, "interworking") > 0
	f.quiet = rapid.IntRange(0, 4).Draw(t, "quiet") == 0
	f.number = rapid.SampledFrom([]string{"", "1002", "+1555"}).Draw(t, "ownNumber")
	f.friend = rapid.Bool().Draw(t, "friend")
	f.known = f.friend || rapid.Bool().Draw(t, "known")
	f.byRequester, f.byOwner = rapid.IntRange(0, requesterMax).Draw(t, "byRequester"), rapid.IntRange(0, ownerMax).Draw(t, "byOwner")
	f.forbid = rapid.SliceOfNDistinct(rapid.SampledFrom(Groups), 0, 2, rapid.ID).Draw(t, "forbid")
	return q, f
}

// disguise writes an address in another way that means the same.
func disguise(t *rapid.T, canonical string) string {
	a, err := address.Parse(canonical)
	if err != nil {
		return canonical
	}
	if a.Scheme == "tel" {
		return "TEL:" + strings.Join(strings.Split(a.Number, ""), rapid.SampledFrom([]string{"", "-", ".", " "}).Draw(t, "separator"))
	}
	var user strings.Builder
	for i := range len(a.User) {
		if c := a.User[i]; address.PlainUser(fmt.Sprintf("%%%02x", c)) == string(c) && rapid.Bool().Draw(t, "escape") {
			fmt.Fprintf(&user, rapid.SampledFrom([]string{"%%%02x", "%%%02X"}).Draw(t, "hex"), c)
		} else {
			user.WriteByte(c)
		}
	}
	out := rapid.SampledFrom([]string{a.Scheme, strings.ToUpper(a.Scheme)}).Draw(t, "scheme") + ":" + user.String()
	if rapid.Bool().Draw(t, "password") {
		out += ":" + words.Draw(t, "pw")
	}
	name := a.Host.String()
	if rapid.Bool().Draw(t, "upper") {
		name = strings.ToUpper(name)
	}
	if a.Host.Name != "" && rapid.Bool().Draw(t, "dot") {
		name += "."
	}
	out += "@" + name
	if rapid.Bool().Draw(t, "port") {
		out += ":" + fmt.Sprint(rapid.IntRange(1, 65535).Draw(t, "number"))
	}
	for range rapid.IntRange(0, 3).Draw(t, "params") {
		out += ";" + words.Draw(t, "param") + "=" + words.Draw(t, "value")
	}
	if rapid.Bool().Draw(t, "headers") {
		out += "?" + words.Draw(t, "header") + "=" + words.Draw(t, "value")
	}
	return out
}

// Display names, parameters, headers, case and escapes leave the decision unchanged.
func TestDisguiseChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, f := drawn(t)
		want := decide(q, f)
		q.Requester.Display = rapid.String().Draw(t, "display")
		q.Requester.How = rapid.String().Draw(t, "how")
		q.Requester.Address = disguise(t, q.Requester.Address)
		q.Require, q.Call, q.Instance = !q.Require, rapid.String().Draw(t, "call"), rapid.String().Draw(t, "instance")
		if got := decide(q, f); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %+v instead of %+v", q.Requester.Address, got, want)
		}
	})
}

// Taking a grant away never turns a deny into an allow.
func TestRevokingNeverAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, f := drawn(t)
		before := decide(q, f)
		g := f.grants
		switch group := rapid.SampledFrom(Groups).Draw(t, "revoke"); {
		case rapid.Bool().Draw(t, "entry") && len(g.Addresses) > 0:
			i := rapid.IntRange(0, len(g.Addresses)-1).Draw(t, "index")
			g.Addresses = slices.Delete(slices.Clone(g.Addresses), i, i+1)
		default:
			*g.allows(group) = false
		}
		f.grants, f.entries = g, g.entries()
		if rapid.Bool().Draw(t, "unfriend") {
			f.friend = false
		}
		if after := decide(q, f); after.Allow && !before.Allow {
			t.Fatalf("%+v became %+v", before, after)
		}
	})
}

// Without grants nobody but the owner himself opens anything.
func TestDefaultIsDeny(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, f := drawn(t)
		f.grants, f.entries = Grants{Addresses: f.grants.Addresses}, f.grants.entries()
		d := decide(q, f)
		if d.Allow && (d.Grant != grantSelf || q.Requester.Level != Self || q.Requester.User != q.Owner) {
			t.Fatalf("%+v", d)
		}
	})
}

// Whoever gets in as a friend gets in when only the directory is allowed.
func TestFriendsArePartOfTheDirectory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, f := drawn(t)
		f.forbid = nil
		f.grants = Grants{AllowFriends: true}
		friends := decide(q, f)
		f.grants = Grants{AllowDirectory: true}
		if directory := decide(q, f); friends.Allow && !directory.Allow {
			t.Fatalf("%+v but %+v", friends, directory)
		}
	})
}

// An unproven requester never gets in as anybody in particular, and nothing is
// asked about him.
func TestUnprovenIsPublicOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, f := drawn(t)
		q.Requester.Level, q.Requester.Domain = Unverified, ""
		if d := decide(q, f); d.Allow && d.Grant != string(Public) {
			t.Fatalf("%+v", d)
		}
		if wantsPeople(q, f) {
			t.Fatal("the directory was asked")
		}
	})
}

// A certificate proves a domain and nobody in it: no entry that names a person
// is matched by it.
func TestCertificateIsNoPerson(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, f := drawn(t)
		q.Requester.Level = Unverified
		f.grants.AllowPublic = false
		f.grants.Addresses = slices.DeleteFunc(f.grants.Addresses, func(text string) bool {
			e, err := parseEntry(text)
			return err != nil || e.User == "" && e.Scheme != "tel"
		})
		f.entries = f.grants.entries()
		if d := decide(q, f); d.Allow {
			t.Fatalf("%+v", d)
		}
	})
}

// With no automatic answers nothing opens a phone but the owner himself.
func TestQuietIsQuiet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, f := drawn(t)
		f.quiet = true
		if d := decide(q, f); d.Allow && d.Grant != grantSelf {
			t.Fatalf("%+v", d)
		}
	})
}
