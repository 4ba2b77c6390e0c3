package config

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const example = "../ringsplash.example.yaml"

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ringsplash.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestExampleLoads(t *testing.T) {
	cfg, err := Load(example)
	require.NoError(t, err)
	require.Equal(t, "example.test", cfg.Domain)
	require.Empty(t, cfg.HTTP.EmbedKeys, "a copy of the example trusts nobody's signature")
	require.Equal(t, User{Name: "bob", Number: "1002", Display: "Bob Baker", Password: "change me as well", Devices: []Device{
		{ID: "desk", Display: "Desk phone", SIPPassword: "and me", Interworking: true, Profile: "auto"},
	}}, cfg.Users[1])
	require.Equal(t, map[string]string{"112": "pbx"}, cfg.Emergency)
	require.Equal(t, []Prefix{{Match: "0", Strip: 1}}, cfg.Trunks[0].Prefixes)
	uri, err := cfg.Trunks[0].URI()
	require.NoError(t, err)
	require.Equal(t, TrunkURI{Host: "127.0.0.1", Port: 5070}, uri)
}

var signingKeys = regexp.MustCompile(`(?m)^  embed_keys: \[\]\n(?:  #   .*\n)+`)

// TestExampleHasEveryKey: walks the types, so that a key added to them must be
// added to the example too.
func TestExampleHasEveryKey(t *testing.T) {
	text, err := os.ReadFile(example)
	require.NoError(t, err)
	// Signing keys stand in a comment: whoever copies the file must not trust one that is not his.
	text = signingKeys.ReplaceAllFunc(text, func(block []byte) []byte {
		return bytes.ReplaceAll(bytes.Replace(block, []byte(" []"), nil, 1), []byte("\n  # "), []byte("\n  "))
	})
	// So does the un-mute key: which one a phone has is for its profile to say.
	text = bytes.Replace(text, []byte("\n        # unmute_key:"), []byte("\n        unmute_key:"), 1)
	cfg, faults := parse(text, os.LookupEnv)
	require.Empty(t, faults)
	require.NotEmpty(t, cfg.HTTP.EmbedKeys)
	seen := map[string]bool{}
	for key := range cfg.lines {
		var plainKey strings.Builder
		for _, step := range strings.Split(key, ".") {
			name, _, _ := strings.Cut(step, "[")
			plainKey.WriteString("." + name)
		}
		seen[plainKey.String()] = true
	}
	keys := 0
	var walk func(typ reflect.Type, key string)
	walk = func(typ reflect.Type, key string) {
		for typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for _, name := range keysOf(typ) {
			f, _ := fieldOf(typ, name)
			keys++
			if !seen[key+"."+name] {
				t.Errorf("ringsplash.example.yaml does not have %s.%s", key, name)
			}
			walk(f.Type, key+"."+name)
		}
	}
	walk(reflect.TypeFor[Config](), "")
	require.Greater(t, keys, 60, "the walk finds the keys")
}

// TestExampleShowsTheDefaults: what the example's comments call a default is
// the default.
func TestExampleShowsTheDefaults(t *testing.T) {
	cfg, err := Load(example)
	require.NoError(t, err)
	def := Default()
	require.Equal(t, def.Timers, cfg.Timers)
	require.Equal(t, def.Log, cfg.Log)
	require.Equal(t, def.MaxCalls, cfg.MaxCalls)
	require.Equal(t, def.MaxAllCalls, cfg.MaxAllCalls)
	require.Equal(t, def.HTTP.Listen, cfg.HTTP.Listen)
	require.Equal(t, def.SIP.Listen, cfg.SIP.Listen)
	require.Equal(t, def.Media.Listen, cfg.Media.Listen)
	require.Equal(t, def.Media.WebRTCPort, cfg.Media.WebRTCPort)
	require.Equal(t, def.Media.RTPPorts, cfg.Media.RTPPorts)
	require.Equal(t, "data", filepath.Base(cfg.Data))
	for _, u := range cfg.Users {
		for _, d := range u.Devices {
			require.Empty(t, d.UnmuteKey, "the profile says which key un-mutes")
		}
	}
}

func TestSmallestFile(t *testing.T) {
	file := write(t, "domain: example.test\n")
	cfg, err := Load(file)
	require.NoError(t, err)
	want := Default()
	want.Domain, want.Data, want.lines = "example.test", filepath.Join(filepath.Dir(file), "data"), cfg.lines
	require.Equal(t, want, cfg)
}

