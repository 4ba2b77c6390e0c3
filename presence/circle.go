package presence

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"ringsplash/directory"
	"ringsplash/internal/mailbox"
)

// maxList is how many people one list shows.
const maxList = 500

// readAgain is when what could not be read is tried again.
const readAgain = time.Second

// circle is whom a user knows: read from his directory, in memory for as long as
// he watches, or his friends are asked for.
type circle struct {
	watching int    // how many tabs and the like show his list
	version  uint64 // of his entries when they were read
	read     bool
	entries  []acquaintance
	partners []string
	// friends are the names of users who are friends of his.
	friends map[string]struct{}
	list    []member
}

// acquaintance is one of a user's addresses that are of our domain.
type acquaintance struct {
	address, display string
	friend           bool
}

// member is one user in a list.
type member struct{ user, number, display string }

// Person is one user as another's list shows him.
type Person struct {
	View
	Address string
	Number  string
	Display string
}

// Watch keeps the user's List until the function that it returns is called. When
// the list is read, Lists tells of him.
func (b *Book) Watch(user string) (stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.circle(user)
	if c.watching++; c.watching == 1 {
		b.index(user, c, nil)
	}
	return sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if c.watching--; c.watching == 0 {
			b.unindex(user, c.list)
			b.forget(user, c)
		}
	})
}

// List is who the watching user's tabs show: his friends first, then the other
// entries of his directory, then those he has conversations with, at most 500
// users of ours. Whom he may not see looks offline.
func (b *Book) List(user string) []Person {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.circles[user]
	if c == nil {
		return []Person{}
	}
	out := make([]Person, 0, len(c.list))
	for _, m := range c.list {
		p := Person{View: View{User: m.user, State: Offline}, Address: b.addressOf(m.user), Number: m.number, Display: m.display}
		if e := b.users[m.user]; e != nil && b.may(user, m.user) {
			p.View = e.view
		}
		out = append(out, p)
	}
	return out
}

// Met says whom the watching user has conversations with, by canonical address.
func (b *Book) Met(user string, partners []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.circles[user]; c != nil && !slices.Equal(c.partners, partners) {
		c.partners = partners
		b.resolve(user, c)
	}
}

func (b *Book) addressOf(user string) string { return "sip:" + user + "@" + b.cfg.Directory.Domain() }

// may tells whether the watcher may see the user. Whose friends are not read
// yet, or not since they changed, is not seen. Under mu.
func (b *Book) may(watcher, user string) bool {
	if _, ok := b.cfg.Directory.User(watcher); !ok {
		return false
	}
	u, ok := b.cfg.Directory.User(user)
	switch {
	case !ok:
		return false
	case watcher == user:
		return true
	}
	switch b.visible(u) {
	case directory.VisibleDomain:
		return true
	case directory.VisibleFriends:
		return b.befriended(watcher, user)
	}
	return false
}

func (b *Book) visible(u directory.User) string {
	return directory.Narrower(b.cfg.Visible, u.Presence.Visible)
}

// Visible is who may see the user: domain, friends or nobody.
func (b *Book) Visible(user string) string {
	u, _ := b.cfg.Directory.User(user)
	return b.visible(u)
}

// circle is the user's; one that is new is read soon. Under mu.
func (b *Book) circle(user string) *circle {
	c := b.circles[user]
	if c == nil {
		c = &circle{}
		b.circles[user] = c
		b.ask(user)
	}
	return c
}

// forget drops a circle that nobody asks for. Under mu.
func (b *Book) forget(user string, c *circle) {
	u, _ := b.cfg.Directory.User(user)
	if b.visible(u) != directory.VisibleFriends && b.circles[user] == c {
		delete(b.circles, user)
	}
}

// ask has the user's circle read. Under mu.
func (b *Book) ask(user string) {
	b.pending[user] = struct{}{}
	mailbox.Wake(b.wake)
}

// follow reads circles and takes changes of the directory until ctx ends.
func (b *Book) follow(ctx context.Context, changed <-chan string, cancel func()) {
	defer cancel()
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case user, open := <-changed:
			if !open {
				changed = nil // the directory is closed; nothing changes any more
				continue
			}
			b.directoryChanged(user)
			continue
		case <-b.wake:
		case <-again:
		}
		again = nil
		if !b.readPending(ctx) {
			again = time.After(readAgain)
		}
	}
}

