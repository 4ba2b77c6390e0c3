package directory

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"ringsplash/internal/address"
	"ringsplash/store"
)

// all lists a user's entries without their ids.
func all(t testing.TB, d *Directory) []Entry {
	t.Helper()
	page, err := d.Entries(t.Context(), "alice", EntryQuery{Limit: entriesMax})
	require.NoError(t, err)
	for i := range page.Entries {
		require.Len(t, page.Entries[i].ID, 26)
		page.Entries[i].ID = ""
	}
	return page.Entries
}

func lines(in Imported) []int {
	got := []int{}
	for _, r := range in.Rejected {
		got = append(got, r.Line)
	}
	return got
}

func TestImportVCard(t *testing.T) {
	d := openBooks(t, openStore(t))
	file := strings.Join([]string{
		"\uFEFFBEGIN:VCARD", "VERSION:4.0", "FN:Zoë\\, Fürst\\; sen.", "IMPP:sip:zoe@example.com", "IMPP:xmpp:zoe@example.com",
		"TEL;VALUE=uri;TYPE=\"voice,home\":tel:+1-555-0001", "NOTE:one\\ntwo", "CATEGORIES:Friend", "END:VCARD",
		"",                                                            // 10
		"BEGIN:VCARD", "VERSION:2.1", "N;CHARSET=UTF-8:Archer;Bob;;;", // bare types, as old phones write them
		"TEL;CELL;PREF:+1 555 0002", "X-SIP:bob", "END:VCARD",
		"begin:vcard", "version:2.1", "FN;CHARSET=UTF-8;QUOTED-PRINTABLE:=C3=89lo=", "die", "TEL;HOME:+33 1", "end:vcard", // 17
		"BEGIN:VCARD", "VERSION:3.0", "FN:Half", "TEL:030 1234", "TEL:+49 30 1234", "END:VCARD", // 23
		"BEGIN:VCARD", "VERSION:3.0", "FN:None", "EMAIL:none@example.com", "END:VCARD", // 29
		"BEGIN:VCARD", "VERSION:3.0", "FN:Local", "TEL:110", "END:VCARD", // 34
		// 39
		"BEGIN:VCARD", "VERSION:3.0", "ORG:Zoe's", "item1.TEL;TYPE=WORK:+1 555", "  0003", "IMPP:SIP:zoe@EXAMPLE.com", "END:VCARD",
		"some text",                                // 46
		"BEGIN:VCARD", "VERSION:3.0", "FN:Cut off", // 47
		"BEGIN:VCARD", "FN:Also",
	}, "\r\n")
	in, err := d.ImportVCard(t.Context(), "alice", strings.NewReader(file))
	require.NoError(t, err)
	require.Equal(t, 4, in.Added, "%+v", in)
	require.Equal(t, 1, in.Merged, "%+v", in)
	require.Equal(t, []int{23, 29, 34, 46, 47, 50}, lines(in), "%+v", in)
	require.Equal(t, []Entry{
		{Display: "Bob Archer", Addresses: []string{"sip:bob@example.test", "tel:+15550002"}, Version: 1},
		{Display: "Élodie", Addresses: []string{"tel:+331"}, Version: 1},
		{Display: "Half", Addresses: []string{"tel:+49301234"}, Version: 1},
		// A card does not make a friend.
		{
			Display: "Zoë, Fürst; sen.", Addresses: []string{"sip:zoe@example.com", "tel:+15550001", "tel:+15550003"}, Note: "one\ntwo",
			Version: 1,
		},
	}, all(t, d))
	for _, r := range in.Rejected {
		require.NotContains(t, r.Problem, "directory:")
	}
	require.Contains(t, in.Rejected[0].Problem, "030 1234")
}

func TestImportCSV(t *testing.T) {
	for name, file := range map[string]string{
		"commas": "display,address,note,friend\nBob,1002|+1 555 1,\"a\r\nb\",yes\n\"Zoë; F.\",zoe@example.com,,\n",
		"semicolons": "\uFEFFFriend;Note;Name;Address\r\nx;\"a\nb\";Bob;1002 | +1 555 1\r\n\r\n;;;;\r\nno;;\"Zoë; " +
			"F.\";zoe@example.com\r\n",
		"tabs": "display\taddress\tnote\tfriend\textra\nBob\tbob|'+15551|\t\"a\nb\"\tTRUE\tq\nZoë; " +
			"F.\tsip:zoe@EXAMPLE.com\t\t0\n",
	} {
		t.Run(name, func(t *testing.T) {
			d := openBooks(t, openStore(t))
			in, err := d.ImportCSV(t.Context(), "alice", strings.NewReader(file))
			require.NoError(t, err)
			if name == "tabs" { // the apostrophe belongs to the whole cell
				require.Equal(t, []int{2}, lines(in))
				in.Rejected = []Rejected{}
				_, err = d.ImportCSV(t.Context(), "alice", strings.NewReader("address\nbob|+15551\n"))
				require.NoError(t, err)
			}
			require.Equal(t, Imported{Added: 2, Rejected: []Rejected{}}, in)
			got := all(t, d)
			require.Equal(t, []string{"sip:bob@example.test", "tel:+15551"}, got[0].Addresses)
			require.Equal(t, []string{"Bob", "a\nb", "Zoë; F."}, []string{got[0].Display, got[0].Note, got[1].Display})
			require.True(t, got[0].Friend)
			require.False(t, got[1].Friend)
		})
	}
}

