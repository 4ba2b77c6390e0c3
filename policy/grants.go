package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ringsplash/internal/sentence"
	"ringsplash/store"
)

const (
	recordVersion = 1
	// addressesMax bounds the list of one user.
	addressesMax = 200
)

// Grants are what a user allowed beforehand. The zero value allows nothing.
type Grants struct {
	// Version is that of the record in the store, 0 before the first change.
	Version        store.Version `json:"version"`
	AllowPublic    bool          `json:"allowPublic"`
	AllowFriends   bool          `json:"allowFriends"`
	AllowDirectory bool          `json:"allowDirectory"`
	AllowAddresses bool          `json:"allowAddresses"`
	// Addresses count only with AllowAddresses. They are in canonical form and
	// never nil.
	Addresses []string `json:"addresses"`
}

// grantsRecord is the value of policy/<user>; the version is the store's.
type grantsRecord struct {
	V int `json:"v"`
	// Epoch only grows with each change, also over a store that came back with
	// older contents; 0 in records from before there were epochs.
	Epoch uint64 `json:"epoch,omitempty"`
	Grants
}

// Group is one of the four groups a user may allow.
type Group string

// Groups, as policy.forbid in the configuration names them.
const (
	Public    Group = "public"
	Friends   Group = "friends"
	Directory Group = "directory"
	Addresses Group = "addresses"
)

// Groups are all of them, in the order they are tried.
var Groups = []Group{Addresses, Friends, Directory, Public}

func (g *Grants) allows(group Group) *bool {
	switch group {
	case Public:
		return &g.AllowPublic
	case Friends:
		return &g.AllowFriends
	case Directory:
		return &g.AllowDirectory
	}
	return &g.AllowAddresses
}

// ErrTooMany: a list of more than 200 addresses.
var ErrTooMany = errors.New("policy: at most 200 addresses can be allowed; allow a whole domain instead of each of its users")

// CeilingError: the administrator forbids a group that was to be allowed.
type CeilingError struct{ Group Group }

func (e *CeilingError) Error() string { return e.Sentence().Text }

// Sentence tells the owner what to do.
func (e *CeilingError) Sentence() sentence.Sentence {
	return Words.Say("problem.forbidden_group", "group", strconv.Quote(string(e.Group)))
}

// canonical checks the addresses and brings them into the form they are kept
// in, each once.
func (g Grants) canonical() (Grants, error) {
	if len(g.Addresses) > addressesMax {
		return g, ErrTooMany
	}
	var bad []Malformed
	clean := make([]string, 0, len(g.Addresses))
	for i, text := range g.Addresses {
		e, err := parseEntry(text)
		if err != nil {
			bad = append(bad, malformed(i, text, err))
			continue
		}
		if one := e.String(); !slices.Contains(clean, one) {
			clean = append(clean, one)
		}
	}
	if len(bad) > 0 {
		return g, &MalformedError{bad}
	}
	g.Addresses = clean
	return g, nil
}

// entries are the addresses, parsed. What somebody broke in the store names nobody.
func (g Grants) entries() []entry {
	out := make([]entry, 0, len(g.Addresses))
	for _, text := range g.Addresses {
		if e, err := parseEntry(text); err == nil {
			out = append(out, e)
		}
	}
	return out
}

func grantsKey(user string) string { return "policy/" + user }

// Get reads a user's grants from the store, in one round trip. Of a store that
// came back with older ones than this node has seen, the newest seen are the
// answer. It may block; store.ErrAway (wrapped) when the store cannot be reached.
func (b *Book) Get(ctx context.Context, user string) (Grants, error) {
	r, err := b.read(ctx, user)
	return r.Grants, err
}

func (b *Book) read(ctx context.Context, user string) (grantsRecord, error) {
	if !plainName(user) {
		return grantsRecord{}, fmt.Errorf("policy: %q is no user name", user)
	}
	item, err := b.cfg.Store.Get(ctx, grantsKey(user))
	if errors.Is(err, store.ErrNotFound) {
		return grantsRecord{Grants: Grants{Addresses: []string{}}}, nil
	}
	if err != nil {
		return grantsRecord{}, fmt.Errorf("policy: read the grants of %s: %w", user, err)
	}
	var r grantsRecord
	if err := json.Unmarshal(item.Value, &r); err != nil {
		return grantsRecord{}, fmt.Errorf("policy: %s is not readable: %w", item.Key, err)
	}
	if known := b.ledger.of(user); r.Epoch < known.epoch {
		r = grantsRecord{Epoch: known.epoch, Grants: known.grants}
		b.askCompare()
	} else {
		b.see(user, r)
	}
	r.Version = item.Version
	if r.Addresses == nil {
		r.Addresses = []string{}
	}
	return r, nil
}

// Put changes a user's grants, when g.Version is still the stored one
// (store.AnyVersion: whatever it is), and returns what is kept. The change is
// in force on every node and in the audit file when Put returns. It may block.
// Errors: *MalformedError, ErrTooMany, *CeilingError, store.ErrConflict and
// store.ErrAway (wrapped).
func (b *Book) Put(ctx context.Context, user, by string, g Grants) (Grants, error) {
	g, err := g.canonical()
	if err != nil {
		return Grants{}, err
	}
	was, err := b.read(ctx, user)
	if err != nil {
		return Grants{}, err
	}
	// What was on before a ceiling came may stay written, without effect, so
	// that somebody can still change the rest.
	for _, group := range b.cfg.Forbid {
		if *g.allows(group) && !*was.allows(group) {
			return Grants{}, &CeilingError{group}
		}
	}
	now := b.cfg.Now()
	epoch := max(uint64(now.UnixMilli()), was.Epoch+1, b.ledger.of(user).epoch+1)
	if g, err = b.change(ctx, user, g, epoch); err != nil {
		return Grants{}, err
	}
	r := &Record{ID: newID(now), Time: now.UTC(), Event: eventGrants, Owner: user, By: by, Grants: &g, Epoch: epoch}
	if err := b.audit.append(ctx, r); err != nil {
		return Grants{}, fmt.Errorf("policy: the grants of %s are changed, but the change could not be recorded: %w", user, err)
	}
	if err := b.cfg.Store.Publish(ctx, topic, []byte(user)); err != nil {
		b.cfg.Log.Warn("other nodes learn of changed grants when they next read them", "user", user, "err", err)
	}
	return g, nil
}

// change brings a change of this node to the store and into the ledger.
func (b *Book) change(ctx context.Context, user string, g Grants, epoch uint64) (Grants, error) {
	defer b.ledger.begin(user, epoch)()
	version, err := b.writeGrants(ctx, user, g, epoch, g.Version)
	if err != nil {
		return Grants{}, err
	}
	g.Version = version
	b.ledger.note(user, epoch, g)
	return g, nil
}

// writeGrants puts a record into the store, when v is still its
// version there, and returns the new one.
func (b *Book) writeGrants(ctx context.Context, user string, g Grants, epoch uint64, v store.Version) (store.Version, error) {
	g.Version = 0
	value, err := json.Marshal(grantsRecord{recordVersion, epoch, g})
	if err == nil {
		v, err = b.cfg.Store.Put(ctx, grantsKey(user), value, v, 0)
	}
	if err != nil {
		return 0, fmt.Errorf("policy: write the grants of %s: %w", user, err)
	}
	return v, nil
}

// plainName keeps what could be another key out of keys.
func plainName(user string) bool {
	return user != "" && len(user) <= 64 && strings.Trim(user, "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
}
