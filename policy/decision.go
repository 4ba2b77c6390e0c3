package policy

import (
	"time"

	"ringsplash/internal/sentence"
)

// Kind is what is asked for.
type Kind string

// Kinds of requests.
const (
	// Click: the owner answers or moves a call to his own phone from his tab.
	Click Kind = "click"
	// ThirdParty: somebody's INVITE carried Answer-Mode: Auto (RFC 5373).
	ThirdParty Kind = "thirdParty"
	// Privileged: Priv-Answer-Mode: Auto. Always denied.
	Privileged Kind = "privileged"
	// Intercom: one of our users asked from his tab.
	Intercom Kind = "intercom"
	// Test: the owner tries his idle phone.
	Test Kind = "test"
)

// Question asks whether a phone may be told to answer by itself.
type Question struct {
	Requester Identity
	// Owner is the user whose phone it is; Device and Instance name the phone.
	Owner, Device, Instance string
	Kind                    Kind
	// Require: the requester wants no ordinary ringing instead (RFC 5373 4.3).
	Require bool
	// Call is the call it is for, for the record.
	Call string
	At   time.Time
}

// Decision is the answer, with its reason in words.
type Decision struct {
	Allow bool `json:"allow"`
	// Grant names what allowed it: self, addresses, friends, directory,
	// public; "" for a deny.
	Grant string `json:"grant"`
	// Reason is for the owner and the administrator.
	Reason sentence.Sentence `json:"reason"`
	// ID is the number of the audit record.
	ID string `json:"id,omitempty"`
}