func TestImportCSVRejects(t *testing.T) {
	d := openBooks(t, openStore(t))
	in, err := d.ImportCSV(t.Context(), "alice", strings.NewReader("display,address,friend\n"+
		"No,nowhere,yes\n"+ // 2
		"Quote,\"a\"b@example.com,\n"+ // 3
		"Two,bob|nowhere,\n"+ // 4: bob stays
		"Friend,zoe@example.com,perhaps\n"+ // 5
		"Many,zoe@example.com,yes,1\n"+ // 6
		"Bad\x01,zoe@example.com,yes\n"+ // 7
		"Zoe,zoe@example.com,yes\n"+
		"Empty,,\n"+ // 9
		"Open,\"x\n")) // 10
	require.NoError(t, err)
	require.Equal(t, 2, in.Added, "%+v", in)
	require.Equal(t, []int{2, 3, 4, 5, 6, 7, 9, 10}, lines(in), "%+v", in)
	for file, sentence := range map[string]string{
		"":                               "header",
		"name,colour\nx,y\n":             "address",
		"address\n\xe9@example.com":      "UTF-8",
		strings.Repeat("x", ImportMax+1): "1 MiB",
	} {
		_, err := d.ImportCSV(t.Context(), "alice", strings.NewReader(file))
		require.ErrorIs(t, err, ErrInvalid)
		require.ErrorContains(t, err, sentence)
	}
	in, err = d.ImportCSV(t.Context(), "alice", strings.NewReader("address\n"+strings.Repeat("x\n", 1000)))
	require.NoError(t, err)
	require.Len(t, in.Rejected, rejectedMax)
	require.Equal(t, 800, in.More)
}

func TestImportMerges(t *testing.T) {
	d := openBooks(t, openStore(t))
	ctx := t.Context()
	_, err := d.AddEntry(ctx, "alice", EntryDraft{Display: "Bob", Addresses: []string{"bob"}, Note: "mine"})
	require.NoError(t, err)
	_, err = d.AddEntry(ctx, "alice", draft("Zoe", "zoe@example.com"))
	require.NoError(t, err)
	in, err := d.ImportCSV(ctx, "alice", strings.NewReader("display,address,note,friend\n"+
		"Robert,bob|+15551|zoe@example.com,theirs,yes\n"+ // zoe's address stays hers
		"Zoe,zoe@example.com,,\n"+ // nothing new
		"New,new@example.com,,\nNew too,new@example.com|+15552,late,\n"+
		"Too many,zoe@example.com|a@x.org|b@x.org|c@x.org|d@x.org|e@x.org|f@x.org|g@x.org|h@x.org|i@x.org|j@x.org,,\n"))
	require.NoError(t, err)
	require.Equal(t, []Entry{
		{Display: "Bob", Addresses: []string{"sip:bob@example.test", "tel:+15551"}, Note: "mine", Friend: true, Version: 2},
		{Display: "New", Addresses: []string{"sip:new@example.com", "tel:+15552"}, Note: "late", Version: 1},
		{Display: "Zoe", Addresses: []string{"sip:zoe@example.com"}, Version: 1},
	}, all(t, d))
	require.Equal(t, 1, in.Added)
	require.Equal(t, 3, in.Merged)
	require.Equal(t, []int{6}, lines(in), "%+v", in)
	require.Equal(t, "friend", known(t, d, "tel:+15551"))
}

