package console

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/gateway"
)

// TestMain lets the test binary be ringsplash itself, so that signals and
// crashes are tested on a process.
func TestMain(m *testing.M) {
	if os.Getenv("RINGSPLASH_TEST_RUN") != "" {
		os.Exit(Run(context.Background(), Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Args[1:]))
	}
	os.Exit(m.Run())
}

type result struct {
	code     int
	out, err string
}

// ringsplash carries out one command in this process.
func ringsplash(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	in, w, err := os.Pipe()
	require.NoError(t, err)
	defer func() { _ = in.Close() }()
	_, err = io.WriteString(w, stdin)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	var out, errs bytes.Buffer
	code := Run(t.Context(), Terminal{In: in, Out: &out, Err: &errs, Version: "1.2"}, args)
	return result{code, out.String(), errs.String()}
}

// process is a gateway that runs.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}

	mu    sync.Mutex
	lines []string // of its log
}

// start returns once the gateway is ready.
func start(t *testing.T, config string) *process {
	t.Helper()
	n := launch(t, config)
	n.says("msg=ready")
	return n
}

// launch starts the gateway and waits for nothing.
func launch(t *testing.T, config string) *process {
	t.Helper()
	n := &process{t: t, cmd: exec.Command(os.Args[0], "serve", "--config", config), done: make(chan struct{})}
	n.cmd.Env = append(os.Environ(), "RINGSPLASH_TEST_RUN=1")
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	errs, err := n.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, n.cmd.Start())
	t.Cleanup(func() { _ = n.cmd.Process.Kill(); <-n.done })
	go func() {
		defer close(n.done)
		for lines := bufio.NewScanner(errs); lines.Scan(); {
			n.mu.Lock()
			n.lines = append(n.lines, lines.Text())
			n.mu.Unlock()
		}
		_ = n.cmd.Wait()
	}()
	return n
}

func (n *process) said() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.lines, "\n")
}

// says waits until the log has the text.
func (n *process) says(text string) {
	n.t.Helper()
	limit := time.After(30 * time.Second)
	for !strings.Contains(n.said(), text) {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-n.done:
			n.t.Fatalf("it ended: %s", n.said())
		case <-limit:
			n.t.Fatalf("it does not say %q: %s", text, n.said())
		}
	}
}

// stop sends the signal and returns the exit code.
func (n *process) stop(s syscall.Signal) int {
	n.t.Helper()
	require.NoError(n.t, n.cmd.Process.Signal(s))
	select {
	case <-n.done:
	case <-time.After(20 * time.Second):
		n.t.Fatal("it does not end")
	}
	return n.cmd.ProcessState.ExitCode()
}

// file writes a configuration with ports of the kernel's choice.
func file(t *testing.T, more string) (path, folder string) {
	t.Helper()
	folder = t.TempDir()
	path = filepath.Join(folder, "r.yaml")
	write(t, path, "example.test", more)
	return path, folder
}

