package directory

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"unicode"

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

// Entries returns at most limit entries whose display name, note or addresses
// have all words of query in them, ordered by display name; case and accents
// do not count. after is the Next of the page before, "" for the first; an
// entry that was removed meanwhile does not disturb it. It blocks for the
// store.
func (d *Directory) Entries(ctx context.Context, user, query, after string, limit int) (EntryPage, error) {
	last, err := base64.RawURLEncoding.DecodeString(after)
	if err != nil {
		return EntryPage{}, invalid("after is not the next of a page")
	}
	b, err := d.readBook(ctx, user)
	if err != nil {
		return EntryPage{}, err
	}
	found := b.search(query)
	page := EntryPage{Entries: []Entry{}, Total: len(found)}
	for i, f := range found {
		if f.place <= string(last) && after != "" {
			continue
		}
		if len(page.Entries) == limit {
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

// search lists the entries that fit, in their order.
func (b *book) search(query string) []placed {
	fold := newFolder()
	words := strings.Fields(fold(query))
	found := make([]placed, 0, len(b.Entries))
	for _, e := range b.Entries {
		display := fold(e.Display)
		if len(words) > 0 {
			text := display + "\n" + fold(e.Note) + "\n" + fold(strings.Join(e.Addresses, "\n"))
			if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
				continue
			}
		}
		found = append(found, placed{e, display + "\x00" + e.ID})
	}
	slices.SortFunc(found, func(a, b placed) int { return compare(a.place, b.place) })
	return found
}

// newFolder returns what takes case and accents out of a text. It may be used
// by one goroutine.
func newFolder() func(string) string {
	fold := cases.Fold()
	return func(s string) string {
		if plain(s) {
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

func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
