package machine

import (
	"testing"

	"ringsplash/policy"
)

// What a stranger claims gets nobody's name, even when one was looked up.
func TestNamesAreForThoseWhoAreKnown(t *testing.T) {
	const number = "tel:+15551234"
	for name, row := range map[string]struct {
		who  policy.Identity
		side Side
		want string
	}{
		"proven":         {policy.Identity{Level: policy.Asserted}, Callee, "Mum"},
		"a stranger":     {policy.Identity{Display: "Your mother"}, Callee, "Your mother"},
		"dialled":        {policy.Identity{}, Caller, "Mum"},
		"private":        {policy.Identity{Level: policy.Asserted, Private: true}, Callee, "Anonymous"},
		"of another one": {policy.Identity{Level: policy.Asserted, Address: "tel:+1555", Display: "x"}, Callee, "x"},
	} {
		s := State{}
		if row.who.Address == "" {
			row.who.Address = number
		}
		s.Parties[row.side.Other()].Who = row.who
		s.Names[row.side] = Named{Side: row.side, Address: number, Display: "Mum"}
		if got := View(&s, row.side).Peer.Display; got != row.want {
			t.Errorf("%s: shown as %q, not %q", name, got, row.want)
		}
	}
}
