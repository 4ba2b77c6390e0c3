package policy

// Unmute is an act of a phone's owner that lets its microphone be heard.
type Unmute struct {
	// Owner is the user whose phone it is; Device and Instance name the phone.
	Owner, Device, Instance string
	// By is how he did it: tab, move, key or resume.
	By string
	// Call is the call it is in.
	Call string
}

// Unmuted puts an un-mute on record. It does not block: the record is in the
// audit file some milliseconds later. It decides nothing.
func (b *Book) Unmuted(u Unmute) {
	r := Record{Event: eventUnmute, Owner: u.Owner, Device: u.Device, Instance: u.Instance, Call: u.Call, By: u.By}
	if !b.audit.later(b.dated(r)) {
		b.cfg.Log.Error("the audit queue is full; an un-mute is not recorded", "owner", u.Owner, "device", u.Device, "by", u.By)
	}
}
