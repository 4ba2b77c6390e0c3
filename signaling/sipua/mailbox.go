package sipua

import "ringsplash/gateway"

// mailbox is the queue of one leg: many post, one goroutine takes. What a
// stranger can queue is bounded by Config.MaxRequests, since the goroutine of
// each request waits for its answer.
type mailbox struct{ *gateway.Mailbox[func()] }

func newMailbox() mailbox { return mailbox{gateway.NewMailbox[func()]()} }

// post queues f; false tells that the mailbox is closed and f will never run.
func (m mailbox) post(f func()) bool { return m.Post(f) }
