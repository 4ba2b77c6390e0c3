package phones

import (
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// register makes addr the contact of a user's deskphone, for a scenario that
// then listens there.
func register(t *testing.T, g *rig.Gateway, u rig.User, device string) (addr string) {
	t.Helper()
	addr = rig.NewAddr()
	g.StartSipp(t, "uac_register", rig.SippOptions{Addr: addr, Args: []string{
		"-key", "fuser", u.Name, "-key", "fdomain", rig.Domain,
		"-au", u.Name, "-ap", u.SIPPassword(device), "-key", "expires", "3600", // a soak lasts
		"-key", "cparams", `;+sip.instance="<urn:uuid:` + rig.UUIDOf(u.Name, device) + `>"`,
	}}).OK()
	return addr
}

// scripted starts a registered phone that follows a scenario.
func scripted(t *testing.T, g *rig.Gateway, u rig.User, device, scenario string, o rig.SippOptions) *rig.Sipp {
	t.Helper()
	o.Addr = register(t, g, u, device)
	return g.StartSipp(t, scenario, o).Listening()
}

// A phone that does not answer: what the caller is told for each reason.
func TestPhoneDoesNotAnswer(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{Timers: map[string]string{"ring": "2s"}})
	tests := []struct {
		name, scenario string
		env            []string
		why            string
	}{
		{"busy", "uas_reject", []string{"STATUS=486 Busy Here", "EXTRA=X-Phone: busy"}, "486"},
		{"declined", "uas_reject", []string{"STATUS=603 Decline"}, "603"},
		{"no common codec", "uas_reject", []string{"STATUS=488 Not Acceptable Here"}, "488"},
		{
			"redirected, which is not followed", "uas_reject",
			[]string{"STATUS=302 Moved Temporarily", "CONTACT=sip:bob@" + rig.Domain},
			"",
		},
		{"rings for ever", "uas_cancelled", nil, "480"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			alice := scripted(t, g, rig.Alice, "desk", tt.scenario, rig.SippOptions{Env: tt.env, Args: []string{"-d", "200"}})
			bob := phone(t, g, rig.PhoneOptions{User: rig.Bob})
			bob.Dial("alice")
			bob.WaitEvent("CALL_RINGING")
			bob.WaitClosed(tt.why)
			alice.OK()
			if bob.Saw("CALL_INCOMING") {
				t.Error("a redirect of one phone made another ring")
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob})
	for to, why := range map[string]string{
		"alice": "480 Nobody Registered", "1003": "480 Nobody Registered",
		"nobody": "404 Not Found", "4711": "404 Not Found",
	} {
		bob.Dial(to)
		bob.WaitClosed(why)
	}
}

// A phone that was unplugged does not react at all: the caller is told soon,
// not after the 32 s of RFC 3261.
func TestPhoneUnplugged(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice})
	alice.Kill()
	bob.Dial("alice")
	bob.WaitClosed("480")
}

func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	args := []string{"-s", "alice"}
	t.Run("while it rings", func(t *testing.T) {
		alice := scripted(t, g, rig.Alice, "desk", "uas_cancelled", rig.SippOptions{})
		caller := g.StartSipp(t, "uac_cancel", rig.SippOptions{Env: []string{"RING_MS=300"}, Args: args}).OK()
		if !strings.Contains(caller.Log(), "CANCELLED") {
			t.Errorf("the caller's CANCEL ended as %q", caller.Log())
		}
		if log := alice.OK().Log(); !strings.Contains(log, "cause=487") {
			t.Errorf("the CANCEL does not say that the caller gave up: %q", log)
		}
	})
	t.Run("while the phone answers", func(t *testing.T) {
		alice := scripted(t, g, rig.Alice, "desk", "uas_crossing", rig.SippOptions{})
		caller := g.StartSipp(t, "uac_cancel", rig.SippOptions{Env: []string{"RING_MS=300"}, Args: args}).OK()
		if !strings.Contains(caller.Log(), "CANCELLED") {
			t.Errorf("the caller's CANCEL ended as %q", caller.Log())
		}
		alice.OK() // it got ACK and BYE
	})
	t.Run("too late", func(t *testing.T) {
		alice := scripted(t, g, rig.Alice, "desk", "uas_phone", rig.SippOptions{Env: []string{"RING_MS=200"}})
		g.StartSipp(t, "uac_crossing", rig.SippOptions{Args: args}).OK()
		alice.OK()
	})
	t.Run("a real phone", func(t *testing.T) {
		alice := phone(t, g, rig.PhoneOptions{User: rig.Alice})
		bob := phone(t, g, rig.PhoneOptions{User: rig.Bob})
		bob.Dial("alice")
		alice.WaitEvent("CALL_INCOMING")
		bob.WaitEvent("CALL_RINGING")
		bob.Hangup()
		alice.WaitEvent("CALL_CLOSED")
		if messages := alice.Messages(); !strings.Contains(messages, "CANCEL sip:") {
			t.Error("the ringing phone was not cancelled")
		}
	})
}

// sipp as caller: one of our users with digest, and a stranger who may ring
// our users without one.
func TestScriptedCaller(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	tests := []struct {
		name, peer string
		args       []string
	}{
		{"with digest", rig.Bob.Address(), []string{
			"-key", "fuser", "bob", "-key", "fdomain", rig.Domain, "-au", "bob", "-ap", rig.Bob.SIPPassword("desk"), "-auth_uri",
			"alice@" + rig.Domain,
		}},
		{"a stranger", "sip:eve@elsewhere.test", []string{"-key", "fuser", "eve", "-key", "fdomain", "elsewhere.test"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: callerTone, Codec: "PCMU"})
			caller := g.StartSipp(t, "uac_call", rig.SippOptions{Args: append([]string{"-s", "alice", "-d", "2500"}, tt.args...)})
			if ev := alice.WaitEvent("CALL_INCOMING"); ev.Peer != tt.peer {
				t.Errorf("alice's phone shows %q, want %q", ev.Peer, tt.peer)
			}
			alice.Accept()
			alice.WaitEvent("CALL_ESTABLISHED")
			alice.Hears(700) // the tone of uac_call
			alice.WaitEvent("CALL_CLOSED")
			caller.OK()
		})
	}
}
