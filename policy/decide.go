package policy

import (
	"slices"
	"strconv"
	"time"

	"ringsplash/internal/address"
	"ringsplash/internal/sentence"
)

// Kind is what is asked for.
type Kind string

// Kinds of requests.
const (
	// Click: the owner answers or moves a call to his own phone from his tab.
	Click Kind = "click"
	// ThirdParty: somebody's INVITE carried Answer-Mode: Auto (RFC 5373).
	ThirdParty Kind = "thirdParty"
	// Privileged: Priv-Answer-Mode: Auto. Always denied.
	Privileged Kind = "privileged"
	// Intercom: one of our users asked from his tab.
	Intercom Kind = "intercom"
	// Test: the owner tries his idle phone.
	Test Kind = "test"
)

// Question asks whether a phone may be told to answer by itself.
type Question struct {
	Requester Identity
	// Owner is the user whose phone it is; Device and Instance name the phone.
	Owner, Device, Instance string
	Kind                    Kind
	// Require: the requester wants no ordinary ringing instead (RFC 5373 4.3).
	Require bool
	// Call is the call it is for, for the record.
	Call string
	At   time.Time
}

// Decision is the answer, with its reason in words.
type Decision struct {
	Allow bool `json:"allow"`
	// Grant names what allowed it: self, addresses, friends, directory,
	// public; "" for a deny.
	Grant string `json:"grant"`
	// Reason is for the owner and the administrator.
	Reason sentence.Sentence `json:"reason"`
	// ID is the number of the audit record.
	ID string `json:"id,omitempty"`
}

// Limits of third-party automatic answers, within tallyLife.
const (
	requesterMax = 10
	ownerMax     = 30
)

// facts are all that a decision rests on besides its question.
type facts struct {
	// fault is the code that says why the facts are not known; "" when they are.
	fault        string
	interworking bool
	// quiet: the owner does not want to be disturbed.
	quiet   bool
	grants  Grants
	entries []entry
	forbid  []Group
	// friend and known: the requester is in the owner's directory. A friend
	// is always known as well.
	friend, known bool
	// byRequester and byOwner count the automatic answers of the last hour.
	byRequester, byOwner int
	// phoneHosts are hosts whose users are telephone numbers when they look
	// like it: those of the trusted trunks.
	phoneHosts []address.Host
	// number is that of the requester, when he is a user of ours.
	number string
	// fold: the case of user parts does not count.
	fold bool
}

// allowed tells whether the owner allows the group and the administrator does
// not forbid it.
func (f *facts) allowed(g Group) bool { return !slices.Contains(f.forbid, g) && *f.grants.allows(g) }

const (
	grantSelf = "self"

	faultStore = "decision.store_away"
	faultOlder = "decision.comparing"
	faultAudit = "decision.not_recorded"
	faultPanic = "decision.fault"
	faultBusy  = "decision.too_many"
)

// decide is the whole rule, without I/O: self, then the groups in their order,
// else no.
func decide(q Question, f *facts) Decision {
	if q.Kind == Privileged {
		return deny("decision.privileged")
	}
	if f.fault != "" {
		return deny(f.fault)
	}
	if !f.interworking {
		return deny("decision.no_interworking")
	}
	own := q.Requester.Level == Self && q.Requester.User != "" && q.Requester.User == q.Owner
	if own && (q.Kind == Click || q.Kind == Test) {
		return allow(grantSelf, "decision.own")
	}
	switch q.Kind {
	case ThirdParty, Intercom:
	case Click, Test:
		return deny("decision.owner_only")
	default:
		return deny("decision.unknown_kind", "kind", strconv.Quote(string(q.Kind)))
	}
	d := thirdParty(q.Requester, f)
	switch {
	case d.Allow && f.quiet:
		return deny("decision.quiet")
	case d.Allow && f.byRequester >= requesterMax && (q.Requester.Verified() || len(domainOf(q.Requester)) > 0):
		return deny("decision.requester_limit", "times", f.byRequester)
	case d.Allow && f.byRequester >= requesterMax: // they share one limit, see requesterKey
		return deny("decision.unproven_limit", "times", f.byRequester)
	case d.Allow && f.byOwner >= ownerMax:
		return deny("decision.owner_limit", "times", f.byOwner)
	}
	return d
}

