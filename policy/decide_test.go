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
	for _, c := range decideCases {
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
