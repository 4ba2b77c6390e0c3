package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"ringsplash/directory"
	"ringsplash/store"
	"ringsplash/token"
)

// AddKey makes an API key.
func (l Local) AddKey(ctx context.Context, name string, a token.Access) (string, error) {
	text, err := l.APIKeys.Add(ctx, name, a)
	return text, keyError(err, name)
}

// Keys returns all API keys, sorted by name.
func (l Local) Keys(ctx context.Context) ([]token.Key, error) { return l.APIKeys.List(ctx) }

// RemoveKey makes an API key useless.
func (l Local) RemoveKey(ctx context.Context, name string) error {
	return keyError(l.APIKeys.Remove(ctx, name), name)
}

// keyError gives the store's errors the meaning they have here.
func keyError(err error, name string) error {
	switch {
	case errors.Is(err, store.ErrConflict):
		return fmt.Errorf("%w: API key %s; remove it first, or take another name", directory.ErrExists, name)
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("%w: API key %s", directory.ErrNotFound, name)
	case errors.Is(err, token.ErrKeyName), errors.Is(err, token.ErrKeyRight):
		return fmt.Errorf("%w: %w", directory.ErrInvalid, err)
	}
	return err
}

// keyText is the answer to a request for a new API key.
type keyText struct {
	Key string `json:"key"`
}

// AddKey makes an API key.
func (c *Client) AddKey(ctx context.Context, name string, a token.Access) (string, error) {
	var made keyText
	err := c.do(ctx, http.MethodPut, a, &made, "apikeys", name)
	return made.Key, err
}

// Keys returns all API keys, sorted by name.
func (c *Client) Keys(ctx context.Context) ([]token.Key, error) {
	var keys []token.Key
	err := c.do(ctx, http.MethodGet, nil, &keys, "apikeys")
	return keys, err
}

// RemoveKey makes an API key useless.
func (c *Client) RemoveKey(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, nil, nil, "apikeys", name)
}
