package console

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	conf, _ := file(t, "")
	rows := []struct {
		args     []string
		code     int
		out, err string
	}{
		{nil, exitUsage, "", "name a command"},
		{[]string{"dance"}, exitUsage, "", `no command "dance"`},
		{[]string{"help"}, exitOK, "ringsplash serve --config FILE", ""},
		{[]string{"--help"}, exitOK, "ringsplash demo", ""},
		{[]string{"version"}, exitOK, "ringsplash 1.2 go1", ""},
		{[]string{"serve", "--help"}, exitOK, "", "usage: ringsplash serve --config FILE"},
		{[]string{"serve", "--port", "1"}, exitUsage, "", "not defined: -port"},
		{[]string{"serve", "x"}, exitUsage, "", `"x" is one word too many`},
		{[]string{"serve", "--config", "/nowhere.yaml"}, exitFault, "", "name it with --config FILE"},
		{[]string{"check", "--config", "/nowhere.yaml"}, exitFault, "", "no such file"},
		{[]string{"demo", "x"}, exitUsage, "", "too many"},
		{[]string{"user"}, exitUsage, "", "ringsplash user COMMAND"},
		{[]string{"user", "help"}, exitOK, "user passwd NAME", ""},
		{[]string{"user", "add", "--help"}, exitOK, "user passwd NAME", ""},
		{[]string{"user", "dance"}, exitUsage, "", `no command user "dance"`},
		{[]string{"user", "add"}, exitUsage, "", "takes 1 name, not 0"},
		{[]string{"user", "list", "x"}, exitUsage, "", "takes 0 name, not 1"},
		{[]string{"user", "remove", "a", "b"}, exitUsage, "", "takes 1 name, not 2"},
		{[]string{"user", "add", "a", "--password", "x"}, exitUsage, "", "not defined: -password"},
		{[]string{"user", "add", "a", "--device-display", "x"}, exitUsage, "", "after the --device"},
		{[]string{"user", "add", "a", "--device-unmute-key", "#"}, exitUsage, "", "after the --device"},
		{[]string{"user", "passwd", "a", "--number", "1"}, exitUsage, "", "not defined: -number"},
		{[]string{"user", "passwd", "a", "--device", "b", "--device", "c"}, exitUsage, "", "one --device at a time"},
		{[]string{"user", "unpair", "a"}, exitUsage, "", "name one --device"},
		{[]string{"user", "device", "a"}, exitUsage, "", "name one --device"},
		{[]string{"user", "device", "a", "--device", "b"}, exitUsage, "", "say what to change"},
		{[]string{"user", "device", "a", "--device", "b", "--device-interworking=perhaps"}, exitUsage, "", "invalid"},
		{[]string{"user", "add", "a", "--config", conf}, exitUsage, "", "no terminal to ask"},
		{[]string{"user", "add", "a", "--config", conf, "--password-stdin", "--password-file", "x"}, exitUsage, "", "not both"},
		{[]string{"user", "add", "a", "--config", conf, "--password-file", "/nowhere"}, exitFault, "", "cannot be read"},
		{
			[]string{"user", "add", "a", "--config", conf, "--password-stdin"},
			exitFault, "",
			"no line left for the log-in password of a",
		},
	}
	for _, row := range rows {
		r := ringsplash(t, "", row.args...)
		require.Equal(t, row.code, r.code, "%v: %+v", row.args, r)
		require.Contains(t, r.out, row.out, "%v", row.args)
		require.Contains(t, r.err, row.err, "%v", row.args)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	conf, folder := file(t, "users:\n- {name: alice, password: garden rake}\n")
	n := start(t, conf)
	sock := filepath.Join(folder, "data", "admin.sock")
	_, err := os.Stat(sock)
	require.NoError(t, err)

	// A second one on the same data says why it cannot.
	r := ringsplash(t, "", "serve", "--config", conf)
	require.Equal(t, exitFault, r.code)
	require.Contains(t, r.err, "in use by another process")
	require.Zero(t, ringsplash(t, "", "check", "--config", conf).code, "check while it runs")

	// Killed, it leaves its socket; the next one goes on with the same users.
	require.Equal(t, -1, n.stop(syscall.SIGKILL))
	_, err = os.Stat(sock)
	require.NoError(t, err)
	require.Zero(t, ringsplash(t, "pw\n", "user", "add", "bob", "--password-stdin", "--config", conf).code)
	n = start(t, conf)
	require.Contains(t, ringsplash(t, "", "user", "list", "--config", conf).out, "bob")
	require.Zero(t, n.stop(syscall.SIGINT))
	_, err = os.Stat(sock)
	require.ErrorIs(t, err, os.ErrNotExist)
	info, err := os.Stat(filepath.Join(folder, "data"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}
