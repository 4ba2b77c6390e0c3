package phones

import (
	"fmt"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// twoPhones are alice's deskphones, both of which may be made to answer by
// themselves.
var twoPhones = rig.User{Name: "alice", Number: "1001", Display: "Alice Archer", Devices: []rig.Device{
	{ID: "desk", Display: "Desk phone", Interworking: true}, {ID: "lab", Display: "Lab phone", Interworking: true},
}}

// goTabClicks are made here; the real buttons in Chromium make the others of
// the hundred (test/browser/click.test.mjs).
const goTabClicks = 97

// asked are the addresses that a trigger was sent to, in order, and the
// INVITEs to each without one.
func asked(c *rig.Capture) (triggers []string, plain map[string]int) {
	plain = map[string]int{}
	seen := map[string]bool{}
	for _, d := range c.Datagrams() {
		if !strings.HasPrefix(d.Text, "INVITE ") || strings.Contains(d.Text, "\nTo: <sip:bob@") {
			continue
		}
		_, via, _ := strings.Cut(d.Text, "branch=")
		branch, _, _ := strings.Cut(via, ";")
		if seen[branch] {
			continue // sent again
		}
		seen[branch] = true
		if to := d.To.Addr().String(); hasTrigger(d.Text) {
			triggers = append(triggers, to)
		} else {
			plain[to]++
		}
	}
	return triggers, plain
}

// clickOnce lets bob's tab call alice, and hers answer on the device.
func clickOnce(t *testing.T, alice, bob *rig.Tab, device string) {
	t.Helper()
	placed := bob.Do("call", "to", "alice")
	if !placed.OK {
		t.Fatalf("call: %+v", placed.Error)
	}
	call := alice.Call("that rings", func(c rig.TabCall) bool { return c.ID == placed.Call && c.State == "ringing" })
	if r := alice.Do("answer", "call", call.ID, "version", call.Version, "on", device); !r.OK {
		t.Fatalf("answer on %s: %+v", device, r.Error)
	}
	alice.Call("on "+device, func(c rig.TabCall) bool {
		return c.ID == call.ID && c.State == "connected" && c.On != nil && *c.On == device && c.Microphone == "shut"
	})
	for _, do := range []string{"hangup", "dismiss"} {
		if r := alice.Do(do, "call", call.ID); !r.OK {
			t.Fatalf("%s: %+v", do, r.Error)
		}
	}
	bob.Do("dismiss", "call", call.ID)
}

// Over a hundred clicks only the chosen phone of two gets a trigger, one each.
// Then one moves to another port, where alone it is asked; and somebody with
// its instance id but not its password is never asked anything.
func TestOnlyTheChosenPhoneIsAsked(t *testing.T) {
	// Not beside other tests: its capture holds every trigger there is.
	g := rig.Start(t, rig.Options{Users: []rig.User{twoPhones, rig.Bob}})
	wire := rig.StartSIPCapture(t)
	o := answering("400", "recvonly", "sendrecv")
	o.Env = append(o.Env, "LIMIT=120")
	phones := map[string]*rig.Sipp{}
	for _, device := range []string{"desk", "lab"} {
		phones[device] = scripted(t, g, twoPhones, device, "uas_desk", o)
	}
	alice, bob := g.LogIn(t, twoPhones).OpenTab(t), g.LogIn(t, rig.Bob).OpenTab(t)
	var want []string
	for i := range goTabClicks {
		device := []string{"desk", "lab", "lab"}[i%3]
		clickOnce(t, alice, bob, device)
		want = append(want, phones[device].Addr)
	}
	triggers, plain := asked(wire)
	if fmt.Sprint(triggers) != fmt.Sprint(want) {
		t.Errorf("triggers went to %v, want %v", triggers, want)
	}
	for device, p := range phones {
		if plain[p.Addr] != goTabClicks {
			t.Errorf("%s rang %d times, want %d", device, plain[p.Addr], goTabClicks)
		}
	}

	moved := scripted(t, g, twoPhones, "desk", "uas_desk", o)
	clickOnce(t, alice, bob, "desk")
	attacker := rig.NewAddr()
	thief := g.StartSipp(t, "uac_register", rig.SippOptions{Addr: attacker, Args: []string{
		"-key", "fuser", "alice", "-key", "fdomain", rig.Domain, "-au", "alice", "-ap", "a guess",
		"-key", "cparams", `;+sip.instance="<urn:uuid:` + rig.UUIDOf("alice", "desk") + `>"`,
	}})
	if thief.Wait() == 0 {
		t.Error("a copied instance id was registered without the password")
	}
	clickOnce(t, alice, bob, "desk")
	triggers, plain = asked(wire)
	if got := triggers[len(want):]; fmt.Sprint(got) != fmt.Sprint([]string{moved.Addr, moved.Addr}) {
		t.Errorf("triggers went to %v, want both to %s", got, moved.Addr)
	}
	if plain[phones["desk"].Addr] != goTabClicks {
		t.Error("the address the phone has left was rung")
	}
	if plain[attacker] != 0 {
		t.Error("somebody without the password was rung")
	}
}
