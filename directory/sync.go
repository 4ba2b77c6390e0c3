package directory

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"ringsplash/store"
)

// Sync makes the users of the configuration file what the file says: it wins
// for the users it names. They are marked Fixed; pairings and phones that
// joined by pairing stay. A user the file named before and does not name now
// loses his log-in and his devices; his history and grants stay. All nodes of
// one store must be given the same users. What is unchanged is not written,
// so that a start with hundreds of users is quick.
func (d *Directory) Sync(ctx context.Context, users []NewUser) error {
	named, err := checkAll(users)
	if err != nil {
		return err
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	verifiers := make(map[string]verifier, len(users))
	for _, u := range users {
		verifiers[u.Name] = newVerifier(u.Password)
	}
	d.mu.Lock()
	d.fixed = verifiers
	d.mu.Unlock()
	for _, u := range d.Users() {
		if !u.Fixed || named[u.Name] {
			continue
		}
		d.log.Warn("the configuration file does not name this user any more; log-in and devices are removed", "user", u.Name)
		if err := d.drop(ctx, u.Name); err != nil {
			return err
		}
	}
	for _, u := range users {
		// Among the users of the file a number may be moving right now.
		if other, ok := d.UserByNumber(u.Number); ok && !named[other.Name] {
			return because(ErrExists, "number %s of %s belongs to %s", u.Number, u.Name, other.Name)
		}
		if err := d.syncUser(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

func checkAll(users []NewUser) (map[string]bool, error) {
	named := map[string]bool{}
	numbers := map[string]string{}
	for _, u := range users {
		if err := u.check(); err != nil {
			return nil, err
		}
		if named[u.Name] {
			return nil, because(ErrInvalid, "user %s is there twice", u.Name)
		}
		named[u.Name] = true
		if other := numbers[u.Number]; u.Number != "" && other != "" {
			return nil, because(ErrInvalid, "users %s and %s have the same number %s", other, u.Name, u.Number)
		}
		numbers[u.Number] = u.Name
	}
	return named, nil
}

// syncUser writes what differs from the copy. When another node is doing the
// same, the loser reads again and finds less to do.
func (d *Directory) syncUser(ctx context.Context, u NewUser) error {
	p, ok := d.person(u.Name)
	if !ok {
		p = newPerson(userRecord{}, 0, nil)
	}
	for range writeTries {
		changed, err := d.writeDifference(ctx, u, p)
		if err == nil {
			if changed {
				return d.tell(ctx, u.Name)
			}
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		if p, err = d.read(ctx, u.Name); errors.Is(err, store.ErrNotFound) {
			p, err = newPerson(userRecord{}, 0, nil), nil
		}
		if err != nil {
			return fmt.Errorf("directory: read user %s: %w", u.Name, err)
		}
	}
	return errBusy(u.Name)
}

func (d *Directory) writeDifference(ctx context.Context, u NewUser, p *person) (changed bool, err error) {
	want := userRecord{V: recordVersion, User: named(u.User)}
	want.Fixed, want.WhileBusy, want.DoNotDisturb, want.Switched = true, p.user.WhileBusy, p.user.DoNotDisturb, p.user.Switched
	want.Presence = p.user.Presence
	if p.version == 0 {
		want.Switched = nextEpoch(0)
	}
	if want != p.user {
		if p.version != 0 && !p.user.Fixed {
			d.log.Warn("the configuration file now names this user; it replaces what was set before", "user", u.Name)
		}
		if err := putUser(ctx, d.store, want, p.version); err != nil {
			return false, err
		}
		changed = true
	}
	keep := map[string]bool{}
	for i, n := range u.Devices {
		keep[n.ID] = true
		was, ok := p.device(n.ID)
		next := d.fileDevice(was, u.Name, n, i)
		if ok && reflect.DeepEqual(was, next) {
			continue
		}
		if err := putDevice(ctx, d.store, next); err != nil {
			return changed, err
		}
		changed = true
	}
	for _, r := range p.devices {
		if keep[r.group()] {
			continue
		}
		if err := d.store.Delete(ctx, deviceKey(u.Name, r.ID), r.version); err != nil {
			return changed, fmt.Errorf("directory: remove device %s of %s: %w", r.ID, u.Name, err)
		}
		changed = true
	}
	return changed, nil
}

// fileDevice is what a device of the file becomes. The pairing stays, unless
// the record was that of a phone which had joined another device by pairing:
// then the id now means something else.
func (d *Directory) fileDevice(was deviceRecord, user string, n NewDevice, order int) deviceRecord {
	next := d.newDevice(user, n, order)
	next.Fixed, next.version = true, was.version
	if was.version != 0 {
		on := next.Interworking
		next.Interworking, next.Switched = was.Interworking, was.Switched
		next.turn(on)
	}
	if was.version != 0 && was.Shares == "" {
		next.Instance, next.UserAgent, next.Paired = was.Instance, was.UserAgent, was.Paired
		next.Primary = was.Primary || n.Primary
		if was.Profile == next.Profile {
			next.Learned = was.Learned
		}
	}
	return next
}
