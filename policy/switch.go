package policy

import (
	"context"
	"fmt"
)

// Switched records that interworking of a device was switched, or, with device
// "", whether the user takes automatic answers at all. That one is off is in
// the audit file when it returns, so that a store which comes back with older
// contents is not believed. It may block for the disk and the store.
func (b *Book) Switched(ctx context.Context, user, device string, on bool, epoch uint64) error {
	if on {
		return nil
	}
	b.ledger.noteOff(toggle{user, device}, epoch)
	if err := b.audit.append(ctx, b.recordOff(user, device, epoch)); err != nil {
		return fmt.Errorf("policy: it is switched off, but that could not be recorded: %w", err)
	}
	if err := b.cfg.Store.Publish(ctx, topic, []byte(user)); err != nil {
		b.cfg.Log.Warn("other nodes learn of what was switched off when they next read it", "user", user, "err", err)
	}
	return nil
}

func (b *Book) recordOff(user, device string, epoch uint64) *Record {
	return b.dated(Record{Event: eventOff, Owner: user, Device: device, Epoch: epoch})
}

// isOn tells whether a switch that the store has on is to be believed, and
// takes in that one is off.
func (b *Book) isOn(user, device string, on bool, epoch uint64) bool {
	if !on {
		b.seeOff(user, device, epoch)
		return false
	}
	if epoch < b.ledger.offAt(toggle{user, device}) {
		b.askCompare()
		return false
	}
	return true
}

// seeOff takes in that a switch is off in the store. What is new goes to the
// audit file too, so that this node knows it after a restart.
func (b *Book) seeOff(user, device string, epoch uint64) {
	if !b.ledger.noteOff(toggle{user, device}, epoch) {
		return
	}
	if !b.audit.later(b.recordOff(user, device, epoch)) {
		b.cfg.Log.Warn("the audit queue is full; what was switched off is not kept over a restart", "user", user, "device", device)
	}
}

// compareSwitches switches off again what the store has on from before it was
// switched off, of one user or of everybody (""). It blocks for the store.
func (b *Book) compareSwitches(ctx context.Context, user string) error {
	var older []toggle
	err := b.cfg.People.Switches(ctx, user, func(user, device string, on bool, epoch uint64) {
		if s := (toggle{user, device}); !on {
			b.seeOff(user, device, epoch)
		} else if epoch < b.ledger.offAt(s) {
			older = append(older, s)
		}
	})
	if err != nil {
		return fmt.Errorf("policy: read what is switched off: %w", err)
	}
	for _, s := range older {
		epoch := b.ledger.offAt(s)
		if err := b.cfg.People.SwitchOff(ctx, s.user, s.device, epoch); err != nil {
			return fmt.Errorf("policy: switch off again for %s: %w", s.user, err)
		}
		const restored = "the store came back with something on that was switched off; it is off again"
		b.cfg.Log.Warn(restored, "user", s.user, "device", s.device)
		err := b.audit.append(ctx, b.dated(Record{
			Event: eventRestored, Owner: s.user, Device: s.device, Epoch: epoch,
			Reason: "The store had on what this node had seen switched off.",
		}))
		if err != nil {
			return err
		}
	}
	return nil
}
