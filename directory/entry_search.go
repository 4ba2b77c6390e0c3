package directory

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// EntryPage is a part of a user's directory.
type EntryPage struct {
	Entries []Entry
	// Next is the after of the following page, "" on the last one.
	Next string
	// Total is how many entries fit the query, on all pages.
	Total int
}

// EntryQuery says which entries of a directory are asked for.
type EntryQuery struct {
	// Words must all be in the display name, the note or the addresses; case
	// and accents do not count.
	Words string
	// Friends leaves out who is none.
	Friends bool
	// After is the Next of the page before, "" for the first. An entry that
	// was removed meanwhile does not disturb it.
	After string
	// Limit is the most entries of a page.
	Limit int
}

// Entries returns a page of the entries that fit, ordered by display name. It
// blocks for the store.
func (d *Directory) Entries(ctx context.Context, user string, q EntryQuery) (EntryPage, error) {
	last, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil {
		return EntryPage{}, invalid("entry.bad_after")
	}
	b, err := d.readBook(ctx, user)
	if err != nil {
		return EntryPage{}, err
	}
	found := b.search(q.Words, q.Friends)
	page := EntryPage{Entries: []Entry{}, Total: len(found)}
	for i, f := range found {
		if f.place <= string(last) && q.After != "" {
			continue
		}
		if len(page.Entries) == q.Limit {
			page.Next = base64.RawURLEncoding.EncodeToString([]byte(found[i-1].place))
			break
		}
		page.Entries = append(page.Entries, f.Entry)
	}
	return page, nil
}

// placed is an entry with what it is ordered by.
type placed struct {
	Entry
	place string
}

// Addresses returns the canonical addresses of all entries, the friends' apart
// from the others', and how many entries these are. It blocks for the store.
func (d *Directory) Addresses(ctx context.Context, user string) (friends, others AddressList, err error) {
	b, err := d.readBook(ctx, user)
	if err != nil {
		return AddressList{}, AddressList{}, err
	}
	for _, e := range b.Entries {
		list := &others
		if e.Friend {
			list = &friends
		}
		list.Entries++
		list.Addresses = append(list.Addresses, e.Addresses...)
	}
	return friends, others, nil
}

// EachOurs goes through the user's addresses of our domain, each with its entry's
// display name and whether that is a friend. It blocks for the store.
func (d *Directory) EachOurs(ctx context.Context, user string, each func(address, display string, friend bool)) error {
	return d.EachAddress(ctx, user, func(address, display string, friend bool) {
		if strings.HasSuffix(address, "@"+d.domain) {
			each(address, display, friend)
		}
	})
}

// EachAddress goes through all addresses of a user's directory, with the name of
// the entry and whether it is a friend. It blocks for the store.
func (d *Directory) EachAddress(ctx context.Context, user string, each func(address, display string, friend bool)) error {
	b, err := d.readBook(ctx, user)
	if err != nil {
		return err
	}
	for _, e := range b.Entries {
		for _, address := range e.Addresses {
			each(address, e.Display, e.Friend)
		}
	}
	return nil
}

// NameOf is what the user calls who has the canonical address: by his own
// directory, else by the display name of the user of ours; "" for nobody. It
// blocks for the store.
func (d *Directory) NameOf(ctx context.Context, user, address string) (string, error) {
	b, err := d.readBook(ctx, user)
	if err == nil {
		for _, e := range b.Entries {
			if slices.Contains(e.Addresses, address) {
				return e.Display, nil
			}
		}
	}
	name, _ := d.UserAt(address)
	u, _ := d.User(name)
	return u.Display, err
}

// AddressList is the addresses of some entries of a directory.
type AddressList struct {
	Entries   int
	Addresses []string
}

// search lists the entries that fit, in their order.
func (b *book) search(query string, friends bool) []placed {
	fold := Folder()
	words := strings.Fields(fold(query))
	found := make([]placed, 0, len(b.Entries))
	for _, e := range b.Entries {
		if friends && !e.Friend {
			continue
		}
		display := fold(e.Display)
		if len(words) > 0 {
			text := display + "\n" + fold(e.Note) + "\n" + fold(strings.Join(e.Addresses, "\n"))
			if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
				continue
			}
		}
		found = append(found, placed{e, display + "\x00" + e.ID})
	}
	slices.SortFunc(found, func(a, b placed) int { return strings.Compare(a.place, b.place) })
	return found
}

// Folder returns what takes case and accents out of a text. It may be used
// by one goroutine.
func Folder() func(string) string {
	fold := cases.Fold()
	return func(s string) string {
		if !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
			return strings.ToLower(s)
		}
		return strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, norm.NFKD.String(fold.String(s)))
	}
}
