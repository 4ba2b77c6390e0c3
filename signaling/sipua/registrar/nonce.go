package registrar

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"ringsplash/internal/throttle"
	"ringsplash/store"
)

const (
	nonceKey    = "nonce/key"
	nonceWait   = storeWait / 2 // for the store; a call must not wait for one that hangs
	nonceWindow = 64            // counts that may overtake each other
	nonceMax    = 65536         // counted nonces kept in memory; more are in the store only
)

// nonces makes and judges digest nonces (RFC 7616 3.3). A nonce is the time it
// was made, 8 random bytes and a MAC over both and the source it was given to,
// so that nobody guesses passwords from addresses that he only forges. Nothing is kept for a nonce
// until somebody used it with the right password, so strangers cannot fill
// anything, and every node with the same store knows every nonce. Counts that
// were used are kept in the store too, so that a restart forgets no replay.
type nonces struct {
	key   [32]byte
	life  time.Duration
	now   func() time.Time
	store store.Store

	mu   sync.Mutex
	used *throttle.Table[string, *nonceUse]
}

// counts is the record of the nonce counts that were used (RFC 7616 3.4, nc).
type counts struct {
	V       int    `json:"v"`
	Highest uint32 `json:"highest"`
	// Seen has bit i set when count Highest-i was used.
	Seen uint64 `json:"seen"`
}

// nonceUse is one nonce's counts on this node: taken here, and as last
// known in the store.
type nonceUse struct {
	taken   counts
	stored  counts
	version store.Version
	ends    time.Time
}

// openNonces reads the signing key from the store, or makes it. It blocks.
func openNonces(ctx context.Context, s store.Store, life time.Duration, now func() time.Time) (*nonces, error) {
	n := &nonces{life: life, now: now, store: s, used: throttle.NewTable[string, *nonceUse](nonceMax)}
	var record struct {
		V   int    `json:"v"`
		Key []byte `json:"key"`
	}
	item, err := s.Get(ctx, nonceKey)
	if errors.Is(err, store.ErrNotFound) {
		record.V, record.Key = 1, make([]byte, len(n.key))
		rand.Read(record.Key) // never fails: crypto/rand ends the program instead
		value, _ := json.Marshal(record)
		if _, err = s.Put(ctx, nonceKey, value, 0, 0); err == nil || errors.Is(err, store.ErrConflict) { // another node was faster
			item, err = s.Get(ctx, nonceKey)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("sipua: the key of the digest nonces cannot be read: %w", err)
	}
	if err := json.Unmarshal(item.Value, &record); err != nil || len(record.Key) != len(n.key) {
		return nil, fmt.Errorf("sipua: the store's %s is damaged: delete it and start again", nonceKey)
	}
	copy(n.key[:], record.Key)
	return n, nil
}

// issue makes a fresh nonce for a source.
func (n *nonces) issue(source netip.Addr) string {
	var b [32]byte
	binary.BigEndian.PutUint64(b[:8], uint64(n.now().UnixMilli()))
	rand.Read(b[8:16])
	copy(b[16:], n.mac(b[:16], source))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (n *nonces) mac(b []byte, source netip.Addr) []byte {
	m := hmac.New(sha256.New, n.key[:])
	m.Write(b)
	at := netip.Addr(throttle.SourceOf(source)).As16()
	m.Write(at[:])
	return m.Sum(nil)[:16]
}

// ends tells when a nonce that we gave the source is too old; false when we gave
// it none such.
func (n *nonces) ends(nonce string, source netip.Addr) (time.Time, bool) {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != 32 || subtle.ConstantTimeCompare(b[16:], n.mac(b[:16], source)) != 1 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b[:8]))).Add(n.life), true
}

// fresh tells whether we gave the source the nonce, not too long ago.
func (n *nonces) fresh(nonce string, source netip.Addr) bool {
	ends, given := n.ends(nonce, source)
	return given && n.now().Before(ends)
}

// take uses up one count of a nonce, 1 or more, and tells whether that was
// the first use of it. Call it only when the password was right. It may block on
// the store; with the store away this node's own memory decides.
func (n *nonces) take(ctx context.Context, nonce string, source netip.Addr, nc uint32) bool {
	ctx, cancel := context.WithTimeout(ctx, nonceWait)
	defer cancel()
	ends, given := n.ends(nonce, source)
	if !given || !n.now().Before(ends) {
		return false
	}
	n.mu.Lock()
	use, known := n.used.Get(nonce)
	if !known {
		use = &nonceUse{ends: ends}
		n.used.Put(nonce, use)
	}
	ok := use.taken.take(nc)
	n.mu.Unlock()
	return ok && n.keep(ctx, nonce, nc, use)
}

// keep writes the count to the store; false when the store knows it already.
func (n *nonces) keep(ctx context.Context, nonce string, nc uint32, use *nonceUse) bool {
	n.mu.Lock()
	record, version := use.stored, use.version
	n.mu.Unlock()
	for range 8 {
		if !record.take(nc) {
			return false
		}
		record.V = 1
		value, _ := json.Marshal(record)
		next, err := n.store.Put(ctx, "nonce/"+nonce, value, version, max(use.ends.Sub(n.now()), time.Second))
		switch {
		case err == nil:
			n.mu.Lock()
			if next > use.version {
				use.stored, use.version = record, next
			}
			n.mu.Unlock()
			return true
		case !errors.Is(err, store.ErrConflict):
			return true // away: this node's memory has the count
		}
		item, err := n.store.Get(ctx, "nonce/"+nonce)
		switch {
		case errors.Is(err, store.ErrNotFound):
			record, version = counts{}, 0
		case err != nil:
			return true
		default:
			record, version = counts{}, item.Version
			if json.Unmarshal(item.Value, &record) != nil {
				return false
			}
		}
	}
	return false // somebody uses this nonce all the time: the phone asks again
}

// take marks nc as used and tells whether it was not used before. Counts may
// overtake each other within the window, as datagrams do.
func (c *counts) take(nc uint32) bool {
	switch {
	case nc > c.Highest:
		c.Seen = c.Seen<<(nc-c.Highest) | 1 // a shift by 64 or more gives 0
		c.Highest = nc
		return true
	case c.Highest-nc >= nonceWindow:
		return false
	}
	bit := uint64(1) << (c.Highest - nc)
	first := c.Seen&bit == 0
	c.Seen |= bit
	return first
}
