package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"ringsplash/store"
)

// writeTries bounds how often a write that lost to another node is tried anew.
const writeTries = 16

// Put makes a user with his devices. ErrExists: the name or the number is
// taken. ErrInvalid: a name, number or password cannot be used.
func (d *Directory) Put(ctx context.Context, u NewUser) error {
	u.Fixed = false
	if err := u.check(); err != nil {
		return err
	}
	hash, err := d.hash(u.Password)
	if err != nil {
		return err
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	if err := d.freeNumber(u.Name, u.Number); err != nil {
		return err
	}
	made := userRecord{User: named(u.User), Hash: hash, Switched: nextEpoch(0)}
	err = putUser(ctx, d.store, made, 0)
	if errors.Is(err, store.ErrConflict) {
		return exists("user.user_exists", "user", u.Name)
	}
	if err != nil {
		return err
	}
	// Devices of somebody who had the name before, when his removal was cut short.
	if err := d.dropAll(ctx, devicesKey(u.Name), every); err != nil {
		return err
	}
	for i, dev := range u.Devices {
		if err := putDevice(ctx, d.store, d.newDevice(u.Name, dev, i)); err != nil {
			return err
		}
	}
	return d.tell(ctx, u.Name)
}

// SetPassword changes a user's log-in password.
func (d *Directory) SetPassword(ctx context.Context, name, password string) error {
	if password == "" {
		return invalid("user.empty_password")
	}
	hash, err := d.hash(password)
	if err != nil {
		return err
	}
	return d.editUser(ctx, name, func(r *userRecord) error {
		if r.Fixed {
			return fmt.Errorf("%w: change the password of %s there", ErrFixed, name)
		}
		r.Hash = hash
		return nil
	})
}

// PatchUser changes who a user is. ErrExists: the number is somebody else's.
// ErrFixed: the configuration file names him. It blocks for the store.
func (d *Directory) PatchUser(ctx context.Context, name string, p UserPatch) (User, error) {
	err := d.editUser(ctx, name, func(r *userRecord) error {
		set(&r.Number, p.Number)
		set(&r.Display, p.Display)
		set(&r.Admin, p.Admin)
		r.User = named(r.User)
		if err := checkUser(r.User); err != nil {
			return err
		}
		if r.Fixed {
			return fmt.Errorf("%w: change %s there", ErrFixed, name)
		}
		return d.freeNumber(name, r.Number)
	})
	if err != nil {
		return User{}, err
	}
	u, ok := d.User(name)
	if !ok {
		return User{}, because(ErrNotFound, "user %s", name)
	}
	return u, nil
}

// Remove deletes a user with all that is stored about him, so that a later
// user of the same name inherits nothing.
func (d *Directory) Remove(ctx context.Context, name string) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	u, _, err := d.storedUser(ctx, name)
	if err != nil {
		return err
	}
	if u.Fixed {
		return fmt.Errorf("%w: remove %s there and start again", ErrFixed, name)
	}
	if err := d.drop(ctx, name); err != nil {
		return err
	}
	if err := d.store.Delete(ctx, "policy/"+name, store.AnyVersion); err != nil {
		return fmt.Errorf("directory: remove the grants of %s: %w", name, err)
	}
	d.lists.forget(name)
	for _, space := range []string{"entry", "history", "message", "read", "outbox", "decision"} {
		if err := d.dropAll(ctx, space+"/"+name+"/", every); err != nil {
			return err
		}
	}
	// With a log-in of his somebody would be whoever has the name later.
	err = d.dropAll(ctx, "login/", func(it store.Item) bool {
		var login struct{ User string }
		return json.Unmarshal(it.Value, &login) == nil && login.User == name
	})
	if err != nil {
		return err
	}
	return d.leaveKeys(ctx, name)
}

// leaveKeys takes a user out of the API keys that are for his calls: they would
// command the phone of whoever has the name later. A key for nobody else goes.
func (d *Directory) leaveKeys(ctx context.Context, name string) error {
	return scan(ctx, d.store, "apikey/", func(it store.Item) error {
		var key map[string]json.RawMessage
		var users []string
		if json.Unmarshal(it.Value, &key) != nil || json.Unmarshal(key["users"], &users) != nil || !slices.Contains(users, name) {
			return nil
		}
		if len(users) == 1 {
			return d.dropKey(ctx, it.Key)
		}
		var err error
		if key["users"], err = json.Marshal(slices.DeleteFunc(users, func(u string) bool { return u == name })); err != nil {
			return err
		}
		value, err := json.Marshal(key)
		if err != nil {
			return err
		}
		if _, err := d.store.Put(ctx, it.Key, value, it.Version, 0); err != nil {
			return fmt.Errorf("directory: take %s out of %s: %w", name, it.Key, err)
		}
		return nil
	})
}