// A file of the largest size is no work for long, whatever is in it.
func TestImportTakesNoTime(t *testing.T) {
	cell := "address\n"
	for i := 0; len(cell)+40 < ImportMax; i += 1000 {
		var part strings.Builder
		for n := range 1000 {
			fmt.Fprintf(&part, "u%d@example.com|", i+n)
		}
		if cell += part.String(); len(cell)+part.Len() > ImportMax {
			break
		}
	}
	d := fuzzDirectory()
	start := time.Now()
	_, err := d.ImportCSV(t.Context(), "alice", strings.NewReader(cell))
	require.NoError(t, err)
	_, err = d.ImportVCard(t.Context(), "alice",
		strings.NewReader("BEGIN:VCARD\nPHOTO:"+strings.Repeat("\n x", 340000)+"\nTEL:+1\nEND:VCARD\n"))
	require.NoError(t, err)
	require.Less(t, time.Since(start), 5*time.Second, "a fraction of a second; quadratic work takes minutes under the race detector")
	require.Len(t, all(t, d), 1)
}

// An import is one write, however many people it brings, and half of one is
// never seen.
func TestImportIsOneWrite(t *testing.T) {
	s := &counting{Store: openStore(t)}
	d := openBooks(t, s)
	var file strings.Builder
	file.WriteString("address\n")
	for i := range 3000 {
		fmt.Fprintf(&file, "u%d@example.com\n", i)
	}
	s.mu.Lock()
	s.puts = 0
	s.mu.Unlock()
	in, err := d.ImportCSV(t.Context(), "alice", strings.NewReader(file.String()))
	require.NoError(t, err)
	require.Equal(t, 3000, in.Added)
	require.Equal(t, 1, s.puts)
	s.fail = fmt.Errorf("%w: test", store.ErrAway)
	_, err = d.ImportCSV(t.Context(), "alice", strings.NewReader("address\nbob\n"))
	require.ErrorIs(t, err, store.ErrAway)
}

var awkward = []EntryDraft{
	{Display: "=cmd|' /C calc'!A0", Addresses: []string{"+15551"}, Note: "+1;=2"},
	{Display: "'quoted'", Addresses: []string{"bob"}, Note: "''"},
	{
		Display: "@at, \"x\"; y\\n", Addresses: []string{"sip:a,b%7C;x@example.com", "sips:a@[2001:db8::1]"},
		Note: "-\n=1+1\nEND:VCARD\nBEGIN:VCARD", Friend: true,
	},
	{Display: "Zoë 😀 BEGIN:VCARD", Addresses: []string{"tel:+15552;ext=5"}, Note: "\\, \\; \\\\n"},
}

func TestExportIsImportedAgain(t *testing.T) {
	d := openBooks(t, openStore(t))
	ctx := t.Context()
	for _, in := range awkward {
		_, err := d.AddEntry(ctx, "alice", in)
		require.NoError(t, err, "%+v", in)
	}
	want := all(t, d)
	for _, form := range []string{"csv", "vcard"} {
		t.Run(form, func(t *testing.T) {
			other := openBooks(t, openStore(t))
			var file bytes.Buffer
			write, read := d.ExportCSV, other.ImportCSV
			if form == "vcard" {
				write, read = d.ExportVCard, other.ImportVCard
			}
			require.NoError(t, write(ctx, "alice", &file))
			in, err := read(ctx, "alice", bytes.NewReader(file.Bytes()))
			require.NoError(t, err)
			require.Equal(t, Imported{Added: len(awkward), Rejected: []Rejected{}}, in, file.String())
			got := all(t, other)
			if form == "vcard" {
				require.Contains(t, file.String(), "CATEGORIES:Friend\r\n")
				for i := range got {
					require.False(t, got[i].Friend, "a card makes no friend")
					got[i].Friend = want[i].Friend
				}
			}
			require.Equal(t, want, got, file.String())
		})
	}
}

// Whatever stands in an entry, no spreadsheet takes a cell for a formula,
// whichever separator it believes in.
func TestExportHasNoFormula(t *testing.T) {
	d := openBooks(t, openStore(t))
	for _, in := range awkward {
		_, err := d.AddEntry(t.Context(), "alice", in)
		require.NoError(t, err)
	}
	var file bytes.Buffer
	require.NoError(t, d.ExportCSV(t.Context(), "alice", &file))
	text := strings.TrimPrefix(file.String(), "\uFEFF")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, len(awkward)+1)
	for _, r := range rows {
		for _, c := range r {
			require.False(t, c != "" && strings.Contains("=+-@\t\r\n", c[:1]), "%q", c)
		}
	}
	require.True(t, strings.HasPrefix(text, `"`) && strings.HasSuffix(text, "\"\r\n"), "every cell has quotes")
}

// memory is a store that keeps one value, so that fuzzing is not about disks.
type memory struct {
	store.Store
	mu    sync.Mutex
	value []byte
}

