package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ringsplash/internal/sentence"
	"ringsplash/store"
)

// Revocation is what a Revoke took back.
type Revocation struct {
	// Group is the group that was switched off, "" when none was.
	Group Group
	// Addresses are the entries that were taken off the list, nil when none was.
	Addresses []string
	// Grants are what is allowed now.
	Grants Grants
}

// Sentence tells the owner what he does not allow any more.
func (r Revocation) Sentence() sentence.Sentence {
	switch {
	case len(r.Addresses) > 0:
		return Words.Say("revoked.addresses", "addresses", strings.Join(r.Addresses, ", "))
	case r.Group != "":
		return Words.Say("revoked.group", "group", strconv.Quote(string(r.Group)))
	}
	return Words.Say("revoked.nothing")
}

// ErrOwnGrant: the owner himself asked, so there is nothing to take back.
var ErrOwnGrant = errors.New("policy: the owner's own click rests on no grant; switch interworking off for the phone instead")

// Revoke takes back what allowed an automatic answer: grant is that of the
// Decision, requester the one it was about. Of the allowed addresses every
// entry that names the requester is removed, a whole domain too; any other
// group is switched off. Nothing to take back is no error. Like Put it is in
// force on every node and in the audit file when it returns, and it may block.
// Errors: ErrOwnGrant and store.ErrAway (wrapped).
func (b *Book) Revoke(ctx context.Context, owner, grant string, requester Identity) (Revocation, error) {
	group := Group(grant)
	switch {
	case grant == grantSelf:
		return Revocation{}, ErrOwnGrant
	case !slices.Contains(Groups, group):
		return Revocation{}, fmt.Errorf("policy: there is no grant %q to take back", grant)
	}
	for range tallyTries {
		g, err := b.Get(ctx, owner)
		if err != nil {
			return Revocation{}, err
		}
		r := Revocation{Grants: g}
		if group == Addresses {
			r.Grants.Addresses, r.Addresses = b.without(g, requester)
		} else if on := r.Grants.allows(group); *on {
			*on, r.Group = false, group
		}
		if r.Group == "" && len(r.Addresses) == 0 {
			return r, nil
		}
		r.Grants, err = b.Put(ctx, owner, owner, r.Grants)
		if errors.Is(err, store.ErrConflict) {
			continue // somebody changed the grants meanwhile: look again
		}
		return r, err
	}
	return Revocation{}, fmt.Errorf("policy: the grants of %s are being changed by others all the time; try again: %w", owner,
		store.ErrConflict)
}

// without parts the list into what stays and what names the requester.
func (b *Book) without(g Grants, requester Identity) (stay, gone []string) {
	f := b.ground(requester)
	names := append(namesOf(requester, f), domainOf(requester)...)
	stay = []string{}
	for _, text := range g.Addresses {
		if e, err := parseEntry(text); err == nil && listed([]entry{e}, names, f.fold) {
			gone = append(gone, text)
		} else {
			stay = append(stay, text)
		}
	}
	return stay, gone
}
