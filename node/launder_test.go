package node

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringsplash/config"
	"ringsplash/test/rig"
)

// triggers are headers that make phones of some vendor answer by themselves,
// ring in another way or open a page, and claims of who calls.
var triggers = []string{
	"Answer-Mode: Auto", "Priv-Answer-Mode: Auto", "P-Auto-Answer: normal",
	"Alert-Info: <http://evil.test/>;info=alert-autoanswer;delay=0",
	"Alert-Info: Ring Answer", "Call-Info: <sip:evil.test>;answer-after=0", "Call-Info: <http://evil.test/>;purpose=icon",
	"Accept-Contact: *;evil",
	"Request-Disposition: no-fork", "Event: talk", "Subject: evil", "Error-Info: <http://evil.test/>", "Organization: evil",
	"Reply-To: <sip:evil.test>",
	"P-Asserted-Identity: <sip:evil.test>", "P-Preferred-Identity: <sip:evil.test>", "Remote-Party-ID: <sip:evil.test>",
	"Identity: evil;info=<https://evil.test/>",
	"Referred-By: <sip:evil.test>", "Diversion: <sip:evil.test>", "History-Info: <sip:evil.test>;index=1", "User-Agent: evil",
	"X-Evil: 1", "Record-Route: <sip:evil.test;lr>",
}

// requests make phones go off-hook, call somebody or show something, outside of
// a call. No phone is to get one.
var requests = map[string][]string{
	"NOTIFY":    {"Event: talk", "Subscription-State: active"},
	"MESSAGE":   {"Answer-Mode: Auto", "Alert-Info: <http://evil.test/>;info=alert-autoanswer"},
	"REFER":     {"Refer-To: <sip:evil.test?Answer-Mode=Auto>"},
	"SUBSCRIBE": {"Event: talk"},
	"INFO":      {"Answer-Mode: Auto"},
	"UPDATE":    {"Answer-Mode: Auto"},
}

// spelled gives every header in four spellings, for names have no case.
func spelled(lines []string) []string {
	var out []string
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		for _, as := range []string{name, strings.ToLower(name), strings.ToUpper(name), strings.ToLower(name[:1]) + name[1:]} {
			out = append(out, as+":"+value)
		}
	}
	return out
}

// namesIn are the names of the headers of a message, sorted.
func namesIn(message string) []string {
	head, _, _ := strings.Cut(message, "\r\n\r\n")
	var names []string
	for _, line := range strings.Split(head, "\r\n")[1:] {
		name, _, _ := strings.Cut(line, ":")
		names = append(names, strings.ToLower(strings.TrimSpace(name)))
	}
	slices.Sort(names)
	return names
}

// laundry is a node with alice's phone, bob and a trunk.
type laundry struct {
	*testing.T
	gateway *rig.Gateway
	phone   *rig.Probe
	trunk   string // its address
}

const alice = "sip:alice@" + rig.Domain

func newLaundry(t *testing.T) *laundry {
	t.Helper()
	trunk := rig.NewAddr()
	dir := t.TempDir()
	file := filepath.Join(dir, "ringsplash.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`
domain: `+rig.Domain+`
http: {listen: "127.0.0.1:0"}
sip: {listen: ["udp://127.0.0.1:0"]}
media: {listen: ["127.0.0.1"], webrtc_port: 0, rtp_ports: "0"}
users:
  - {name: alice, password: x, devices: [{id: desk, sip_password: alice-secret, interworking: true}]}
  - {name: bob, password: y, devices: [{id: desk, sip_password: bob-secret}]}
trunks:
  - {name: pbx, address: "sip:`+trunk+`:5070", trust_identity: true, trust_udp: true}
timers: {drain: 0s}
`), 0o600))
	cfg, err := config.Load(file)
	require.NoError(t, err)
	n, err := Start(t.Context(), cfg, Options{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close(context.Background())) })
	g := &rig.Gateway{SIP: netip.MustParseAddrPort(strings.TrimPrefix(n.SIP()[0], "udp://"))}
	l := &laundry{t, g, g.NewProbe(t), trunk}
	require.Equal(t, 200, l.phone.Ask(rig.Request{
		Method: "REGISTER", From: alice, To: alice, User: "alice",
		Password: "alice-secret",
	}).Status)
	return l
}

// reaches sends an INVITE with the headers from ip and returns what alice's
// phone gets.
func (l *laundry) reaches(t *testing.T, ip string, r rig.Request, headers []string) string {
	t.Helper()
	r.Method, r.URI, r.Headers = "INVITE", alice, headers
	r.Body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
	caller, answer := l.gateway.ProbeAt(l.T, ip), make(chan int, 1)
	go func() { answer <- caller.Ask(r).Status }()
	invite := l.phone.Incoming("INVITE")
	if invite == "" {
		t.Fatalf("no INVITE reached the phone; the caller got %d", <-answer)
	}
	l.phone.Refuse(invite, "486 Busy Here")
	<-answer
	return invite
}

// An INVITE with every trigger there is reaches the phone as one without any,
// whichever way it came: nothing of it is copied. Other requests reach none.
func TestLaunderedInvite(t *testing.T) {
	l := newLaundry(t)
	for name, way := range map[string]struct {
		ip string
		r  rig.Request
	}{
		"stranger": {rig.NewAddr(), rig.Request{From: "sip:eve@elsewhere.test"}},
		"our user": {rig.NewAddr(), rig.Request{From: "sip:bob@" + rig.Domain, User: "bob", Password: "bob-secret"}},
		"trunk":    {l.trunk, rig.Request{From: "sip:eve@elsewhere.test"}},
	} {
		t.Run(name, func(t *testing.T) {
			for method, headers := range requests {
				r := way.r
				r.Method, r.URI, r.Headers = method, alice, spelled(headers)
				status := l.gateway.ProbeAt(t, way.ip).Ask(r).Status
				require.GreaterOrEqual(t, status, 400, "%s", method)
			}
			clean := l.reaches(t, way.ip, way.r, nil) // what was passed on would have come before
			dirty := l.reaches(t, way.ip, way.r, spelled(triggers))
			require.Equal(t, namesIn(clean), namesIn(dirty), "%s", dirty)
			for _, message := range l.phone.Passed {
				method, _, _ := strings.Cut(message, " ")
				require.NotContains(t, requests, method)
			}
			// The trunk's word on who calls is believed, so it may be shown.
			head, _, _ := strings.Cut(dirty, "\r\n\r\n")
			if name != "trunk" {
				require.NotContains(t, strings.ToLower(head), "evil")
			}
		})
	}
}
