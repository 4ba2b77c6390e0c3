package store

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrForeign comes with ErrNotFound: the key is there, but what it has was not
// written by this installation, so it counts as not there.
var ErrForeign = errors.New("store: not written by this installation")

// KeyName is the file, in the data folder, of the installation's key; every node
// on one Redis has the same.
const KeyName = "record.key"

// SealKeyBytes is the length of an installation's key.
const SealKeyBytes = 32

// sealedSpaces have the records that decide who may do what.
var sealedSpaces = map[string]bool{
	"user": true, "device": true, "policy": true, "entry": true, "apikey": true, // for ever
	"login": true, "embed": true, "audit": true, // not taken over from before there was a key
	"binding": true, "call": true, // nor these: where a phone is called, and told goodbye
}

// takenOver are the sealed spaces whose records are for ever. Those that live
// for a time cannot be written again without it.
var takenOver = []string{"user", "device", "policy", "entry", "apikey"}

// Sealed is a store whose records that decide carry a MAC (HMAC-SHA256,
// RFC 2104) of their key and value as their last member "mac", made with the
// installation's key. A record without it, or with a wrong one, counts as not
// there: whoever can write to Redis makes no users, grants or log-ins so.
type Sealed struct {
	Store
	key []byte

	mu      sync.Mutex
	report  func(key string)
	pending []string                     // found before anybody listened
	told    map[string][sha256.Size]byte // hash of the value, so that each is reported once
}

// foreignMax bounds what is remembered of foreign records.
const foreignMax = 1024

// NewSealed is s with records that decide sealed by key, of SealKeyBytes.
func NewSealed(s Store, key []byte) (*Sealed, error) {
	if len(key) != SealKeyBytes {
		return nil, fmt.Errorf("store: the key of the installation has %d bytes instead of %d", len(key), SealKeyBytes)
	}
	return &Sealed{Store: s, key: bytes.Clone(key), told: map[string][sha256.Size]byte{}}, nil
}

// Life is that of the store behind.
func (s *Sealed) Life() uint64 { return Life(s.Store) }

// Fingerprint names the key without giving it away.
func (s *Sealed) Fingerprint() string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte("fingerprint"))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Watch gives report the key of each foreign record that was found and will be
// found, once for each value of it. It must not block.
func (s *Sealed) Watch(report func(key string)) {
	s.mu.Lock()
	found := s.pending
	s.report, s.pending = report, nil
	s.mu.Unlock()
	for _, key := range found {
		report(key)
	}
}

func (s *Sealed) tell(it Item) {
	sum := sha256.Sum256(it.Value)
	s.mu.Lock()
	if s.told[it.Key] == sum {
		s.mu.Unlock()
		return
	}
	if len(s.told) >= foreignMax {
		clear(s.told)
	}
	s.told[it.Key] = sum
	report := s.report
	if report == nil && len(s.pending) < foreignMax {
		s.pending = append(s.pending, it.Key)
	}
	s.mu.Unlock()
	if report != nil {
		report(it.Key)
	}
}

// Get implements Store.
func (s *Sealed) Get(ctx context.Context, key string) (Item, error) {
	it, err := s.Store.Get(ctx, key)
	if err != nil {
		return it, err
	}
	if it, ours := s.open(it); ours {
		return it, nil
	}
	s.tell(it)
	return Item{}, fmt.Errorf("%w: %w: %s", ErrNotFound, ErrForeign, key)
}

// Put implements Store. A foreign record gives way to one that is to be made.
func (s *Sealed) Put(ctx context.Context, key string, value []byte, ifVersion Version, ttl time.Duration) (Version, error) {
	value, err := s.seal(key, value)
	if err != nil {
		return 0, err
	}
	version, err := s.Store.Put(ctx, key, value, ifVersion, ttl)
	if ifVersion != 0 || !errors.Is(err, ErrConflict) {
		return version, err
	}
	there, getErr := s.Store.Get(ctx, key)
	if getErr != nil {
		return version, err
	}
	if _, ours := s.open(there); ours {
		return version, err
	}
	s.tell(there)
	return s.Store.Put(ctx, key, value, there.Version, ttl)
}

