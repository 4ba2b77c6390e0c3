package token

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"ringsplash/store"
)

// ErrKey: the text is no API key of this gateway.
var ErrKey = errors.New("token: no such API key")

// ErrKeyName: the name of an API key cannot be used.
var ErrKeyName = errors.New("token: the name of an API key has a-z, 0-9, dot, underscore and minus, at most 64")

// ErrKeyRight: an API key cannot be given these rights.
var ErrKeyRight = errors.New("token: the rights of an API key do not fit together")

const keyMark = "rsk_"

// IsKey tells an API key from other bearer tokens by its looks.
func IsKey(text string) bool { return strings.HasPrefix(text, keyMark) }

var keyName = regexp.MustCompile(`^[a-z0-9._-]{1,64}$`)

// Keys are the API keys of other servers and of programs. The store has only
// their hashes: they are random, so a plain hash is enough.
type Keys struct{ Store store.Store }

// Right is one thing an API key may do.
type Right string

// Rights of API keys.
const (
	RightEmbed    Right = "embed"    // ask for tokens that log users in on other sites
	RightCalls    Right = "calls"    // see and command the calls of its users
	RightMessages Right = "messages" // read, write and delete the messages of its users
	RightOpen     Right = "open"     // with calls: answer on their deskphones and un-mute
	RightAdmin    Right = "admin"    // what an administrator may by REST
)

// Everybody, as the one user of a key, stands for all there are and will be.
const Everybody = "*"

// Access is what an API key may do, and for whom.
type Access struct {
	Rights []Right `json:"rights"`
	// Users are those whom RightCalls, RightOpen and RightMessages are about.
	Users []string `json:"users,omitempty"`
}

// May tells whether the key has the right.
func (a Access) May(r Right) bool { return slices.Contains(a.Rights, r) }

// For tells whether the key's rights on calls are about the user.
func (a Access) For(user string) bool {
	return slices.Contains(a.Users, user) || slices.Contains(a.Users, Everybody)
}

// personal tells whether the key is for certain users.
func (a Access) personal() bool { return a.May(RightCalls) || a.May(RightMessages) }

// check refuses rights that mean nothing, or more than was meant.
func (a Access) check() error {
	for _, r := range a.Rights {
		if !slices.Contains([]Right{RightEmbed, RightCalls, RightMessages, RightOpen, RightAdmin}, r) {
			return fmt.Errorf("%w: there is no right %q; write embed, calls, messages, open or admin", ErrKeyRight, r)
		}
	}
	for _, u := range a.Users {
		if u != Everybody && !keyName.MatchString(u) {
			return fmt.Errorf("%w: %q is not the name of a user; write a name, or * for everybody", ErrKeyRight, u)
		}
	}
	switch {
	case a.May(RightOpen) && !a.May(RightCalls):
		return fmt.Errorf("%w: open is of use only with calls; give both", ErrKeyRight)
	case a.personal() && len(a.Users) == 0:
		return fmt.Errorf("%w: name the users whom the key is for, or * for everybody", ErrKeyRight)
	case !a.personal() && len(a.Users) > 0:
		return fmt.Errorf("%w: users are named for the rights calls and messages only", ErrKeyRight)
	}
	return nil
}

// Key is one API key, without its secret.
type Key struct {
	Name string    `json:"name"`
	Made time.Time `json:"made"`
	Access
}

type keyRecord struct {
	V    int       `json:"v"`
	Hash string    `json:"hash"`
	Made time.Time `json:"made"`
	Access
}

// key is what the record says. A key without rights is from before there were
// any, when all were for embedding.
func (r keyRecord) key(name string) Key {
	if len(r.Rights) == 0 {
		r.Rights = []Right{RightEmbed}
	}
	return Key{Name: name, Made: r.Made, Access: r.Access}
}

func keyOf(name string) string { return "apikey/" + name }

// Add makes a key and returns its text, which cannot be had again; without
// rights it is for embedding. A name that is taken is store.ErrConflict. It
// blocks for the store.
func (k Keys) Add(ctx context.Context, name string, a Access) (text string, err error) {
	if !keyName.MatchString(name) {
		return "", ErrKeyName
	}
	if err := a.check(); err != nil {
		return "", err
	}
	text = keyMark + name + "~" + Secret()
	value, err := json.Marshal(keyRecord{V: 1, Hash: Hash(text), Made: time.Now().UTC(), Access: a})
	if err != nil {
		return "", err
	}
	if _, err := k.Store.Put(ctx, keyOf(name), value, 0, 0); err != nil {
		return "", fmt.Errorf("token: keep an API key: %w", err)
	}
	return text, nil
}

// List returns all keys, sorted by name. It blocks for the store.
func (k Keys) List(ctx context.Context) ([]Key, error) {
	all := []Key{}
	for item, err := range store.All(ctx, k.Store, "apikey/") {
		if err != nil {
			return nil, fmt.Errorf("token: list the API keys: %w", err)
		}
		var r keyRecord
		if err := json.Unmarshal(item.Value, &r); err != nil {
			return nil, fmt.Errorf("token: read %s: %w", item.Key, err)
		}
		all = append(all, r.key(strings.TrimPrefix(item.Key, "apikey/")))
	}
	return all, nil
}

// Remove makes a key useless at once. One that is not there is
// store.ErrNotFound. It blocks for the store.
func (k Keys) Remove(ctx context.Context, name string) error {
	if !keyName.MatchString(name) {
		return ErrKeyName
	}
	item, err := k.Store.Get(ctx, keyOf(name))
	if err == nil {
		err = k.Store.Delete(ctx, item.Key, store.AnyVersion)
	}
	if err != nil {
		return fmt.Errorf("token: remove an API key: %w", err)
	}
	return nil
}

// Check returns the key with this text, or ErrKey. It reads the store each
// time, so that a removed key is refused at once.
func (k Keys) Check(ctx context.Context, text string) (Key, error) {
	name, _, ok := strings.Cut(strings.TrimPrefix(text, keyMark), "~")
	if !ok || !strings.HasPrefix(text, keyMark) || !keyName.MatchString(name) {
		return Key{}, ErrKey
	}
	item, err := k.Store.Get(ctx, keyOf(name))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Key{}, ErrKey
	case err != nil:
		return Key{}, fmt.Errorf("token: look up an API key: %w", err)
	}
	var r keyRecord
	if err := json.Unmarshal(item.Value, &r); err != nil {
		return Key{}, fmt.Errorf("token: read %s: %w", item.Key, err)
	}
	if subtle.ConstantTimeCompare([]byte(r.Hash), []byte(Hash(text))) != 1 {
		return Key{}, ErrKey
	}
	return r.key(name), nil
}
