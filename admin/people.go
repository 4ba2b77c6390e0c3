// Package admin lets the subcommands reach the users: through the socket of
// the node that runs, or directly in the store when none does.
package admin

import (
	"context"
	"errors"
	"net/http"

	"ringsplash/directory"
	"ringsplash/store"
	"ringsplash/token"
)

// People is what an administrator does with users and API keys. Every method may block;
// the errors are those of the directory, compared with errors.Is.
type People interface {
	Domain(ctx context.Context) (string, error)
	List(ctx context.Context) ([]Person, error)
	Add(ctx context.Context, u directory.NewUser) error
	SetPassword(ctx context.Context, name, password string) error
	SetSIPPassword(ctx context.Context, name, device, password string) error
	// PatchDevice returns what the device became.
	PatchDevice(ctx context.Context, name, device string, p directory.DevicePatch) (directory.Device, error)
	// Unpair lets the next phone with the device's password take its place.
	Unpair(ctx context.Context, name, device string) error
	Remove(ctx context.Context, name string) error
	// AddKey returns the API key's text, which cannot be had again.
	AddKey(ctx context.Context, name string, a token.Access) (text string, err error)
	Keys(ctx context.Context) ([]token.Key, error)
	RemoveKey(ctx context.Context, name string) error
}

// Person is a user with his devices.
type Person struct {
	directory.User
	Devices []directory.Device `json:"devices"`
}

// Local is People in this process; most of People is the Directory's.
type Local struct {
	*directory.Directory
	APIKeys token.Keys
}

var _ People = Local{}

// Domain is the domain of the addresses.
func (l Local) Domain(context.Context) (string, error) { return l.Directory.Domain(), nil }

// List returns everybody, sorted by name.
func (l Local) List(context.Context) ([]Person, error) {
	people := []Person{}
	for _, u := range l.Directory.Users() {
		people = append(people, Person{User: u, Devices: l.Directory.Devices(u.Name)})
	}
	return people, nil
}

// Add makes a user with his devices.
func (l Local) Add(ctx context.Context, u directory.NewUser) error { return l.Directory.Put(ctx, u) }

// codes are the errors that keep their meaning over the socket, and their
// statuses there.
var codes = map[string]struct {
	is     error
	status int
}{
	"not_found": {directory.ErrNotFound, http.StatusNotFound},
	"exists":    {directory.ErrExists, http.StatusConflict},
	"invalid":   {directory.ErrInvalid, http.StatusBadRequest},
	"fixed":     {directory.ErrFixed, http.StatusConflict},
	"away":      {store.ErrAway, http.StatusServiceUnavailable},
	"conflict":  {store.ErrConflict, http.StatusConflict},
}

func codeOf(err error) string {
	for code, known := range codes {
		if errors.Is(err, known.is) {
			return code
		}
	}
	return "fault"
}

// remoteError is an error that came over the socket.
type remoteError struct {
	text string
	is   error
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.is }
