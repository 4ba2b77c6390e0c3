package token

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"ringsplash/store"
)

// ErrKey: the text is no API key of this gateway.
var ErrKey = errors.New("token: no such API key")

// ErrKeyName: the name of an API key cannot be used.
var ErrKeyName = errors.New("token: the name of an API key has a-z, 0-9, dot, underscore and minus, at most 64")

const keyMark = "rsk_"

var keyName = regexp.MustCompile(`^[a-z0-9._-]{1,64}$`)

// Keys are the API keys with which servers of other sites ask for tokens. The
// store has only their hashes: they are random, so a plain hash is enough.
type Keys struct{ Store store.Store }

// Key is one API key, without its secret.
type Key struct {
	Name string    `json:"name"`
	Made time.Time `json:"made"`
}

type keyRecord struct {
	V    int       `json:"v"`
	Hash string    `json:"hash"`
	Made time.Time `json:"made"`
}

func keyOf(name string) string { return "apikey/" + name }

// Add makes a key and returns its text, which cannot be had again. A name that
// is taken is store.ErrConflict. It blocks for the store.
func (k Keys) Add(ctx context.Context, name string) (text string, err error) {
	if !keyName.MatchString(name) {
		return "", ErrKeyName
	}
	text = keyMark + name + "~" + secret()
	value, err := json.Marshal(keyRecord{V: 1, Hash: hash(text), Made: time.Now().UTC()})
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
	const page = 500
	all := []Key{}
	for after := ""; ; {
		items, err := k.Store.Scan(ctx, "apikey/", after, page)
		if err != nil {
			return nil, fmt.Errorf("token: list the API keys: %w", err)
		}
		for _, item := range items {
			after = item.Key
			var r keyRecord
			if err := json.Unmarshal(item.Value, &r); err != nil {
				return nil, fmt.Errorf("token: read %s: %w", item.Key, err)
			}
			all = append(all, Key{Name: strings.TrimPrefix(item.Key, "apikey/"), Made: r.Made})
		}
		if len(items) < page {
			return all, nil
		}
	}
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

// Check returns the name of the key with this text, or ErrKey. It reads the
// store each time, so that a removed key is refused at once.
func (k Keys) Check(ctx context.Context, text string) (name string, err error) {
	name, _, ok := strings.Cut(strings.TrimPrefix(text, keyMark), "~")
	if !ok || !strings.HasPrefix(text, keyMark) || !keyName.MatchString(name) {
		return "", ErrKey
	}
	item, err := k.Store.Get(ctx, keyOf(name))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", ErrKey
	case err != nil:
		return "", fmt.Errorf("token: look up an API key: %w", err)
	}
	var r keyRecord
	if err := json.Unmarshal(item.Value, &r); err != nil {
		return "", fmt.Errorf("token: read %s: %w", item.Key, err)
	}
	if subtle.ConstantTimeCompare([]byte(r.Hash), []byte(hash(text))) != 1 {
		return "", ErrKey
	}
	return name, nil
}
