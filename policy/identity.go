// Package policy decides who may make a deskphone answer by itself.
package policy

import (
	"context"

	"ringsplash/internal/address"
)

// Level says how well a requester's identity is proven (auto-answer levels).
type Level int

// Levels, from weakest to strongest.
const (
	// Unverified: a From line and nothing else, or an assertion of somebody we do not trust.
	Unverified Level = iota
	// Asserted: P-Asserted-Identity of a configured, trusted trunk (RFC 3325).
	Asserted
	// Proven: digest of our own user, a verified RFC 8224 Identity, or a TLS client certificate.
	Proven
	// Self: the owner's own authenticated browser tab.
	Self
)

// Identity is who somebody is, as far as it was authenticated. What a From
// line merely claims is Claimed, never Address of a level above Unverified.
type Identity struct {
	// Address is the canonical AOR ("sip:bob@example.test") or tel: number.
	Address string `json:"address"`
	// Display is the display name that came with it: text for people, never evidence.
	Display string `json:"display,omitempty"`
	Level   Level  `json:"level"`
	// How names the evidence in words: "digest", "trunk pbx", "from".
	How string `json:"how"`
	// User is the name of our own user when the identity is one, else "".
	User string `json:"user,omitempty"`
	// Trunk is the configured trunk the request came through, else "".
	Trunk string `json:"trunk,omitempty"`
	// FoldCase: the evidence writes the user part in lower case (RFC 8224 8.3),
	// so its case says nothing.
	FoldCase bool `json:"foldCase,omitempty"`
	// Domain is the host of Address when a TLS client certificate proves it
	// (RFC 5922 7.3) and nothing proves the user part: entries that name a
	// domain take it, entries that name a person do not.
	Domain string `json:"domain,omitempty"`
	// Private: he asked that the called party is not told who he is (RFC 3323,
	// RFC 3325 7). A trusted trunk is told, and asked to keep it.
	Private bool `json:"private,omitempty"`
}

// Anonymous is who calls when nobody may know, said on the evidence how.
func Anonymous(how string) Identity {
	return Identity{Address: "sip:anonymous@anonymous.invalid", Display: "Anonymous", Level: Unverified, How: how}
}

// Shown is the identity as the other party may see it.
func (i Identity) Shown() Identity {
	if i.Private {
		return Anonymous("private")
	}
	return i
}

// Verified tells whether the identity may be shown to people as checked.
func (i Identity) Verified() bool { return i.Level >= Asserted }

// Friend tells whether somebody is among the friends in a user's directory; a
// claimed address never is. It blocks for the store.
func (b *Book) Friend(ctx context.Context, user string, who Identity) (bool, error) {
	f := b.ground(who)
	friend, _, err := b.cfg.People.Known(ctx, user, listable(namesOf(who, f)), f.fold)
	return friend, err
}

// listable are the names as a directory has them: like an address that was
// allowed, an entry without sips: means both schemes.
func listable(names []address.Address) []string {
	var out []string
	for _, name := range names {
		out = append(out, name.String())
		if name.Scheme == "sips" {
			name.Scheme = "sip"
			out = append(out, name.String())
		}
	}
	return out
}
