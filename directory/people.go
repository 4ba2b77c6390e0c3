package directory

import (
	"cmp"
	"slices"
	"strings"
)

// searched is what a user is found by, without case and accents.
type searched struct {
	display string
	text    string // all of it, each piece after a space
}

func foldUser(u User) searched {
	display := Folder()(u.Display)
	return searched{display, " " + strings.Join([]string{display, u.Name, u.Number}, " ")}
}

// rank tells how well the words fit: 0 when one thing that the user is called by
// begins with all of them, 1 when each begins a word of it, 2 when each is
// somewhere in it; false when one is nowhere.
func (f searched) rank(words []string) (rank int, fits bool) {
	if strings.Contains(f.text, " "+strings.Join(words, " ")) {
		return 0, true
	}
	for _, w := range words {
		switch {
		case strings.Contains(f.text, " "+w):
			rank = max(rank, 1)
		case strings.Contains(f.text, w):
			rank = 2
		default:
			return 0, false
		}
	}
	return rank, true
}

// FindUsers returns the users whose name, number, display name or address has
// all words of the query, and whom such takes (nil: everybody): those first that
// begin with it, then by display name, at most so many. It answers from memory.
func (d *Directory) FindUsers(query string, most int, such func(User) bool) []User {
	type match struct {
		user    User
		display string
		rank    int
	}
	words := strings.Fields(Folder()(query))
	for i, w := range words { // of an address the name is looked for: everybody has the domain
		if name, host, isAddress := strings.Cut(strings.TrimPrefix(w, "sip:"), "@"); isAddress {
			if !strings.HasPrefix(d.domain, host) {
				return nil
			}
			words[i] = name
		}
	}
	var all []match
	d.mu.RLock()
	for _, p := range d.people {
		if rank, fits := p.searched.rank(words); fits {
			all = append(all, match{p.user.User, p.searched.display, rank})
		}
	}
	d.mu.RUnlock()
	slices.SortFunc(all, func(a, b match) int {
		return cmp.Or(a.rank-b.rank, strings.Compare(a.display, b.display), strings.Compare(a.user.Name, b.user.Name))
	})
	var out []User
	for _, m := range all {
		if len(out) < most && (such == nil || such(m.user)) {
			out = append(out, m.user)
		}
	}
	return out
}
