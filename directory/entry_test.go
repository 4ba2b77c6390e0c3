package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

// openBooks is a node with alice and bob in it, for personal directories.
func openBooks(t *testing.T, s store.Store) *Directory {
	t.Helper()
	d := openNode(t, s)
	for _, u := range []NewUser{alice(), bob()} {
		if _, ok := d.User(u.Name); !ok {
			require.NoError(t, d.Put(t.Context(), u))
		}
	}
	return d
}

func draft(display string, addresses ...string) EntryDraft {
	return EntryDraft{Display: display, Addresses: addresses}
}

func TestEntryAddresses(t *testing.T) {
	d := openBooks(t, openStore(t))
	for text, want := range map[string]string{
		"bob":                                   "sip:bob@example.test",
		" Bob ":                                 "sip:bob@example.test",
		"1002":                                  "sip:bob@example.test",
		"bob@EXAMPLE.test":                      "sip:bob@example.test",
		"SIP:b%6Fb@example.test:5061;x=y?z=w":   "sip:bob@example.test",
		"sips:bob@example.test":                 "sips:bob@example.test",
		"+1 (555) 123-4":                        "tel:+15551234",
		"+49 30/1234":                           "tel:+49301234",
		"tel:+1-555-1234":                       "tel:+15551234",
		"zoe@bücher.example":                    "sip:zoe@xn--bcher-kva.example",
		"1.2.3.4":                               "",
		"555 1234":                              "",
		"example.com":                           "",
		"sip:example.com":                       "",
		"*.example.com":                         "",
		"a@b@c":                                 "",
		"carol":                                 "",
		"":                                      "",
		"<sip:bob@example.test>":                "",
		"javascript:alert(1)":                   "",
		"bob@example.test\r\nVia: x":            "",
		strings.Repeat("x", 300) + "@example.x": "",
		strings.Repeat("\"", 90) + "@example.x": "",
	} {
		e, err := d.check(draft("x", text))
		if want == "" {
			require.ErrorIs(t, err, ErrInvalid, text)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, []string{want}, e.Addresses, text)
	}
}

