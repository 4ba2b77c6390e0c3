package directory

import (
	"context"
	"errors"
)

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

// SetDoNotDisturb changes it, also for a user of the configuration file, which
// has no say in it. It blocks for the store. ErrNotFound: no such user.
func (d *Directory) SetDoNotDisturb(ctx context.Context, user string, on bool) error {
	var epoch uint64
	err := d.editUser(ctx, user, func(r *userRecord) { epoch = r.turn(on) })
	if err != nil {
		return err
	}
	return d.switched(ctx, user, "", !on, epoch)
}
