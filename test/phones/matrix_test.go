package phones

import (
	"fmt"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// Deskphones over every transport and both families call each other through
// one gateway, and hear each other.
func TestTransports(t *testing.T) {
	t.Parallel()
	ca := rig.NewCA(t)
	rows := []struct {
		transport string
		six       bool
		outbound  bool // RFC 5626
	}{
		{"tcp", false, true},
		{"tls", false, true},
		{"udp", false, true},
		{"udp", true, false},
		{"tcp", true, false},
		{"tls", true, false},
	}
	var users []rig.User // two for each row, so that the rows run side by side
	for i := range 2 * len(rows) {
		users = append(users, rig.User{
			Name: fmt.Sprint("user", i), Number: fmt.Sprint(2000 + i), Display: "User",
			Devices: rig.Bob.Devices,
		})
	}
	g := rig.Start(t, rig.Options{Everywhere: ca, Users: users})
	for i, row := range rows {
		t.Run(fmt.Sprintf("%s six=%v outbound=%v", row.transport, row.six, row.outbound), func(t *testing.T) {
			t.Parallel()
			a, b := users[2*i], users[2*i+1]
			alice := phone(t, g, rig.PhoneOptions{
				User: a, Tone: callerTone, Transport: row.transport, CA: ca, Six: row.six,
				Outbound: row.outbound,
			})
			bob := phone(t, g, rig.PhoneOptions{User: b, Tone: calleeTone})
			connect(t, alice, bob, b.Name)
			bob.Hangup()
			alice.WaitEvent("CALL_CLOSED")
			bob.Dial(a.Number)
			alice.WaitEvent("CALL_INCOMING")
			alice.Accept()
			bob.WaitEvent("CALL_ESTABLISHED")
			bob.Hears(callerTone)
			alice.Hears(calleeTone)
			alice.Hangup()
			bob.WaitEvent("CALL_CLOSED")
		})
	}
}

// A PBX (kamailio) with the gateway as its trunk over UDP, and with the gateway
// as one of its registered users over TLS: calls both ways, with tones and with
// the caller that each side asserts.
func TestPBX(t *testing.T) {
	t.Parallel()
	ca, at := rig.NewCA(t), rig.NewAddr()
	alice, bob := rig.Alice, rig.Bob
	alice.Number, bob.Number = "01001", "3001"
	trunk := `{name: %s, address: "sip:%s:%d", transport: %s, ca: %q, register: {user: %q, password: %q}, ` +
		`prefixes: [{match: %q, strip: 1}], trust_identity: true, trust_udp: %v}`
	g := rig.Start(t, rig.Options{Everywhere: ca, Users: []rig.User{alice, bob}, Trunks: []string{
		fmt.Sprintf(trunk, "pbx", at, 5060, "udp", "", "", "", "7", true),
		fmt.Sprintf(trunk, "line", at, 5061, "tls", ca.File, "3001", rig.PBXPassword, "8", false),
	}})
	g.StartPBX(t, at, ca)
	rig.Until(t, rig.Patience, "the gateway is registered at the PBX",
		func() bool { return strings.Contains(g.Log(), `msg="sip: registered"`) })
	carol := phone(t, g, rig.PhoneOptions{
		User: rig.User{Name: "2001", Display: "Carol", Devices: rig.Bob.Devices}, Password: rig.PBXPassword,
		Registrar: at + ":5060", Domain: rig.PBXDomain, Tone: calleeTone,
	})
	phones := map[string]*rig.Phone{
		"alice": phone(t, g, rig.PhoneOptions{User: alice, Tone: callerTone}),
		"bob":   phone(t, g, rig.PhoneOptions{User: bob, Tone: callerTone}),
	}
	for _, row := range []struct {
		name, ours, dial string
		out              bool // from the gateway
		shown            string
	}{
		{"out by the trunk", "bob", "72001", true, "P-Asserted-Identity: \"Bob Baker\" <sip:bob@example.test>"},
		{"in by the trunk", "alice", "01001", false, "2001"},
		{"out by the registration", "alice", "82001", true, "P-Asserted-Identity: <sip:3001@pbx.test>"},
		{"in by the registration", "bob", "3001", false, "2001"},
	} {
		t.Run(row.name, func(t *testing.T) {
			ours := phones[row.ours]
			from, to := carol, ours
			if row.out {
				from, to = ours, carol
			}
			from.Dial(row.dial)
			ev := to.WaitEvent("CALL_INCOMING")
			to.Accept()
			from.WaitEvent("CALL_ESTABLISHED")
			ours.Hears(calleeTone)
			carol.Hears(callerTone)
			if seen := ev.Peer + carol.Messages(); row.out && !strings.Contains(seen, row.shown) || !row.out &&
				!strings.Contains(ev.Peer, row.shown) {
				t.Errorf("%s's phone shows %q; %q is not there", row.ours, ev.Peer, row.shown)
			}
			to.Hangup()
			from.WaitEvent("CALL_CLOSED")
		})
	}
}

// linphonec, of another make than baresip and on another address of ours, calls
// and is called, writes and is written to.
func TestLinphone(t *testing.T) {
	t.Parallel()
	n := rig.NewNet(t)
	g := rig.Start(t, rig.Options{Also: n.Here})
	lin := g.NewLinphone(t, n, rig.Alice, calleeTone)
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
	rig.Until(t, rig.Patience, "linphonec is registered", func() bool { return strings.Contains(g.Log(), "Linphone") })

	bob.Dial("alice")
	bob.WaitEvent("CALL_RINGING")
	lin.Do("answer")
	bob.WaitEvent("CALL_ESTABLISHED")
	bob.Hears(calleeTone)
	bob.Hangup()
	rig.Until(t, rig.Patience, "linphonec heard bob", func() bool { return lin.Heard(callerTone) })

	lin.Do("call sip:1002@" + rig.Domain)
	bob.WaitEvent("CALL_INCOMING")
	bob.Accept()
	bob.WaitEvent("CALL_ESTABLISHED")
	bob.Hears(calleeTone)
	lin.Do("terminate")
	bob.WaitEvent("CALL_CLOSED")

	tab := g.LogIn(t, rig.Bob).OpenTab(t)
	lin.Do("chat " + rig.Bob.Address() + " Grüße, 你好")
	reads(t, tab, rig.Alice.Address(), "Grüße, 你好")
	delivered(t, tab, "alice", "שלום 👩🏽‍🚀")
	lin.Says("שלום 👩🏽‍🚀")
}
