package directory

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFindUsers(t *testing.T) {
	d := openNode(t, openStore(t))
	for _, u := range []User{
		{Name: "bob", Number: "1002", Display: "Bob Baker"},
		{Name: "zoe", Number: "1021", Display: "Zoë Bo"},
		{Name: "rob", Number: "2100", Display: "Robert Roe"},
		{Name: "kim", Number: "3003", Display: "Ökonom Übel"},
	} {
		require.NoError(t, d.Put(t.Context(), NewUser{User: u, Password: "x"}))
	}
	for query, want := range map[string][]string{
		"bo":               {"bob", "zoe"},
		"o ob":             {"bob", "rob"},
		"BOB":              {"bob"},
		"bob@example.test": {"bob"},
		"102":              {"zoe"},
		"100":              {"bob", "rob"},
		"10":               {"bob", "zoe", "rob"},
		"oko ubel":         {"kim"},
		"ubel ÖKO":         {"kim"},
		"zoe":              {"zoe"},
		"baker x":          nil,
		" ":                {"bob", "kim", "rob", "zoe"},
		"sip:bob@exa":      {"bob"},
		"bob@other.test":   nil,
		"example":          nil, // everybody is there
	} {
		var names []string
		for _, u := range d.FindUsers(query, 20, nil) {
			names = append(names, u.Name)
		}
		require.Equal(t, want, names, "%q", query)
	}
	require.Len(t, d.FindUsers("", 2, nil), 2)
	require.Empty(t, d.FindUsers("", 20, func(User) bool { return false }))
	display := "Someone Else"
	_, err := d.PatchUser(t.Context(), "bob", UserPatch{Display: &display})
	require.NoError(t, err)
	require.Equal(t, "bob", d.FindUsers("else", 20, nil)[0].Name)
}
