package presence

import "context"

// Friend tells whether somebody is a friend of the user, by what was last read of
// the user's directory: one who was never asked about is none yet, but soon.
func (b *Book) Friend(somebody, user string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.cfg.Directory.User(user); !ok {
		return false
	}
	return b.befriended(somebody, user)
}

// befriended tells whether somebody is among the user's friends, as far as those
// are read. Under mu.
func (b *Book) befriended(somebody, user string) bool {
	c := b.circle(user)
	_, friend := c.friends[somebody]
	return friend && b.current(user, c)
}

// current tells whether the circle is read from the entries that the user has now.
// Under mu.
func (b *Book) current(user string, c *circle) bool {
	return c != nil && c.read && c.version == b.cfg.Directory.EntriesVersion(user)
}

// Friend is a friend of a user, as the user's directory calls him.
type Friend struct{ User, Display string }

// Friends are the user's friends who are users here, but himself, in the order
// of his directory, at most most of them. Who watches (Watch) hears by Changed
// that the user's friends are others.
func (b *Book) Friends(user string, most int) []Friend {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.circles[user]
	if c == nil {
		return nil
	}
	var out []Friend
	for _, m := range c.list {
		if len(out) == most {
			break
		}
		if _, friend := c.friends[m.user]; friend {
			out = append(out, Friend{m.user, m.display})
		}
	}
	return out
}

// Know reads whom the watching user knows, unless that is known, so that Friends
// says it now. It blocks for the store.
func (b *Book) Know(ctx context.Context, user string) error {
	b.mu.Lock()
	known := b.current(user, b.circles[user])
	b.mu.Unlock()
	if known {
		return nil
	}
	return b.readCircle(ctx, user)
}
