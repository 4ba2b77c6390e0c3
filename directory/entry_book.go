package directory

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"ringsplash/store"
)

// book is one user's personal directory: the value of entry/<user>/book.
//
// It is one value, not one for each entry, because the store changes one key
// at a time. So a friend who was removed counts no more from the very write
// that took him out, Known is a single read with nothing remembered between
// two, no address can get into two entries, and an import is one write. The
// price is that a change writes the whole book, which bookBytesMax bounds.
type book struct {
	V int `json:"v"`
	// Friends and Others are all addresses of the entries, each between line
	// ends. They stand ahead of the entries, so that Known need not read on.
	Friends string  `json:"friends"`
	Others  string  `json:"others"`
	Entries []Entry `json:"entries"`

	version store.Version
}

func bookKey(user string) string { return "entry/" + user + "/book" }

// readBook gets the user's book, an empty one when he has none yet.
func (d *Directory) readBook(ctx context.Context, user string) (*book, error) {
	if !nameForm.MatchString(user) {
		return nil, because(ErrNotFound, "user %q", user)
	}
	it, err := d.store.Get(ctx, bookKey(user))
	if errors.Is(err, store.ErrNotFound) {
		return &book{V: recordVersion}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("directory: read the entries of %s: %w", user, err)
	}
	b := &book{version: it.Version}
	if err := json.Unmarshal(it.Value, b); err != nil {
		return nil, fmt.Errorf("directory: %s is not readable: %w", it.Key, err)
	}
	return b, nil
}

// changeBook writes what change makes of the user's book. When another writer
// was quicker, change is called again with the newer book.
func (d *Directory) changeBook(ctx context.Context, user string, change func(*book) error) error {
	if _, ok := d.User(user); !ok {
		return because(ErrNotFound, "user %q", user)
	}
	for range writeTries {
		b, err := d.readBook(ctx, user)
		if err != nil {
			return err
		}
		if err := change(b); err != nil {
			return err
		}
		b.index()
		value, err := json.Marshal(b)
		if err != nil {
			return fmt.Errorf("directory: write the entries of %s: %w", user, err)
		}
		if len(value) > bookBytesMax {
			return invalid("entry.full_bytes", "most", bookBytesMax>>20)
		}
		version, err := d.store.Put(ctx, bookKey(user), value, b.version, 0)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("directory: write the entries of %s: %w", user, err)
		}
		d.tellEntries(ctx, user, version)
		return nil
	}
	return errBusy(user)
}

// index makes Friends and Others of the entries.
func (b *book) index() {
	var friends, others strings.Builder
	for _, e := range b.Entries {
		list := &others
		if e.Friend {
			list = &friends
		}
		for _, address := range e.Addresses {
			list.WriteString("\n" + address + "\n")
		}
	}
	b.Friends, b.Others = friends.String(), others.String()
}

// Known tells whether one of the canonical addresses is in the user's
// directory, and whether one is a friend's there; with foldCase the case of
// user parts does not count. It is one read of the store and blocks for it;
// nothing is remembered between two calls.
func (d *Directory) Known(ctx context.Context, user string, addresses []string, foldCase bool) (friend, known bool, err error) {
	if !nameForm.MatchString(user) {
		return false, false, nil
	}
	it, err := d.store.Get(ctx, bookKey(user))
	if errors.Is(err, store.ErrNotFound) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("directory: read the entries of %s: %w", user, err)
	}
	friends, others, err := readIndex(it.Value)
	if err != nil {
		return false, false, fmt.Errorf("directory: %s is not readable: %w", it.Key, err)
	}
	if foldCase {
		friends, others = strings.ToLower(friends), strings.ToLower(others)
	}
	for _, address := range addresses {
		if address == "" || strings.Contains(address, "\n") {
			continue
		}
		if foldCase {
			address = strings.ToLower(address)
		}
		address = "\n" + address + "\n"
		friend = friend || strings.Contains(friends, address)
		known = known || friend || strings.Contains(others, address)
	}
	return friend, known, nil
}

