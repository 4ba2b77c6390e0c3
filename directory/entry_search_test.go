package directory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEntriesSearch(t *testing.T) {
	d := openBooks(t, openStore(t))
	ctx := t.Context()
	for _, in := range []EntryDraft{
		{Display: "Zoë Fürst", Addresses: []string{"zoe@example.com"}, Note: "Straße"},
		{Display: "élodie", Addresses: []string{"+33123"}},
		{Display: "Emil", Addresses: []string{"emil@example.net"}, Note: "knows Zoe"},
		{Display: "ÉLODIE", Addresses: []string{"+33124"}},
		{Display: "Жанна", Addresses: []string{"zh@example.com"}},
	} {
		_, err := d.AddEntry(ctx, "alice", in)
		require.NoError(t, err)
	}
	names := func(query string) string {
		page, err := d.Entries(ctx, "alice", EntryQuery{Words: query, Limit: 100})
		require.NoError(t, err)
		require.Equal(t, len(page.Entries), page.Total)
		require.Empty(t, page.Next)
		var all []string
		for _, e := range page.Entries {
			all = append(all, e.Display)
		}
		return strings.Join(all, ",")
	}
	require.Equal(t, "élodie,ÉLODIE,Emil,Zoë Fürst,Жанна", names(""))
	for query, want := range map[string]string{
		"zoe":          "Emil,Zoë Fürst",
		"ZOÉ":          "Emil,Zoë Fürst",
		"fu\u0308rst":  "Zoë Fürst",
		"strasse":      "Zoë Fürst",
		"zoe fürst":    "Zoë Fürst",
		"furst zoe":    "Zoë Fürst",
		"+3312":        "élodie,ÉLODIE",
		"example.com":  "Zoë Fürst,Жанна",
		"жАн":          "Жанна",
		"zoe\x00emil":  "",
		"nobody":       "",
		" \t emil    ": "Emil",
	} {
		require.Equal(t, want, names(query), query)
	}
	_, err := d.Entries(ctx, "alice", EntryQuery{After: "*", Limit: 10})
	require.ErrorIs(t, err, ErrInvalid)
}

// Pages stay in step when the entry at their border is removed.
func TestEntriesPages(t *testing.T) {
	d := openBooks(t, openStore(t))
	ctx := t.Context()
	for i := range 5 {
		_, err := d.AddEntry(ctx, "alice", draft("same", fmt.Sprintf("u%d@example.com", i)))
		require.NoError(t, err)
	}
	var seen []string
	after := ""
	for {
		page, err := d.Entries(ctx, "alice", EntryQuery{Words: "same", After: after, Limit: 2})
		require.NoError(t, err)
		for _, e := range page.Entries {
			seen = append(seen, e.Addresses[0])
		}
		if after = page.Next; after == "" {
			break
		}
		require.NoError(t, d.RemoveEntry(ctx, "alice", page.Entries[len(page.Entries)-1].ID, 0))
	}
	require.ElementsMatch(t, []string{
		"sip:u0@example.com", "sip:u1@example.com", "sip:u2@example.com", "sip:u3@example.com",
		"sip:u4@example.com",
	}, seen)
}
