package registrar

import (
	"strings"

	"ringsplash/test/rig"
)

// step is one REGISTER; bound is what is there after it.
type step struct {
	name  string
	lines []string
	want  int
	bound string
}

const (
	contactOne, contactOther = "sip:a@192.0.2.1:5060", "sip:a@192.0.2.2:5060"
	boundOne, boundOther     = "contact:a@192.0.2.1:5060#0 " + contactOne, "contact:a@192.0.2.2:5060#0 " + contactOther
)

var registerSteps = map[string][]step{
	"fetch and remove": {
		{"nothing yet", nil, 200, ""},
		{
			"two contacts",
			[]string{"Contact: <" + contactOne + ">, <" + contactOther + ">;expires=120"},
			200,
			boundOne + "\n" + boundOther,
		},
		{"fetch", nil, 200, boundOne + "\n" + boundOther},
		{"fetch with Expires", []string{"Expires: 0"}, 200, boundOne + "\n" + boundOther},
		{"remove one", []string{"Contact: <" + contactOne + ">;expires=0"}, 200, boundOther},
		{"remove it again", []string{"Contact: <" + contactOne + ">;expires=0"}, 200, boundOther},
		{"add one, remove one", []string{"Contact: <" + contactOne + ">, <" + contactOther + ">;expires=0"}, 200, boundOne},
		{"all", []string{"Contact: *", "Expires: 0"}, 200, ""},
	},
	"star needs Expires 0": {
		{"one", []string{"Contact: <" + contactOne + ">"}, 200, boundOne},
		{"no Expires", []string{"Contact: *"}, 400, boundOne},
		{"Expires 60", []string{"Contact: *", "Expires: 60"}, 400, boundOne},
		{"another contact", []string{"Contact: *", "Contact: <" + contactOther + ">", "Expires: 0"}, 400, boundOne},
	},
	"expiry": {
		{"too brief", []string{"Contact: <" + contactOne + ">;expires=59"}, 423, ""},
		{"too brief in the header", []string{"Contact: <" + contactOne + ">", "Expires: 1"}, 423, ""},
		{"one of two too brief", []string{"Contact: <" + contactOne + ">, <" + contactOther + ">;expires=5"}, 423, ""},
		{"shortest", []string{"Contact: <" + contactOne + ">;expires=60"}, 200, boundOne},
		{"nonsense counts as none", []string{"Contact: <" + contactOne + ">;expires=soon"}, 200, boundOne},
	},
	"reg-id": {
		{"without outbound", []string{"Contact: <" + contactOne + ">;reg-id=1;" + uuid1}, 200, urn1 + "#0 " + contactOne},
		{
			"two flows",
			[]string{"Contact: <" + contactOne + ">;reg-id=1;" + uuid1, "Supported: outbound"},
			200,
			urn1 + "#1 " + contactOne,
		},
		{
			"second flow",
			[]string{"Contact: <" + contactOther + ">;Reg-ID=2;" + uuid1, "Supported: path, Outbound"},
			200,
			urn1 + "#1 " + contactOne + "\n" +
				urn1 + "#2 " + contactOther,
		},
		{
			"without instance",
			[]string{"Contact: <sip:c@192.0.2.3>;reg-id=7", "Supported: outbound"},
			200,
			"contact:c@192.0.2.3:5060#0 sip:c@192.0.2.3\n" + urn1 + "#1 " + contactOne + "\n" + urn1 + "#2 " + contactOther,
		},
		{
			"zero",
			[]string{"Contact: <" + contactOne + ">;reg-id=0;" + uuid1, "Supported: outbound"},
			400,
			"contact:c@192.0.2.3:5060#0 sip:c@192.0.2.3\n" + urn1 + "#1 " + contactOne + "\n" + urn1 + "#2 " + contactOther,
		},
		{
			"two in one",
			[]string{"Contact: <" + contactOne + ">;reg-id=1;" + uuid1 + ", <" + contactOther + ">", "Supported: outbound"},
			400,
			"contact:c@192.0.2.3:5060#0 sip:c@192.0.2.3\n" + urn1 + "#1 " + contactOne + "\n" + urn1 + "#2 " + contactOther,
		},
		{
			"flow removed",
			[]string{"Contact: <" + contactOne + ">;reg-id=1;expires=0;" + uuid1, "Supported: outbound"},
			200,
			"contact:c@192.0.2.3:5060#0 sip:c@192.0.2.3\n" + urn1 + "#2 " + contactOther,
		},
	},
	"first hop": {
		{"no Path", []string{
			"Contact: <" + contactOne + ">;reg-id=1;" + uuid1, "Supported: outbound",
			"Via: SIP/2.0/UDP SELF;branch=NEW;rport, SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKx",
		}, 439, ""},
		{"Path without ob", []string{
			"Contact: <" + contactOne + ">;reg-id=1;" + uuid1, "Supported: outbound", "Path: <sip:192.0.2.7;lr>",
			"Via: SIP/2.0/UDP SELF;branch=NEW;rport, SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKx",
		}, 439, ""},
		{"Path with ob", []string{
			"Contact: <" + contactOne + ">;reg-id=1;" + uuid1, "Supported: outbound", "Path: <sip:192.0.2.7;lr;ob>",
			"Via: SIP/2.0/UDP SELF;branch=NEW;rport, SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKx",
		}, 200, urn1 + "#1 " + contactOne},
	},
	"nonsense": {
		{"tel", []string{"Contact: <tel:+1234>"}, 400, ""},
		{"mailto", []string{"Contact: <mailto:a@b.test>"}, 400, ""},
		{"no host", []string{"Contact: <sip:a@>"}, 400, ""},
		{"host of spaces", []string{"Contact: <sip:a@b c>"}, 400, ""},
		{"host of stars", []string{"Contact: <sip:a@***>"}, 400, ""},
		{"port", []string{"Contact: <sip:a@192.0.2.1:99999>"}, 400, ""},
		{"same instance twice", []string{"Contact: <" + contactOne + ">;" + uuid1 + ", <" + contactOther + ">;" + uuid1}, 400, ""},
		{"eleven", []string{"Contact: <" + contactOne + ">" + strings.Repeat(", <"+contactOther+">", 10)}, 400, ""},
		{"Path", []string{"Contact: <" + contactOne + ">", "Path: <sip:>"}, 400, ""},
		{"Require", []string{"Contact: <" + contactOne + ">", "Require: path, magic"}, 420, ""},
		{"To of somebody else", []string{"To: <" + rig.Bob.Address() + ">"}, 403, ""},
		{"From of somebody else", []string{"From: <" + rig.Bob.Address() + ">;tag=1"}, 403, ""},
		{"To elsewhere", []string{"To: <sip:alice@elsewhere.test>"}, 404, ""},
		{"no From", []string{"From:"}, 400, ""},
		{"no Call-ID", []string{"Call-ID:"}, 400, ""},
		{"two Call-IDs", []string{"Call-ID: a\r\nCall-ID: b"}, 400, ""},
		{"CSeq of another method", []string{"CSeq: 5 OPTIONS"}, 400, ""},
	},
	"by number": {
		{"To is the number", []string{"To: <sip:1001@" + rig.Domain + ">", "Contact: <" + contactOne + ">"}, 200, boundOne},
	},
}
