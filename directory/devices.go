package directory

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ringsplash/store"
)

// PatchDevice changes a device and returns what it became. ErrFixed: the
// configuration file describes it; only which device is primary may be chosen
// then.
func (d *Directory) PatchDevice(ctx context.Context, user, id string, p DevicePatch) (Device, error) {
	if err := p.check(); err != nil {
		return Device{}, err
	}
	var epoch uint64 // of a change of interworking
	err := d.editDevice(ctx, user, id, func(r *deviceRecord) error {
		if r.Fixed && (p.Display != nil || p.Interworking != nil || p.Profile != nil || p.UnmuteKey != nil) {
			return fmt.Errorf("%w: change device %s of %s there", ErrFixed, id, user)
		}
		set(&r.Display, p.Display)
		if p.Interworking != nil {
			epoch = r.turn(*p.Interworking)
		}
		set(&r.Primary, p.Primary)
		set(&r.Profile, p.Profile)
		if p.Profile != nil {
			r.Learned = Learned{}
		}
		if p.UnmuteKey != nil {
			r.press(*p.UnmuteKey)
		}
		return nil
	})
	if err != nil {
		return Device{}, err
	}
	if err := d.switched(ctx, user, id, p.Interworking != nil && *p.Interworking, epoch); err != nil {
		return Device{}, err
	}
	if p.Primary != nil && *p.Primary {
		if err := d.demoteOthers(ctx, user, id); err != nil {
			return Device{}, err
		}
	}
	dev, ok := d.Device(user, id)
	if !ok {
		return Device{}, because(ErrNotFound, "device %s of user %s", id, user)
	}
	return dev, nil
}

// SetSIPPassword gives a device its own SIP password. A phone registered with
// the old one is refused from its next REGISTER on.
func (d *Directory) SetSIPPassword(ctx context.Context, user, id, password string) error {
	if password == "" {
		return invalid("user.empty_secret")
	}
	p, ok := d.person(user)
	if !ok {
		return because(ErrNotFound, "user %s", user)
	}
	secrets := digestSecrets(user, id, d.domain, password)
	for _, other := range p.secrets[user] {
		if other.Device != id && other.Algorithm == secrets[0].Algorithm && other.Hex == secrets[0].Hex {
			return invalid("user.secret_taken", "device", other.Device)
		}
	}
	return d.editDevice(ctx, user, id, func(r *deviceRecord) error {
		if r.Fixed {
			return fmt.Errorf("%w: change the SIP password of device %s of %s there", ErrFixed, id, user)
		}
		r.Secrets, r.Shares = secrets, ""
		return nil
	})
}

// Unpair lets the next phone that registers with the device's password take
// the place of the one paired now. A device that was made by pairing goes
// away.
func (d *Directory) Unpair(ctx context.Context, user, id string) error {
	if p, ok := d.person(user); ok {
		if r, ok := p.device(id); ok && r.Shares != "" {
			if err := d.store.Delete(ctx, deviceKey(user, id), r.version); err != nil {
				return fmt.Errorf("directory: remove device %s of %s: %w", id, user, err)
			}
			return d.tell(ctx, user)
		}
	}
	return d.editDevice(ctx, user, id, func(r *deviceRecord) error {
		r.Instance, r.UserAgent, r.Learned = "", "", Learned{}
		return nil
	})
}

func (p DevicePatch) check() error {
	if p.Display != nil {
		if strings.TrimSpace(*p.Display) == "" {
			return invalid("user.empty_display")
		}
		if err := checkText(*p.Display); err != nil {
			return err
		}
	}
	if p.Profile != nil && !nameForm.MatchString(*p.Profile) {
		return invalid("user.bad_profile", "profile", strconv.Quote(*p.Profile))
	}
	if p.UnmuteKey != nil {
		return checkKey(*p.UnmuteKey)
	}
	return nil
}

// checkKey refuses what is no key that a phone can send (RFC 4733 3.2).
func checkKey(key string) error {
	if key == "" || key == NoKey || len(key) == 1 && strings.Contains("0123456789*#ABCD", key) {
		return nil
	}
	return invalid("user.bad_unmute_key", "key", strconv.Quote(key), "none", NoKey)
}

func set[T any](field *T, v *T) {
	if v != nil {
		*field = *v
	}
}

// demoteOthers takes the mark "primary" from all devices but one.
func (d *Directory) demoteOthers(ctx context.Context, user, id string) error {
	p, ok := d.person(user)
	if !ok {
		return nil
	}
	for _, other := range p.devices {
		if other.ID == id || !other.Primary {
			continue
		}
		err := d.editDevice(ctx, user, other.ID, func(r *deviceRecord) error {
			r.Primary = false
			return nil
		})
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// editDevice changes one record, anew when another writer was quicker.
func (d *Directory) editDevice(ctx context.Context, user, id string, edit func(*deviceRecord) error) error {
	for range writeTries {
		r, err := d.storedDevice(ctx, user, id)
		if err != nil {
			return err
		}
		if err := edit(&r); err != nil {
			return err
		}
		err = putDevice(ctx, d.store, r)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		return d.tell(ctx, user)
	}
	return errBusy("device " + id + " of " + user)
}

func (d *Directory) storedDevice(ctx context.Context, user, id string) (deviceRecord, error) {
	if !nameForm.MatchString(user) || id == "" {
		return deviceRecord{}, because(ErrNotFound, "device %q of user %q", id, user)
	}
	it, err := d.store.Get(ctx, deviceKey(user, id))
	if errors.Is(err, store.ErrNotFound) {
		return deviceRecord{}, because(ErrNotFound, "device %s of user %s", id, user)
	}
	if err != nil {
		return deviceRecord{}, fmt.Errorf("directory: read device %s of %s: %w", id, user, err)
	}
	return readDevice(it)
}
