// Package directory knows the people and their devices: users, credentials,
// devices and pairing, personal directories, and the history of calls.
//
// Reads of users, devices and secrets come from a copy in memory (filled by
// Open, kept by subscription, so that another node's change arrives) and do no
// I/O. Writes go to the store first and may block; each returns
// store.ErrAway (wrapped) when the store cannot be reached.
package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"

	"ringsplash/internal/mailbox"
	"ringsplash/store"
)

// Errors of the package; compare with errors.Is.
var (
	ErrNotFound = errors.New("directory: not found")
	ErrExists   = errors.New("directory: exists already")
	ErrInvalid  = errors.New("directory: not valid")
	// ErrFixed: the configuration file names this user, so only the file changes it.
	ErrFixed = errors.New("directory: set by the configuration file")
	// ErrPassword: wrong password, or no such user, which nobody may tell apart.
	ErrPassword = errors.New("directory: wrong name or password")
	// ErrDomain: the stored SIP passwords were made for another domain.
	ErrDomain = errors.New("directory: domain changed")
)

// User is a person with an AOR. The password hash is not part of it.
type User struct {
	Name    string `json:"name"` // [a-z0-9._-]+
	Number  string `json:"number,omitempty"`
	Display string `json:"display,omitempty"`
	Admin   bool   `json:"admin,omitempty"`
	// WhileBusy is what the user chose for a phone of his that is in a call
	// when it is to answer another by itself: BusyRing, also when "", or BusyHold.
	WhileBusy string `json:"whileBusy,omitempty"`
	// DoNotDisturb is the user's own choice: nothing but his own click makes a
	// phone of his answer. Phones and tabs ring all the same.
	DoNotDisturb bool `json:"doNotDisturb,omitempty"`
	// Presence is what the user set of what others see of him. Those who show it
	// ask At.
	Presence Presence `json:"presence,omitzero"`
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
	// UnmuteKey is the key of the phone that un-mutes it (0-9 * # A-D), NoKey for
	// none, "" for what its profile says.
	UnmuteKey string `json:"unmuteKey,omitempty"`
	// Learned is what the paired phone turned out to want, over its profile.
	Learned Learned `json:"learned,omitzero"`
}

// Learned is what was found out about a phone: the method that makes it answer
// by itself, the mute mode it takes, and whether its un-mute key reaches us
// (seen, unseen); "" for what the profile says.
type Learned struct {
	Method string `json:"method,omitempty"`
	Mute   string `json:"mute,omitempty"`
	Key    string `json:"key,omitempty"`
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
	// Stranger: nothing is proven of the other side. Count is how many unanswered
	// calls of one stranger the row stands for; it tells of the last.
	Stranger bool   `json:"stranger,omitempty"`
	Count    int    `json:"count,omitempty"`
	Cause    string `json:"cause"`
	Reason   string `json:"reason"`
}

// DevicePatch changes a device; nil fields stay.
type DevicePatch struct {
	Display      *string `json:"display,omitempty"`
	Interworking *bool   `json:"interworking,omitempty"`
	Primary      *bool   `json:"primary,omitempty"`
	Profile      *string `json:"profile,omitempty"`
	UnmuteKey    *string `json:"unmuteKey,omitempty"`
}

// UserPatch changes a user; nil fields stay.
type UserPatch struct {
	Number  *string `json:"number,omitempty"`
	Display *string `json:"display,omitempty"`
	Admin   *bool   `json:"admin,omitempty"`
}

// NewDevice is a device with its SIP password in clear, which is not kept.
type NewDevice struct {
	ID           string `json:"id"`
	Display      string `json:"display,omitempty"`
	SIPPassword  string `json:"sipPassword"`
	Interworking bool   `json:"interworking,omitempty"`
	Primary      bool   `json:"primary,omitempty"`
	Profile      string `json:"profile,omitempty"`
	UnmuteKey    string `json:"unmuteKey,omitempty"`
}

// NoKey is a device's UnmuteKey when no key of it un-mutes.
const NoKey = "none"

// NewUser is a user with passwords in clear, which are not kept.
type NewUser struct {
	User
	Password string      `json:"password"`
	Devices  []NewDevice `json:"devices,omitempty"`
}