// readIndex reads a book up to its entries.
func readIndex(value []byte) (friends, others string, err error) {
	dec := json.NewDecoder(bytes.NewReader(value))
	if _, err := dec.Token(); err != nil {
		return "", "", err
	}
	var v int
	for _, member := range []struct {
		name string
		to   any
	}{{"v", &v}, {"friends", &friends}, {"others", &others}} {
		name, err := dec.Token()
		if err != nil {
			return "", "", err
		}
		if name != member.name {
			return "", "", fmt.Errorf("%v stands where %s belongs", name, member.name)
		}
		if err := dec.Decode(member.to); err != nil {
			return "", "", err
		}
	}
	return friends, others, nil
}

// Entry reads one entry. It blocks for the store. ErrNotFound: no such entry.
func (d *Directory) Entry(ctx context.Context, user, id string) (Entry, error) {
	b, err := d.readBook(ctx, user)
	if err != nil {
		return Entry{}, err
	}
	i, err := b.find(id)
	if err != nil {
		return Entry{}, err
	}
	return b.Entries[i], nil
}

// AddEntry makes an entry. ErrInvalid: something in it cannot be used.
// ErrExists: another entry has one of the addresses. It blocks for the store.
func (d *Directory) AddEntry(ctx context.Context, user string, in EntryDraft) (Entry, error) {
	e, err := d.check(in)
	if err != nil {
		return Entry{}, err
	}
	e.ID, e.Version = newEntryID(), 1
	err = d.changeBook(ctx, user, func(b *book) error {
		if len(b.Entries) >= entriesMax {
			return errFull()
		}
		if err := b.free(e); err != nil {
			return err
		}
		b.Entries = append(b.Entries, e)
		return nil
	})
	return e, err
}

// PutEntry replaces what an entry says, when it still has the version (0:
// whatever version it has). ErrNotFound; ErrChanged: it has another; else as
// AddEntry. It blocks for the store.
func (d *Directory) PutEntry(ctx context.Context, user, id string, version uint64, in EntryDraft) (Entry, error) {
	e, err := d.check(in)
	if err != nil {
		return Entry{}, err
	}
	e.ID = id
	err = d.changeBook(ctx, user, func(b *book) error {
		i, err := b.at(id, version)
		if err != nil {
			return err
		}
		if err := b.free(e); err != nil {
			return err
		}
		e.Version = b.Entries[i].Version + 1
		b.Entries[i] = e
		return nil
	})
	return e, err
}

// RemoveEntry takes an entry out, when it still has the version (0: whatever
// version it has). ErrNotFound, ErrChanged. It blocks for the store.
func (d *Directory) RemoveEntry(ctx context.Context, user, id string, version uint64) error {
	return d.changeBook(ctx, user, func(b *book) error {
		i, err := b.at(id, version)
		if err != nil {
			return err
		}
		b.Entries = slices.Delete(b.Entries, i, i+1)
		return nil
	})
}

func (b *book) find(id string) (int, error) {
	if i := slices.IndexFunc(b.Entries, func(e Entry) bool { return e.ID == id }); i >= 0 {
		return i, nil
	}
	return 0, because(ErrNotFound, "entry %q", id)
}

func (b *book) at(id string, version uint64) (int, error) {
	i, err := b.find(id)
	if err == nil && version != 0 && b.Entries[i].Version != version {
		err = fmt.Errorf("%w: entry %s", ErrChanged, id)
	}
	return i, err
}

// free says ErrExists when another entry has one of the addresses.
func (b *book) free(e Entry) error {
	for _, other := range b.Entries {
		if other.ID == e.ID {
			continue
		}
		for _, address := range e.Addresses {
			if slices.Contains(other.Addresses, address) {
				return exists("entry.address_taken", "address", address, "entry", strconv.Quote(other.Display))
			}
		}
	}
	return nil
}

func errFull() error { return invalid("entry.full", "most", entriesMax) }

func newEntryID() string { return ulid.MustNew(ulid.Timestamp(time.Now()), rand.Reader).String() }
