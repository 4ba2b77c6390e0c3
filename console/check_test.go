package console

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	conf, folder := file(t, "")
	r := ringsplash(t, "", "check", "--config", conf)
	require.Equal(t, result{exitOK, conf + " is good\n", ""}, r)
	_, err := os.Stat(filepath.Join(folder, "data"))
	require.ErrorIs(t, err, os.ErrNotExist, "check makes nothing")

	bad, _ := file(t, "max_calls: 0\nlog: {levle: info}\n")
	for _, command := range []string{"check", "serve"} {
		r = ringsplash(t, "", command, "--config", bad)
		require.Equal(t, exitFault, r.code)
		require.Contains(t, r.err, "line 5: max_calls: 0 calls a user is none; write 1 or more\n")
		require.Contains(t, r.err, `line 6: log.levle: there is no such key; write "level", or remove it`)
	}

	weak, _ := file(t, `users:
- name: alice
  password: ringsplash
  devices:
  - {id: desk, sip_password: short, profile: yealnik}
  - {id: cell, sip_password: long enough, profile: yealink}
`)
	r = ringsplash(t, "", "check", "--config", weak)
	require.Equal(t, exitFault, r.code)
	require.Contains(t, r.err, "line 7: users[0].password: the password stands in the example file or the demo")
	require.Contains(t, r.err, "line 9: users[0].devices[0].sip_password: the password has 5 characters")
	require.Contains(t, r.err, `line 9: users[0].devices[0].profile: there is no profile "yealnik"`)
	require.Contains(t, r.err, "write auto, or one of adapter, avaya, polycom, yealink,")
	require.Equal(t, 4, strings.Count(r.err, "\n"), "and nothing else: %s", r.err)
	// It starts all the same: whoever runs it in a locked cupboard may.
	require.Zero(t, start(t, weak).stop(syscall.SIGTERM))

	// A profile that was in the configuration when the phone was added.
	own, folder := file(t, "profiles: own.yaml\n")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "own.yaml"),
		[]byte("profiles:\n- {name: ours, match: [Ours], method: answer-mode}\n"), 0o600))
	require.Zero(t, ringsplash(t, "long enough\nlong enough\n", "user", "add", "alice", "--password-stdin", "--device", "desk",
		"--device-profile", "ours", "--config", own).code)
	require.Zero(t, ringsplash(t, "", "check", "--config", own).code)
	text, err := os.ReadFile(own)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(own, bytes.Replace(text, []byte("profiles: own.yaml\n"), nil, 1), 0o600))
	r = ringsplash(t, "", "check", "--config", own)
	require.Equal(t, exitFault, r.code)
	require.Contains(t, r.err, `device desk of alice: there is no profile "ours"`)

	gone, _ := file(t, "redis: redis://127.0.0.1:1/0\n")
	r = ringsplash(t, "", "check", "--config", gone)
	require.Equal(t, exitFault, r.code)
	require.Contains(t, r.err, "line 5: redis: the store cannot be used")
}

// TestChangedDomain: refused by check and by serve, until the passwords that
// were made for the old one are given up.
func TestChangedDomain(t *testing.T) {
	t.Parallel()
	conf, _ := file(t, "")
	add := []string{"user", "add", "alice", "--device", "desk", "--password-stdin", "--config", conf}
	require.Zero(t, ringsplash(t, "pw\ns\n", add...).code)
	n := start(t, conf)
	write(t, conf, "other.test", "")
	refused := func(command ...string) {
		r := ringsplash(t, "", append(command, "--config", conf)...)
		require.Equal(t, exitFault, r.code, "%v %+v", command, r)
		require.Contains(t, r.err, `made for the domain "example.test"`)
		require.Contains(t, r.err, "set the SIP passwords again")
	}
	refused("check") // by asking the node
	r := ringsplash(t, "", "user", "forget-sip-passwords", "--config", conf)
	require.Equal(t, exitFault, r.code)
	require.Contains(t, r.err, "stop it")
	require.Zero(t, n.stop(syscall.SIGTERM))
	refused("check")
	refused("serve")
	refused("user", "list")
	require.Contains(t, ringsplash(t, "", "check", "--config", conf).err, "line 1: domain: ")

	r = ringsplash(t, "", "user", "forget-sip-passwords", "--config", conf)
	require.Zero(t, r.code, "%+v", r)
	require.Contains(t, r.out, "1 devices need a new SIP password")
	require.Zero(t, ringsplash(t, "", "check", "--config", conf).code)
	require.Zero(t, ringsplash(t, "s2\n", "user", "passwd", "alice", "--device", "desk", "--password-stdin", "--config", conf).code)
	require.Zero(t, start(t, conf).stop(syscall.SIGTERM))
}

// TestCheckKnowsTheDemo: a password of the demo is named wherever it is used.
func TestCheckKnowsTheDemo(t *testing.T) {
	t.Parallel()
	cfg := demoConfig(t.TempDir())
	var told []string
	for _, f := range cfg.Exposed() {
		told = append(told, f.Key)
	}
	require.ElementsMatch(t, []string{
		"users[0].password", "users[0].devices[0].sip_password", "users[1].password", "users[1].devices[0].sip_password",
	}, told)
}
