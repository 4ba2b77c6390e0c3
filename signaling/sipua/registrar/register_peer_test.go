package registrar

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringsplash/directory"
	"ringsplash/location"
	"ringsplash/test/rig"
)

// baresip 1.0 registers, with MD5, refreshes and takes its registration back.
func TestBaresipRegisters(t *testing.T) {
	f := openFront(t, nil)
	g := &rig.Gateway{SIP: f.addr}
	const id = "01234567-89ab-cdef-0123-456789abcdef"
	for _, outbound := range []bool{false, true} {
		p := g.NewPhone(t, rig.PhoneOptions{User: rig.Alice, Device: "lab", UUID: id, Outbound: outbound})
		b := f.wait(t, "alice", 1)[0]
		if b.Device != "lab" || b.Instance != "urn:uuid:"+id || b.Source != p.Addr || !strings.HasPrefix(b.UserAgent, "baresip") {
			t.Errorf("outbound %v: %+v", outbound, b)
		}
		if want := map[bool]int{true: 1}[outbound]; b.RegID != want {
			t.Errorf("outbound %v: reg-id %d, want %d", outbound, b.RegID, want)
		}
		p.Stop()
		f.wait(t, "alice", 0)
	}
}

func TestBaresipWithWrongPassword(t *testing.T) {
	f := openFront(t, nil)
	g := &rig.Gateway{SIP: f.addr}
	g.NewPhone(t, rig.PhoneOptions{User: rig.Alice, Password: "wrong"})
	rig.Until(t, rig.Patience, "the log-in fails", func() bool { return f.Counters().LoginFailed > 0 })
	if list := f.Places.Of("alice"); len(list) != 0 {
		t.Errorf("registered: %+v", list)
	}
}

// sipp reads the first challenge only, and knows MD5 only.
func TestSippRegisters(t *testing.T) {
	f := openFront(t, func(c *Config) { c.Aliases = []string{"127.0.0.1"} })
	g := &rig.Gateway{SIP: f.addr}
	run := func(args ...string) *rig.Sipp {
		return g.StartSipp(t, "uac_register", rig.SippOptions{Args: append([]string{
			"-au", "alice", "-ap", desk, "-key", "fuser", "alice", "-key", "fdomain", rig.Domain,
		}, args...)})
	}
	s := run("-key", "cparams", ";"+uuid1+";reg-id=1").OK()
	b := f.wait(t, "alice", 1)[0]
	if b.Instance != urn1 || b.Device != "desk" || b.Contact != "sip:alice@"+s.Addr+":5060;transport=UDP" {
		t.Errorf("%+v", b)
	}
	run("-key", "cparams", ";"+uuid1, "-key", "expires", "0").OK()
	f.wait(t, "alice", 0)
}

const linphonerc = `[sip]
sip_port=-1
sip_tcp_port=0
sip_tls_port=-2
use_ipv6=0
default_proxy=0
register_only_when_network_is_up=0
guess_hostname=0
contact=sip:alice@127.0.0.1
auto_net_state_mon=0
[sound]
remote_ring=
local_ring=
ring=
[misc]
use_files=1
log_collection_upload_server_url=
[proxy_0]
reg_proxy=<sip:%s;transport=udp>
reg_identity=sip:alice@%s
reg_expires=60
reg_sendregister=1
publish=0
[auth_info_0]
username=alice
passwd=%s
realm=%s
`

// linphone takes the first algorithm it knows, and gets SHA-256 first.
func TestLinphoneRegisters(t *testing.T) {
	path, err := exec.LookPath("linphonec")
	if err != nil {
		t.Skip("linphonec is not installed: no foreign phone that knows SHA-256")
	}
	f := openFront(t, func(c *Config) { c.Users = onlySHA256{c.Users} }) // MD5 would not do
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".local/share/linphone"), 0o700); err != nil {
		t.Fatal(err)
	}
	rc := fmt.Sprintf(linphonerc, f.addr, rig.Domain, desk, rig.Domain)
	if err := os.WriteFile(filepath.Join(home, "rc"), []byte(rc), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-c", filepath.Join(home, "rc"))
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home)
	keyboard, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = keyboard.Close()
		_ = cmd.Wait()
	})
	if b := f.wait(t, "alice", 1)[0]; b.Device != "desk" || !strings.HasPrefix(b.UserAgent, "Linphone") ||
		!strings.HasPrefix(b.Instance, "urn:uuid:") {
		t.Errorf("%+v", b)
	}
}

// onlySHA256 hides the other secrets.
type onlySHA256 struct{ Users }

func (u onlySHA256) Secrets(name string) []directory.HA1 {
	return slices.DeleteFunc(slices.Clone(u.Users.Secrets(name)), func(s directory.HA1) bool { return s.Algorithm != algSHA256 })
}

func (f *front) wait(t *testing.T, user string, n int) (list []location.Binding) {
	t.Helper()
	rig.Until(t, rig.Patience, "bindings change", func() bool {
		list = f.Places.Of(user)
		return len(list) == n
	})
	return list
}