func TestEntryRefuses(t *testing.T) {
	d := openBooks(t, openStore(t))
	var many []string
	for i := range addressesMax + 1 {
		many = append(many, fmt.Sprintf("u%d@example.com", i))
	}
	for name, in := range map[string]EntryDraft{
		"no address":     draft("x"),
		"many addresses": draft("x", many...),
		"long display":   draft(strings.Repeat("x", 201), "bob"),
		"line break":     draft("a\r\nb", "bob"),
		"bad display":    draft("\xff", "bob"),
		"long note":      {Addresses: []string{"bob"}, Note: strings.Repeat("x", noteBytesMax+1)},
		"bad note":       {Addresses: []string{"bob"}, Note: "\x00"},
		"note no utf-8":  {Addresses: []string{"bob"}, Note: "\xff"},
	} {
		_, err := d.AddEntry(t.Context(), "alice", in)
		require.ErrorIs(t, err, ErrInvalid, name)
	}
	_, err := d.AddEntry(t.Context(), "carol", draft("x", "bob"))
	require.ErrorIs(t, err, ErrNotFound)
	page, err := d.Entries(t.Context(), "alice", EntryQuery{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, page.Entries)
}

func TestEntryLife(t *testing.T) {
	onBoth(t, func(t *testing.T, s store.Store) {
		ctx := t.Context()
		d := openBooks(t, s)
		e, err := d.AddEntry(ctx, "alice", EntryDraft{
			Addresses: []string{"bob", "sip:bob@example.test", "+15551234"}, Note: " a\r\nb ",
			Friend: true,
		})
		require.NoError(t, err)
		require.Equal(t, Entry{
			ID: e.ID, Display: "bob@example.test", Addresses: []string{"sip:bob@example.test", "tel:+15551234"},
			Note: "a\nb", Friend: true, Version: 1,
		}, e)
		got, err := d.Entry(ctx, "alice", e.ID)
		require.NoError(t, err)
		require.Equal(t, e, got)
		require.Equal(t, "friend", known(t, d, "tel:+15551234"))
		require.Equal(t, "", known(t, d, "sip:Bob@example.test"), "the user part has its case")
		for _, part := range []string{"", "tel:+1555123", "el:+15551234", "sip:bob@example.test\n\ntel:+15551234"} {
			require.Equal(t, "", known(t, d, part), part)
		}
		friend, there, err := d.Known(ctx, "bob", []string{"tel:+15551234"}, false)
		require.NoError(t, err)
		require.False(t, friend || there, "another user's directory")

		_, err = d.AddEntry(ctx, "alice", draft("Other", "+15551234"))
		require.ErrorIs(t, err, ErrExists)
		require.ErrorContains(t, err, `"bob@example.test"`)

		next, err := d.PutEntry(ctx, "alice", e.ID, 1, draft("Bob", "sip:bob@example.test"))
		require.NoError(t, err)
		require.Equal(t, Entry{ID: e.ID, Display: "Bob", Addresses: []string{"sip:bob@example.test"}, Version: 2}, next)
		require.Equal(t, "known", known(t, d, "sip:bob@example.test"))
		require.Equal(t, "", known(t, d, "tel:+15551234"))
		_, err = d.PutEntry(ctx, "alice", e.ID, 1, draft("Late", "bob"))
		require.ErrorIs(t, err, ErrChanged)
		next, err = d.PutEntry(ctx, "alice", e.ID, 0, draft("Bob", "bob"))
		require.NoError(t, err)
		require.EqualValues(t, 3, next.Version)

		require.ErrorIs(t, d.RemoveEntry(ctx, "alice", e.ID, 1), ErrChanged)
		require.ErrorIs(t, d.RemoveEntry(ctx, "bob", e.ID, 0), ErrNotFound)
		require.NoError(t, d.RemoveEntry(ctx, "alice", e.ID, 3))
		require.ErrorIs(t, d.RemoveEntry(ctx, "alice", e.ID, 0), ErrNotFound)
		_, err = d.Entry(ctx, "alice", e.ID)
		require.ErrorIs(t, err, ErrNotFound)
		require.Equal(t, "", known(t, d, "sip:bob@example.test"))
	})
}

// onBoth runs a test over both drivers.
func onBoth(t *testing.T, test func(*testing.T, store.Store)) {
	t.Run("bolt", func(t *testing.T) { test(t, openStore(t)) })
	t.Run("redis", func(t *testing.T) { test(t, openRedis(t, storetest.StartRedis(t))) })
}

func openRedis(t *testing.T, server *storetest.Redis) store.Store {
	t.Helper()
	s, err := store.OpenRedis(t.Context(), server.URL(), quiet)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// Two nodes that write at the same time lose nothing, and never put an address
// into two entries.
func TestEntriesAreChangedTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, s store.Store) {
		nodes := []*Directory{openBooks(t, s), openBooks(t, s)}
		const each = 8
		var wg sync.WaitGroup
		var mu sync.Mutex
		added := map[string]int{}
		for i, d := range nodes {
			wg.Go(func() {
				for n := range each {
					for _, address := range []string{fmt.Sprintf("own%d-%d@example.com", i, n), fmt.Sprintf("both%d@example.com", n)} {
						_, err := d.AddEntry(context.Background(), "alice", draft("x", address))
						switch {
						case err == nil:
							mu.Lock()
							added[address]++
							mu.Unlock()
						case !errors.Is(err, ErrExists):
							t.Errorf("%s: %v", address, err)
						}
					}
				}
			})
		}
		wg.Wait()
		page, err := nodes[0].Entries(t.Context(), "alice", EntryQuery{Limit: 1000})
		require.NoError(t, err)
		require.Len(t, page.Entries, 3*each)
		for address, times := range added {
			require.Equal(t, 1, times, address)
		}
	})
}

