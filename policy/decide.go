package policy

import "fmt"

// Limits of third-party automatic answers, within tallyLife.
const (
	requesterMax = 10
	ownerMax     = 30
)

// facts are all that a decision rests on besides its question.
type facts struct {
	// fault says why the facts are not known; "" when they are.
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
	phoneHosts []host
	// number is that of the requester, when he is a user of ours.
	number string
	// fold: the case of user parts does not count.
	fold bool
}

// allowed tells whether the owner allows the group and the administrator does
// not forbid it.
func (f *facts) allowed(g Group) bool {
	for _, forbidden := range f.forbid {
		if g == forbidden {
			return false
		}
	}
	return *f.grants.allows(g)
}

const (
	grantSelf = "self"

	faultStore = "The gateway could not read who may open this phone: its store did not answer in time. Nothing answers by " +
		"itself until it does; the phone can be answered by hand."
	faultOlder = "The gateway's store came back and is still being compared with what was revoked, so nothing answers by itself " +
		"for a moment; the phone can be answered by hand."
	faultAudit = "The decision could not be recorded, and nothing answers by itself without a record. Tell the administrator to " +
		"look at the disk of the gateway; the phone can be answered by hand."
	faultPanic = "The gateway made an error while it decided, so nothing answers by itself. Tell the administrator; the phone " +
		"can be answered by hand."
	faultBusy = "Too many requests came for this phone at the same moment, so this one was not let in."
)

// decide is the whole rule, without I/O: self, then the groups in their order,
// else no.
func decide(q Question, f *facts) Decision {
	if q.Kind == Privileged {
		return deny("Privileged automatic answer (Priv-Answer-Mode) is never allowed.")
	}
	if f.fault != "" {
		return deny(f.fault)
	}
	if !f.interworking {
		return deny("Interworking is off for this phone, so nothing may make it answer. Switch it on in Feature Options, or lift " +
			"the handset.")
	}
	own := q.Requester.Level == Self && q.Requester.User != "" && q.Requester.User == q.Owner
	if own && (q.Kind == Click || q.Kind == Test) {
		return Decision{Allow: true, Grant: grantSelf, Reason: "The owner asked from a browser he is logged in with."}
	}
	switch q.Kind {
	case ThirdParty, Intercom:
	case Click, Test:
		return deny("Only the owner of the phone may do this, from a browser he is logged in with.")
	default:
		return deny(fmt.Sprintf("Requests of the kind %q are not known.", string(q.Kind)))
	}
	d := thirdParty(q.Requester, f)
	switch {
	case d.Allow && f.quiet:
		return deny("The owner wants no automatic answers, so nothing but his own click makes the phone answer.")
	case d.Allow && f.byRequester >= requesterMax:
		return deny(fmt.Sprintf("%s opened phones %d times within the last hour, which is the limit.", limited(q.Requester),
			f.byRequester))
	case d.Allow && f.byOwner >= ownerMax:
		return deny(fmt.Sprintf("This owner's phones were opened by others %d times within the last hour, which is the limit.",
			f.byOwner))
	}
	return d
}

// limited says whose limit counts, see requesterKey.
func limited(who Identity) string {
	if who.Verified() || len(domainOf(who)) > 0 {
		return "This requester"
	}
	return "Callers who did not prove who they are"
}

func deny(reason string) Decision { return Decision{Reason: reason} }

// thirdParty tries the groups. All but Public need a proven address.
func thirdParty(who Identity, f *facts) Decision {
	names := namesOf(who, f)
	switch {
	case f.allowed(Addresses) && listed(f.entries, append(names, domainOf(who)...), f.fold):
		return allow(Addresses, "The requester is one of the allowed addresses.")
	case len(names) == 0:
	case f.allowed(Friends) && f.friend:
		return allow(Friends, "The requester is on the friends list.")
	case f.allowed(Directory) && (f.known || f.friend):
		return allow(Directory, "The requester is in the personal directory.")
	}
	switch {
	case f.allowed(Public):
		return allow(Public, "Everybody is allowed.")
	case who.Level < Asserted && !anonymous(who):
		return deny("The requester's address is only claimed, not proven, and the owner does not allow everybody.")
	case len(names) == 0:
		return deny("The requester withholds his identity or has none that can be read, and the owner does not allow everybody.")
	}
	return deny("The owner allowed no group that the requester belongs to.")
}

func allow(g Group, reason string) Decision {
	return Decision{Allow: true, Grant: string(g), Reason: reason}
}

// namesOf are the addresses under which the groups may know the requester; none
// when his identity is unproven, withheld or not readable.
func namesOf(who Identity, f *facts) []address {
	if who.Level < Asserted {
		return nil
	}
	a, err := parseAddress(who.Address)
	if err != nil || a.host.name == anonymousHost {
		return nil
	}
	names := append([]address{a}, byNumber(a, f.number)...)
	if who.Trunk == "" || a.scheme == "tel" || len(a.user) == 0 || a.user[0] != '+' {
		return names
	}
	// A trusted trunk's sip:+1555...@trunk is the telephone number (RFC 3261
	// 19.1.6); another host may write anything there.
	for _, h := range f.phoneHosts {
		if h != a.host {
			continue
		}
		if number, err := parseNumber(a.user); err == nil {
			names = append(names, address{scheme: "tel", number: number})
		}
	}
	return names
}

// byNumber are the other names of a user of ours: his number is one, here and,
// when it is a global one, everywhere.
func byNumber(a address, number string) []address {
	if number == "" {
		return nil
	}
	var names []address
	if user, err := canonicalUser(number); err == nil {
		names = append(names, address{scheme: a.scheme, user: user, host: a.host})
	}
	if global, err := parseNumber(number); err == nil {
		names = append(names, address{scheme: "tel", number: global})
	}
	return names
}

// domainOf is the domain that a certificate proved, as an address without user:
// entries of a person never match it.
func domainOf(who Identity) []address {
	a, err := parseAddress(who.Address)
	if err != nil || who.Domain == "" || a.scheme == "tel" || a.host.name == anonymousHost {
		return nil
	}
	if proven, err := parseHost(who.Domain); err != nil || proven != a.host {
		return nil
	}
	return []address{{scheme: a.scheme, host: a.host}}
}

func listed(entries []entry, names []address, foldUser bool) bool {
	for i := range entries {
		for _, name := range names {
			if entries[i].matches(name, foldUser) {
				return true
			}
		}
	}
	return false
}

func anonymous(who Identity) bool {
	a, err := parseAddress(who.Address)
	return err != nil || a.host.name == anonymousHost
}

// wantsPeople tells whether the directory can still change the decision.
func wantsPeople(q Question, f *facts) bool {
	if f.fault != "" || q.Kind != ThirdParty && q.Kind != Intercom || !f.allowed(Friends) && !f.allowed(Directory) {
		return false
	}
	d := decide(q, f)
	return (!d.Allow || d.Grant == string(Public)) && len(namesOf(q.Requester, f)) > 0
}
