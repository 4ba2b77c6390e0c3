package phones

import (
	"fmt"
	"testing"

	"ringsplash/test/rig"
)

// Deskphones over every transport and both families call each other through
// one gateway, and hear each other.
func TestTransports(t *testing.T) {
	ca := rig.NewCA(t)
	rows := []struct {
		transport string
		six       bool
		outbound  bool // RFC 5626
	}{{"tcp", false, true}, {"tls", false, true}, {"udp", false, true}, {"udp", true, false}, {"tcp", true, false}, {"tls", true, false}}
	var users []rig.User // two for each row, so that the rows run side by side
	for i := range 2 * len(rows) {
		users = append(users, rig.User{Name: fmt.Sprint("user", i), Number: fmt.Sprint(2000 + i), Display: "User", Devices: rig.Bob.Devices})
	}
	g := rig.Start(t, rig.Options{Everywhere: ca, Users: users})
	for i, row := range rows {
		t.Run(fmt.Sprintf("%s six=%v outbound=%v", row.transport, row.six, row.outbound), func(t *testing.T) {
			t.Parallel()
			a, b := users[2*i], users[2*i+1]
			alice := phone(t, g, rig.PhoneOptions{User: a, Tone: callerTone, Transport: row.transport, CA: ca, Six: row.six, Outbound: row.outbound})
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
