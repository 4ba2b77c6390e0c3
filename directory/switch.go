package directory

import (
	"context"
	"errors"
	"time"

	"ringsplash/store"
)

// Switched is told of each change of a switch that stands above what a user
// allows: interworking of a device, or, with device "", whether he takes
// automatic answers at all (the opposite of *No automatic answers*). Of two
// changes the one with the higher epoch is newer. The change is acknowledged
// when Switched returned.
type Switched func(ctx context.Context, user, device string, on bool, epoch uint64) error

// nextEpoch is that of a change after one with the epoch was: milliseconds
// since 1970, or one more.
func nextEpoch(was uint64) uint64 { return max(uint64(time.Now().UnixMilli()), was+1) }

// switched hands a change on.
func (d *Directory) switched(ctx context.Context, user, device string, on bool, epoch uint64) error {
	if d.Switched == nil || epoch == 0 {
		return nil
	}
	return d.Switched(ctx, user, device, on, epoch)
}

// turn sets the switch, and gives the epoch of the change, 0 for none.
func (r *deviceRecord) turn(on bool) (epoch uint64) {
	if r.Interworking == on {
		return 0
	}
	r.Interworking, r.Switched = on, nextEpoch(r.Switched)
	return r.Switched
}

func (r *userRecord) turn(quiet bool) (epoch uint64) {
	if r.DoNotDisturb == quiet {
		return 0
	}
	r.DoNotDisturb, r.Switched = quiet, nextEpoch(r.Switched)
	return r.Switched
}

// Switches goes through the switches of a user, or of everybody for "", as the
// store has them. Those nobody ever changed have the epoch 0. It blocks for the
// store.
func (d *Directory) Switches(ctx context.Context, user string, each func(user, device string, on bool, epoch uint64)) error {
	devices := "device/"
	if user != "" {
		devices = devicesKey(user)
		r, _, err := d.storedUser(ctx, user)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		each(user, "", !r.DoNotDisturb, r.Switched)
	} else if err := scan(ctx, d.store, "user/", func(it store.Item) error {
		r, err := readUser(it)
		if err == nil {
			each(r.Name, "", !r.DoNotDisturb, r.Switched)
		}
		return err
	}); err != nil {
		return err
	}
	return scan(ctx, d.store, devices, func(it store.Item) error {
		r, err := readDevice(it)
		if err == nil {
			each(r.User, r.ID, r.Interworking, r.Switched)
		}
		return err
	})
}

// SwitchOff brings back a switch that was off at epoch, unless the store has a
// newer change, or none any more. It blocks for the store.
func (d *Directory) SwitchOff(ctx context.Context, user, device string, epoch uint64) error {
	var err error
	if device == "" {
		err = d.editUser(ctx, user, func(r *userRecord) error {
			if r.Switched < epoch {
				r.DoNotDisturb, r.Switched = true, epoch
			}
			return nil
		})
	} else {
		err = d.editDevice(ctx, user, device, func(r *deviceRecord) error {
			if r.Switched < epoch {
				r.Interworking, r.Switched = false, epoch
			}
			return nil
		})
	}
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Interworking tells whether the user's device may be made to answer by itself.
// It reads the store, not the copy in memory, so that switching it off is in
// force on every node at once. False for a device that does not exist. epoch is
// that of the last change, 0 for none. It may block.
func (d *Directory) Interworking(ctx context.Context, user, id string) (on bool, epoch uint64, err error) {
	r, err := d.storedDevice(ctx, user, id)
	if errors.Is(err, ErrNotFound) {
		return false, 0, nil
	}
	return err == nil && r.Interworking, r.Switched, err
}

// DoNotDisturb tells whether the user wants quiet. Like Interworking it reads
// the store, so that it is in force on every node at once, and may block. False
// for somebody who does not exist. epoch is that of the last change, 0 for none.
func (d *Directory) DoNotDisturb(ctx context.Context, user string) (on bool, epoch uint64, err error) {
	u, _, err := d.storedUser(ctx, user)
	if errors.Is(err, ErrNotFound) {
		return false, 0, nil
	}
	return u.DoNotDisturb, u.Switched, err
}

// DND tells whether the user set do not disturb and it still holds. Like
// Interworking it reads the store and may block. False for somebody who does not
// exist.
func (d *Directory) DND(ctx context.Context, user string) (bool, error) {
	u, _, err := d.storedUser(ctx, user)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return u.Presence.At(time.Now()).Set == SetDND, err
}

// SetDoNotDisturb changes it, also for a user of the configuration file, which
// has no say in it. It blocks for the store. ErrNotFound: no such user.
func (d *Directory) SetDoNotDisturb(ctx context.Context, user string, on bool) error {
	var epoch uint64
	err := d.editUser(ctx, user, func(r *userRecord) error {
		epoch = r.turn(on)
		return nil
	})
	if err != nil {
		return err
	}
	return d.switched(ctx, user, "", !on, epoch)
}
