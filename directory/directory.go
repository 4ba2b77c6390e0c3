// Package directory knows the people and their devices: users, credentials,
// devices and pairing, friends and personal directory, history and messages.
package directory

import (
	"context"
	"errors"
	"time"
)

// Errors of the package; compare with errors.Is.
var (
	ErrNotFound = errors.New("directory: not found")
	ErrExists   = errors.New("directory: exists already")
	ErrInvalid  = errors.New("directory: not valid")
	// ErrFixed: the configuration file names this user, so only the file changes it.
	ErrFixed = errors.New("directory: set by the configuration file")
)

// User is a person with an AOR. The password hash is not part of it.
type User struct {
	Name    string `json:"name"` // [a-z0-9._-]+
	Number  string `json:"number,omitempty"`
	Display string `json:"display,omitempty"`
	Admin   bool   `json:"admin,omitempty"`
	// Fixed tells that the configuration file names the user.
	Fixed bool `json:"fixed,omitempty"`
}

// Device is one deskphone of a user. ID is its stable name.
type Device struct {
	User    string `json:"user"`
	ID      string `json:"id"`
	Display string `json:"display"`
	// Instance is the instance id paired with the device, "" before the first
	// registration.
	Instance     string `json:"instance"`
	Interworking bool   `json:"interworking"`
	Primary      bool   `json:"primary"`
	Profile      string `json:"profile"`
	UserAgent    string `json:"userAgent"`
}

// HA1 is one digest secret (RFC 7616 3.4.2: H(user:realm:password), hex).
type HA1 struct {
	// Name is the digest user name it was made for: "alice" or "alice~desk".
	Name      string `json:"name"`
	Algorithm string `json:"algorithm"` // MD5 | SHA-256
	Hex       string `json:"hex"`
	// Device is the id of the device whose password made it.
	Device string `json:"device"`
}

// HistoryEntry is one past call in a user's list.
type HistoryEntry struct {
	ID        string     `json:"id"` // ULID, newest last
	Direction string     `json:"direction"`
	Display   string     `json:"display"`
	Address   string     `json:"address"`
	Start     time.Time  `json:"start"`
	Answered  *time.Time `json:"answered,omitempty"`
	End       time.Time  `json:"end"`
	On        string     `json:"on,omitempty"`
	Missed    bool       `json:"missed,omitempty"`
	Cause     string     `json:"cause"`
	Reason    string     `json:"reason"`
}

// The contract. Reads of users, devices and secrets come from an in-memory
// copy (filled at start, kept by subscription) and do no I/O; writes go to the
// store first and may block.
//
//	func Open(ctx context.Context, s store.Store, domain string, log *slog.Logger) (*Directory, error)
//	func (d *Directory) Close() error
//	func (d *Directory) Domain() string
//	func (d *Directory) User(name string) (User, bool)
//	func (d *Directory) UserByNumber(number string) (User, bool)
//	func (d *Directory) Users() []User                               // sorted by name
//	func (d *Directory) CheckPassword(ctx context.Context, name, password string) (User, error) // argon2id; same time for unknown users
//	func (d *Directory) Devices(user string) []Device                // sorted: primary first, then id
//	func (d *Directory) Device(user, id string) (Device, bool)
//	func (d *Directory) Secrets(name string) []HA1                   // for a digest user name "alice" or "alice~desk"; every device's secret is kept under both
//	func (d *Directory) Pair(ctx context.Context, user, device, instance, userAgent string) (Device, error) // design section 7: first instance pairs, another makes desk-2
//	func (d *Directory) PatchDevice(ctx context.Context, user, id string, p DevicePatch) (Device, error)
//	func (d *Directory) Put(ctx context.Context, u NewUser) error    // user add, config file
//	func (d *Directory) SetPassword(ctx context.Context, name, password string) error
//	func (d *Directory) Remove(ctx context.Context, name string) error
//	func (d *Directory) AddHistory(ctx context.Context, user string, h HistoryEntry) error
//	func (d *Directory) History(ctx context.Context, user, before string, limit int) ([]HistoryEntry, error) // newest first
//	func (d *Directory) Changed() (<-chan string, func())             // names of users whose record or devices changed
var _ = context.Background

// DevicePatch changes a device; nil fields stay.
type DevicePatch struct {
	Display      *string `json:"display,omitempty"`
	Interworking *bool   `json:"interworking,omitempty"`
	Primary      *bool   `json:"primary,omitempty"`
	Profile      *string `json:"profile,omitempty"`
}

// NewDevice is a device with its SIP password in clear, which is not kept.
type NewDevice struct {
	ID           string
	Display      string
	SIPPassword  string
	Interworking bool
	Primary      bool
	Profile      string
}

// NewUser is a user with passwords in clear, which are not kept.
type NewUser struct {
	User
	Password string
	Devices  []NewDevice
}
