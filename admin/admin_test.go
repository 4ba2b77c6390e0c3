package admin_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ringsplash/admin"
	"ringsplash/directory"
	"ringsplash/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func openDirectory(t *testing.T) *directory.Directory {
	t.Helper()
	s, err := store.OpenBolt(t.TempDir(), quiet)
	require.NoError(t, err)
	d, err := directory.Open(t.Context(), s, "example.test", quiet)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, d.Close())
		require.NoError(t, s.Close())
	})
	return d
}

func alice() directory.NewUser {
	return directory.NewUser{
		User: directory.User{Name: "alice", Number: "1001", Display: "Alice Archer", Admin: true}, Password: "hunter2",
		Devices: []directory.NewDevice{{ID: "desk", Display: "Desk phone", SIPPassword: "hunter3", Interworking: true}},
	}
}

// TestPeople is the same over the socket and directly.
func TestPeople(t *testing.T) {
	ways := map[string]func(*testing.T, *directory.Directory) admin.People{
		"local": func(_ *testing.T, d *directory.Directory) admin.People { return admin.Local{Directory: d} },
		"socket": func(t *testing.T, d *directory.Directory) admin.People {
			dir := t.TempDir()
			srv, err := admin.Listen(dir, admin.Local{Directory: d}, quiet)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, srv.Close()) })
			c, err := admin.Dial(dir)
			require.NoError(t, err)
			return c
		},
	}
	for name, open := range ways {
		t.Run(name, func(t *testing.T) {
			d := openDirectory(t)
			p, ctx := open(t, d), t.Context()
			domain, err := p.Domain(ctx)
			require.NoError(t, err)
			require.Equal(t, "example.test", domain)
			people, err := p.List(ctx)
			require.NoError(t, err)
			require.Empty(t, people)

			require.NoError(t, p.Add(ctx, alice()))
			err = p.Add(ctx, alice())
			require.ErrorIs(t, err, directory.ErrExists)
			require.EqualError(t, err, "directory: exists already: user alice")
			people, err = p.List(ctx)
			require.NoError(t, err)
			require.Equal(t, []admin.Person{{User: alice().User, Devices: d.Devices("alice")}}, people)
			_, err = d.CheckPassword(ctx, "alice", "hunter2")
			require.NoError(t, err)

			require.NoError(t, p.SetPassword(ctx, "alice", "other"))
			_, err = d.CheckPassword(ctx, "alice", "other")
			require.NoError(t, err)
			require.ErrorIs(t, p.SetPassword(ctx, "alice", ""), directory.ErrInvalid)
			before := d.Secrets("alice")
			require.NoError(t, p.SetSIPPassword(ctx, "alice", "desk", "s"))
			require.NotEqual(t, before, d.Secrets("alice"))
			require.ErrorIs(t, p.SetSIPPassword(ctx, "alice", "cell", "t"), directory.ErrNotFound)

			_, err = d.Pair(ctx, "alice", "desk", "i1", "ua")
			require.NoError(t, err)
			require.NoError(t, p.Unpair(ctx, "alice", "desk"))
			require.Empty(t, d.Devices("alice")[0].Instance)

			require.NoError(t, d.Sync(ctx, []directory.NewUser{{User: directory.User{Name: "bob"}, Password: "x"}}))
			require.ErrorIs(t, p.Remove(ctx, "bob"), directory.ErrFixed)
			for _, odd := range []string{"carol", "a b", "a/b", "..", ".", "", "ä?#%2f"} {
				require.Error(t, p.Remove(ctx, odd), odd)
				require.Error(t, p.SetPassword(ctx, odd, "x"), odd)
			}
			require.NoError(t, p.Remove(ctx, "alice"))
			require.ErrorIs(t, p.Remove(ctx, "alice"), directory.ErrNotFound)
		})
	}
}

func TestSocketIsPrivate(t *testing.T) {
	dir := t.TempDir()
	srv, err := admin.Listen(dir, admin.Local{Directory: openDirectory(t)}, quiet)
	require.NoError(t, err)
	info, err := os.Stat(filepath.Join(dir, "admin.sock"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	require.NotZero(t, info.Mode()&fs.ModeSocket)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing else is left in the folder")
	require.NoError(t, srv.Close())
	left, err = os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestOneNodeAFolder(t *testing.T) {
	dir, d := t.TempDir(), openDirectory(t)
	_, err := admin.Dial(dir)
	require.ErrorIs(t, err, admin.ErrNotRunning)
	srv, err := admin.Listen(dir, admin.Local{Directory: d}, quiet)
	require.NoError(t, err)
	_, err = admin.Listen(dir, admin.Local{Directory: d}, quiet)
	require.ErrorIs(t, err, admin.ErrRunning)
	c, err := admin.Dial(dir)
	require.NoError(t, err)
	_, err = c.List(t.Context())
	require.NoError(t, err, "the first one was not disturbed")
	require.NoError(t, srv.Close())
	_, err = c.List(t.Context())
	require.ErrorContains(t, err, "does not answer")
	_, err = admin.Dial(dir)
	require.ErrorIs(t, err, admin.ErrNotRunning)
}

// TestStaleSocket: what a crash leaves behind is a socket nobody answers on.
func TestStaleSocket(t *testing.T) {
	dir := t.TempDir()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: filepath.Join(dir, "admin.sock")})
	require.NoError(t, err)
	l.SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
	_, err = admin.Dial(dir)
	require.ErrorIs(t, err, admin.ErrNotRunning)
	srv, err := admin.Listen(dir, admin.Local{Directory: openDirectory(t)}, quiet)
	require.NoError(t, err)
	_, err = admin.Dial(dir)
	require.NoError(t, err)
	require.NoError(t, srv.Close())
}

func TestLongFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("x", 120))
	require.NoError(t, os.Mkdir(dir, 0o700))
	_, err := admin.Listen(dir, admin.Local{Directory: openDirectory(t)}, quiet)
	require.ErrorContains(t, err, `shorter "data" folder`)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestWire: what is not a request of ours is refused with a reason, and no
// password gets into the log.
func TestWire(t *testing.T) {
	dir := t.TempDir()
	log := &syncBuffer{}
	srv, err := admin.Listen(dir, admin.Local{Directory: openDirectory(t)}, slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, err)
	defer func() { require.NoError(t, srv.Close()) }()
	hc := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return net.Dial("unix", filepath.Join(dir, "admin.sock"))
		},
	}}
	rows := []struct {
		method, path, body string
		status             int
	}{
		{"PUT", "/users/alice", "{", 400},
		{"PUT", "/users/alice", `{"passwort":"hunter2"}`, 400},
		{"PUT", "/users/alice", `{"password":"` + strings.Repeat("x", 70000) + `"}`, 400},
		{"PUT", "/users/alice", `{"password":"hunter2"}`, 204},
		{"PUT", "/users/alice", `{"password":"hunter2"}`, 409},
		{"PUT", "/users/alice/password", `{"password":"hunter3"}`, 204},
		{"PUT", "/users/bob/password", `{"password":"hunter3"}`, 404},
		{"POST", "/users", `{}`, 405},
		{"GET", "/", ``, 404},
	}
	for _, row := range rows {
		req, err := http.NewRequest(row.method, "http://admin"+row.path, strings.NewReader(row.body))
		require.NoError(t, err)
		res, err := hc.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, row.status, res.StatusCode, "%+.80v", row)
	}
	require.Contains(t, log.String(), "user added")
	require.NotContains(t, log.String(), "hunter")
}