func deny(say string, args ...any) Decision { return Decision{Reason: Words.Say(say, args...)} }

// thirdParty tries the groups. All but Public need a proven address.
func thirdParty(who Identity, f *facts) Decision {
	names := namesOf(who, f)
	switch {
	case f.allowed(Addresses) && listed(f.entries, append(names, domainOf(who)...), f.fold):
		return allow(Addresses, "decision.addresses")
	case len(names) == 0:
	case f.allowed(Friends) && f.friend:
		return allow(Friends, "decision.friends")
	case f.allowed(Directory) && (f.known || f.friend):
		return allow(Directory, "decision.directory")
	}
	switch {
	case f.allowed(Public):
		return allow(Public, "decision.public")
	case who.Level < Asserted && !anonymous(who):
		return deny("decision.unproven")
	case len(names) == 0:
		return deny("decision.withheld")
	}
	return deny("decision.no_grant")
}

func allow(g Group, say string) Decision {
	return Decision{Allow: true, Grant: string(g), Reason: Words.Say(say)}
}

// namesOf are the addresses under which the groups may know the requester; none
// when his identity is unproven, withheld or not readable.
func namesOf(who Identity, f *facts) []address.Address {
	if who.Level < Asserted {
		return nil
	}
	a, err := address.Parse(who.Address)
	if err != nil || a.Host.Name == anonymousHost {
		return nil
	}
	names := append([]address.Address{a}, byNumber(a, f.number)...)
	if who.Trunk == "" || a.Scheme == "tel" || len(a.User) == 0 || a.User[0] != '+' {
		return names
	}
	// A trusted trunk's sip:+1555...@trunk is the telephone number (RFC 3261
	// 19.1.6); another host may write anything there.
	for _, h := range f.phoneHosts {
		if h != a.Host {
			continue
		}
		if number, err := address.Number(a.User); err == nil {
			names = append(names, address.Address{Scheme: "tel", Number: number})
		}
	}
	return names
}

// byNumber are the other names of a user of ours: his number is one, here and,
// when it is a global one, everywhere.
func byNumber(a address.Address, number string) []address.Address {
	if number == "" {
		return nil
	}
	var names []address.Address
	if user, err := address.User(number); err == nil {
		names = append(names, address.Address{Scheme: a.Scheme, User: user, Host: a.Host})
	}
	if global, err := address.Number(number); err == nil {
		names = append(names, address.Address{Scheme: "tel", Number: global})
	}
	return names
}

// domainOf is the domain that a certificate proved, as an address without user:
// entries of a person never match it.
func domainOf(who Identity) []address.Address {
	a, err := address.Parse(who.Address)
	if err != nil || who.Domain == "" || a.Scheme == "tel" || a.Host.Name == anonymousHost {
		return nil
	}
	if proven, err := address.ParseHost(who.Domain); err != nil || proven != a.Host {
		return nil
	}
	return []address.Address{{Scheme: a.Scheme, Host: a.Host}}
}

func listed(entries []entry, names []address.Address, foldUser bool) bool {
	return slices.ContainsFunc(entries, func(e entry) bool {
		return slices.ContainsFunc(names, func(name address.Address) bool { return e.matches(name, foldUser) })
	})
}

func anonymous(who Identity) bool {
	a, err := address.Parse(who.Address)
	return err != nil || a.Host.Name == anonymousHost
}

// wantsPeople tells whether the directory can still change the decision.
func wantsPeople(q Question, f *facts) bool {
	if f.fault != "" || q.Kind != ThirdParty && q.Kind != Intercom || !f.allowed(Friends) && !f.allowed(Directory) {
		return false
	}
	d := decide(q, f)
	return (!d.Allow || d.Grant == string(Public)) && len(namesOf(q.Requester, f)) > 0
}
