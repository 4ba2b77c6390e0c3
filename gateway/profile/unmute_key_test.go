package profile

import (
	"testing"

	"ringsplash/directory"
)

var seen, unseen = directory.Learned{Key: KeySeen}, directory.Learned{Key: KeyUnseen}

var keyRows = []struct {
	agent string
	d     directory.Device
	want  string
}{
	{"Yealink SIP-T46S", directory.Device{}, "*"},
	{"Yealink SIP-T46S", directory.Device{UnmuteKey: "#"}, "#"},
	{"Yealink SIP-T46S", directory.Device{UnmuteKey: directory.NoKey}, ""},
	{"Yealink SIP-T46S", directory.Device{Learned: unseen}, ""},
	{"Yealink SIP-T46S", directory.Device{UnmuteKey: "*", Learned: unseen}, ""},
	{"baresip v1.0.0", directory.Device{}, "*"},
	{"own 1", directory.Device{}, "#"},
	{"off 1", directory.Device{}, ""},
	{"off 1", directory.Device{UnmuteKey: "*"}, "*"},
	{"Somebody", directory.Device{}, ""},
	{"Somebody", directory.Device{Learned: seen}, "*"},
	{"Somebody", directory.Device{UnmuteKey: "*"}, ""},
	{"Somebody", directory.Device{UnmuteKey: "#", Learned: seen}, "#"},
	{"listens 1", directory.Device{}, "*"},
	{"listens 1", directory.Device{Learned: seen}, "*"},
	{"info 1", directory.Device{}, "*"},
	{"Grandstream HT801 1.0.5", directory.Device{}, ""},
	{"Grandstream HT801 1.0.5", directory.Device{UnmuteKey: "*", Learned: seen}, ""},
	{"Grandstream GXP2170", directory.Device{}, "*"},
}

// Which key a phone has: a device may name another than its profile, and it
// counts only where it reaches us. An adapter has none.
func TestUnmuteKeyOf(t *testing.T) {
	profiles, err := Load([]byte(`profiles:
  - {name: own, match: [own], mute: gate, unmute_key: '#'}
  - {name: off, match: [off], mute: gate, unmute_key: ''}
  - {name: listens, match: [listens]}
  - {name: info, match: [info], key_by_info: true}
`), "gw.test")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range keyRows {
		if got := profiles.For("", row.agent).Keyed(row.d).UnmuteKey; got != row.want {
			t.Errorf("%s, %+v: key %q, want %q", row.agent, row.d, got, row.want)
		}
	}
	// People are told of it where it is known to come.
	for _, row := range []struct {
		agent string
		d     directory.Device
		want  bool
	}{
		{"Yealink SIP-T46S", directory.Device{}, false},
		{"Yealink SIP-T46S", directory.Device{UnmuteKey: "#"}, false},
		{"Yealink SIP-T46S", directory.Device{Learned: seen}, true},
		{"baresip v1.0.0", directory.Device{}, true},
		{"own 1", directory.Device{}, true},
		{"listens 1", directory.Device{}, false},
		{"info 1", directory.Device{}, true},
	} {
		if got := profiles.For("", row.agent).Keyed(row.d).KeyNamed; got != row.want {
			t.Errorf("%s, %+v: named %v", row.agent, row.d, got)
		}
	}
	if _, err := Load([]byte("profiles: [{name: own, unmute_key: '**'}]"), "gw.test"); err == nil {
		t.Error("two keys are taken for one")
	}
}
