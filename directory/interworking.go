package directory

import (
	"context"
	"errors"
)

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
