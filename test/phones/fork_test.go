package phones

import (
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// Two phones of alice ring; one answers, the other is told that it was
// answered elsewhere.
func TestTwoPhonesOneAnswer(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	desk := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone})
	lab := scripted(t, g, rig.Alice, "lab", "uas_cancelled", rig.SippOptions{})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})

	bob.Dial("alice")
	desk.WaitEvent("CALL_INCOMING")
	lab.WaitMessage("INVITE sip:")
	desk.Accept()
	bob.WaitEvent("CALL_ESTABLISHED")
	bob.Hears(calleeTone)
	desk.Hears(callerTone)
	if log := lab.OK().Log(); !strings.Contains(log, `SIP;cause=200;text="Call completed elsewhere"`) {
		t.Errorf("the CANCEL of the other phone says %q", log)
	}
	bob.Hangup()
	desk.WaitEvent("CALL_CLOSED")
}

// One phone is busy: the other rings on and can answer.
func TestOneOfTwoPhonesIsBusy(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	desk := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone})
	lab := scripted(t, g, rig.Alice, "lab", "uas_reject", rig.SippOptions{Args: []string{"-d", "100"}})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})

	bob.Dial("alice")
	desk.WaitEvent("CALL_INCOMING")
	lab.OK()
	desk.Accept()
	bob.WaitEvent("CALL_ESTABLISHED")
	bob.Hears(calleeTone)
	bob.Hangup()
	desk.WaitEvent("CALL_CLOSED")
}

// A phone that answers although another was faster gets ACK and BYE.
func TestSecondAnswerIsEnded(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	desk := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone})
	lab := scripted(t, g, rig.Alice, "lab", "uas_crossing", rig.SippOptions{})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})

	bob.Dial("alice")
	desk.WaitEvent("CALL_INCOMING")
	lab.WaitMessage("INVITE sip:")
	desk.Accept()
	bob.WaitEvent("CALL_ESTABLISHED")
	lab.OK()
	bob.Hears(calleeTone)
	desk.Hears(callerTone)
	bob.Hangup()
	desk.WaitEvent("CALL_CLOSED")
}
