package presence

// Friend tells whether somebody is a friend of the user, by what was last read of
// the user's directory: one who was never asked about is none yet, but soon.
func (b *Book) Friend(somebody, user string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.cfg.Directory.User(user); !ok {
		return false
	}
	c := b.circle(user)
	_, friend := c.friends[somebody]
	return friend && c.read && c.version == b.cfg.Directory.EntriesVersion(user)
}
