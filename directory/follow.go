package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"ringsplash/internal/mailbox"
	"ringsplash/store"
)

// topic carries the name of every user whose record or devices changed.
const topic = "directory"

const (
	retryAfter = time.Second
	readLimit  = 5 * time.Second
)

type change struct {
	V    int    `json:"v"`
	User string `json:"user"`
	// Entries is the version of the user's book when only that changed, else 0.
	Entries store.Version `json:"entries,omitempty"`
}

// follow keeps the copy until ctx ends. What could not be read because the
// store was away is read again until it could.
func (d *Directory) follow(ctx context.Context, changes <-chan store.Message) {
	var again <-chan time.Time
	for {
		var err error
		select {
		case m, open := <-changes:
			if !open {
				return
			}
			err = d.take(ctx, m)
		case <-again:
			err = d.reload(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		again = nil
		if err != nil {
			d.log.Warn("cannot read changed users from the store; trying again", "after", retryAfter, "err", err)
			again = time.After(retryAfter)
		}
	}
}

// take carries out one message of the topic; one without a name means that
// messages were lost.
func (d *Directory) take(ctx context.Context, m store.Message) error {
	var c change
	if err := json.Unmarshal(m.Data, &c); err != nil || !nameForm.MatchString(c.User) {
		d.lostEntries()
		return d.reload(ctx)
	}
	if c.Entries != 0 {
		d.sawEntries(c.User, c.Entries)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	return d.refresh(ctx, c.User)
}

// tell publishes that a user changed and shows the change in this node's copy.
func (d *Directory) tell(ctx context.Context, name string) error {
	err := d.refresh(ctx, name)
	msg, _ := json.Marshal(change{V: recordVersion, User: name})
	// A lost message is made up for by the other nodes' next reload; the
	// write itself has succeeded.
	if perr := d.store.Publish(ctx, topic, msg); perr != nil {
		d.log.Warn("other nodes learn of a changed user later", "user", name, "err", perr)
	}
	return err
}

// refresh reads one user into the copy.
func (d *Directory) refresh(ctx context.Context, name string) error {
	d.refreshing.Lock()
	defer d.refreshing.Unlock()
	p, err := d.read(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		p, err = nil, nil
	}
	if err != nil {
		return err
	}
	d.replace(name, p)
	return nil
}

// read gets one user with his devices from the store.
func (d *Directory) read(ctx context.Context, name string) (*person, error) {
	it, err := d.store.Get(ctx, userKey(name))
	if err != nil {
		return nil, err
	}
	u, err := readUser(it)
	if err != nil {
		return nil, err
	}
	devices, err := d.readDevices(ctx, name)
	if err != nil {
		return nil, err
	}
	return newPerson(u, it.Version, devices), nil
}

func (d *Directory) readDevices(ctx context.Context, user string) ([]deviceRecord, error) {
	var devices []deviceRecord
	err := scan(ctx, d.store, devicesKey(user), func(it store.Item) error {
		r, err := readDevice(it)
		devices = append(devices, r)
		return err
	})
	return devices, err
}

// reload reads everybody, in two scans rather than two reads a user.
func (d *Directory) reload(ctx context.Context) error {
	d.refreshing.Lock()
	defer d.refreshing.Unlock()
	devices := map[string][]deviceRecord{}
	err := scan(ctx, d.store, "device/", func(it store.Item) error {
		r, err := readDevice(it)
		devices[r.User] = append(devices[r.User], r)
		return err
	})
	if err != nil {
		return err
	}
	found := map[string]*person{}
	err = scan(ctx, d.store, "user/", func(it store.Item) error {
		u, err := readUser(it)
		found[u.Name] = newPerson(u, it.Version, devices[u.Name])
		return err
	})
	if err != nil {
		return err
	}
	d.mu.RLock()
	for name := range d.people {
		if found[name] == nil {
			found[name] = nil
		}
	}
	d.mu.RUnlock()
	for name, p := range found {
		d.replace(name, p)
	}
	return nil
}

// replace puts a person (nil: gone) into the copy and wakes those who watch.
func (d *Directory) replace(name string, p *person) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.people[name]
	if old != nil && d.numbers[old.user.Number] == name {
		delete(d.numbers, old.user.Number)
	}
	delete(d.people, name)
	if p != nil {
		p.searched = foldUser(p.user.User)
		d.people[name] = p
		if p.user.Number != "" {
			d.numbers[p.user.Number] = p.user.Name
		}
	}
	if old == p || old != nil && p != nil && old.same(p) { // nil before and after, or as it was
		return
	}
	for w := range d.watch {
		w.Add(name)
	}
}

// same tells whether nothing was written between two reads of a person. The
// contents count: a user who was removed and made again has version 1 again.
func (p *person) same(q *person) bool {
	return p.version == q.version && reflect.DeepEqual(p.user, q.user) && reflect.DeepEqual(p.devices, q.devices)
}

func scan(ctx context.Context, s store.Store, prefix string, each func(store.Item) error) error {
	for it, err := range store.All(ctx, s, prefix) {
		if err != nil {
			return fmt.Errorf("directory: read %s: %w", prefix, err)
		}
		if err := each(it); err != nil {
			return err
		}
	}
	return nil
}

// Changed returns the names of users whose record or devices changed from now
// on, and a function that ends it. A name that changes again before it was
// received comes once. The channel closes at the end and with the Directory.
func (d *Directory) Changed() (<-chan string, func()) {
	w := mailbox.NewNames()
	d.mu.Lock()
	d.watch[w] = struct{}{}
	d.mu.Unlock()
	return w.Out(), func() {
		d.mu.Lock()
		delete(d.watch, w)
		d.mu.Unlock()
		w.Close()
	}
}
