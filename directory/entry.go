package directory

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ringsplash/internal/address"
)

// Bounds of a user's personal directory.
const (
	entriesMax      = 5000
	addressesMax    = 10
	addressBytesMax = 256
	noteBytesMax    = 1000
	bookBytesMax    = 2 << 20
)

// ErrChanged: somebody else changed the entry since the version that was named.
var ErrChanged = errors.New("directory: changed meanwhile")

// Entry is one person in a user's personal directory.
type Entry struct {
	ID      string `json:"id"` // ULID
	Display string `json:"display"`
	// Addresses are canonical ("sip:bob@example.com", "tel:+15551234"). No
	// other entry of the user has one of them.
	Addresses []string `json:"addresses"`
	Note      string   `json:"note"`
	Friend    bool     `json:"friend"`
	// Version counts the changes of the entry, from 1.
	Version uint64 `json:"version"`
}

// EntryDraft is what a person says of an entry. An empty Display becomes the
// first address.
type EntryDraft struct {
	Display string `json:"display"`
	// Addresses are as typed: a sip:, sips: or tel: URI, user@domain, a number
	// with +, or the name or number of a user of this gateway.
	Addresses []string `json:"addresses"`
	Note      string   `json:"note"`
	Friend    bool     `json:"friend"`
}

// check brings a draft into the form that is kept, or says what is wrong.
func (d *Directory) check(in EntryDraft) (Entry, error) {
	e, bad := d.usable(in)
	if len(bad) > 0 {
		return Entry{}, bad[0]
	}
	return e, e.check()
}

// usable makes an entry of a draft, with what is wrong with the addresses that
// were left out. A repeated address is there once.
func (d *Directory) usable(in EntryDraft) (e Entry, bad []error) {
	e = Entry{Display: strings.TrimSpace(Legible(in.Display)), Note: plainLines(in.Note), Friend: in.Friend, Addresses: []string{}}
	for _, text := range in.Addresses {
		if len(e.Addresses) > addressesMax {
			break // refused by its check, however many more there are
		}
		one, err := d.address(text)
		switch {
		case err != nil:
			bad = append(bad, err)
		case !slices.Contains(e.Addresses, one):
			e.Addresses = append(e.Addresses, one)
		}
	}
	if e.Display == "" && len(e.Addresses) > 0 {
		_, e.Display, _ = strings.Cut(e.Addresses[0], ":")
		e.Display = shorten(e.Display, 200)
	}
	return e, bad
}

func (e Entry) check() error {
	switch {
	case len(e.Addresses) == 0:
		return invalid("entry.no_address")
	case len(e.Addresses) > addressesMax:
		return invalid("entry.too_many_addresses", "most", addressesMax)
	case len(e.Note) > noteBytesMax:
		return invalid("entry.long_note", "most", noteBytesMax)
	case !utf8.ValidString(e.Note) || strings.ContainsFunc(e.Note, notShown):
		return invalid("entry.bad_note")
	}
	return checkText(e.Display)
}

func notShown(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == '\uFFFD' }

// plainLines has one kind of line end.
func plainLines(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

// address brings an address a person wrote into its canonical form.
func (d *Directory) address(text string) (string, error) {
	text = strings.TrimSpace(text)
	if len(text) > addressBytesMax {
		return "", invalid("entry.long_address", "address", strconv.Quote(shorten(text, 60)), "most", addressBytesMax)
	}
	canonical, err := address.Canonical(d.uri(text))
	if err != nil {
		return "", invalid("entry.bad_address", "address", strconv.Quote(shorten(text, 60)), "fault", err)
	}
	if !strings.HasPrefix(canonical, "tel:") && !strings.Contains(canonical, "@") {
		return "", invalid("entry.whole_domain", "address", strconv.Quote(shorten(text, 60)))
	}
	if len(canonical) > addressBytesMax {
		return "", invalid("entry.long_uri", "address", strconv.Quote(shorten(text, 60)), "most", addressBytesMax)
	}
	return canonical, nil
}

// uri gives an address without a scheme the one it must mean. What is neither
// a URI nor user@domain may be somebody of this gateway.
func (d *Directory) uri(text string) string {
	scheme, _, _ := strings.Cut(strings.ToLower(text), ":")
	switch {
	case scheme == "sip" || scheme == "sips" || scheme == "tel":
		return text
	case strings.Contains(text, "@"):
		return "sip:" + text
	}
	name := strings.ToLower(text)
	if u, ok := d.UserByNumber(name); ok {
		name = u.Name
	}
	if _, ok := d.User(name); ok {
		return "sip:" + name + "@" + d.domain
	}
	if strings.Trim(text, "+0123456789-.() /") == "" && text != "" {
		return "tel:" + strings.ReplaceAll(text, "/", "")
	}
	return text
}

// shorten cuts what is shown of a text from outside.
func shorten(s string, limit int) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}
