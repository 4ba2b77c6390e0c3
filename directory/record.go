package directory

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ringsplash/internal/sentence"
	"ringsplash/store"
)

const recordVersion = 1

// browserID is what a call's "on" says for a tab, so no device may be called
// so.
const browserID = "browser"

var (
	nameForm   = regexp.MustCompile(`^[a-z0-9._-]{1,64}$`)
	numberForm = regexp.MustCompile(`^[0-9*#+]{1,32}$`)
)

// userRecord is the value of user/<name>.
type userRecord struct {
	V int `json:"v"`
	User
	// Hash is the argon2id hash of the log-in password. It is empty for the
	// users of the configuration file, whose passwords are not stored.
	Hash string `json:"hash,omitempty"`
	// Switched is the epoch of the last change of DoNotDisturb, 0 for none.
	Switched uint64 `json:"switched,omitempty"`
}

// deviceRecord is the value of device/<user>/<id>. Primary in it is what was
// chosen; which device is shown as primary is worked out when it is read.
type deviceRecord struct {
	V int `json:"v"`
	Device
	Fixed bool `json:"fixed,omitempty"`
	Order int  `json:"order"`
	// Shares is the id of the device with whose password this one registers,
	// for a device made by pairing; "" for one with its own password.
	Shares  string    `json:"shares,omitempty"`
	Paired  time.Time `json:"paired,omitzero"`
	Secrets []HA1     `json:"secrets,omitempty"`
	// Switched is the epoch of the last change of Interworking, 0 for none.
	Switched uint64 `json:"switched,omitempty"`

	version store.Version
}

// group is the id of the device whose password this one registers with.
func (r *deviceRecord) group() string { return cmp.Or(r.Shares, r.ID) }

// press sets the un-mute key. What a test found out of another one says nothing.
func (r *deviceRecord) press(key string) {
	if r.UnmuteKey != key {
		r.UnmuteKey, r.Learned.Key = key, ""
	}
}

func userKey(name string) string       { return "user/" + name }
func devicesKey(user string) string    { return "device/" + user + "/" }
func deviceKey(user, id string) string { return devicesKey(user) + id }

func sameInstance(a, b string) bool { return a != "" && strings.EqualFold(a, b) }

// Refused is an ErrInvalid or ErrExists with its reason for people.
type Refused struct {
	kind     error
	Sentence sentence.Sentence
}

func (r *Refused) Error() string { return r.kind.Error() + ": " + r.Sentence.Text }

func (r *Refused) Unwrap() error { return r.kind }

func invalid(say string, args ...any) error { return &Refused{ErrInvalid, Words.Say(say, args...)} }
func exists(say string, args ...any) error  { return &Refused{ErrExists, Words.Say(say, args...)} }

// because gives a reason that no person on a page meets.
func because(err error, format string, a ...any) error {
	return fmt.Errorf("%w: %s", err, fmt.Sprintf(format, a...))
}

func readUser(it store.Item) (userRecord, error) {
	var r userRecord
	if err := json.Unmarshal(it.Value, &r); err != nil {
		return r, fmt.Errorf("directory: %s is not readable: %w", it.Key, err)
	}
	return r, nil
}

func readDevice(it store.Item) (deviceRecord, error) {
	var r deviceRecord
	if err := json.Unmarshal(it.Value, &r); err != nil {
		return r, fmt.Errorf("directory: %s is not readable: %w", it.Key, err)
	}
	r.version = it.Version
	return r, nil
}

// check says what is wrong with a user before anything of him is written.
func (u NewUser) check() error {
	if err := checkUser(u.User); err != nil {
		return err
	}
	if u.Password == "" {
		return invalid("user.no_password", "user", u.Name)
	}
	seen := map[string]bool{}
	secrets := map[string]string{}
	for _, dev := range u.Devices {
		if err := dev.check(); err != nil {
			return fmt.Errorf("user %s: %w", u.Name, err)
		}
		if seen[dev.ID] {
			return invalid("user.two_devices", "user", u.Name, "device", dev.ID)
		}
		seen[dev.ID] = true
		// A phone that registers as "alice" is told apart by its password.
		if other, same := secrets[dev.SIPPassword]; same {
			return invalid("user.same_secret", "one", other, "other", dev.ID, "user", u.Name)
		}
		secrets[dev.SIPPassword] = dev.ID
	}
	return nil
}

func checkUser(u User) error {
	if !nameForm.MatchString(u.Name) {
		return invalid("user.bad_name", "name", strconv.Quote(u.Name))
	}
	if u.Number != "" && !numberForm.MatchString(u.Number) {
		return invalid("user.bad_number", "number", strconv.Quote(u.Number), "user", u.Name)
	}
	return checkText(u.Display)
}

func (n NewDevice) check() error {
	if !nameForm.MatchString(n.ID) {
		return invalid("user.bad_device_id", "id", strconv.Quote(n.ID))
	}
	if n.ID == browserID {
		return invalid("user.device_is_tab", "id", strconv.Quote(n.ID))
	}
	if n.SIPPassword == "" {
		return invalid("user.no_secret", "device", n.ID)
	}
	if err := checkKey(n.UnmuteKey); err != nil {
		return err
	}
	return checkText(n.Display)
}

// checkText refuses a display name that cannot be put into a SIP header or on a screen.
func checkText(s string) error {
	if len(s) > 200 {
		return invalid("user.long_text")
	}
	if Legible(s) != s || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\uFFFD' }) {
		return invalid("user.bad_text", "text", strconv.Quote(s))
	}
	return nil
}

// person is one user with his devices, as read from the store.
type person struct {
	user     userRecord
	version  store.Version
	devices  []deviceRecord // by order, then id
	shown    []Device       // what Devices answers
	secrets  map[string][]HA1
	searched searched
}

func newPerson(u userRecord, version store.Version, devices []deviceRecord) *person {
	slices.SortFunc(devices, func(a, b deviceRecord) int {
		return cmp.Or(a.Order-b.Order, strings.Compare(a.ID, b.ID))
	})
	p := &person{user: u, version: version, devices: devices, secrets: map[string][]HA1{}}
	primary := primaryOf(devices)
	for _, r := range devices {
		dev := r.Device
		dev.Primary = dev.ID == primary
		p.shown = append(p.shown, dev)
		for _, s := range r.Secrets {
			p.secrets[s.Name] = append(p.secrets[s.Name], s)
		}
	}
	slices.SortFunc(p.shown, func(a, b Device) int {
		if a.Primary != b.Primary {
			if a.Primary {
				return -1
			}
			return 1
		}
		return strings.Compare(a.ID, b.ID)
	})
	return p
}

// primaryOf returns the id of the device chosen as primary, else of the first
// that allows interworking, else "".
func primaryOf(devices []deviceRecord) string {
	if r, ok := first(devices, func(r deviceRecord) bool { return r.Primary }); ok {
		return r.ID
	}
	r, _ := first(devices, func(r deviceRecord) bool { return r.Interworking })
	return r.ID
}

func (p *person) device(id string) (deviceRecord, bool) {
	return first(p.devices, func(r deviceRecord) bool { return r.ID == id })
}

func first[T any](list []T, fits func(T) bool) (one T, ok bool) {
	if i := slices.IndexFunc(list, fits); i >= 0 {
		return list[i], true
	}
	return one, false
}
