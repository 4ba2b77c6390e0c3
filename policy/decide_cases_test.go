package policy

var (
	everything = Grants{
		AllowPublic: true, AllowFriends: true, AllowDirectory: true, AllowAddresses: true,
		Addresses: []string{"bob@example.test"},
	}
	onlyAddresses = Grants{AllowAddresses: true, Addresses: everything.Addresses}
	onlyFriends   = Grants{AllowFriends: true, Addresses: everything.Addresses}
	onlyDirectory = Grants{AllowDirectory: true, Addresses: everything.Addresses}
	onlyPublic    = Grants{AllowPublic: true, Addresses: everything.Addresses}

	claimed = Identity{Address: "sip:bob@example.test", How: "from"}
	hidden  = Identity{Address: "sip:anonymous@anonymous.invalid", Level: Asserted, How: "trunk pbx", Trunk: "pbx"}
)

// decideCases are Bob's questions about alice's phone, each with what is changed
// in it and in the facts.
var decideCases = []struct {
	name   string
	grants Grants
	change func(*Question, *facts)
	grant  string // "" for a deny
	says   string
}{
	{"default", Grants{}, nil, "", "no group"},
	{"address list without the switch", Grants{Addresses: everything.Addresses}, nil, "", "no group"},
	{"address", onlyAddresses, nil, "addresses", ""},
	{"address, only claimed", onlyAddresses, func(q *Question, _ *facts) { q.Requester = claimed }, "", "only claimed"},
	{
		"address, asserted by a trusted trunk", onlyAddresses,
		func(q *Question, _ *facts) { q.Requester = trunkSays("sip:bob@example.test") }, "addresses", "",
	},
	{
		"address, From of a trunk without assertion", onlyAddresses,
		func(q *Question, _ *facts) { q.Requester = claimed; q.Requester.Trunk = "pbx" }, "", "only claimed",
	},
	{"address in a tab", onlyAddresses, func(q *Question, _ *facts) {
		q.Kind, q.Requester.Level, q.Requester.How = Intercom, Self,
			"tab"
	}, "addresses", ""},
	{"display name is no evidence", onlyAddresses, func(q *Question, _ *facts) {
		q.Requester = trunkSays("sip:eve@example.test")
		q.Requester.Display = "bob@example.test"
	}, "", "no group"},
	{"friend", onlyFriends, func(_ *Question, f *facts) { f.friend, f.known = true, true }, "friends", ""},
	{"friend, only claimed", onlyFriends, func(q *Question, f *facts) { f.friend, q.Requester = true, claimed }, "", "only claimed"},
	{"known, not a friend", onlyFriends, func(_ *Question, f *facts) { f.known = true }, "", "no group"},
	{"known", onlyDirectory, func(_ *Question, f *facts) { f.known = true }, "directory", ""},
	{"friends are part of the directory", onlyDirectory, func(_ *Question, f *facts) { f.friend = true }, "directory", ""},
	{"public", onlyPublic, nil, "public", ""},
	{"public, only claimed", onlyPublic, func(q *Question, _ *facts) { q.Requester = claimed }, "public", ""},
	{"public, hidden", onlyPublic, func(q *Question, _ *facts) { q.Requester = hidden }, "public", ""},
	{"public, no address", onlyPublic, func(q *Question, _ *facts) { q.Requester = Identity{} }, "public", ""},
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
		"may not answer by itself",
	},
	{
		"anybody, without interworking", everything, func(_ *Question, f *facts) { f.interworking = false }, "",
		"may not answer by itself",
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
		"no automatic answers, intercom", onlyPublic, func(q *Question, f *facts) { q.Kind, f.quiet = Intercom, true }, "",
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
