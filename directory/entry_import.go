package directory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ringsplash/internal/sentence"
)

const (
	// ImportMax is how large an imported file may be, in bytes.
	ImportMax = 1 << 20
	// rejectedMax bounds the list of what was not imported.
	rejectedMax = 200
)

// Imported tells what became of a file.
type Imported struct {
	Added int `json:"added"`
	// Merged counts what fitted an entry that was there, or one added before.
	Merged   int        `json:"merged"`
	Rejected []Rejected `json:"rejected"`
	// More counts the rejected ones that are not listed.
	More int `json:"more,omitempty"`
}

// Rejected is something in a file that was not imported.
type Rejected struct {
	Line            int               `json:"line"` // from 1
	Problem         string            `json:"problem"`
	ProblemSentence sentence.Sentence `json:"problemSentence,omitzero"`
}

func (in *Imported) reject(line int, err error) {
	if len(in.Rejected) == rejectedMax {
		in.More++
		return
	}
	why := sentence.Sentence{Text: err.Error()}
	if r := (*Refused)(nil); errors.As(err, &r) {
		why = r.Sentence
	}
	in.Rejected = append(in.Rejected, Rejected{line, why.Text, why})
}

// row is one person in a file.
type row struct {
	EntryDraft
	line int
}

// format reads the people in a file; what is wrong goes to reject. An error
// says that the file cannot be read at all.
type format func(text string, reject func(line int, err error)) ([]row, error)

// ImportVCard adds the people of a vCard file (RFC 6350, and the older 2.1 and
// 3.0) to the user's directory, in one write. Whoever has an address that an
// entry has is merged into it: what the entry lacks is added, nothing is
// replaced. A card never makes a friend, for cards come from others. What
// cannot be imported is reported, the rest is imported. ErrInvalid: the file
// is none of this kind, or too large. It blocks for the store.
func (d *Directory) ImportVCard(ctx context.Context, user string, r io.Reader) (Imported, error) {
	return d.importFile(ctx, user, r, readVCards)
}

// ImportCSV is ImportVCard for a table with a header row that names the
// columns display, address, note and friend, in any order; address is needed.
// A cell may hold several addresses with | between them. Separators are
// commas, semicolons or tabs. The friend column marks friends.
func (d *Directory) ImportCSV(ctx context.Context, user string, r io.Reader) (Imported, error) {
	return d.importFile(ctx, user, r, readCSV)
}

func (d *Directory) importFile(ctx context.Context, user string, r io.Reader, read format) (Imported, error) {
	text, err := io.ReadAll(io.LimitReader(r, ImportMax+1))
	switch {
	case err != nil:
		return Imported{}, fmt.Errorf("directory: read the file: %w", err)
	case len(text) > ImportMax:
		return Imported{}, invalid("entry.large_file")
	case !utf8.Valid(text):
		return Imported{}, invalid("entry.not_utf8")
	}
	before := Imported{Rejected: []Rejected{}}
	rows, err := read(strings.TrimPrefix(string(text), "\uFEFF"), before.reject)
	if err != nil {
		return Imported{}, err
	}
	entries := d.entriesOf(rows, &before)
	if len(entries) == 0 {
		return before.inOrder(), nil
	}
	var in Imported
	err = d.changeBook(ctx, user, func(b *book) error {
		in = before
		in.Rejected = slices.Clone(before.Rejected)
		b.merge(entries, &in)
		return nil
	})
	return in.inOrder(), err
}

func (in Imported) inOrder() Imported {
	slices.SortStableFunc(in.Rejected, func(a, b Rejected) int { return a.Line - b.Line })
	return in
}

// found is an entry of a file.
type found struct {
	Entry
	line int
}

// entriesOf leaves out, and reports, addresses that cannot be used and rows
// without any.
func (d *Directory) entriesOf(rows []row, in *Imported) []found {
	var entries []found
	for _, r := range rows {
		e, bad := d.usable(r.EntryDraft)
		for _, err := range bad {
			in.reject(r.line, err)
		}
		if len(e.Addresses) == 0 && len(bad) > 0 {
			continue // what is wrong has been said
		}
		if err := e.check(); err != nil {
			in.reject(r.line, err)
			continue
		}
		entries = append(entries, found{e, r.line})
	}
	return entries
}

// merge puts the entries of a file into the book.
func (b *book) merge(entries []found, in *Imported) {
	owner := map[string]int{} // address -> its entry in the book
	for i, e := range b.Entries {
		for _, address := range e.Addresses {
			owner[address] = i
		}
	}
	changed := map[int]bool{} // each entry's version grows once
	for _, e := range entries {
		i, there := ownerOf(e.Addresses, owner)
		switch {
		case there:
			was := &b.Entries[i]
			more, err := was.add(e.Entry, owner)
			if err != nil {
				in.reject(e.line, err)
				continue
			}
			if more && !changed[i] {
				was.Version++
				changed[i] = true
			}
			in.Merged++
		case len(b.Entries) >= entriesMax:
			in.reject(e.line, errFull())
			continue
		default:
			i = len(b.Entries)
			e.ID, e.Version = newEntryID(), 1
			b.Entries = append(b.Entries, e.Entry)
			changed[i] = true
			in.Added++
		}
		for _, address := range b.Entries[i].Addresses {
			owner[address] = i
		}
	}
}

func ownerOf(addresses []string, owner map[string]int) (int, bool) {
	for _, address := range addresses {
		if i, ok := owner[address]; ok {
			return i, true
		}
	}
	return 0, false
}

// add gives the entry what it lacks of another; addresses that a third one
// owns stay there. It tells whether there was anything.
func (e *Entry) add(more Entry, owner map[string]int) (changed bool, err error) {
	addresses := slices.Clone(e.Addresses)
	for _, address := range more.Addresses {
		if _, owned := owner[address]; !owned {
			addresses = append(addresses, address)
		}
	}
	if len(addresses) > addressesMax {
		return false, invalid("entry.too_many_merged", "entry", strconv.Quote(e.Display), "most", addressesMax)
	}
	changed = len(addresses) > len(e.Addresses) || e.Note == "" && more.Note != "" || more.Friend && !e.Friend
	e.Addresses = addresses
	if e.Note == "" {
		e.Note = more.Note
	}
	e.Friend = e.Friend || more.Friend
	return changed, nil
}
