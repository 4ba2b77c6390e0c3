package sipua

import (
	"strings"
	"testing"
	"time"

	"ringsplash/gateway"
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
		if b.Device != "lab" || b.Instance != "urn:uuid:"+id || b.Source != p.Addr+":5060" || !strings.HasPrefix(b.UserAgent, "baresip") {
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
	if list := f.places.Of("alice"); len(list) != 0 {
		t.Errorf("registered: %+v", list)
	}
}

// sipp reads the first challenge only, and knows MD5 only.
func TestSippRegisters(t *testing.T) {
	f := openFront(t, func(c *AccessConfig) { c.Aliases = []string{"127.0.0.1"} })
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

func (f *front) wait(t *testing.T, user string, n int) (list []gateway.Binding) {
	t.Helper()
	rig.Until(t, rig.Patience, "bindings change", func() bool {
		list = f.places.Of(user)
		return len(list) == n
	})
	return list
}

// Registrations of one user at the same moment all hold.
func TestRegisterTogether(t *testing.T) {
	f := openFront(t, nil)
	done := make(chan string)
	const phones = 8
	for range phones {
		p := f.peerAt(t, rig.NewAddr())
		go func() { done <- p.register("alice", desk, "Contact: <sip:alice@"+p.addr+">") }()
	}
	for range phones {
		select {
		case res := <-done:
			if status(res) != 200 {
				t.Error(res)
			}
		case <-time.After(rig.Patience):
			t.Fatal("no answer")
		}
	}
	if n := len(f.places.Of("alice")); n != phones {
		t.Errorf("%d bindings, want %d", n, phones)
	}
}
