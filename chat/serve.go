package chat

import (
	"errors"
	"time"

	"ringsplash/internal/sentence"
	"ringsplash/policy"
)

// Serve tells the Book what brings messages out of the house and where dialled
// texts lead. Before it, nothing leaves. It is called once, before the first
// message.
func (b *Book) Serve(c Carrier, r Router) { b.carrier, b.router = c, r }

// Registered tells that a phone of the user came back: what waits for it is
// tried now. It does not block.
func (b *Book) Registered(user string) {}

// Typed notes that somebody writes to a user of ours, as a phone or far end says
// (iscomposing): From is who, to whom as it would be dialled, and it is over
// after lasts at most. It is shown only in a conversation that is there, and
// never stored. It does not block.
func (b *Book) Typed(from policy.Identity, to string, on bool, lasts time.Duration) {}

func causeOf(err error) sentence.Sentence {
	var s sentence.Sentence
	if errors.As(err, &s) {
		return s
	}
	return sentence.Sentence{}
}
