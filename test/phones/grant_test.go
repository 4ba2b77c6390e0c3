package phones

import (
	"net/http"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// decision is a row of GET /policy/decisions.
type decision struct {
	Requester string `json:"requester"`
	Kind      string `json:"kind"`
	Device    string `json:"device"`
	Allow     bool   `json:"allow"`
	Grant     string `json:"grant"`
	Reason    string `json:"reason"`
}

func decisions(t *testing.T, c *rig.Client) []decision {
	t.Helper()
	var list struct{ Decisions []decision }
	if status := c.Do(http.MethodGet, "/api/v1/policy/decisions", nil, &list); status != http.StatusOK {
		t.Fatalf("decisions: status %d", status)
	}
	return list.Decisions
}

// allow lets these addresses ask alice's phone to answer by itself.
func allow(t *testing.T, c *rig.Client, addresses ...string) {
	t.Helper()
	var now struct {
		Version uint64 `json:"version"`
	}
	if status := c.Do(http.MethodGet, "/api/v1/policy", nil, &now); status != http.StatusOK {
		t.Fatalf("GET policy: status %d", status)
	}
	grants := map[string]any{
		"version": now.Version, "allowPublic": false, "allowFriends": false, "allowDirectory": false,
		"allowAddresses": len(addresses) > 0, "addresses": addresses,
	}
	if status := c.Do(http.MethodPut, "/api/v1/policy", grants, nil); status != http.StatusOK {
		t.Fatalf("PUT policy: status %d", status)
	}
}

// bobAsks lets sipp call alice as bob, with digest and more headers.
func bobAsks(t *testing.T, g *rig.Gateway, scenario, headers string) *rig.Sipp {
	t.Helper()
	return g.StartSipp(t, scenario, rig.SippOptions{Args: []string{
		"-key", "exthdr", headers, "-s", "alice", "-d", "1500",
		"-key", "fuser", "bob", "-key", "fdomain", rig.Domain, "-au", "bob", "-ap", rig.Bob.SIPPassword("desk"), "-auth_uri",
		"alice@" + rig.Domain,
	}})
}

// A granted, authenticated caller opens the phone, muted; the decision is on
// record. Taken back, the same request only rings.
func TestGrantedCallerOpensThePhone(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, listening(t))
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: "PCMU"})
	client := g.LogIn(t, rig.Alice)
	tab := client.OpenTab(t)
	allow(t, client, "bob@"+rig.Domain)
	alice.Command("answermode", "auto")
	caller := bobAsks(t, g, "uac_call", "Answer-Mode: Auto")
	if on := tab.Microphone("shut").On; on == nil || *on != "desk" {
		t.Errorf("the call is on %v", on)
	}
	caller.OK()
	alice.WaitEvent("CALL_CLOSED")
	if got := invites(alice); len(got) != 1 || !hasTrigger(got[0]) || !strings.Contains(got[0], "a=sendonly") {
		t.Errorf("the phone got %d INVITEs: %q", len(got), got)
	}
	list := decisions(t, client)
	if len(list) != 1 || !list[0].Allow || list[0].Grant != "addresses" || list[0].Device != "desk" ||
		list[0].Requester != rig.Bob.Address() {
		t.Errorf("decisions %+v", list)
	}

	allow(t, client)
	alice.Command("answermode", "manual")
	bobAsks(t, g, "uac_call", "Answer-Mode: Auto")
	alice.WaitEvent("CALL_INCOMING")
	if got := invites(alice); hasTrigger(got[len(got)-1]) {
		t.Errorf("after the grant was taken back the phone got a trigger:\n%s", got[len(got)-1])
	}
	if list := decisions(t, client); len(list) != 2 || list[0].Allow || list[0].Reason == "" {
		t.Errorf("decisions %+v", list)
	}
	alice.Accept()
	alice.WaitEvent("CALL_ESTABLISHED")
	alice.WaitEvent("CALL_CLOSED")
}

// Whatever a caller writes into his INVITE, no trigger and no claim of his
// reaches the phone without a grant.
func TestNothingPassesFromTheCallersHeaders(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Codec: "PCMU"})
	headers := strings.Join([]string{
		"Alert-Info: <http://evil.test/ring.wav>;info=alert-autoanswer;delay=0", "alert-info: Ring Answer",
		"Call-Info: <sip:evil.test>;answer-after=0", "CALL-INFO : <http://evil.test/pic.png>;purpose=icon",
		"Alert-Info:\r\n <http://evil.test/folded.wav>;info=alert-autoanswer", "aLeRt-InFo \t: <urn:evil>",
		"Call-Info:\r\n\t<sip:evil.test>\r\n ;answer-after=0",
		"Event: talk", "Accept-Contact: *;evil", "Request-Disposition: no-fork", "y: evil.evil.evil;info=<https://evil.test/>",
		"P-Auto-Answer: normal", "Priv-Answer-Mode: Auto", "answer-mode:Auto",
		"P-Asserted-Identity: <sip:alice@" + rig.Domain + ">", "Remote-Party-ID: <sip:alice@" + rig.Domain + ">;party=calling",
		"Identity: abc;info=<https://evil.test/cert>", "X-Evil: 1", "Subject: intercom=true",
	}, "\r\n")
	for _, as := range []string{"bob", "a stranger"} {
		t.Run(as, func(t *testing.T) {
			if as == "bob" {
				bobAsks(t, g, "uac_call", headers)
			} else {
				g.StartSipp(t, "uac_call",
					rig.SippOptions{Args: []string{
						"-key", "exthdr", headers, "-s", "alice", "-d", "500", "-key", "fuser", "eve", "-key",
						"fdomain", "elsewhere.test",
					}})
			}
			alice.WaitEvent("CALL_INCOMING")
			got := invites(alice)
			last := strings.ToLower(got[len(got)-1])
			for _, bad := range []string{
				"alert-info", "call-info", "answer-mode", "auto-answer", "evil", "remote-party", "identity",
				"intercom", "subject", "talk", "disposition",
			} {
				if strings.Contains(last, bad) {
					t.Errorf("%q reached the phone:\n%s", bad, last)
				}
			}
			alice.Accept()
			alice.WaitEvent("CALL_CLOSED")
		})
	}
}
