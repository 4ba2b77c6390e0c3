package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// faultRow is a file with one fault. The line is where it must be found.
type faultRow struct {
	name, text           string
	line                 int
	key, problem, remedy string
}

const base = "domain: example.test\n"

func user(devices string) string {
	return base + "users:\n- name: alice\n  password: x\n  devices:\n" + devices
}

var faultRows = []faultRow{
	{"no domain", "data: ./x\n", 0, "domain", "the domain is missing", "write a host name"},
	{"bad domain", "domain: Example Test\n", 1, "domain", `"Example Test" is not a domain`, "lower case"},
	{"unknown key", base + "htp: {}\n", 2, "htp", "there is no such key", `write "http"`},
	{"unknown inner key", base + "log:\n  level: info\n  fromat: text\n", 4, "log.fromat", "no such key", `write "format"`},
	{
		"unknown flow key", base + "\n\nlog: {level: info, colour: red}\n", 4, "log.colour", "no such key",
		"the keys here are level, format",
	},
	{
		"unknown key in list", user("  - id: desk\n    sip_password: x\n    ring: 1\n"), 8, "users[0].devices[0].ring", "no such key",
		"the keys here are id",
	},
	{"key twice", base + "data: a\nlog: {}\ndata: b\n", 4, "", "already defined", "remove one of the two"},
	{"not YAML", base + "users: [\n", 2, "", "", "correct the YAML"},
	{"tab indent", base + "log:\n\tlevel: info\n", 3, "", "", "correct the YAML"},
	{"two documents", base + "---\ndomain: b.test\n", 3, "", "more than one document", "---"},
	{"anchor", base + "log: &a {level: info}\n", 2, "log", "anchors", "write the value itself"},
	{"scalar for keys", base + "http: 8080\n", 2, "http", "not a list of keys", "listen, tls, embed_origins"},
	{"scalar for list", base + "sip:\n  listen: udp://127.0.0.1:5060\n", 3, "sip.listen", "not a list", `["udp://127.0.0.1:5060"]`},
	{"list for scalar", base + "http:\n  listen: [a]\n", 3, "http.listen", "not a single value", "127.0.0.1:8080"},
	{"list for keys", base + "http:\n- a\n", 3, "http", "not a list of keys", "listen"},
	{"unset variable", base + "redis: ${RS_NOT_SET}\n", 2, "redis", "RS_NOT_SET is not set", "set RS_NOT_SET"},

	{"data", base + "data: \"\"\n", 2, "data", "missing", "./data"},
	{"redis", base + "redis: localhost:6379\n", 2, "redis", "not the address of a Redis", "redis://host:6379/0"},
	{"redis_wait", base + "redis_wait: 2h\n", 2, "redis_wait", "out of range", "0s to 1h"},
	{"redis_wait word", base + "redis_wait: long\n", 2, "redis_wait", "", "30s"},
	{"max_calls word", base + "max_calls: many\n", 2, "max_calls", "not a whole number", "like 8"},
	{"max_calls", base + "max_calls: 0\n", 2, "max_calls", "none", "1 or more"},
	{"max_all_calls", base + "max_all_calls: 0\n", 2, "max_all_calls", "none", "1 or more"},
	{"forbid", base + "policy: {forbid: [public, all]}\n", 2, "policy.forbid[1]", `"all" is not known`, "public, friends"},
	{"level", base + "log: {level: loud}\n", 2, "log.level", `"loud" is not known`, "debug, info"},
	{"format", base + "log: {format: xml}\n", 2, "log.format", "not known", "text, json"},

	{"http.listen", base + "http: {listen: 8080}\n", 2, "http.listen", "not an address and a port", "127.0.0.1:8080"},
	{"http.metrics", base + "http: {metrics: 9090}\n", 2, "http.metrics", "not an address and a port", "127.0.0.1:9090"},
	{
		"trusted_proxies", base + "http: {trusted_proxies: [127.0.0.1]}\n", 2, "http.trusted_proxies[0]", "not a network",
		"127.0.0.1/32",
	},
	{
		"name with a port", base + "http: {names: [\"phone.example.test:8080\"]}\n", 2, "http.names[0]", "not the name of a host",
		"without scheme and port",
	},
	{
		"hook address", base + "hooks: [{url: crm.example, secret: s}]\n", 2, "hooks[0].url", "not an address to tell",
		"https://crm.example/calls",
	},
	{"hook secret", base + "hooks: [{url: \"https://crm.example\"}]\n", 2, "hooks[0].secret", "nothing signs", "${NAME}"},
	{
		"hook user", base + "hooks: [{url: \"https://crm.example\", secret: s, users: [Alice]}]\n", 2, "hooks[0].users[0]",
		"not the name of a user", "a-z",
	},
	{"one tls file", base + "http:\n  tls:\n    cert: c.pem\n", 3, "http.tls", "one of cert and key is missing", "set both"},
	{
		"no tls file", base + "http:\n  tls:\n    cert: c.pem\n    key: /dev/null\n", 4, "http.tls.cert", "no such file",
		"correct the path",
	},
	{
		"origin", base + "http:\n  embed_origins:\n  - origin: https://a.example/x\n", 4, "http.embed_origins[0].origin",
		"not an origin", "scheme and host only",
	},
	{
		"trusted", base + "http:\n  embed_origins:\n  - {origin: https://a.example, trusted: yes}\n", 4,
		"http.embed_origins[0].trusted", "neither true nor false", "like false",
	},

	{
		"embed key", base + "http:\n  embed_keys:\n  - {id: a, algorithm: EdDSA, public_key: x}\n", 4, "http.embed_keys[0].public_key",
		"not a public key in PEM", "openssl pkey -pubout",
	},
	{
		"embed algorithm", base + "http:\n  embed_keys:\n  - {id: a, algorithm: HS256}\n", 4, "http.embed_keys[0].algorithm",
		`"HS256" is not known`, "EdDSA, ES256, RS256",
	},

	{"sip none", base + "sip: {listen: []}\n", 2, "sip.listen", "no phone can register", "udp://"},
	{
		"sip scheme", base + "sip:\n  listen:\n  - udp://127.0.0.1:5060\n  - ws://127.0.0.1:5060\n", 5, "sip.listen[1]",
		`"ws" is not udp`, "udp://127.0.0.1:5060",
	},
	{"sip no scheme", base + "sip: {listen: [\"127.0.0.1:5060\"]}\n", 2, "sip.listen[0]", "transport is missing", "udp://"},
	{"sip host", base + "sip: {listen: [\"udp://localhost:5060\"]}\n", 2, "sip.listen[0]", "not an IP address and a port", "udp://"},
	{
		"sip wildcard", base + "sip: {listen: [\"udp://0.0.0.0:5060\"]}\n", 2, "sip.listen[0]", "cannot be written into Contact",
		"name each address",
	},
	{
		"sip twice", base + "sip: {listen: [\"udp://127.0.0.1:5060\", \"udp://127.0.0.1:5060\"]}\n", 2, "sip.listen[1]", "twice",
		"remove one",
	},
	{"sip tls", base + "sip: {listen: [\"tls://127.0.0.1:5061\"]}\n", 2, "sip.listen[0]", "needs a certificate", "sip.tls.cert"},
	{
		"client_ca empty", base + "sip:\n  tls:\n    client_ca: /dev/null\n", 4, "sip.tls.client_ca", "no certificate in it",
		"PEM file",
	},
	{"memory unit", base + "limits: {memory: 300}\n", 2, "limits.memory", "unit is missing", "256MiB"},
	{"memory number", base + "limits: {memory: 1.5GiB}\n", 2, "limits.memory", "not a whole number", "256MiB"},
	{"memory little", base + "limits: {memory: 64MiB}\n", 2, "limits.memory", "64MiB is too little", "128MiB or more"},
	{"outside", base + "outside: {calls: 0}\n", 2, "outside", "are none", "1 or more"},
	{
		"trunk ping", base + "trunks:\n- {name: a, address: \"sip:h\", ping: 10ms}\n", 3, "trunks[0].ping", "10ms is out of range",
		"1s to 1h",
	},
	{
		"trunk ca", base + "trunks:\n- {name: a, address: \"sip:h\", ca: x.pem}\n", 3, "trunks[0].ca", "no such file",
		"correct the path",
	},
	{
		"trunk listener", base + "trunks:\n- {name: a, address: \"sip:h\", transport: tls}\n", 3, "trunks[0].transport",
		"nothing listens for tls", "sip.listen",
	},
	{
		"number_ca", base + "sip:\n  identity:\n    number_ca: ca.pem\n", 4, "sip.identity.number_ca", "no such file",
		"correct the path",
	},
	{
		"signer's URL", base + "sip:\n  identity:\n    signers:\n      sip:partner.example: a.pem\n", 5,
		"sip.identity.signers.sip:partner.example", "not the URL of a certificate", "https://",
	},
	{
		"signer without certificate", base + "sip:\n  identity:\n    signers: {\"https://partner.example/a\": \"\"}\n", 4,
		"sip.identity.signers.https://partner.example/a", "missing", "never fetched",
	},
	{
		"signer's empty certificate", base + "sip:\n  identity:\n    signers: {\"https://partner.example/a\": /dev/null}\n", 4,
		"sip.identity.signers.https://partner.example/a", "no certificate in it", "PEM file",
	},
	{"client_ca", base + "sip:\n  tls:\n    client_ca: ca.pem\n", 4, "sip.tls.client_ca", "no such file", "correct the path"},
	{"allow_domains", base + "sip: {allow_domains: [\"*.x\"]}\n", 2, "sip.allow_domains[0]", "not a domain", "host name"},

	{"media none", base + "media: {listen: []}\n", 2, "media.listen", "no address for sound", "192.0.2.10"},
	{"media address", base + "media: {listen: [localhost]}\n", 2, "media.listen[0]", "not an IP address", "192.0.2.10"},
	{"media wildcard", base + "media: {listen: [\"::\"]}\n", 2, "media.listen[0]", "cannot be written into SDP", "name each"},
	{
		"public not ours", base + "media:\n  public:\n    10.0.0.1: 192.0.2.1\n", 4, "media.public.10.0.0.1",
		"not an address we listen on", "media.listen",
	},
	{
		"public mixed", base + "media:\n  public:\n    127.0.0.1: 2001:db8::1\n", 4, "media.public.127.0.0.1", "not of one kind",
		"IPv6 to IPv6",
	},
	{
		"public name", base + "media:\n  public:\n    127.0.0.1: gw.example\n", 4, "media.public.127.0.0.1", "not an IP address",
		"192.0.2.10",
	},
	{"local_nets", base + "media: {local_nets: [10.0.0.1]}\n", 2, "media.local_nets[0]", "not a network", "10.0.0.0/8"},
	{"splash", base + "media: {splash: wet}\n", 2, "media.splash", "\"wet\" is not known", "quiet"},
	{"webrtc_port", base + "media: {webrtc_port: 70000}\n", 2, "media.webrtc_port", "70000 is not a port", "0 for"},
	{"rtp_ports form", base + "media: {rtp_ports: 10000}\n", 2, "media.rtp_ports", "not a range", "10000-19999"},
	{"rtp_ports order", base + "media: {rtp_ports: 20000-10000}\n", 2, "media.rtp_ports", "not a range", "low before high"},
	{"rtp_ports few", base + "media: {rtp_ports: 10000-10001}\n", 2, "media.rtp_ports", "too few", "two ports"},
	{"rtp_ports and webrtc", base + "media: {rtp_ports: 8000-9000}\n", 2, "media.rtp_ports", "webrtc_port 8443 in it", "move one"},
	{
		"rtp_ports and sip", base + "media: {rtp_ports: 5000-6000}\n", 2, "media.rtp_ports", "port of udp://127.0.0.1:5060",
		"move one",
	},
	{"ice no url", base + "media: {ice_servers: [{username: a}]}\n", 2, "media.ice_servers[0].urls", "no address", "turn:"},
	{
		"ice url", base + "media: {ice_servers: [{urls: [\"http://x\"]}]}\n", 2, "media.ice_servers[0].urls[0]", "not a STUN",
		"stun:host",
	},
	{
		"turn bare", base + "media: {ice_servers: [{urls: [\"turn:x\"]}]}\n", 2, "media.ice_servers[0]", "needs both",
		"username and credential",
	},

	{"user no name", base + "users:\n- password: x\n", 3, "users[0].name", "missing", "a-z"},
	{"user name", base + "users:\n- name: Alice\n  password: x\n", 3, "users[0].name", `"Alice" is not a name`, "a-z"},
	{"user twice", base + "users:\n- {name: a, password: x}\n- {name: a, password: x}\n", 4, "users[1].name", "twice", "rename"},
	{"user number", base + "users:\n- {name: a, password: x, number: 10-01}\n", 3, "users[0].number", "not a number", "digits"},
	{
		"number twice", base + "users:\n- {name: a, password: x, number: 1}\n- {name: b, password: x, number: 1}\n", 4,
		"users[1].number", "a has the number 1 too", "another",
	},
	{"no password", base + "users:\n- name: a\n", 3, "users[0].password", "a has no password", "${NAME}"},
	{
		"display", base + "users:\n- {name: a, password: x, display: \"a\\nb\"}\n", 3, "users[0].display", "cannot be shown",
		"one line",
	},
	{"device id", user("  - {id: Desk, sip_password: x}\n"), 6, "users[0].devices[0].id", "not a name", "a-z"},
	{"device browser", user("  - {id: browser, sip_password: x}\n"), 6, "users[0].devices[0].id", "browser tab", "take another"},
	{
		"device twice", user("  - {id: d, sip_password: x}\n  - {id: d, sip_password: y}\n"), 7, "users[0].devices[1].id", "twice",
		"rename",
	},
	{"no sip_password", user("  - {id: d}\n"), 6, "users[0].devices[0].sip_password", "no SIP password", "${NAME}"},
	{
		"same sip_password", user("  - {id: d, sip_password: x}\n  - id: e\n    sip_password: x\n"), 8,
		"users[0].devices[1].sip_password", "device d has the same", "its own",
	},
	{
		"profile", user("  - {id: d, sip_password: x, profile: \"A b\"}\n"), 6, "users[0].devices[0].profile",
		"not the name of a profile", "auto",
	},

	{"trunk name", base + "trunks:\n- {address: \"sip:h\"}\n", 3, "trunks[0].name", "missing", "a-z"},
	{
		"trunk address", base + "trunks:\n- {name: t, address: h}\n", 3, "trunks[0].address", "neither sip: nor sips:",
		"sip:192.0.2.20:5060",
	},
	{
		"trunk address user", base + "trunks:\n- {name: t, address: \"sip:u@h\"}\n", 3, "trunks[0].address", "not a host",
		"sip:192.0.2.20:5060",
	},
	{
		"trunk port", base + "trunks:\n- {name: t, address: \"sip:h:0\"}\n", 3, "trunks[0].address", `"0" is not a port`,
		"sip:192.0.2.20:5060",
	},
	{
		"trunk transport", base + "trunks:\n- {name: t, address: \"sip:h\", transport: sctp}\n", 3, "trunks[0].transport", "not known",
		"udp, tcp, tls",
	},
	{
		"trunk password", base + "trunks:\n- name: t\n  address: sip:h\n  register: {user: u}\n", 5, "trunks[0].register.password",
		"no password for u", "${NAME}",
	},
	{
		"trunk trust", base + "trunks:\n- {name: t, address: \"sip:h\", trust_udp: true}\n", 3, "trunks[0].trust_udp", "does nothing",
		"trust_identity",
	},
	{
		"prefix match", base + "trunks:\n- {name: t, address: \"sip:h\", prefixes: [{match: x}]}\n", 3, "trunks[0].prefixes[0].match",
		"beginning of a number", "digits",
	},
	{
		"prefix add", base + "trunks:\n- {name: t, address: \"sip:h\", prefixes: [{match: 0, add: x}]}\n", 3,
		"trunks[0].prefixes[0].add", "cannot be put before", "digits",
	},
	{
		"prefix strip", base + "trunks:\n- {name: t, address: \"sip:h\", prefixes: [{match: 0, strip: 2}]}\n", 3,
		"trunks[0].prefixes[0].strip", "2 digits", "0 to 1",
	},
	{
		"media_from", base + "trunks:\n- {name: t, address: \"sip:h\", media_from: [x]}\n", 3, "trunks[0].media_from[0]",
		"not a network", "192.0.2.0/24",
	},
	{
		"emergency number", base + "trunks:\n- {name: t, address: \"sip:h\"}\nemergency:\n  help: t\n", 5, "emergency.help",
		"not a number", "digits",
	},
	{"emergency trunk", base + "emergency:\n  112: pbx\n", 3, "emergency.112", `no trunk "pbx"`, "name one of trunks"},

	{"timer unit", base + "timers:\n  tab_gone: 8s\n  ring: 60\n", 4, "timers.ring", "not a time with a unit", "like 60s"},
	{"drain", base + "timers: {drain: -1s}\n", 2, "timers.drain", "out of range", "write 0s to 24h0m0s"},
	{"timer range", base + "timers: {first_1xx: 0s}\n", 2, "timers.first_1xx", "out of range", "write 100ms to 1m0s"},
}