// Scan implements Store; foreign records are left out and do not count.
func (s *Sealed) Scan(ctx context.Context, prefix, after string, limit int) ([]Item, error) {
	var items []Item
	for len(items) < limit {
		asked := limit - len(items)
		page, err := s.Store.Scan(ctx, prefix, after, asked)
		if err != nil {
			return nil, err
		}
		for _, it := range page {
			after = it.Key
			if it, ours := s.open(it); ours {
				items = append(items, it)
			} else {
				s.tell(it)
			}
		}
		if len(page) < asked {
			break
		}
	}
	return items, nil
}

const (
	macMember = `,"mac":"`
	macEnd    = `"}`
)

var (
	macText = base64.RawURLEncoding
	macTail = len(macMember) + macText.EncodedLen(sha256.Size) + len(macEnd)
)

func (s *Sealed) mac(key string, value []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(key))
	mac.Write([]byte{0}) // no key has one
	mac.Write(value)
	return mac.Sum(nil)
}

// seal adds the MAC to a value of a sealed space.
func (s *Sealed) seal(key string, value []byte) ([]byte, error) {
	space, _, err := cutKey(key)
	if err != nil || !sealedSpaces[space] {
		return value, err
	}
	if len(value) < 3 || value[0] != '{' || value[len(value)-1] != '}' {
		return nil, fmt.Errorf("store: the value of %s is no JSON object with members, which a MAC could join", key)
	}
	sealed := make([]byte, 0, len(value)+macTail)
	sealed = append(append(sealed, value[:len(value)-1]...), macMember...)
	sealed = macText.AppendEncode(sealed, s.mac(key, value))
	return append(sealed, macEnd...), nil
}

// open takes the MAC off an item; ours is false when it is not the right one.
func (s *Sealed) open(it Item) (opened Item, ours bool) {
	space, _, err := cutKey(it.Key)
	if err != nil || !sealedSpaces[space] {
		return it, true
	}
	plain, sum, ok := cutMAC(it.Value)
	if !ok || !hmac.Equal(sum, s.mac(it.Key, plain)) {
		return it, false
	}
	return Item{Key: it.Key, Value: plain, Version: it.Version}, true
}

// cutMAC takes a value and its MAC apart, whoever made it.
func cutMAC(value []byte) (plain, sum []byte, ok bool) {
	cut := len(value) - macTail
	if cut < 2 || !bytes.HasPrefix(value[cut:], []byte(macMember)) || !bytes.HasSuffix(value, []byte(macEnd)) {
		return value, nil, false
	}
	sum, err := macText.AppendDecode(nil, value[cut+len(macMember):len(value)-len(macEnd)])
	if err != nil {
		return value, nil, false
	}
	return append(bytes.Clone(value[:cut]), '}'), sum, true
}

// Foreign counts the records of users, devices, grants, personal directories
// and API keys that this installation did not write: those without a MAC, and
// those with one of another key. It blocks for the store.
func (s *Sealed) Foreign(ctx context.Context) (bare, others int, err error) {
	err = s.eachForeign(ctx, func(it Item) error {
		if _, _, sealed := cutMAC(it.Value); sealed {
			others++
		} else {
			bare++
		}
		return nil
	})
	return bare, others, err
}

// TakeOver seals those records as they are, and returns how many. Log-ins from
// before are over. It blocks for the store.
func (s *Sealed) TakeOver(ctx context.Context) (int, error) {
	n := 0
	err := s.eachForeign(ctx, func(it Item) error {
		plain, _, _ := cutMAC(it.Value) // another key's goes off
		sealed, err := s.seal(it.Key, plain)
		if err != nil {
			return err
		}
		if _, err := s.Store.Put(ctx, it.Key, sealed, it.Version, 0); err != nil {
			return fmt.Errorf("store: seal %s: %w", it.Key, err)
		}
		n++
		return nil
	})
	return n, err
}

func (s *Sealed) eachForeign(ctx context.Context, do func(Item) error) error {
	for _, space := range takenOver {
		for it, err := range All(ctx, s.Store, space+"/") {
			if err != nil {
				return err
			}
			if _, ours := s.open(it); ours {
				continue
			}
			if err := do(it); err != nil {
				return err
			}
		}
	}
	return nil
}