func write(t *testing.T, path, domain, more string) {
	t.Helper()
	text := "domain: " + domain + `
http: {listen: "127.0.0.1:0"}
sip: {listen: ["udp://127.0.0.1:0"]}
media: {webrtc_port: 0, rtp_ports: 0}
` + more
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func TestUsage(t *testing.T) {
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

// TestUserCommands are the same with a node that runs and without one.
func TestUserCommands(t *testing.T) {
	for _, running := range []bool{false, true} {
		name := map[bool]string{false: "store", true: "node"}[running]
		t.Run(name, func(t *testing.T) {
			conf, folder := file(t, "users:\n- {name: carol, password: x}\n")
			n := start(t, conf) // takes carol over
			if !running {
				require.Zero(t, n.stop(syscall.SIGTERM))
			}
			do := func(stdin string, args ...string) result {
				return ringsplash(t, stdin, append(append([]string{"user"}, args...), "--config", conf)...)
			}
			r := do("wonder\ns-desk\ns-cell\n", "add", "alice", "--number", "1001", "--display", "Alice Archer", "--password-stdin",
				"--device", "desk", "--device-display", "Desk phone", "--device-interworking", "--device", "cell", "--device-profile",
				"yealink", "--device-unmute-key", "#")
			require.Zero(t, r.code, "%+v", r)
			require.Contains(t, r.out, "added alice: sip:alice@example.test\n")
			require.Contains(t, r.out, "user name alice or alice~cell")
			require.Regexp(t, `(?s)device desk .* Click-to-Answer is on:`+
				`.*device cell .* Click-to-Answer is off: .*--device cell --device-interworking`, r.out)

			require.Contains(t, r.err, "warning: the SIP password of device desk has 6 characters")
			r = do("long enough\ns\n", "add", "dave", "--password-stdin", "--device", "desk", "--device-profile", "yealnik")
			require.Equal(t, exitFault, r.code)
			require.Contains(t, r.err, `there is no profile "yealnik"`)
			require.Contains(t, do("", "device", "alice", "--device", "cell", "--device-profile", "yealnik").err,
				`there is no profile "yealnik"`)

			r = do("wonder\n", "add", "alice", "--password-stdin")
			require.Equal(t, exitFault, r.code)
			require.Contains(t, r.err, "exists already: user alice")
			r = do("x\n", "add", "Alice", "--password-stdin")
			require.Equal(t, exitFault, r.code)
			require.Contains(t, r.err, "use a-z")
			r = do("x\n", "add", "bob", "--number", "1001", "--password-stdin")
			require.Contains(t, r.err, "number 1001 belongs to alice")
			r = do("x\n", "add", "bob", "--device", "desk", "--password-stdin")
			require.Contains(t, r.err, "no line left for the SIP password of device desk")

			secret := filepath.Join(folder, "secret")
			require.NoError(t, os.WriteFile(secret, []byte("s-new\n"), 0o600))
			require.Zero(t, do("", "passwd", "alice", "--device", "cell", "--password-file", secret).code)
			require.Zero(t, do("new", "passwd", "alice", "--password-stdin").code, "the last line needs no end")
			require.Zero(t, do("", "unpair", "alice", "--device", "desk").code)
			r = do("new\n", "passwd", "dave", "--password-stdin")
			require.Equal(t, exitFault, r.code)
			require.Contains(t, r.err, "not found: user dave")
			r = do("new\n", "passwd", "carol", "--password-stdin")
			require.Contains(t, r.err, "set by the configuration file")

			r = do("", "list")
			require.Zero(t, r.code)
			require.Equal(t, `NAME   NUMBER  DISPLAY       FROM   DEVICES
alice  1001    Alice Archer  store  desk (primary, interworking, no phone yet), cell (un-mute key #, no phone yet)
carol          carol         file   `+"\n", r.out)

			r = do("", "device", "alice", "--device", "cell", "--device-interworking", "--device-display", "Cell")
			require.Zero(t, r.code, "%+v", r)
			require.Contains(t, r.out, "Click-to-Answer is on")
			for _, row := range [][2]string{
				{"none", "cell (interworking, no un-mute key, no phone yet)"},
				{"*", "cell (interworking, un-mute key *, no phone yet)"},
				{"", "cell (interworking, no un-mute key, no phone yet)"},
				{"profile", "cell (interworking, no phone yet)"},
			} {
				require.Zero(t, do("", "device", "alice", "--device", "cell", "--device-unmute-key", row[0]).code)
				require.Contains(t, do("", "list").out, row[1])
			}
			require.Contains(t, do("", "device", "alice", "--device", "cell", "--device-unmute-key", "**").err,
				"use one of 0-9 * # A-D, or none")
			r = do("", "device", "alice", "--device", "desk", "--device-interworking=false")
			require.Contains(t, r.out, "Click-to-Answer is off")
			require.Contains(t, do("", "device", "alice", "--device", "sofa", "--device-interworking").err, "not found: device sofa")

			require.Zero(t, do("", "remove", "alice").code)
			require.Equal(t, exitFault, do("", "remove", "alice").code)
			require.NotContains(t, do("", "list").out, "alice")
		})
	}
}

// TestDemoPhonesHaveAKey: their page has a * that un-mutes.
func TestDemoPhonesHaveAKey(t *testing.T) {
	profiles, err := gateway.LoadProfiles([]byte(demoProfiles), demoDomain)
	require.NoError(t, err)
	for _, u := range demoConfig(t.TempDir()).Users {
		p := profiles.For(u.Devices[0].Profile, "")
		require.Equal(t, demoProfile, p.Name)
		require.True(t, p.KeyByInfo)
		require.Equal(t, "*", p.UnmuteKey)
	}
}

// TestAPIKeyCommands are the same with a node that runs and without one.
func TestAPIKeyCommands(t *testing.T) {
	for _, running := range []bool{false, true} {
		name := map[bool]string{false: "store", true: "node"}[running]
		t.Run(name, func(t *testing.T) {
			conf, _ := file(t, "")
			if running {
				start(t, conf)
			}
			do := func(args ...string) result {
				return ringsplash(t, "", append(append([]string{"apikey"}, args...), "--config", conf)...)
			}
			r := do("add", "intranet")
			require.Zero(t, r.code, "%+v", r)
			require.Regexp(t, `^rsk_intranet~[A-Za-z0-9_-]{43}\n$`, r.out, "the key alone, for scripts")
			require.Contains(t, r.err, "not shown again")
			r = do("add", "intranet")
			require.Equal(t, exitFault, r.code)
			require.Contains(t, r.err, "exists already: API key intranet")
			require.Contains(t, do("add", "No Name").err, "a-z")
			require.Equal(t, exitUsage, do("add").code)
			require.Equal(t, exitUsage, do("rename", "intranet").code)
			require.Regexp(t, `^NAME +MADE +RIGHTS +USERS\nintranet +20[^ ]+ +embed +\n$`, do("list").out)
			for problem, args := range map[string][]string{
				"name the users": {"--right", "calls"}, "give both": {"--right", "open", "--user", "alice"}, "no right": {"--right", "all"},
				"for the right calls only": {"--user", "alice"}, "not the name of a user": {"--right", "calls", "--user", "No Name"},
			} {
				require.Contains(t, do(append([]string{"add", "crm"}, args...)...).err, problem)
			}
			require.Zero(t, do("add", "crm", "--right", "calls", "--right", "open", "--user", "alice", "--user", "bob").code)
			require.Regexp(t, `crm +20[^ ]+ +calls, open +alice, bob\n`, do("list").out)
			require.Zero(t, do("remove", "crm").code)
			require.Equal(t, exitUsage, do("list", "--right", "calls").code)
			require.Zero(t, do("remove", "intranet").code)
			r = do("remove", "intranet")
			require.Equal(t, exitFault, r.code)
			require.Contains(t, r.err, "not found: API key intranet")
			require.Equal(t, "NAME  MADE  RIGHTS  USERS\n", do("list").out)
		})
	}
}

func TestServe(t *testing.T) {
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

func TestCheck(t *testing.T) {
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
	cfg := demoConfig(t.TempDir())
	var told []string
	for _, f := range cfg.Exposed() {
		told = append(told, f.Key)
	}
	require.ElementsMatch(t, []string{
		"users[0].password", "users[0].devices[0].sip_password", "users[1].password", "users[1].devices[0].sip_password",
	}, told)
}