func (m *memory) Get(context.Context, string) (store.Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.value == nil {
		return store.Item{}, store.ErrNotFound
	}
	return store.Item{Value: m.value, Version: 1}, nil
}

func (m *memory) Put(_ context.Context, _ string, value []byte, _ store.Version, _ time.Duration) (store.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.value = value
	return 1, nil
}

func (m *memory) Publish(context.Context, string, []byte) error { return nil }

func fuzzDirectory() *Directory {
	return &Directory{
		store: &memory{}, domain: "example.test", log: quiet,
		people: map[string]*person{"alice": newPerson(userRecord{User: User{Name: "alice"}}, 1, nil)},
		books:  booksSeen{versions: map[string]store.Version{}},
	}
}

// fuzzImport imports a file, and what came of it again in both formats.
func fuzzImport(t *testing.T, file []byte, read func(*Directory) func(context.Context, string, *bytes.Reader) (Imported, error)) {
	d := fuzzDirectory()
	in, err := read(d)(t.Context(), "alice", bytes.NewReader(file))
	if err != nil {
		if !errors.Is(err, ErrInvalid) {
			t.Fatal(err)
		}
		return
	}
	page, err := d.Entries(t.Context(), "alice", EntryQuery{Limit: entriesMax})
	if err != nil || len(page.Entries) != in.Added {
		t.Fatalf("%d entries, %+v, %v", len(page.Entries), in, err)
	}
	owners := map[string]string{}
	for _, e := range page.Entries {
		if err := e.check(); err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
		for _, aor := range e.Addresses {
			if again, err := address.Canonical(aor); err != nil || again != aor || owners[aor] != "" {
				t.Fatalf("%q is %q, %v, also in %q", aor, again, err, owners[aor])
			}
			owners[aor] = e.ID
			if _, there, err := d.Known(t.Context(), "alice", []string{aor}, false); err != nil || !there {
				t.Fatalf("%q is not known: %v", aor, err)
			}
		}
	}
	for _, r := range in.Rejected {
		if r.Line < 1 || !utf8.ValidString(r.Problem) || len(r.Problem) > 500 {
			t.Fatalf("%+v", r)
		}
	}
	exportedAgain(t, d, len(page.Entries))
}

func exportedAgain(t *testing.T, d *Directory, entries int) {
	for form := range 2 {
		var out bytes.Buffer
		other := fuzzDirectory()
		write, read := d.ExportCSV, other.ImportCSV
		if form == 1 {
			write, read = d.ExportVCard, other.ImportVCard
		}
		if err := write(t.Context(), "alice", &out); err != nil {
			t.Fatal(err)
		}
		if entries == 0 || out.Len() > ImportMax {
			continue
		}
		in, err := read(t.Context(), "alice", &out)
		if err != nil || in.Added != entries || len(in.Rejected) > 0 {
			t.Fatalf("of %d entries there are %+v, %v, in\n%s", entries, in, err, out.String())
		}
	}
}

func FuzzImportVCard(f *testing.F) {
	for _, seed := range []string{
		"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Zoë\\, " +
			"F\r\nIMPP:sip:zoe@example.com\r\nTEL;VALUE=uri:tel:+1-555;ext=5\r\nNOTE:a\\nb\r\nEND:VCARD\r\n",
		"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;QUOTED-PRINTABLE:=C3=89;lo=\ndie\nTEL;CELL:+33 1\nEND:VCARD\n",
		"BEGIN:VCARD\nFN:a\n b\nitem1.TEL;TYPE=\"a,b\":+1\nX-SIP:bob@x.org\nEND:VCARD\nx\nBEGIN:VCARD\nBEGIN:VCARD\nEND:VCARD",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		fuzzImport(t, file, func(d *Directory) func(context.Context, string, *bytes.Reader) (Imported, error) {
			return func(ctx context.Context, user string, r *bytes.Reader) (Imported, error) {
				return d.ImportVCard(ctx, user, r)
			}
		})
	})
}

func FuzzImportCSV(f *testing.F) {
	for _, seed := range []string{
		"display,address,note,friend\nBob,bob@example.com|+1 555,\"a\nb\",yes\n",
		"\uFEFFFriend;Name;Address\r\nx;\"'=Zoë; F.\";zoe@example.com\r\nno;;'+1555\r\n",
		"address\tfriend\na@b.c\tperhaps\n\"a\"b\t\n\"open",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		fuzzImport(t, file, func(d *Directory) func(context.Context, string, *bytes.Reader) (Imported, error) {
			return func(ctx context.Context, user string, r *bytes.Reader) (Imported, error) {
				return d.ImportCSV(ctx, user, r)
			}
		})
	})
}