// drop deletes a user and his devices: nobody can log in or register as him.
func (d *Directory) drop(ctx context.Context, name string) error {
	if err := d.store.Delete(ctx, userKey(name), store.AnyVersion); err != nil {
		return fmt.Errorf("directory: remove user %s: %w", name, err)
	}
	if err := d.dropAll(ctx, devicesKey(name), every); err != nil {
		return err
	}
	return d.tell(ctx, name)
}

func every(store.Item) bool { return true }

// dropAll deletes what is below prefix and meant, once all of it was read.
func (d *Directory) dropAll(ctx context.Context, prefix string, meant func(store.Item) bool) error {
	var keys []string
	err := scan(ctx, d.store, prefix, func(it store.Item) error {
		if meant(it) {
			keys = append(keys, it.Key)
		}
		return nil
	})
	for i := 0; i < len(keys) && err == nil; i++ {
		err = d.dropKey(ctx, keys[i])
	}
	return err
}

func (d *Directory) dropKey(ctx context.Context, key string) error {
	if err := d.store.Delete(ctx, key, store.AnyVersion); err != nil {
		return fmt.Errorf("directory: remove %s: %w", key, err)
	}
	return nil
}

// freeNumber says ErrExists when the number belongs to somebody else.
func (d *Directory) freeNumber(name, number string) error {
	if other, ok := d.UserByNumber(number); ok && other.Name != name {
		return exists("user.number_taken", "number", number, "user", other.Name)
	}
	return nil
}

func (d *Directory) storedUser(ctx context.Context, name string) (userRecord, store.Version, error) {
	if !nameForm.MatchString(name) {
		return userRecord{}, 0, because(ErrNotFound, "user %q", name)
	}
	it, err := d.store.Get(ctx, userKey(name))
	// A foreign record is no sign that the user wants no quiet, say.
	if errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrForeign) {
		return userRecord{}, 0, because(ErrNotFound, "user %s", name)
	}
	if err != nil {
		return userRecord{}, 0, fmt.Errorf("directory: read user %s: %w", name, err)
	}
	u, err := readUser(it)
	return u, it.Version, err
}

// UserAt is who of ours has the canonical address, by name or number, and his
// number; "" for nobody, and for a number that is somebody's name as well,
// which goes before. It answers from memory.
func (d *Directory) UserAt(address string) (name, number string) {
	_, rest, _ := strings.Cut(address, ":")
	at, host, _ := strings.Cut(rest, "@")
	if host != d.domain {
		return "", ""
	}
	if plain, err := url.PathUnescape(at); err == nil {
		at = plain // * and # stand escaped in a URI
	}
	u, ok := d.User(at)
	if !ok {
		u, ok = d.UserByNumber(at)
	}
	if !ok {
		return "", ""
	}
	if _, taken := d.User(u.Number); taken {
		u.Number = ""
	}
	return u.Name, u.Number
}

func named(u User) User {
	u.Display = cmp.Or(u.Display, u.Name)
	return u
}

func putUser(ctx context.Context, s store.Store, r userRecord, ifVersion store.Version) error {
	r.V = recordVersion
	return put(ctx, s, userKey(r.Name), r, ifVersion, "user "+r.Name)
}

// putDevice writes r when the store still has the version it was read with.
func putDevice(ctx context.Context, s store.Store, r deviceRecord) error {
	r.V = recordVersion
	return put(ctx, s, deviceKey(r.User, r.ID), r, r.version, "device "+r.ID+" of "+r.User)
}

// put writes a record; what is its name in an error.
func put(ctx context.Context, s store.Store, key string, record any, ifVersion store.Version, what string) error {
	value, err := json.Marshal(record)
	if err == nil {
		_, err = s.Put(ctx, key, value, ifVersion, 0)
	}
	if err != nil {
		return fmt.Errorf("directory: write %s: %w", what, err)
	}
	return nil
}

func (d *Directory) newDevice(user string, n NewDevice, order int) deviceRecord {
	r := deviceRecord{V: recordVersion, Order: order, Device: Device{
		User: user, ID: n.ID, Display: cmp.Or(n.Display, n.ID), Primary: n.Primary, Interworking: n.Interworking,
		Profile: cmp.Or(n.Profile, "auto"), UnmuteKey: n.UnmuteKey,
	}, Secrets: digestSecrets(user, n.ID, d.domain, n.SIPPassword)}
	if r.Interworking {
		r.Switched = nextEpoch(0)
	}
	return r
}

func errBusy(name string) error {
	return fmt.Errorf("directory: %s is being changed by others all the time; try again: %w", name, store.ErrConflict)
}