func TestEntriesChanged(t *testing.T) {
	s := openStore(t)
	one, other := openBooks(t, s), openBooks(t, s)
	changed, stop := other.Changed()
	defer stop()
	heard := func() string {
		select {
		case user := <-changed:
			return user
		case <-time.After(10 * time.Second):
			return "nobody"
		}
	}
	before := other.EntriesVersion("alice")
	e, err := one.AddEntry(t.Context(), "alice", draft("x", "bob"))
	require.NoError(t, err)
	require.Equal(t, "alice", heard())
	next := other.EntriesVersion("alice")
	require.NotEqual(t, before, next)
	require.Zero(t, other.EntriesVersion("bob"))
	require.NoError(t, one.RemoveEntry(t.Context(), "alice", e.ID, 0))
	require.Equal(t, "alice", heard())
	require.NotEqual(t, next, other.EntriesVersion("alice"))
	// Messages that were lost make everybody look again.
	next = other.EntriesVersion("bob")
	other.lostEntries()
	require.ElementsMatch(t, []string{"alice", "bob"}, []string{heard(), heard()})
	require.NotEqual(t, next, other.EntriesVersion("bob"))
}

// A user of the same name inherits nothing, and his tabs are told of his first
// entry.
func TestRemovedUserLeavesNoEntries(t *testing.T) {
	d := openBooks(t, openStore(t))
	ctx := t.Context()
	for range 2 {
		for i := range 3 {
			before := d.EntriesVersion("bob")
			_, err := d.AddEntry(ctx, "bob", EntryDraft{Addresses: []string{fmt.Sprintf("u%d@example.com", i)}, Friend: true})
			require.NoError(t, err)
			require.NotEqual(t, before, d.EntriesVersion("bob"))
		}
		require.NoError(t, d.Remove(ctx, "bob"))
		_, there, err := d.Known(ctx, "bob", []string{"sip:u0@example.com"}, false)
		require.NoError(t, err)
		require.False(t, there)
		require.NoError(t, d.Put(ctx, bob()))
	}
}

func fullBook(t testing.TB, s store.Store, entries int) {
	t.Helper()
	b := book{V: recordVersion}
	for i := range entries {
		b.Entries = append(b.Entries, Entry{
			ID: newEntryID(), Display: fmt.Sprintf("Person %d", i), Version: 1,
			Addresses: []string{fmt.Sprintf("sip:person%d@example.com", i), fmt.Sprintf("tel:+1555%07d", i)},
		})
	}
	b.index()
	value, err := json.Marshal(b)
	require.NoError(t, err)
	_, err = s.Put(t.Context(), bookKey("alice"), value, store.AnyVersion, 0)
	require.NoError(t, err)
}

func TestFullDirectory(t *testing.T) {
	s := openStore(t)
	d := openBooks(t, s)
	fullBook(t, s, entriesMax)
	_, err := d.AddEntry(t.Context(), "alice", draft("x", "bob"))
	require.ErrorIs(t, err, ErrInvalid)
	require.ErrorContains(t, err, "full")
	in, err := d.ImportCSV(t.Context(), "alice", strings.NewReader("address,note\nbob,x\nperson7@example.com,seven\n"))
	require.NoError(t, err)
	require.Equal(t, 1, in.Merged)
	require.Len(t, in.Rejected, 1)
	require.Equal(t, 2, in.Rejected[0].Line)
	require.Contains(t, in.Rejected[0].Problem, "full")

	// Few entries can be too large together.
	fullBook(t, s, 0)
	var file strings.Builder
	file.WriteString("address,note\n")
	for i := range 1040 {
		fmt.Fprintf(&file, "u%d@example.com,%s\n", i, strings.Repeat("<", 980))
	}
	in, err = d.ImportCSV(t.Context(), "alice", strings.NewReader(file.String()))
	require.ErrorIs(t, err, ErrInvalid, "added %d", in.Added)
	require.ErrorContains(t, err, "2 MiB")
}
