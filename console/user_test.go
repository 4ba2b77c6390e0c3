package console

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// userRig gives user commands to one gateway.
type userRig struct {
	*testing.T
	conf, folder string
}

func (r userRig) do(stdin string, args ...string) result {
	r.Helper()
	return ringsplash(r.T, stdin, append(append([]string{"user"}, args...), "--config", r.conf)...)
}

// TestUserCommands are the same with a node that runs and without one.
func TestUserCommands(t *testing.T) {
	t.Parallel()
	for _, running := range []bool{false, true} {
		name := map[bool]string{false: "store", true: "node"}[running]
		t.Run(name, func(t *testing.T) {
			conf, folder := file(t, "users:\n- {name: carol, password: x}\n")
			n := start(t, conf) // takes carol over
			if !running {
				require.Zero(t, n.stop(syscall.SIGTERM))
			}
			r := userRig{t, conf, folder}
			r.adds()
			r.refusesAdditions()
			r.changesPasswords()
			require.Equal(t, result{exitOK, `NAME   NUMBER  DISPLAY       FROM   DEVICES
alice  1001    Alice Archer  store  desk (primary, interworking, no phone yet), cell (un-mute key #, no phone yet)
carol          carol         file   ` + "\n", ""}, r.do("", "list"))
			r.changesDevices()
			require.Zero(t, r.do("", "remove", "alice").code)
			require.Equal(t, exitFault, r.do("", "remove", "alice").code)
			require.NotContains(t, r.do("", "list").out, "alice")
		})
	}
}

func (r userRig) adds() {
	got := r.do("wonder\ns-desk\ns-cell\n", "add", "alice", "--number", "1001", "--display", "Alice Archer", "--password-stdin",
		"--device", "desk", "--device-display", "Desk phone", "--device-interworking", "--device", "cell", "--device-profile",
		"yealink", "--device-unmute-key", "#")
	require.Zero(r, got.code, "%+v", got)
	require.Contains(r, got.out, "added alice: sip:alice@example.test\n")
	require.Contains(r, got.out, "user name alice or alice~cell")
	require.Regexp(r, `(?s)device desk .* Click-to-Answer is on:`+
		`.*device cell .* Click-to-Answer is off: .*--device cell --device-interworking`, got.out)
	require.Contains(r, got.err, "warning: the SIP password of device desk has 6 characters")
}

func (r userRig) refusesAdditions() {
	got := r.do("long enough\ns\n", "add", "dave", "--password-stdin", "--device", "desk", "--device-profile", "yealnik")
	require.Equal(r, exitFault, got.code)
	require.Contains(r, got.err, `there is no profile "yealnik"`)
	got = r.do("wonder\n", "add", "alice", "--password-stdin")
	require.Equal(r, exitFault, got.code)
	require.Contains(r, got.err, "exists already: user alice")
	got = r.do("x\n", "add", "Alice", "--password-stdin")
	require.Equal(r, exitFault, got.code)
	require.Contains(r, got.err, "use a-z")
	got = r.do("x\n", "add", "bob", "--number", "1001", "--password-stdin")
	require.Contains(r, got.err, "number 1001 belongs to alice")
	got = r.do("x\n", "add", "bob", "--device", "desk", "--password-stdin")
	require.Contains(r, got.err, "no line left for the SIP password of device desk")
}

func (r userRig) changesPasswords() {
	secret := filepath.Join(r.folder, "secret")
	require.NoError(r, os.WriteFile(secret, []byte("s-new\n"), 0o600))
	require.Zero(r, r.do("", "passwd", "alice", "--device", "cell", "--password-file", secret).code)
	require.Zero(r, r.do("new", "passwd", "alice", "--password-stdin").code, "the last line needs no end")
	require.Zero(r, r.do("", "unpair", "alice", "--device", "desk").code)
	got := r.do("new\n", "passwd", "dave", "--password-stdin")
	require.Equal(r, exitFault, got.code)
	require.Contains(r, got.err, "not found: user dave")
	got = r.do("new\n", "passwd", "carol", "--password-stdin")
	require.Contains(r, got.err, "set by the configuration file")
}

func (r userRig) changesDevices() {
	require.Contains(r, r.do("", "device", "alice", "--device", "cell", "--device-profile", "yealnik").err,
		`there is no profile "yealnik"`)
	got := r.do("", "device", "alice", "--device", "cell", "--device-interworking", "--device-display", "Cell")
	require.Zero(r, got.code, "%+v", got)
	require.Contains(r, got.out, "Click-to-Answer is on")
	for _, row := range [][2]string{
		{"none", "cell (interworking, no un-mute key, no phone yet)"},
		{"*", "cell (interworking, un-mute key *, no phone yet)"},
		{"", "cell (interworking, no un-mute key, no phone yet)"},
		{"profile", "cell (interworking, no phone yet)"},
	} {
		require.Zero(r, r.do("", "device", "alice", "--device", "cell", "--device-unmute-key", row[0]).code)
		require.Contains(r, r.do("", "list").out, row[1])
	}
	require.Contains(r, r.do("", "device", "alice", "--device", "cell", "--device-unmute-key", "**").err,
		"use one of 0-9 * # A-D, or none")
	got = r.do("", "device", "alice", "--device", "desk", "--device-interworking=false")
	require.Contains(r, got.out, "Click-to-Answer is off")
	require.Contains(r, r.do("", "device", "alice", "--device", "sofa", "--device-interworking").err, "not found: device sofa")
}