// Directory is the copy in memory and the way to the store. Its methods may be
// called from any goroutine.
type Directory struct {
	// Switched is set before anything is changed; nil tells nobody.
	Switched Switched

	store  store.Store
	domain string
	log    *slog.Logger
	cost   *argon2id.Params
	decoy  string        // hash that unknown names are checked against
	slots  chan struct{} // bounds the memory argon2id takes

	writing    sync.Mutex // one change of users at a time on this node
	refreshing sync.Mutex // read-then-apply of one person is not interleaved

	mu      sync.RWMutex
	people  map[string]*person // never changed once in here, only replaced
	numbers map[string]string  // number -> name
	fixed   map[string]verifier
	watch   map[*mailbox.Names]struct{}
	books   booksSeen

	lists historyLists

	stop    context.CancelFunc
	running sync.WaitGroup
}

// Open reads everybody into memory and follows changes until Close. It may
// block. When domain is not the one the stored SIP passwords were made for it
// fails with ErrDomain, saying what to do.
func Open(ctx context.Context, s store.Store, domain string, log *slog.Logger) (*Directory, error) {
	return open(ctx, s, domain, log, passwordCost)
}

func open(ctx context.Context, s store.Store, domain string, log *slog.Logger, cost *argon2id.Params) (*Directory, error) {
	if err := claimDomain(ctx, s, domain); err != nil {
		return nil, err
	}
	decoy, err := argon2id.CreateHash("nobody has this password", cost)
	if err != nil {
		return nil, fmt.Errorf("directory: hash a password: %w", err)
	}
	follow, stop := context.WithCancel(context.Background())
	d := &Directory{
		store: s, domain: domain, log: log, cost: cost, decoy: decoy, stop: stop, slots: make(chan struct{}, hashesAtOnce),
		people: map[string]*person{}, numbers: map[string]string{}, fixed: map[string]verifier{}, watch: map[*mailbox.Names]struct{}{},
		books: booksSeen{versions: map[string]store.Version{}}, lists: historyLists{known: map[string]*historyList{}},
	}
	// Subscribed before the first read, so that no change falls between them.
	changes, err := s.Subscribe(follow, topic)
	if err != nil {
		stop()
		return nil, fmt.Errorf("directory: follow changes: %w", err)
	}
	if err := d.reload(ctx); err != nil {
		stop()
		return nil, fmt.Errorf("directory: read users: %w", err)
	}
	d.running.Go(func() { d.follow(follow, changes) })
	return d, nil
}

// Close stops following changes and closes the channels of Changed. It does
// not close the store.
func (d *Directory) Close() error {
	d.stop()
	d.running.Wait()
	d.mu.Lock()
	watchers := d.watch
	d.watch = map[*mailbox.Names]struct{}{}
	d.mu.Unlock()
	for w := range watchers {
		w.Close()
	}
	return nil
}

// Domain is the domain of every AOR here, and the digest realm.
func (d *Directory) Domain() string { return d.domain }

// User returns the user of that name.
func (d *Directory) User(name string) (User, bool) {
	p, ok := d.person(name)
	if !ok {
		return User{}, false
	}
	return p.user.User, true
}

// UserByNumber returns the user with that number.
func (d *Directory) UserByNumber(number string) (User, bool) {
	d.mu.RLock()
	name, ok := d.numbers[number]
	d.mu.RUnlock()
	if !ok || number == "" {
		return User{}, false
	}
	return d.User(name)
}

// Users returns everybody, sorted by name.
func (d *Directory) Users() []User {
	d.mu.RLock()
	users := make([]User, 0, len(d.people))
	for _, p := range d.people {
		users = append(users, p.user.User)
	}
	d.mu.RUnlock()
	slices.SortFunc(users, func(a, b User) int { return strings.Compare(a.Name, b.Name) })
	return users
}

// Devices returns the user's devices, the primary one first, then by id.
// Exactly one is primary when any is marked or allows interworking.
func (d *Directory) Devices(user string) []Device {
	p, ok := d.person(user)
	if !ok {
		return nil
	}
	return slices.Clone(p.shown)
}

// Device returns one device of a user.
func (d *Directory) Device(user, id string) (Device, bool) {
	p, ok := d.person(user)
	if !ok {
		return Device{}, false
	}
	return first(p.shown, func(dev Device) bool { return dev.ID == id })
}

// Secrets returns the digest secrets for a digest user name: of every device
// for "alice", of one device for "alice~desk"; nil for a name nobody has. The
// Device of the secret that fits is what Pair wants.
func (d *Directory) Secrets(name string) []HA1 {
	user, _, _ := strings.Cut(name, "~") // "alice~desk" is alice and desk
	p, ok := d.person(user)
	if !ok {
		return nil
	}
	return slices.Clone(p.secrets[name])
}

func (d *Directory) person(name string) (*person, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	p, ok := d.people[name]
	return p, ok
}
