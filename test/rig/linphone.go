package rig

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Net is a network namespace with one cable to us. It needs root, and is
// removed when the test ends.
type Net struct {
	Here, There string // the addresses of the cable's ends

	name string
}

// NewNet makes a namespace.
func NewNet(t testing.TB) *Net {
	t.Helper()
	id := rand.IntN(1 << 14) //nolint:gosec // a number nobody else is likely to have chosen
	net := fmt.Sprintf("10.213.%d.", id>>6)
	n := &Net{Here: fmt.Sprint(net, id&63*4+1), There: fmt.Sprint(net, id&63*4+2), name: fmt.Sprint("rs", id)}
	ip := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	ip("netns", "add", n.name)
	t.Cleanup(func() { ip("netns", "del", n.name) }) // the cable goes with it
	ip("link", "add", n.name, "type", "veth", "peer", "name", "eth0", "netns", n.name)
	ip("addr", "add", n.Here+"/30", "dev", n.name)
	ip("link", "set", n.name, "up")
	ip("-n", n.name, "addr", "add", n.There+"/30", "dev", "eth0")
	ip("-n", n.name, "link", "set", "eth0", "up")
	ip("-n", n.name, "link", "set", "lo", "up")
	return n
}

// Linphone is one running linphonec. It listens on every address, so it lives
// in a namespace.
type Linphone struct {
	t        testing.TB
	dir      string
	keyboard io.Writer
}

// NewLinphone starts a linphonec as the user's first device, registering at the
// gateway's address of the namespace's cable. Its microphone hears tone Hz.
func (g *Gateway) NewLinphone(t testing.TB, n *Net, u User, tone int) *Linphone {
	t.Helper()
	l := &Linphone{t: t, dir: scratch(t, "linphone")}
	for _, sub := range []string{"linphone", ".local/share/linphone"} {
		if err := os.MkdirAll(filepath.Join(l.dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	template, err := os.ReadFile(filepath.Join(Root(), "test/peers/linphone/linphonerc.in"))
	if err != nil {
		t.Fatal(err)
	}
	server := ""
	for _, listen := range g.Listen {
		if addr, found := strings.CutPrefix(listen, "udp://"+n.Here+":"); found {
			server = n.Here + ":" + addr
		}
	}
	rc := strings.NewReplacer("@USER@", u.Name, "@IP@", n.There, "@SERVER@", server, "@DOMAIN@", Domain, "@PASSWORD@",
		u.SIPPassword(u.Devices[0].ID)).Replace(string(template))
	for name, text := range map[string][]byte{"linphonerc": []byte(rc), "tone.wav": wav(tone)} {
		if err := os.WriteFile(filepath.Join(l.dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Create(filepath.Join(l.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command("ip", "netns", "exec", n.name, "linphonec", "-c", filepath.Join(l.dir, "linphonerc"), "-d", "6", "-l",
		filepath.Join(l.dir, "debug.log"))
	cmd.Env = append(os.Environ(), "HOME="+l.dir, "XDG_CONFIG_HOME="+l.dir, "XDG_DATA_HOME="+l.dir)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, owned()
	if l.keyboard, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		showOnFailure(t, "what linphonec says", filepath.Join(l.dir, "log"), 60)
		showOnFailure(t, "the log of linphonec", filepath.Join(l.dir, "debug.log"), 150)
	})
	l.Do("soundcard use files")
	l.Do("play " + filepath.Join(l.dir, "tone.wav"))
	l.Do("record " + l.recording())
	return l
}

// Do types a command: "call URI", "answer", "terminate".
func (l *Linphone) Do(command string) {
	l.t.Helper()
	if _, err := fmt.Fprintln(l.keyboard, command); err != nil {
		l.t.Fatal(err)
	}
}

func (l *Linphone) recording() string { return filepath.Join(l.dir, "heard.wav") }

// Says waits until text is in what linphonec printed.
func (l *Linphone) Says(text string) {
	l.t.Helper()
	Until(l.t, Patience, fmt.Sprintf("linphonec says %q", text), func() bool {
		log, err := os.ReadFile(filepath.Join(l.dir, "log"))
		return err == nil && strings.Contains(string(log), text)
	})
}

// Heard tells for how long the tone was in what the phone recorded since it
// was started.
func (l *Linphone) Heard(hz float64) bool {
	rec, err := ReadWAV(l.recording())
	return err == nil && rec.Heard(hz) > 0
}

// wav is 20 s of a tone, 8 kHz mono.
func wav(hz int) []byte {
	const rate, seconds = 8000, 20
	out := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	out = binary.LittleEndian.AppendUint32(out, rate)
	out = binary.LittleEndian.AppendUint32(out, 2*rate)
	out = append(out, "\x02\x00\x10\x00data"...)
	out = binary.LittleEndian.AppendUint32(out, 2*rate*seconds)
	for i := range rate * seconds {
		out = binary.LittleEndian.AppendUint16(out,
			uint16(int16(8000*math.Sin(2*math.Pi*float64(hz)*float64(i)/rate)))) //nolint:gosec // a sample
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8)) //nolint:gosec // some 320 kB
	return out
}
