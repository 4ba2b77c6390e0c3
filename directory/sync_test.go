package directory

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
)

func fixed(users ...NewUser) []NewUser {
	for i := range users {
		users[i].Fixed = true
	}
	return users
}

func TestSync(t *testing.T) {
	s := openStore(t)
	d := openNode(t, s)
	ctx := t.Context()
	require.NoError(t, d.Sync(ctx, []NewUser{alice(), bob()}))
	u, ok := d.User("alice")
	require.True(t, ok)
	require.Equal(t, fixed(alice())[0].User, u)
	_, err := d.CheckPassword(ctx, "alice", "wonder")
	require.NoError(t, err)
	for _, wrong := range []string{"", "builder", "nobody has this password"} {
		_, err = d.CheckPassword(ctx, "alice", wrong)
		require.Equal(t, ErrPassword, err)
	}
	require.Len(t, d.Secrets("alice"), 2)

	require.ErrorIs(t, d.SetPassword(ctx, "alice", "x"), ErrFixed)
	require.ErrorIs(t, d.Remove(ctx, "alice"), ErrFixed)
	require.ErrorIs(t, d.SetSIPPassword(ctx, "alice", "desk", "x"), ErrFixed)
	yes, no := true, false
	_, err = d.PatchDevice(ctx, "alice", "desk", DevicePatch{Interworking: &no})
	require.ErrorIs(t, err, ErrFixed)
	require.ErrorIs(t, d.Put(ctx, alice()), ErrExists)

	// Phones pair as with anybody, and what joined may be allowed.
	for _, instance := range []string{"i1", "i2"} {
		_, err = d.Pair(ctx, "alice", "desk", instance, "ua")
		require.NoError(t, err)
	}
	_, err = d.PatchDevice(ctx, "alice", "desk-2", DevicePatch{Interworking: &yes, Primary: &yes})
	require.NoError(t, err)

	// The next start changes nothing and writes nothing.
	before := dump(t, d)
	require.NoError(t, d.Close())
	d = openNode(t, s)
	_, err = d.CheckPassword(ctx, "alice", "wonder")
	require.ErrorIs(t, err, ErrPassword, "the file was not read yet")
	require.NoError(t, d.Sync(ctx, []NewUser{alice(), bob()}))
	require.Equal(t, before, dump(t, d))
	_, err = d.CheckPassword(ctx, "alice", "wonder")
	require.NoError(t, err)
	syncsChanges(t, d, s)
}

// syncsChanges takes changed files over: a user, a device and a user less.
func syncsChanges(t *testing.T, d *Directory, s store.Store) {
	t.Helper()
	ctx := t.Context()
	// A changed file.
	a := alice()
	a.Number, a.Password = "2001", "land"
	a.Devices[0].SIPPassword, a.Devices[0].Display = "s-2", "Phone"
	a.Devices = append(a.Devices, NewDevice{ID: "cell", SIPPassword: "s-cell"})
	require.NoError(t, d.Sync(ctx, []NewUser{a, bob()}))
	_, ok := d.UserByNumber("1001")
	require.False(t, ok)
	_, err := d.CheckPassword(ctx, "alice", "land")
	require.NoError(t, err)
	_, err = d.CheckPassword(ctx, "alice", "wonder")
	require.ErrorIs(t, err, ErrPassword)
	desk, _ := d.Device("alice", "desk")
	require.Equal(t, "Phone", desk.Display)
	require.Equal(t, "i1", desk.Instance, "the pairing stays")
	require.Contains(t, d.Secrets("alice"), digestSecrets("alice", "desk", "example.test", "s-2")[0])
	require.Len(t, d.Devices("alice"), 3)

	// A device taken out of the file takes with it those that joined it.
	a.Devices = a.Devices[1:]
	require.NoError(t, d.Sync(ctx, []NewUser{a, bob()}))
	require.Len(t, d.Devices("alice"), 1)

	// A user taken out of the file can neither log in nor register.
	require.NoError(t, d.AddHistory(ctx, "alice", HistoryEntry{}))
	require.NoError(t, d.Sync(ctx, []NewUser{bob()}))
	_, ok = d.User("alice")
	require.False(t, ok)
	require.Empty(t, d.Secrets("alice"))
	_, err = d.CheckPassword(ctx, "alice", "land")
	require.ErrorIs(t, err, ErrPassword)
	items, err := s.Scan(ctx, "device/", "", 10)
	require.NoError(t, err)
	require.Empty(t, items)
	history, err := d.History(ctx, "alice", "", 10)
	require.NoError(t, err)
	require.Len(t, history, 1, "the file may name her again")
}

