package directory

import (
	"context"
	"errors"
)

// DoNotDisturb tells whether the user wants quiet. Like Interworking it reads
// the store, so that it is in force on every node at once, and may block. False
// for somebody who does not exist.
func (d *Directory) DoNotDisturb(ctx context.Context, user string) (bool, error) {
	u, _, err := d.storedUser(ctx, user)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return u.DoNotDisturb, err
}

// SetDoNotDisturb changes it, also for a user of the configuration file, which
// has no say in it. It blocks for the store. ErrNotFound: no such user.
func (d *Directory) SetDoNotDisturb(ctx context.Context, user string, on bool) error {
	return d.editUser(ctx, user, func(r *userRecord) { r.DoNotDisturb = on })
}
