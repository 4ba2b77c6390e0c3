package directory

import (
	"context"
	"errors"
)

// Interworking tells whether the user's device may be made to answer by itself.
// It reads the store, not the copy in memory, so that switching it off is in
// force on every node at once. False for a device that does not exist. It may
// block.
func (d *Directory) Interworking(ctx context.Context, user, id string) (bool, error) {
	r, err := d.storedDevice(ctx, user, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && r.Interworking, err
}
