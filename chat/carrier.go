package chat

import (
	"context"
	"time"

	"ringsplash/internal/sentence"
)

// Carrier brings messages, receipts and typing out by SIP. signaling/sipua
// implements it.
type Carrier interface {
	// Phones are the ids of the user's devices whose profile says that they
	// show messages, whether they can be reached now or not. It must not block.
	Phones(user string) []string
	// Deliver brings a letter to one phone or one far end. It blocks until there
	// is a final answer or ctx ends, and is called again later unless the
	// Outcome is final.
	Deliver(ctx context.Context, l Letter) Outcome
	// Receipt tells a far end that asked for it what became of its message
	// (IMDN, RFC 5438). It must not block; a receipt that is lost is lost.
	Receipt(r Receipt)
	// Typing tells phones or a far end that a user writes, or has stopped (RFC
	// 3994). It must not block and is never repeated here.
	Typing(t Typing)
}

// Router follows the dial plan. gateway implements it.
type Router interface {
	// Outside is where a text dialled by one of our users leads outside: its
	// address in the form of conversations, and the ways there, the first to be
	// tried first; none: nowhere that he may write to. It must not block.
	Outside(user, dialled string) (address string, ways []Way)
}

// Way is one way to a far end: a trunk and the URI to ask it for, or the URI of
// an allowed domain (Trunk is "").
type Way struct{ Trunk, URI string }

// Party is one side of a message, as the other may see it.
type Party struct {
	Address string `json:"address"` // canonical
	Display string `json:"display"` // text for people, never evidence
}

// Letter is one message on its way to one place.
type Letter struct {
	ID string // ULID, the Message-ID
	// User is our user: the owner of Device, or on whose account it leaves.
	User string
	// Device is the id of the user's phone that it goes to; "" for a far end.
	Device string
	// Ways lead to the far end; none for a phone.
	Ways     []Way
	From, To Party
	Text     string
	Time     time.Time // when it was written
	Expires  time.Time // when it is given up
}

// Outcome is what became of a Letter.
type Outcome struct {
	// Status is the final SIP status, 0 when there was none: no registration, no
	// connection, no answer.
	//
	// 2xx: it is there; 202 tells that the far end keeps it, so that only a
	// receipt makes it delivered. 415: never again. Anything else is tried again
	// at the next REGISTER or start of the gateway and with growing pauses; of a
	// far end only 0, 408, 429, 480 and 5xx are.
	Status int
	// RetryAfter is what a refusal said, 0 for nothing.
	RetryAfter time.Duration
	// Cause is why it failed, for people; the zero one lets the Book word the status.
	Cause sentence.Sentence
}

// Receipt is what became of a message that a far end had sent.
type Receipt struct {
	// Ref is what the far end calls the message: its Message-ID.
	Ref string
	// User is our user who got it, From his address, To the far end's.
	User     string
	From, To Party
	Ways     []Way
	State    State // Delivered or Read
	Time     time.Time
}

// Typing is that a user of ours writes in a conversation, or has stopped.
type Typing struct {
	From, To Party
	// User and Device name a phone it is shown on; for a far end Device is ""
	// and Ways lead there.
	User, Device string
	Ways         []Way
	On           bool
}
