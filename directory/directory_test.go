package directory

import (
	"context"
	"crypto/md5"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ringsplash/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	quiet = slog.New(slog.DiscardHandler)
	cheap = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
)

func openStore(t *testing.T) store.Store {
	t.Helper()
	s, err := store.OpenBolt(t.TempDir(), quiet)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// openNode opens a directory on s, as each node does.
func openNode(t *testing.T, s store.Store) *Directory {
	t.Helper()
	d, err := open(t.Context(), s, "example.test", quiet, cheap)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

func alice() NewUser {
	return NewUser{
		User: User{Name: "alice", Number: "1001", Display: "Alice Archer"}, Password: "wonder",
		Devices: []NewDevice{{ID: "desk", Display: "Desk phone", SIPPassword: "s-desk", Interworking: true, Profile: "avaya"}},
	}
}

func bob() NewUser {
	return NewUser{User: User{Name: "bob", Number: "1002"}, Password: "builder"}
}

// waitFor returns when cond holds, which changes of the directory make true.
func waitFor(t *testing.T, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, 10*time.Second, time.Millisecond)
}

func TestPutAndRead(t *testing.T) {
	d := openNode(t, openStore(t))
	require.NoError(t, d.Put(t.Context(), bob()))
	require.NoError(t, d.Put(t.Context(), alice()))

	require.Equal(t, "example.test", d.Domain())
	want := User{Name: "alice", Number: "1001", Display: "Alice Archer"}
	u, ok := d.User("alice")
	require.True(t, ok)
	require.Equal(t, want, u)
	u, ok = d.UserByNumber("1001")
	require.True(t, ok)
	require.Equal(t, want, u)
	_, ok = d.UserByNumber("")
	require.False(t, ok)
	require.Equal(t, []User{want, {Name: "bob", Number: "1002", Display: "bob"}}, d.Users())
	desk := Device{User: "alice", ID: "desk", Display: "Desk phone", Interworking: true, Primary: true, Profile: "avaya"}
	require.Equal(t, []Device{desk}, d.Devices("alice"))
	require.Empty(t, d.Devices("bob"))
	got, ok := d.Device("alice", "desk")
	require.True(t, ok)
	require.Equal(t, desk, got)
	for _, name := range []string{"carol", "", "alice~desk", "Alice"} {
		_, ok := d.User(name)
		require.False(t, ok, name)
		require.Nil(t, d.Devices(name))
	}
}

func TestPutRefuses(t *testing.T) {
	d := openNode(t, openStore(t))
	require.NoError(t, d.Put(t.Context(), alice()))
	require.ErrorIs(t, d.Put(t.Context(), alice()), ErrExists)
	u := bob()
	u.Number = "1001"
	err := d.Put(t.Context(), u)
	require.ErrorIs(t, err, ErrExists)
	require.ErrorContains(t, err, "number 1001 belongs to alice")
	_, ok := d.User("bob")
	require.False(t, ok)

	edits := map[string]func(*NewUser){
		"name":            func(u *NewUser) { u.Name = "Bob" },
		"slash":           func(u *NewUser) { u.Name = "a/b" },
		"no name":         func(u *NewUser) { u.Name = "" },
		"tilde":           func(u *NewUser) { u.Name = "bob~desk" },
		"number":          func(u *NewUser) { u.Number = "10 02" },
		"password":        func(u *NewUser) { u.Password = "" },
		"display":         func(u *NewUser) { u.Display = "a\r\nVia: x" },
		"device id":       func(u *NewUser) { u.Devices[0].ID = "Desk" },
		"browser":         func(u *NewUser) { u.Devices[0].ID = "browser" },
		"device display":  func(u *NewUser) { u.Devices[0].Display = "\x00" },
		"sip password":    func(u *NewUser) { u.Devices[0].SIPPassword = "" },
		"same device":     func(u *NewUser) { u.Devices = append(u.Devices, NewDevice{ID: "desk", SIPPassword: "y"}) },
		"same secret":     func(u *NewUser) { u.Devices = append(u.Devices, NewDevice{ID: "cell", SIPPassword: "s-desk"}) },
		"not shown bytes": func(u *NewUser) { u.Display = "\xff" },
	}
	for name, edit := range edits {
		u := alice()
		u.Name, u.Number = "bob", "1002"
		edit(&u)
		require.ErrorIs(t, d.Put(t.Context(), u), ErrInvalid, name)
	}
	require.Len(t, d.Users(), 1)
}

func TestPasswords(t *testing.T) {
	s := openStore(t)
	d := openNode(t, s)
	ctx := t.Context()
	require.NoError(t, d.Put(ctx, alice()))
	u, err := d.CheckPassword(ctx, "alice", "wonder")
	require.NoError(t, err)
	require.Equal(t, "alice", u.Name)
	for _, row := range [][2]string{
		{"alice", "Wonder"},
		{"alice", ""},
		{"carol", "wonder"},
		{"", ""},
		{"nobody", "nobody has this password"},
		{"alice", "s-desk"},
	} {
		_, err := d.CheckPassword(ctx, row[0], row[1])
		require.Equal(t, ErrPassword, err, "the same words for each")
	}
	require.NoError(t, d.SetPassword(ctx, "alice", "new"))
	_, err = d.CheckPassword(ctx, "alice", "wonder")
	require.ErrorIs(t, err, ErrPassword)
	_, err = d.CheckPassword(ctx, "alice", "new")
	require.NoError(t, err)
	require.ErrorIs(t, d.SetPassword(ctx, "carol", "x"), ErrNotFound)
	require.ErrorIs(t, d.SetPassword(ctx, "alice", ""), ErrInvalid)

	gone, cancel := context.WithCancel(ctx)
	cancel()
	for range hashesAtOnce {
		d.slots <- struct{}{}
	}
	_, err = d.CheckPassword(gone, "alice", "new")
	require.ErrorIs(t, err, context.Canceled, "it does not wait for ever")
	for range hashesAtOnce {
		<-d.slots
	}

	// Nothing that is stored has a password in it.
	for _, prefix := range []string{"user/", "device/"} {
		items, err := s.Scan(ctx, prefix, "", 100)
		require.NoError(t, err)
		require.NotEmpty(t, items)
		for _, it := range items {
			require.NotContains(t, string(it.Value), "new\"")
			require.NotContains(t, string(it.Value), "s-desk")
			require.Contains(t, string(it.Value), `"v":1`)
		}
	}
	it, err := s.Get(ctx, "user/alice")
	require.NoError(t, err)
	require.Contains(t, string(it.Value), "$argon2id$v=19$m=64,t=1,p=1$")
}

// TestPasswordCost pins what a stolen store costs to try: RFC 9106 and the
// usual advice ask for 19 MiB and two passes at least.
func TestPasswordCost(t *testing.T) {
	require.GreaterOrEqual(t, passwordCost.Memory*passwordCost.Iterations, uint32(2*19*1024))
	require.EqualValues(t, 16, passwordCost.SaltLength)
	d, err := Open(t.Context(), openStore(t), "example.test", quiet)
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	require.NoError(t, d.Put(t.Context(), alice()))
	_, err = d.CheckPassword(t.Context(), "alice", "wonder")
	require.NoError(t, err)
}

func TestSecrets(t *testing.T) {
	d := openNode(t, openStore(t))
	u := alice()
	u.Devices = append(u.Devices, NewDevice{ID: "cell", SIPPassword: "s-cell"})
	require.NoError(t, d.Put(t.Context(), u))

	secrets := d.Secrets("alice")
	require.Len(t, secrets, 4, "two devices, two algorithms")
	own := d.Secrets("alice~cell")
	require.Len(t, own, 2)
	for _, s := range own {
		require.Equal(t, "cell", s.Device)
		require.Equal(t, "alice~cell", s.Name)
	}
	// RFC 7616 3.4.2: A1 = user ":" realm ":" password.
	require.Contains(t, secrets,
		HA1{Name: "alice", Algorithm: "MD5", Device: "desk", Hex: fmt.Sprintf("%x", md5.Sum([]byte("alice:example.test:s-desk")))})
	require.Contains(t, own, HA1{
		Name: "alice~cell", Algorithm: "SHA-256", Device: "cell",
		Hex: "29d782252ed95a3328bf512586aece470a41170e6981be40cdd852cc4fffe321",
	})
	for _, name := range []string{"", "bob", "alice~tablet", "alice~", "~desk", "alice~cell~x"} {
		require.Empty(t, d.Secrets(name), name)
	}
}

func TestSetSIPPassword(t *testing.T) {
	d := openNode(t, openStore(t))
	ctx := t.Context()
	u := alice()
	u.Devices = append(u.Devices, NewDevice{ID: "cell", SIPPassword: "s-cell"})
	require.NoError(t, d.Put(ctx, u))
	before := d.Secrets("alice~desk")
	require.NoError(t, d.SetSIPPassword(ctx, "alice", "desk", "s-new"))
	require.NotEqual(t, before, d.Secrets("alice~desk"))
	require.Equal(t, digestSecrets("alice", "desk", "example.test", "s-new")[2:], d.Secrets("alice~desk"))
	err := d.SetSIPPassword(ctx, "alice", "desk", "s-cell")
	require.ErrorIs(t, err, ErrInvalid)
	require.ErrorContains(t, err, "device cell has the same")
	require.NoError(t, d.SetSIPPassword(ctx, "alice", "desk", "s-new"), "its own again")
	require.ErrorIs(t, d.SetSIPPassword(ctx, "alice", "tablet", "x"), ErrNotFound)
	require.ErrorIs(t, d.SetSIPPassword(ctx, "bob", "desk", "x"), ErrNotFound)
	require.ErrorIs(t, d.SetSIPPassword(ctx, "alice", "desk", ""), ErrInvalid)
}

func TestRemoveLeavesNothing(t *testing.T) {
	s := openStore(t)
	d := openNode(t, s)
	ctx := t.Context()
	require.NoError(t, d.Put(ctx, alice()))
	require.NoError(t, d.AddHistory(ctx, "alice", HistoryEntry{Start: time.Now()}))
	for _, key := range []string{"policy/alice", "entry/alice/1", "message/alice/bob/1", "read/alice/bob", "entry/alice2/1"} {
		_, err := s.Put(ctx, key, []byte("{}"), 0, 0)
		require.NoError(t, err)
	}
	for key, user := range map[string]string{"login/1": "alice", "login/2": "bob"} {
		_, err := s.Put(ctx, key, []byte(`{"v":1,"user":"`+user+`"}`), 0, 0)
		require.NoError(t, err)
	}
	for key, users := range map[string]string{"apikey/1": `"alice"`, "apikey/2": `"bob","alice"`, "apikey/3": `"bob"`} {
		_, err := s.Put(ctx, key, []byte(`{"v":1,"name":"crm","users":[`+users+`]}`), 0, 0)
		require.NoError(t, err)
	}
	require.NoError(t, d.Remove(ctx, "alice"))
	items, err := s.Scan(ctx, "apikey/", "", 10)
	require.NoError(t, err)
	require.Len(t, items, 2, "a key for nobody else is gone")
	for _, it := range items {
		require.Contains(t, string(it.Value), `"users":["bob"]`)
		require.Contains(t, string(it.Value), `"name":"crm"`)
	}
	items, err = s.Scan(ctx, "login/", "", 10)
	require.NoError(t, err)
	require.Len(t, items, 1, "bob stays logged in")
	require.Equal(t, "login/2", items[0].Key)
	for _, space := range []string{"user/", "device/", "policy/", "history/", "message/", "read/"} {
		items, err := s.Scan(ctx, space, "", 10)
		require.NoError(t, err)
		require.Empty(t, items, space)
	}
	items, err = s.Scan(ctx, "entry/", "", 10)
	require.NoError(t, err)
	require.Len(t, items, 1, "alice2 is somebody else")
	_, ok := d.UserByNumber("1001")
	require.False(t, ok)
	require.Empty(t, d.Secrets("alice"))
	require.ErrorIs(t, d.Remove(ctx, "alice"), ErrNotFound)
	require.NoError(t, d.Put(ctx, alice()))
}

func TestRestart(t *testing.T) {
	s := openStore(t)
	d := openNode(t, s)
	require.NoError(t, d.Put(t.Context(), alice()))
	dev, err := d.Pair(t.Context(), "alice", "desk", "i-1", "phone/1")
	require.NoError(t, err)
	require.NoError(t, d.Close())
	d = openNode(t, s)
	got, ok := d.Device("alice", "desk")
	require.True(t, ok)
	require.Equal(t, dev, got)
	_, err = d.CheckPassword(t.Context(), "alice", "wonder")
	require.NoError(t, err)
	require.Len(t, d.Secrets("alice"), 2)
}

func TestChangedDomain(t *testing.T) {
	s := openStore(t)
	ctx := t.Context()
	require.NoError(t, CheckDomain(ctx, s, "a.test"))
	d, err := open(ctx, s, "a.test", quiet, cheap)
	require.NoError(t, err)
	require.NoError(t, d.Close())
	// Nobody is there yet, so nothing is lost.
	d, err = open(ctx, s, "b.test", quiet, cheap)
	require.NoError(t, err)
	require.NoError(t, d.Put(ctx, alice()))
	require.NoError(t, d.Close())

	for _, err := range []error{
		CheckDomain(ctx, s, "c.test"),
		func() error { _, err := Open(ctx, s, "c.test", quiet); return err }(),
	} {
		require.ErrorIs(t, err, ErrDomain)
		require.ErrorContains(t, err, `"b.test"`)
		require.ErrorContains(t, err, "set the SIP passwords again")
	}
	require.NoError(t, CheckDomain(ctx, s, "b.test"))

	n, err := ForgetSIPPasswords(ctx, s, "c.test")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	d, err = open(ctx, s, "c.test", quiet, cheap)
	require.NoError(t, err)
	require.Empty(t, d.Secrets("alice"), "the old ones cannot work")
	require.NoError(t, d.SetSIPPassword(ctx, "alice", "desk", "s"))
	require.Equal(t, digestSecrets("alice", "desk", "c.test", "s")[:2], d.Secrets("alice"))
	require.NoError(t, d.Close())
	_, err = Open(ctx, s, "", quiet)
	require.ErrorIs(t, err, ErrInvalid)
}

func TestHistory(t *testing.T) {
	d := openNode(t, openStore(t))
	ctx := t.Context()
	start := time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)
	for i := range 25 { // added out of order
		n := (i * 7) % 25
		require.NoError(t, d.AddHistory(ctx, "alice",
			HistoryEntry{
				Direction: "in", Address: fmt.Sprint(n), Start: start.Add(time.Duration(n) * time.Minute), Cause: "no_answer",
				Missed: true,
			}))
	}
	require.NoError(t, d.AddHistory(ctx, "alice2", HistoryEntry{Start: start}))
	var got []string
	before, pages := "", 0
	for {
		page, err := d.History(ctx, "alice", before, 10)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		pages++
		for _, h := range page {
			got = append(got, h.Address)
			before = h.ID
		}
	}
	require.Equal(t, 3, pages)
	require.Len(t, got, 25)
	for i, address := range got {
		require.Equal(t, fmt.Sprint(24-i), address, "newest first")
	}
	page, err := d.History(ctx, "alice", "", 1)
	require.NoError(t, err)
	changed := page[0]
	changed.Reason = "put right"
	require.NoError(t, d.AddHistory(ctx, "alice", changed))
	again, err := d.History(ctx, "alice", "", 100)
	require.NoError(t, err)
	require.Len(t, again, 25, "the same id replaces")
	require.Equal(t, changed, again[0])
	_, err = d.History(ctx, "alice", "../../user/bob", 10)
	require.ErrorIs(t, err, ErrInvalid)
	require.ErrorIs(t, d.AddHistory(ctx, "alice", HistoryEntry{ID: "x"}), ErrInvalid)
	require.ErrorIs(t, d.AddHistory(ctx, "a/b", HistoryEntry{}), ErrNotFound)
}
