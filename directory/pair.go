package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ringsplash/store"
)

// maxDevices bounds what pairing may make for one user. Beyond it the phone
// that joined longest ago, and that nobody has allowed anything, makes room.
const maxDevices = 16

// Pair ties the instance id of a phone to a device. device is the one whose
// password the phone used (HA1.Device). The first instance is paired with
// that device. Another instance with the same password becomes a new device,
// "desk-2" shown as "Desk phone (2)", which copies the profile and does not
// allow interworking until the owner or an administrator does. The same
// instance always gets the same device. It is safe under concurrent REGISTERs
// on several nodes. It blocks on the store unless the phone is known already;
// a known phone is answered also while the store is away.
func (d *Directory) Pair(ctx context.Context, user, device, instance, userAgent string) (Device, error) {
	if instance == "" || len(instance) > 256 {
		return Device{}, because(ErrInvalid, "instance id of %d bytes", len(instance))
	}
	userAgent = printable(userAgent)
	known, isKnown := d.pairedWith(user, device, instance)
	if isKnown && known.UserAgent == userAgent {
		return known, nil
	}
	for range writeTries {
		id, err := d.pairOnce(ctx, user, device, instance, userAgent)
		if errors.Is(err, store.ErrConflict) {
			continue // somebody else paired at the same moment: look again
		}
		if isKnown && errors.Is(err, store.ErrAway) {
			return known, nil
		}
		if err != nil {
			return Device{}, err
		}
		if err := d.tell(ctx, user); err != nil {
			return Device{}, err
		}
		if dev, ok := d.Device(user, id); ok {
			return dev, nil
		}
	}
	return Device{}, errBusy("user " + user)
}

func (d *Directory) pairedWith(user, device, instance string) (Device, bool) {
	p, ok := d.person(user)
	if !ok {
		return Device{}, false
	}
	r, ok := p.paired(device, instance)
	if !ok {
		return Device{}, false
	}
	return d.Device(user, r.ID)
}

// paired returns the device, among those with device's password, that has the
// instance.
func (p *person) paired(device, instance string) (deviceRecord, bool) {
	return first(p.devices, func(r deviceRecord) bool { return r.group() == device && sameInstance(r.Instance, instance) })
}

// pairOnce decides on what the store has now and writes it. ErrConflict:
// another writer came between.
func (d *Directory) pairOnce(ctx context.Context, user, device, instance, userAgent string) (id string, err error) {
	p, err := d.read(ctx, user)
	if errors.Is(err, store.ErrNotFound) {
		return "", because(ErrNotFound, "user %s", user)
	}
	if err != nil {
		return "", fmt.Errorf("directory: pair a phone of %s: %w", user, err)
	}
	base, ok := p.device(device)
	if !ok || base.Shares != "" {
		return "", because(ErrNotFound, "device %s of user %s", device, user)
	}
	r, same := p.paired(device, instance)
	switch {
	case same:
	case base.Instance == "":
		r = base
	default:
		r = p.joined(base)
	}
	if !same {
		r.Instance, r.Paired, r.Learned = instance, time.Now().UTC(), Learned{}
	}
	if !same || r.UserAgent != userAgent {
		r.UserAgent = userAgent
		if err := putDevice(ctx, d.store, r); err != nil {
			return "", err
		}
	}
	return r.ID, d.leaveOthers(ctx, p, device, instance)
}

// joined is the device for one more phone with base's password: a new one, or
// an old one's place when there are too many.
func (p *person) joined(base deviceRecord) deviceRecord {
	number := 2
	for ; ; number++ {
		if _, taken := p.device(fmt.Sprintf("%s-%d", base.ID, number)); !taken {
			break
		}
	}
	next := deviceRecord{Shares: base.ID, Order: base.Order, Device: Device{
		User: base.User, ID: fmt.Sprintf("%s-%d", base.ID, number),
		Display: fmt.Sprintf("%s (%d)", base.Display, number), Profile: base.Profile, UnmuteKey: base.UnmuteKey,
	}}
	if len(p.devices) < maxDevices {
		return next
	}
	var oldest *deviceRecord
	for i, r := range p.devices {
		if r.Shares == base.ID && !r.Interworking && !r.Primary && (oldest == nil || r.Paired.Before(oldest.Paired)) {
			oldest = &p.devices[i]
		}
	}
	if oldest == nil {
		return next
	}
	return *oldest
}

// leaveOthers frees the devices a phone was paired with before it got another
// device's password: one phone is one device.
func (d *Directory) leaveOthers(ctx context.Context, p *person, device, instance string) error {
	for _, r := range p.devices {
		if r.group() == device || !sameInstance(r.Instance, instance) {
			continue
		}
		var err error
		if r.Shares != "" {
			err = d.store.Delete(ctx, deviceKey(r.User, r.ID), r.version)
		} else {
			r.Instance, r.UserAgent, r.Learned = "", "", Learned{}
			err = putDevice(ctx, d.store, r)
		}
		if err != nil {
			return fmt.Errorf("directory: unpair device %s of %s: %w", r.ID, r.User, err)
		}
	}
	return nil
}

// printable makes a User-Agent line fit to be shown and stored.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, s)
	for i := range s {
		if i > 120 {
			return s[:i]
		}
	}
	return s
}