// directoryChanged takes in that a user's record or entries changed.
func (b *Book) directoryChanged(user string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look(user)
	if c := b.circles[user]; c != nil && c.version != b.cfg.Directory.EntriesVersion(user) {
		b.ask(user)
	}
	u, there := b.cfg.Directory.User(user)
	now, was := named{there, u.Number, u.Display}, named{}
	if e := b.users[user]; e != nil {
		was, e.named = e.named, now
		if !there {
			b.gone(user, e)
		}
	}
	if now == was {
		return
	}
	for owner, c := range b.circles {
		b.resolve(owner, c)
	}
}

// gone drops a user who was removed. Under mu.
func (b *Book) gone(user string, e *entry) {
	if e.timer != nil {
		e.timer.Stop()
	}
	delete(b.users, user)
	if c := b.circles[user]; c != nil && c.watching == 0 {
		delete(b.circles, user)
	}
	b.tell(user, true)
}

// readPending reads the circles that were asked for; false when some could not be.
func (b *Book) readPending(ctx context.Context) bool {
	b.mu.Lock()
	users := slices.Collect(maps.Keys(b.pending))
	clear(b.pending)
	b.mu.Unlock()
	all := true
	for _, user := range users {
		if err := b.readCircle(ctx, user); err != nil && ctx.Err() == nil {
			b.cfg.Log.Warn("whom a user knows cannot be read; trying again", "user", user, "after", readAgain, "err", err)
			all = false
			b.mu.Lock()
			b.pending[user] = struct{}{}
			b.mu.Unlock()
		}
	}
	return all
}

// readCircle blocks for the store.
func (b *Book) readCircle(ctx context.Context, user string) error {
	version := b.cfg.Directory.EntriesVersion(user) // before the entries: newer ones are read once more
	var found []acquaintance
	err := b.cfg.Directory.EachOurs(ctx, user, func(address, display string, friend bool) {
		found = append(found, acquaintance{address, display, friend})
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.circles[user]; c != nil {
		c.entries, c.version, c.read = found, version, true
		b.resolve(user, c)
	}
	return nil
}

// resolve finds the users that the circle's addresses mean now. Under mu.
func (b *Book) resolve(owner string, c *circle) {
	was, friends := c.list, map[string]struct{}{}
	c.list = nil
	in := map[string]bool{owner: true}
	add := func(address, display string) (name string) {
		if name, _ = b.cfg.Directory.UserAt(address); name != "" && !in[name] && len(c.list) < maxList {
			u, _ := b.cfg.Directory.User(name)
			if in[name] = true; display == "" {
				display = u.Display
			}
			c.list = append(c.list, member{name, u.Number, display})
		}
		return name
	}
	for _, friendly := range []bool{true, false} {
		for _, a := range c.entries {
			if a.friend != friendly {
				continue
			}
			if name := add(a.address, a.display); name != "" && friendly {
				friends[name] = struct{}{}
			}
		}
	}
	for _, address := range c.partners {
		add(address, "")
	}
	if c.watching > 0 {
		b.index(owner, c, was)
	}
	if !maps.Equal(friends, c.friends) || c.friends == nil {
		c.friends = friends
		b.tell(owner, true)
	}
}

// index notes whom the owner's list shows, instead of those it showed. Under mu.
func (b *Book) index(owner string, c *circle, was []member) {
	if slices.Equal(was, c.list) && was != nil {
		return
	}
	b.unindex(owner, was)
	for _, m := range c.list {
		if b.watchers[m.user] == nil {
			b.watchers[m.user] = map[string]struct{}{}
		}
		b.watchers[m.user][owner] = struct{}{}
	}
	b.tellList(owner)
}

func (b *Book) unindex(owner string, list []member) {
	for _, m := range list {
		if delete(b.watchers[m.user], owner); len(b.watchers[m.user]) == 0 {
			delete(b.watchers, m.user)
		}
	}
}
