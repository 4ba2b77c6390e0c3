package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	aliceWith    = "users:\n- name: alice\n  number: \"10010002\"\n  password: "
	goodPassword = "correct horse"
)

// exposures are configurations, and the one fault of each; no problem for none.
var exposures = []struct {
	name, text           string
	line                 int
	key, problem, remedy string
}{
	{"nothing", aliceWith + goodPassword + "\n", 0, "", "", ""},
	{"loopback by name", "http: {listen: \"localhost:0\"}\n", 0, "", "", ""},
	{
		"no TLS", "http: {listen: \"192.0.2.1:80\"}\nmedia: {listen: [192.0.2.1]}\n", 2, "http.listen", "no microphone",
		"http.trusted_proxies",
	},
	{
		"no TLS on all addresses", "http: {listen: \":8080\"}\nmedia: {listen: [192.0.2.1]}\n", 2, "http.listen", "no microphone",
		"http.tls",
	},
	{
		"no TLS on IPv6", "http: {listen: \"[::]:8080\"}\nmedia: {listen: [192.0.2.1]}\n", 2, "http.listen", "passwords can be read",
		"127.0.0.1",
	},
	{
		"redis", "redis: \"redis://127.0.0.1:6379/0\"\n", 2, "redis", "without a password, so every program of this machine",
		"requirepass",
	},
	{"redis by name", "redis: \"redis://redis:6379/0\"\n", 2, "redis", "on the network and used without a password", "requirepass"},
	{"redis in clear", "redis: \"redis://:secret@192.0.2.1:6379/0\"\n", 2, "redis", "go over the network in clear", "rediss://"},
	{"redis with TLS", "redis: \"rediss://:secret@192.0.2.1:6379/0\"\n", 0, "", "", ""},
	{"redis with a password", "redis: \"redis://:secret@localhost:6379/0\"\n", 0, "", "", ""},
	{"redis by a socket", "redis: \"unix:///run/redis.sock\"\n", 0, "", "", ""},
	{"proxy", "http: {listen: \"192.0.2.1:80\", trusted_proxies: [192.0.2.2/32]}\nmedia: {listen: [192.0.2.1]}\n", 0, "", "", ""},
	{
		"sound behind a proxy", "http: {trusted_proxies: [127.0.0.1/32]}\n", 0, "media.listen",
		"browsers come in from other computers", "192.0.2.10",
	},
	{"sound on loopback", "http:\n  listen: \"192.0.2.1:80\"\n  trusted_proxies: [192.0.2.2/32]\nmedia:\n  listen: [127.0.0.1, " +
		"\"::1\"]\n", 6, "media.listen", "nobody hears anything", "192.0.2.10"},
	{
		"sound of phones", "sip: {listen: [\"udp://192.0.2.1:5060\"]}\nmedia: {listen: [127.0.0.1]}\n", 3, "media.listen",
		"phones come in from other computers", "192.0.2.10",
	},
	{
		"sound beside loopback", "sip: {listen: [\"udp://192.0.2.1:5060\"]}\nmedia: {listen: [127.0.0.1, 192.0.2.1]}\n", 0, "", "",
		"",
	},
	{"example", aliceWith + "Change-Me please\n", 5, "users[0].password", "where everybody reads it", "openssl rand"},
	{"demo", aliceWith + "ringsplash\n", 5, "users[0].password", "where everybody reads it", "openssl rand"},
	{"short", aliceWith + "äöüäöü1\n", 5, "users[0].password", "has 7 characters", "openssl rand"},
	{"number", aliceWith + "\"10010002\"\n", 5, "users[0].password", "the name or the number", "openssl rand"},
	{"name", "users: [{name: archibald, password: Archibald}]\n", 2, "users[0].password", "the name or the number", "openssl rand"},
	{
		"SIP", aliceWith + goodPassword + "\n  devices: [{id: desk, sip_password: s3cret}]\n", 6, "users[0].devices[0].sip_password",
		"has 6 characters", "openssl rand",
	},
	{
		"SIP of the demo", aliceWith + goodPassword + "\n  devices: [{id: desk, sip_password: bob-desk}]\n", 6,
		"users[0].devices[0].sip_password",
		"where everybody reads it", "openssl rand",
	},
	{
		"trunk", "trunks:\n- {name: pbx, address: \"sip:127.0.0.1\", register: {user: a, password: change me}}\n", 3,
		"trunks[0].register.password", "where everybody reads it", "",
	},
	{"trunk's own", "trunks:\n- {name: pbx, address: \"sip:127.0.0.1\", register: {user: a, password: \"1234\"}}\n", 0, "", "", ""},
	{
		"hook's secret", "hooks: [{url: \"https://crm.example/calls\", secret: short}]\n", 2, "hooks[0].secret", "has 5 characters",
		"openssl rand",
	},
	{
		"hook in the clear", "hooks: [{url: \"http://crm.example/calls\", secret: correct horse}]\n", 2, "hooks[0].url",
		"who calls whom", "https://",
	},
	{"hook on this machine", "hooks: [{url: \"http://127.0.0.1:9000\", secret: correct horse}]\n", 0, "", "", ""},
	{
		"turn", "media: {ice_servers: [{urls: [\"turn:a\"], username: a, credential: change me}]}\n", 2,
		"media.ice_servers[0].credential", "where everybody reads it", "",
	},
}

func TestExposed(t *testing.T) {
	for _, row := range exposures {
		t.Run(row.name, func(t *testing.T) {
			cfg, err := Load(write(t, "domain: example.test\n"+row.text))
			require.NoError(t, err)
			faults := cfg.Exposed()
			if row.problem == "" {
				require.Empty(t, faults)
				return
			}
			onlyFault(t, faults, row.line, row.key, row.problem, row.remedy)
			require.NotContains(t, faults[0].String(), "ä", "a password is never shown")
		})
	}
}

// onlyFault wants one fault with these words.
func onlyFault(t *testing.T, faults []Fault, line int, key, problem, remedy string) {
	t.Helper()
	require.Len(t, faults, 1, "%v", faults)
	require.Equal(t, key, faults[0].Key)
	require.Equal(t, line, faults[0].Line)
	require.Contains(t, faults[0].Problem, problem)
	require.Contains(t, faults[0].Remedy, remedy)
}

// Whoever copies the example and changes nothing is told of every password.
func TestExposedKnowsTheExample(t *testing.T) {
	cfg, err := Load(example)
	require.NoError(t, err)
	want := []string{"hooks[0].secret", "media.ice_servers[0].credential"}
	for key := range cfg.lines {
		if strings.HasSuffix(key, "password") && strings.HasPrefix(key, "users") {
			want = append(want, key)
		}
	}
	var told []string
	for _, f := range cfg.Exposed() {
		told = append(told, f.Key)
	}
	slices.Sort(want)
	slices.Sort(told)
	require.Len(t, want, 6)
	require.Equal(t, want, told)
}