func TestFaults(t *testing.T) {
	for _, row := range faultRows {
		t.Run(row.name, func(t *testing.T) {
			file := write(t, row.text)
			_, err := Load(file)
			var faults *Faults
			require.True(t, errors.As(err, &faults), "%v", err)
			require.Len(t, faults.List, 1, "%v", err)
			f := faults.List[0]
			require.Equal(t, row.line, f.Line, "%v", err)
			require.Equal(t, row.key, f.Key, "%v", err)
			require.Contains(t, f.Problem, row.problem)
			require.Contains(t, f.Remedy, row.remedy)
			require.Contains(t, err.Error(), file)
			require.NotContains(t, err.Error(), "\n\n")
		})
	}
}

// TestAllFaultsAtOnce: nobody should have to correct a file fault by fault.
func TestAllFaultsAtOnce(t *testing.T) {
	_, err := Load(write(t, `domain: example.test
max_calls: x
htp: 1
timers: {ring: 5, tab_gone: 1s}
users:
  - name: A
    devices:
      - {id: d}
`))
	var faults *Faults
	require.ErrorAs(t, err, &faults)
	var got []string
	for _, f := range faults.List {
		got = append(got, fmt.Sprintf("%d %s", f.Line, f.Key))
	}
	require.Equal(t, []string{
		"2 max_calls", "3 htp", "4 timers.ring", "4 timers.tab_gone",
		"6 users[0].name", "6 users[0].password", "8 users[0].devices[0].sip_password",
	}, got)
	require.Equal(t, 1+len(got), strings.Count(err.Error(), "\n")+1, "a line each: %v", err)
}

// TestFaultsHoldNoSecret: an address may have a password in it.
func TestFaultsHoldNoSecret(t *testing.T) {
	_, err := Load(write(t, base+"redis: http://user:hunter2@host\n"))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
}

func FuzzParse(f *testing.F) {
	for _, row := range faultRows {
		f.Add(row.text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		cfg, faults := parse([]byte(text), func(string) (string, bool) { return "", false })
		if len(faults) == 0 {
			_ = cfg.Check()
		}
	})
}
