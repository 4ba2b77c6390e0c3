package phones

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// What a stranger can do while a call runs: its tone is undisturbed
// throughout, and each of these gets the answer it must.
func TestHostileStrangers(t *testing.T) {
	g := rig.Start(t, rig.Options{})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: "PCMU"})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone, Codec: "PCMU"})
	connect(t, bob, alice, "alice")
	for name, attack := range map[string]func(*testing.T, *rig.Gateway){
		"60 kB of headers":           longHeaders,
		"INVITE storm":               inviteStorm,
		"digest replay":              func(t *testing.T, g *rig.Gateway) { usedCredentials(t, g) },
		"somebody else's AOR":        foreignAOR,
		"guessing SIP passwords":     guessDigest,
		"guessing passwords":         guessLogin,
		"RTP from a stranger's port": func(t *testing.T, g *rig.Gateway) { strangerRTP(t, g, alice, bob) },
		"a call ended by a stranger": func(t *testing.T, g *rig.Gateway) { strangerBye(t, g, bob) },
	} {
		t.Run(name, func(t *testing.T) {
			attack(t, g)
			if !g.Alive() {
				t.Fatal("the gateway has ended")
			}
			undisturbed(t, alice, callerTone)
			undisturbed(t, bob, calleeTone)
		})
	}
	bob.Hangup()
	alice.WaitEvent("CALL_CLOSED")
}

// longHeaders: over 32 KiB a datagram is not read, and refused where its head can be.
func longHeaders(t *testing.T, g *rig.Gateway) {
	before := g.Metrics(t)
	resp := g.NewProbe(t).Ask(rig.Request{Headers: []string{"X-Long: " + strings.Repeat("x", 60000)}})
	if resp.Status != 513 {
		t.Errorf("60 kB of headers get %v, want 513", resp)
	}
	if resp := g.NewProbe(t).Ask(rig.Request{Headers: []string{"X-Long: " + strings.Repeat("x", 25000)}}); resp.Status != 200 {
		t.Errorf("25 kB of headers, which are allowed, get %v", resp)
	}
	const oversized = `ringsplash_sip_dropped_total{why="oversized"}`
	if n := g.Metrics(t)[oversized] - before[oversized]; n < 1 {
		t.Errorf("/metrics counts %v oversized messages", n)
	}
}

// inviteStorm: thousands of INVITEs without credentials in our domain's name
// begin no call and hold nothing.
func inviteStorm(t *testing.T, g *rig.Gateway) {
	before := g.Metrics(t)
	probe := g.NewProbe(t)
	body := offer("127.0.0.1", "0 PCMU/8000")
	for i := range 3000 {
		probe.Send([]byte(fmt.Sprintf(
			"INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKstorm%d;rport\r\nFrom: <%s>;tag=s%d\r\nTo: <%s>\r\nCall-ID: "+
				"storm-%d\r\nCSeq: 1 INVITE\r\n"+
				"Contact: <sip:eve@%s>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
			rig.Alice.Address(), probe.Addr, i, rig.Bob.Address(), i, rig.Alice.Address(), i, probe.Addr, len(body), body)))
	}
	rig.Until(t, rig.Patience, "the storm is over", func() bool { return g.NewProbe(t).Options().Status == 200 })
	m := g.Metrics(t)
	if m["ringsplash_calls_total"] != before["ringsplash_calls_total"] ||
		m["ringsplash_rtp_ports"] != before["ringsplash_rtp_ports"] {
		t.Errorf("the storm began calls: %s, before %s", held(m), held(before))
	}
}

// foreignAOR: carol's password registers carol only.
func foreignAOR(t *testing.T, g *rig.Gateway) {
	aor := rig.Bob.Address()
	resp := g.NewProbe(t).Ask(rig.Request{
		Method: "REGISTER", From: aor, To: aor, User: "carol",
		Password: rig.Carol.SIPPassword("desk"),
	})
	if resp.Status != 403 {
		t.Errorf("carol registering as bob gets %v", resp)
	}
}

// guessDigest: a source that guesses is slowed; the owner elsewhere is not.
func guessDigest(t *testing.T, g *rig.Gateway) {
	aor := rig.Carol.Address()
	register := func(p *rig.Probe, password string) rig.Response {
		return p.Ask(rig.Request{Method: "REGISTER", From: aor, To: aor, User: "carol", Password: password})
	}
	guesser, slowed := g.NewProbe(t), false
	for range 20 {
		resp := register(guesser, "guess")
		slowed = slowed || resp.Status == 503 && resp.Header.Get("Retry-After") != ""
	}
	if !slowed {
		t.Error("guessing was never slowed")
	}
	if resp := register(g.NewProbe(t), rig.Carol.SIPPassword("desk")); resp.Status != 200 {
		t.Errorf("the owner elsewhere gets %v", resp)
	}
}

// guessLogin: the same at the log-in of the page.
func guessLogin(t *testing.T, g *rig.Gateway) {
	login := func(from, password string) int {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		client := http.Client{
			Timeout:   rig.Patience,
			Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true},
		}
		body, err := json.Marshal(map[string]string{"name": "alice", "password": password})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Post("http://"+g.HTTP+"/api/v1/login", "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	guesser, slowed := rig.NewAddr(), 0
	for range 15 {
		if login(guesser, "guess") == http.StatusTooManyRequests {
			slowed++
		}
	}
	if slowed == 0 {
		t.Error("guessing was never slowed")
	}
	if status := login(rig.NewAddr(), rig.Alice.Password()); status != http.StatusOK {
		t.Errorf("the owner from somewhere new gets %d", status)
	}
}

var mediaPort = regexp.MustCompile(`(?m)^m=audio ([0-9]+) `)

// strangerRTP sends sound to both ports of the call from a port that is
// neither phone's: it reaches nobody, and is counted.
func strangerRTP(t *testing.T, g *rig.Gateway, phones ...*rig.Phone) {
	before := g.Metrics(t)
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	packet := append([]byte{0x80, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4}, bytes.Repeat([]byte{0x00}, 160)...)
	sent := 0
	for _, p := range phones {
		for _, m := range mediaPort.FindAllStringSubmatch(p.Messages(), -1) {
			port, _ := strconv.Atoi(m[1])
			for i := range 50 {
				packet[3] = byte(i)
				_, _ = conn.WriteToUDP(packet, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
				sent++
			}
		}
	}
	name := `ringsplash_media_packets_total{what="from_strangers"}`
	rig.Until(t, rig.Patience, "the stranger's packets are counted as such",
		func() bool { return g.Metrics(t)[name]-before[name] >= 100 })
}

// strangerBye: a BYE with the right Call-ID and wrong tags ends nothing.
func strangerBye(t *testing.T, g *rig.Gateway, p *rig.Phone) {
	ids := regexp.MustCompile(`(?m)^Call-ID: (\S+)`).FindAllStringSubmatch(p.Messages(), -1)
	probe := g.NewProbe(t)
	for _, id := range ids {
		probe.Send([]byte(fmt.Sprintf(
			"BYE sip:x@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\nFrom: <%s>;tag=1\r\nTo: <%s>;tag=2\r\nCall-ID: "+
				"%s\r\nCSeq: 99 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
			g.SIP, probe.Addr, id[1], rig.Bob.Address(), rig.Alice.Address(), id[1])))
	}
	if p.Saw("CALL_CLOSED") || len(ids) == 0 {
		t.Error("a stranger ended the call")
	}
}
