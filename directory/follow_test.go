package directory

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func next(t *testing.T, ch <-chan string) string {
	t.Helper()
	select {
	case name, open := <-ch:
		require.True(t, open)
		return name
	case <-time.After(10 * time.Second):
		t.Fatal("no change came")
		return ""
	}
}

func TestOtherNodesFollow(t *testing.T) {
	s := openStore(t)
	a, b := openNode(t, s), openNode(t, s)
	ctx := t.Context()
	changed, stop := b.Changed()
	defer stop()
	require.NoError(t, a.Put(ctx, alice()))
	require.Equal(t, "alice", next(t, changed))
	waitFor(t, func() bool { _, ok := b.Device("alice", "desk"); return ok })
	_, err := b.CheckPassword(ctx, "alice", "wonder")
	require.NoError(t, err)
	_, err = b.Pair(ctx, "alice", "desk", "i1", "ua")
	require.NoError(t, err)
	waitFor(t, func() bool { dev, _ := a.Device("alice", "desk"); return dev.Instance == "i1" })
	require.NoError(t, a.Remove(ctx, "alice"))
	waitFor(t, func() bool { _, ok := b.User("alice"); return !ok })
	require.Empty(t, b.Secrets("alice"))
}

func TestLostMessagesAreMadeUpFor(t *testing.T) {
	s := openStore(t)
	d := openNode(t, s)
	other := openNode(t, s)
	require.NoError(t, other.Close()) // it can still write, and is not followed
	require.NoError(t, putUser(t.Context(), s, userRecord{User: User{Name: "carol"}}, 0))
	require.NoError(t, s.Publish(t.Context(), topic, []byte("not a change")))
	waitFor(t, func() bool { _, ok := d.User("carol"); return ok })
}

func TestChanged(t *testing.T) {
	d := openNode(t, openStore(t))
	ctx := t.Context()
	slow, stopSlow := d.Changed() // never read
	changed, stop := d.Changed()
	require.NoError(t, d.Put(ctx, alice()))
	require.Equal(t, "alice", next(t, changed))
	require.NoError(t, d.Put(ctx, bob()))
	require.Equal(t, "bob", next(t, changed))
	yes := true
	_, err := d.PatchDevice(ctx, "alice", "desk", DevicePatch{Primary: &yes})
	require.NoError(t, err)
	require.Equal(t, "alice", next(t, changed))
	require.NoError(t, d.Remove(ctx, "alice"))
	require.Equal(t, "alice", next(t, changed))

	stop()
	stop()
	_, open := <-changed
	require.False(t, open)
	defer stopSlow()
	require.NoError(t, d.Close())
	for range slow { // closes with the directory
		continue
	}
}

func TestPrimary(t *testing.T) {
	d := openNode(t, openStore(t))
	ctx := t.Context()
	u := alice()
	u.Devices = []NewDevice{
		{ID: "cell", SIPPassword: "1"},
		{ID: "room", SIPPassword: "2", Interworking: true},
		{ID: "desk", SIPPassword: "3", Interworking: true},
	}
	require.NoError(t, d.Put(ctx, u))
	order := func() (ids []string) {
		for _, dev := range d.Devices("alice") {
			require.Equal(t, len(ids) == 0, dev.Primary, dev.ID)
			ids = append(ids, dev.ID)
		}
		return ids
	}
	require.Equal(t, []string{"room", "cell", "desk"}, order(), "the first listed that allows interworking")
	yes, no := true, false
	dev, err := d.PatchDevice(ctx, "alice", "cell", DevicePatch{Primary: &yes})
	require.NoError(t, err)
	require.True(t, dev.Primary)
	require.Equal(t, []string{"cell", "desk", "room"}, order())
	_, err = d.PatchDevice(ctx, "alice", "desk", DevicePatch{Primary: &yes})
	require.NoError(t, err)
	require.Equal(t, []string{"desk", "cell", "room"}, order())
	_, err = d.PatchDevice(ctx, "alice", "desk", DevicePatch{Primary: &no})
	require.NoError(t, err)
	require.Equal(t, []string{"room", "cell", "desk"}, order())
}

func TestPatchDevice(t *testing.T) {
	d := openNode(t, openStore(t))
	ctx := t.Context()
	require.NoError(t, d.Put(ctx, alice()))
	display, profile, no := "Büro", "yealink", false
	dev, err := d.PatchDevice(ctx, "alice", "desk", DevicePatch{Display: &display, Profile: &profile, Interworking: &no})
	require.NoError(t, err)
	require.Equal(t, Device{User: "alice", ID: "desk", Display: "Büro", Profile: "yealink"}, dev)
	same, err := d.PatchDevice(ctx, "alice", "desk", DevicePatch{})
	require.NoError(t, err)
	require.Equal(t, dev, same)
	seen := Learned{Method: "trio", Key: "seen"}
	require.NoError(t, d.Learn(ctx, "alice", "desk", seen))
	for _, row := range []struct {
		key  string
		want Learned
	}{{"", seen}, {"#", Learned{Method: "trio"}}} { // nothing is known of another key
		dev, err = d.PatchDevice(ctx, "alice", "desk", DevicePatch{UnmuteKey: &row.key})
		require.NoError(t, err)
		require.Equal(t, row.want, dev.Learned)
	}
	for _, bad := range []string{"", "  ", "a\nb"} {
		_, err = d.PatchDevice(ctx, "alice", "desk", DevicePatch{Display: &bad})
		require.ErrorIs(t, err, ErrInvalid)
	}
	bad := "A B"
	_, err = d.PatchDevice(ctx, "alice", "desk", DevicePatch{Profile: &bad})
	require.ErrorIs(t, err, ErrInvalid)
	for _, row := range [][2]string{{"alice", "x"}, {"bob", "desk"}, {"", ""}, {"a/b", "c"}} {
		_, err = d.PatchDevice(ctx, row[0], row[1], DevicePatch{Display: &display})
		require.ErrorIs(t, err, ErrNotFound)
	}
}