// JSON is YAML too: keys may be quoted.
func TestQuotedKeys(t *testing.T) {
	cfg, err := Load(write(t,
		`{"domain": "example.test", 'log': {"level": "debug"}, "emergency": {"112": "pbx"}, `+
			`"trunks": [{"name": "pbx", "address": "sip:192.0.2.1"}]}`))
	require.NoError(t, err)
	require.Equal(t, "example.test", cfg.Domain)
	require.Equal(t, "debug", cfg.Log.Level)
	require.Equal(t, map[string]string{"112": "pbx"}, cfg.Emergency)
}

// valuesFile has every kind of value.
const valuesFile = `
domain: example.test
data: /var/lib/x
redis: unix:///run/redis.sock
http: {listen: ":0"}
sip: {listen: ["udp://[::1]:0", "tcp://127.0.0.1:0", "udp://127.0.0.1:0"], allow_domains: [partner.example]}
media:
  listen: ["::1", 127.0.0.1]
  public: {127.0.0.1: 192.0.2.10}
  local_nets: [10.0.0.0/8, "fd00::/8"]
  webrtc_port: 0
  rtp_ports: 0
users:
- name: alice
  number: 0049 
  password: ${RS_PW}
  devices:
  - id: desk
    sip_password: "${RS_SIP}"
  - {id: cell, sip_password: "x${RS_SIP}"}
  - {id: third, sip_password: 007}
trunks:
- {name: pbx, address: "sips:[::1]", transport: tcp, prefixes: [{match: 0, strip: 1, add: +49}]}
policy: {forbid: [public, friends]}
max_calls: ${RS_PORT}
limits: {memory: 2GiB}
timers: {ring: 1m30s}
log:
`

func TestValues(t *testing.T) {
	t.Setenv("RS_PW", "from outside: ${RS_SIP}")
	t.Setenv("RS_SIP", "s3")
	t.Setenv("RS_PORT", "7")
	file := write(t, valuesFile)
	cfg, err := Load(file)
	require.NoError(t, err)
	require.Equal(t, "/var/lib/x", cfg.Data)
	require.Equal(t, []SIPListen{
		{"udp", netip.MustParseAddrPort("[::1]:0")},
		{"tcp", netip.MustParseAddrPort("127.0.0.1:0")},
		{"udp", netip.MustParseAddrPort("127.0.0.1:0")},
	}, cfg.SIP.Listen)
	require.Equal(t, map[netip.Addr]netip.Addr{netip.MustParseAddr("127.0.0.1"): netip.MustParseAddr("192.0.2.10")},
		cfg.Media.Public)
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}, cfg.Media.LocalNets)
	require.Zero(t, cfg.Media.WebRTCPort)
	require.Zero(t, cfg.Media.RTPPorts)
	alice := cfg.Users[0]
	require.Equal(t, "0049", alice.Number, "leading zeros stay")
	require.Equal(t, "alice", alice.Display)
	require.Equal(t, "from outside: ${RS_SIP}", alice.Password, "looked up once")
	require.Equal(t, Device{ID: "desk", Display: "desk", SIPPassword: "s3", Profile: "auto"}, alice.Devices[0])
	require.Equal(t, "x${RS_SIP}", alice.Devices[1].SIPPassword, "only a whole value")
	require.Equal(t, "007", alice.Devices[2].SIPPassword)
	require.Equal(t, []Prefix{{Match: "0", Strip: 1, Add: "+49"}}, cfg.Trunks[0].Prefixes)
	uri, err := cfg.Trunks[0].URI()
	require.NoError(t, err)
	require.Equal(t, TrunkURI{Secure: true, Host: "::1"}, uri)
	require.Equal(t, 7, cfg.MaxCalls)
	require.EqualValues(t, 2<<30, cfg.Limits.Memory)
	require.Equal(t, "2GiB", cfg.Limits.Memory.String())
	require.Equal(t, 90*time.Second, cfg.Timers.Ring)
	require.Equal(t, Default().Timers.TabGone, cfg.Timers.TabGone, "the other timers keep their defaults")
	require.Equal(t, Default().Log, cfg.Log)
}

func TestNoFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "--config FILE")
}
