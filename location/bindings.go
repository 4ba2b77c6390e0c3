// Package location keeps where each user's devices are (RFC 3261 10).
package location

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"ringsplash/internal/mailbox"
	"ringsplash/store"
)

// Binding ties an AOR to the contact of one instance (RFC 3261 10, RFC 5626).
type Binding struct {
	User   string `json:"user"`
	Device string `json:"device"`
	// Instance is the instance id: +sip.instance without quotes and angle
	// brackets, or a fall-back ("mac:0011...", "contact:user@host:port").
	Instance string `json:"instance"`
	RegID    int    `json:"regId"`
	// Contact is the URI to send requests to, as registered.
	Contact string `json:"contact"`
	// Path is the route set learned at registration (RFC 3327), first hop first.
	Path []string `json:"path,omitempty"`
	// Transport is udp, tcp or tls; Source the address the REGISTER came from
	// ("192.0.2.7:5060") and Local the address of ours it came to. Requests
	// go over this flow.
	Transport string    `json:"transport"`
	Source    string    `json:"source"`
	Local     string    `json:"local"`
	UserAgent string    `json:"userAgent,omitempty"`
	CallID    string    `json:"callId"`
	CSeq      uint32    `json:"cseq"`
	Expires   time.Time `json:"expires"`
	Refreshed time.Time `json:"refreshed"`
	Node      string    `json:"node"`
	V         int       `json:"v"`
}

// Bindings is the location service: where each AOR's phones are (RFC 3261 10).
// Reads come from memory and do no I/O, so that calls go on with the store away.
type Bindings struct {
	node    string
	store   store.Store
	log     *slog.Logger
	changed *mailbox.Names

	mu     sync.Mutex
	byUser map[string][]Binding // newest refresh first
	closed bool
	expiry *time.Timer
	next   time.Time // when expiry fires
}

// New reads the bindings the store has. It blocks for I/O.
func New(ctx context.Context, node string, s store.Store, log *slog.Logger) (*Bindings, error) {
	b := &Bindings{node: node, store: s, log: log, changed: mailbox.NewNames(), byUser: map[string][]Binding{}}
	for it, err := range store.All(ctx, s, "binding/") {
		if err != nil {
			b.changed.Close()
			return nil, fmt.Errorf("read bindings: %w", err)
		}
		var one Binding
		if err := json.Unmarshal(it.Value, &one); err != nil {
			log.Warn("binding in the store cannot be read; ignored", "key", it.Key, "err", err)
			continue
		}
		b.byUser[one.User] = append(b.byUser[one.User], one)
	}
	b.mu.Lock()
	for user := range b.byUser {
		sortNewest(b.byUser[user])
	}
	b.expiry = time.AfterFunc(time.Hour, b.expire)
	b.mu.Unlock()
	b.expire()
	return b, nil
}

// Close stops the expiry timer and closes the channel of Changed.
func (b *Bindings) Close() {
	b.mu.Lock()
	b.closed = true
	b.expiry.Stop()
	b.mu.Unlock()
	b.changed.Close()
}

func (b *Bindings) key(user, instance string, regID int) string {
	return fmt.Sprintf("binding/%s/%s/%d", user, strings.ReplaceAll(instance, "/", "%2F"), regID)
}

// Put replaces the binding of the same user, instance and reg-id
// (RFC 5626 6). It holds in memory even when the store is away, which is
// logged: the phone registers again soon. It may block for I/O.
func (b *Bindings) Put(ctx context.Context, one Binding) error {
	one.V, one.Node = 1, b.node
	b.mu.Lock()
	list := slices.DeleteFunc(b.byUser[one.User], func(o Binding) bool {
		return o.Instance == one.Instance && o.RegID == one.RegID
	})
	b.byUser[one.User] = append([]Binding{one}, list...)
	sortNewest(b.byUser[one.User])
	if one.Expires.Before(b.next) {
		b.schedule(one.Expires)
	}
	b.mu.Unlock()
	b.changed.Add(one.User)
	text, err := json.Marshal(one)
	if err != nil {
		return err
	}
	key, ttl := b.key(one.User, one.Instance, one.RegID), max(time.Until(one.Expires), time.Second)
	if _, err := b.store.Put(ctx, key, text, store.AnyVersion, ttl); err != nil {
		b.log.Warn("binding not stored; it holds until this node stops", "user", one.User, "err", err)
	}
	return nil
}

// Remove takes one binding away. It may block for I/O.
func (b *Bindings) Remove(ctx context.Context, user, instance string, regID int) error {
	b.mu.Lock()
	b.byUser[user] = slices.DeleteFunc(b.byUser[user], func(o Binding) bool {
		return o.Instance == instance && o.RegID == regID
	})
	if len(b.byUser[user]) == 0 {
		delete(b.byUser, user)
	}
	b.mu.Unlock()
	b.changed.Add(user)
	err := b.store.Delete(ctx, b.key(user, instance, regID), store.AnyVersion)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		b.log.Warn("binding not removed from the store; it expires there", "user", user, "err", err)
	}
	return nil
}

// Of returns the user's live bindings, the most recently refreshed first.
func (b *Bindings) Of(user string) []Binding {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	return slices.DeleteFunc(slices.Clone(b.byUser[user]), func(o Binding) bool { return !o.Expires.After(now) })
}

// Targets returns at most one binding an instance, the newest (RFC 5626 7).
func (b *Bindings) Targets(user string) []Binding {
	var out []Binding
	for _, one := range b.Of(user) {
		if !slices.ContainsFunc(out, func(o Binding) bool { return o.Instance == one.Instance }) {
			out = append(out, one)
		}
	}
	return out
}

// Users are those who have bindings.
func (b *Bindings) Users() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.byUser))
}

// Changed tells the users whose bindings changed, one reader. A name that
// changes again before it was received comes once.
func (b *Bindings) Changed() <-chan string { return b.changed.Out() }

// Count returns how many bindings there are.
func (b *Bindings) Count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, list := range b.byUser {
		n += len(list)
	}
	return n
}

// expire drops what is over and tells the users' tabs.
func (b *Bindings) expire() {
	b.mu.Lock()
	now := time.Now()
	next := now.Add(time.Hour)
	var users []string
	for user, list := range b.byUser {
		left := slices.DeleteFunc(list, func(o Binding) bool { return !o.Expires.After(now) })
		if len(left) != len(list) {
			users = append(users, user)
		}
		if len(left) == 0 {
			delete(b.byUser, user)
		} else {
			b.byUser[user] = left
		}
		for _, one := range left {
			if one.Expires.Before(next) {
				next = one.Expires
			}
		}
	}
	b.schedule(next)
	b.mu.Unlock()
	for _, user := range users {
		b.changed.Add(user)
	}
}

// schedule sets the timer for the next expiry, at most a second late. Under mu.
func (b *Bindings) schedule(next time.Time) {
	if b.closed {
		return
	}
	b.next = next
	b.expiry.Reset(max(time.Until(next), time.Second))
}

func sortNewest(list []Binding) {
	slices.SortStableFunc(list, func(x, y Binding) int { return y.Refreshed.Compare(x.Refreshed) })
}
