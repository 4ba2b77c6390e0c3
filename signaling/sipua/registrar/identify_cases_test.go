package registrar

import (
	"ringsplash/policy"
	"ringsplash/test/rig"
)

// The trunks by their addresses, and who calls.
var (
	trustedTrunk, tlsTrunk, plainTrunk = rig.NewAddr(), rig.NewAddr(), rig.NewAddr()

	trunkPeers = map[string]TrunkPeer{
		trustedTrunk: {Name: "pbx", TrustIdentity: true, TrustUDP: true},
		tlsTrunk:     {Name: "tls", TrustIdentity: true},
		plainTrunk:   {Name: "carrier"},
	}
	bobAtOurs, bobsPassword = rig.Bob.Address(), rig.Bob.SIPPassword("desk")

	bobsDesk = Caller{Identity: policy.Identity{
		Address: rig.Bob.Address(), Display: rig.Bob.Display, Level: policy.Proven, How: "digest", User: "bob",
	}, Device: "desk"}
	unproven = policy.Identity{Address: "sip:Eve@elsewhere.test", Level: policy.Unverified, How: "from"}
)

const (
	eve        = "sip:Eve@Elsewhere.test:5070;x=y"
	assertsZed = `P-Asserted-Identity: "Zed" <sip:+44123@pbx.test>`
)

func eveThrough(trunk string) policy.Identity {
	c := unproven
	c.Trunk = trunk
	return c
}

// identified are INVITEs and who is found to have sent them.
var identified = []struct {
	name, ip, uri, from, user, password string
	lines                               []string
	want                                int
	caller                              Caller
}{
	{name: "our user", from: bobAtOurs, uri: rig.Alice.Address(), user: "bob", password: bobsPassword, want: 480, caller: bobsDesk},
	{
		name: "our user to anywhere", from: bobAtOurs, uri: "sip:x@elsewhere.test", user: "bob", password: bobsPassword, want: 480,
		caller: bobsDesk,
	},
	{
		name: "our user by device name", from: bobAtOurs, uri: rig.Alice.Address(), user: "bob~desk", password: bobsPassword, want: 480,
		caller: bobsDesk,
	},
	{
		name: "our user by number", from: "sip:1002@" + rig.Domain, uri: rig.Alice.Address(), user: "bob", password: bobsPassword,
		want:   480,
		caller: bobsDesk,
	},
	{
		name: "our user at an alias", from: "sip:bob@GW.example.test", uri: rig.Alice.Address(), user: "bob", password: bobsPassword,
		want:   480,
		caller: bobsDesk,
	},
	{name: "unproven", from: bobAtOurs, uri: rig.Alice.Address(), want: 407},
	{name: "unproven in the other scheme", from: "sips:bob@" + rig.Domain, uri: rig.Alice.Address(), want: 407},
	{name: "wrong password", from: bobAtOurs, uri: rig.Alice.Address(), user: "bob", password: "x", want: 403},
	{name: "From is Alice", from: rig.Alice.Address(), uri: rig.Alice.Address(), user: "bob", password: bobsPassword, want: 403},
	{
		name: "From is nobody", from: "sip:zoe@" + rig.Domain, uri: rig.Alice.Address(), user: "bob", password: bobsPassword,
		want: 403,
	},
	{
		name: "PAI of a user changes nothing", from: bobAtOurs, uri: rig.Alice.Address(), user: "bob", password: bobsPassword,
		lines: []string{assertsZed}, want: 480,
		caller: bobsDesk,
	},
	{name: "stranger", from: eve, uri: rig.Alice.Address(), want: 480, caller: Caller{Identity: unproven}},
	{name: "stranger by number", from: eve, uri: "sip:10-01@" + rig.Domain, want: 480, caller: Caller{Identity: unproven}},
	{
		name: "stranger by address of ours", from: eve, uri: "sip:alice@127.0.0.1:5060", want: 480,
		caller: Caller{Identity: unproven},
	},
	{
		name: "stranger with PAI", from: eve, uri: rig.Alice.Address(), lines: []string{assertsZed}, want: 480,
		caller: Caller{Identity: unproven},
	},
	{name: "stranger to nobody", from: eve, uri: "sip:zoe@" + rig.Domain, want: 404},
	{name: "stranger to elsewhere", from: eve, uri: "sip:alice@elsewhere.test", want: 404},
	{name: "stranger to a trunk", from: eve, uri: "sip:00441234@" + rig.Domain, want: 404},
	{
		name: "anonymous", from: "sip:anonymous@anonymous.invalid", uri: rig.Alice.Address(), want: 480,
		caller: Caller{Identity: policy.Identity{Address: "sip:anonymous@anonymous.invalid", How: "from"}},
	},
	{
		name: "tel", from: "tel:+44-1", uri: rig.Alice.Address(), want: 480,
		caller: Caller{Identity: policy.Identity{Address: "tel:+441", How: "from"}},
	},
	{
		name: "trunk asserts", ip: trustedTrunk, from: eve, uri: rig.Alice.Address(), lines: []string{assertsZed}, want: 480,
		caller: Caller{Identity: policy.Identity{
			Address: "sip:+44123@pbx.test", Display: "Zed", Level: policy.Asserted,
			How: "trunk pbx", Trunk: "pbx",
		}},
	},
	{
		name: "trunk asserts nothing", ip: trustedTrunk, from: eve, uri: rig.Alice.Address(), want: 480,
		caller: Caller{Identity: eveThrough("pbx")},
	},
	{
		name: "trunk asserts nonsense", ip: trustedTrunk, from: eve, uri: rig.Alice.Address(),
		lines: []string{"P-Asserted-Identity: <sip:a@b>, <sip:c@d>"}, want: 480, caller: Caller{Identity: eveThrough("pbx")},
	},
	{
		name: "trunk asserts a private caller", ip: trustedTrunk, from: eve, uri: rig.Alice.Address(),
		lines: []string{assertsZed, "Privacy: id;critical"},
		want:  480, caller: Caller{Identity: policy.Identity{
			Address: "sip:anonymous@anonymous.invalid", Display: "Anonymous",
			How: "private, trunk pbx", Trunk: "pbx",
		}},
	},
	{
		name: "trunk over UDP that is trusted otherwise", ip: tlsTrunk, from: eve, uri: rig.Alice.Address(),
		lines: []string{assertsZed}, want: 480,
		caller: Caller{Identity: eveThrough("tls")},
	},
	{
		name: "trunk that is not trusted", ip: plainTrunk, from: eve, uri: rig.Alice.Address(), lines: []string{assertsZed}, want: 480,
		caller: Caller{Identity: eveThrough("carrier")},
	},
	{
		name: "trunk in our name", ip: plainTrunk, from: bobAtOurs, uri: rig.Alice.Address(), want: 480,
		caller: Caller{Identity: policy.Identity{Address: bobAtOurs, How: "from", Trunk: "carrier"}},
	},
	{
		name: "trunk to a trunk", ip: trustedTrunk, from: eve, uri: "sip:00441234@" + rig.Domain, lines: []string{assertsZed},
		want: 404,
	},
	{name: "no CSeq", from: eve, uri: rig.Alice.Address(), lines: []string{"CSeq:"}, want: 400},
}
