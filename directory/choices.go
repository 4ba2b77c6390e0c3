package directory

import (
	"cmp"
	"context"
	"errors"
	"strconv"

	"ringsplash/store"
)

// What a phone does that is in a call when it is to answer another by itself.
const (
	BusyRing = "ring" // the new call rings in the ordinary way
	BusyHold = "hold" // the gateway holds the call the phone is in, then asks
)

// SetWhileBusy changes a user's choice, also for a user of the configuration
// file, which has no say in it. It blocks for the store. ErrNotFound: no such
// user. ErrInvalid: neither BusyRing nor BusyHold.
func (d *Directory) SetWhileBusy(ctx context.Context, user, choice string) error {
	if choice != BusyRing && choice != BusyHold {
		return invalid("user.bad_while_busy", "choice", strconv.Quote(choice), "one", BusyRing, "other", BusyHold)
	}
	return d.editUser(ctx, user, func(r *userRecord) error {
		r.WhileBusy = choice
		return nil
	})
}

// editUser changes one record, anew when another writer was quicker.
func (d *Directory) editUser(ctx context.Context, user string, edit func(*userRecord) error) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	for range writeTries {
		u, version, err := d.storedUser(ctx, user)
		if err != nil {
			return err
		}
		before := u
		if err := edit(&u); err != nil || u == before {
			return err
		}
		err = putUser(ctx, d.store, u, version)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		return d.tell(ctx, user)
	}
	return errBusy(user)
}

// Learn keeps what was found out about a phone; members left "" stay as they
// were. It holds until the device is paired with another phone or given another
// profile. It blocks for the store. ErrNotFound: no such device.
func (d *Directory) Learn(ctx context.Context, user, id string, l Learned) error {
	dev, ok := d.Device(user, id)
	if ok && l.over(dev.Learned) == dev.Learned {
		return nil
	}
	return d.editDevice(ctx, user, id, func(r *deviceRecord) error {
		r.Learned = l.over(r.Learned)
		return nil
	})
}

// over is what is known when l was found out after old.
func (l Learned) over(old Learned) Learned {
	return Learned{Method: cmp.Or(l.Method, old.Method), Mute: cmp.Or(l.Mute, old.Mute), Key: cmp.Or(l.Key, old.Key)}
}