// TestSyncWins: the file's word replaces what was set by hand before.
func TestSyncWins(t *testing.T) {
	d := openNode(t, openStore(t))
	ctx := t.Context()
	byHand := alice()
	byHand.Password, byHand.Devices[0].ID = "other", "old"
	require.NoError(t, d.Put(ctx, byHand))
	require.NoError(t, d.Put(ctx, bob()))
	require.NoError(t, d.Sync(ctx, []NewUser{alice()}))
	_, err := d.CheckPassword(ctx, "alice", "other")
	require.ErrorIs(t, err, ErrPassword)
	_, err = d.CheckPassword(ctx, "alice", "wonder")
	require.NoError(t, err)
	require.Len(t, d.Devices("alice"), 1)
	require.Equal(t, "desk", d.Devices("alice")[0].ID)
	_, err = d.CheckPassword(ctx, "bob", "builder")
	require.NoError(t, err, "the file does not name bob")

	taken := alice()
	taken.Name, taken.Number = "carol", "1002"
	err = d.Sync(ctx, []NewUser{alice(), taken})
	require.ErrorIs(t, err, ErrExists)
	require.ErrorContains(t, err, "bob")
	require.ErrorIs(t, d.Sync(ctx, []NewUser{alice(), alice()}), ErrInvalid)
}

// TestSyncNumbersSwap: in one change of the file a number goes from one user
// to another, whichever comes first.
func TestSyncNumbersSwap(t *testing.T) {
	d := openNode(t, openStore(t))
	ctx := t.Context()
	require.NoError(t, d.Sync(ctx, []NewUser{alice(), bob()}))
	a, b := alice(), bob()
	a.Number, b.Number = b.Number, a.Number
	require.NoError(t, d.Sync(ctx, []NewUser{a, b}))
	u, ok := d.UserByNumber("1001")
	require.True(t, ok)
	require.Equal(t, "bob", u.Name)
	u, ok = d.UserByNumber("1002")
	require.True(t, ok)
	require.Equal(t, "alice", u.Name)
}

// TestSyncOnTwoNodes: they start at the same moment with the same file.
func TestSyncOnTwoNodes(t *testing.T) {
	s := openStore(t)
	nodes := []*Directory{openNode(t, s), openNode(t, s)}
	var wg sync.WaitGroup
	for _, d := range nodes {
		wg.Go(func() {
			if err := d.Sync(t.Context(), []NewUser{alice(), bob()}); err != nil {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	for _, d := range nodes {
		waitFor(t, func() bool { return len(d.Users()) == 2 && len(d.Devices("alice")) == 1 })
		_, err := d.CheckPassword(t.Context(), "bob", "builder")
		require.NoError(t, err)
	}
}

// TestSyncIsQuick: a start with 500 users, at the real cost of passwords.
func TestSyncIsQuick(t *testing.T) {
	s := openStore(t)
	users := make([]NewUser, 500)
	for i := range users {
		users[i] = NewUser{
			User: User{Name: fmt.Sprintf("user%03d", i), Number: fmt.Sprint(1000 + i)}, Password: fmt.Sprint("p", i),
			Devices: []NewDevice{{ID: "desk", SIPPassword: fmt.Sprint("s", i)}},
		}
	}
	for range 2 {
		began := time.Now()
		d, err := Open(t.Context(), s, "example.test", quiet)
		require.NoError(t, err)
		require.NoError(t, d.Sync(t.Context(), users))
		t.Logf("open and sync of %d users: %s", len(users), time.Since(began))
		require.Len(t, d.Users(), len(users))
		require.NoError(t, d.Close())
	}
	it, err := s.Get(t.Context(), "device/user123/desk")
	require.NoError(t, err)
	require.EqualValues(t, 1, it.Version, "the second start wrote nothing")
}

// dump is everything stored about users, with versions.
func dump(t *testing.T, d *Directory) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, prefix := range []string{"user/", "device/"} {
		items, err := d.store.Scan(t.Context(), prefix, "", 1000)
		require.NoError(t, err)
		for _, it := range items {
			all[it.Key] = fmt.Sprintf("%d %s", it.Version, it.Value)
		}
	}
	return all
}
