package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
	"ringsplash/media/sdp"
)

// command is a valid command of a kind.
func command(do string) gateway.Command {
	c := gateway.Command{Do: do}
	for _, name := range rules[do].needs {
		switch name {
		case "call":
			c.Call = "c_1"
		case "version":
			c.Version = 1
		case "on":
			c.On = "browser"
		case "to":
			c.To = "bob"
		case "digits":
			c.Digits = "12#"
		case "text":
			c.Text, c.Key = "hello\nthere", "k1"
		case "peer":
			c.Peer = "sip:bob@example.test"
		case "upTo":
			c.UpTo = "01KG9Q6YV0ZZZZZZZZZZZZZZZZ"
		case "sdp":
			c.SDP = "v=0\r\n"
		case "pc":
			c.PC = "pc1"
		case "codecs":
			c.Codecs = []sdp.Codec{sdp.PCMU}
		}
	}
	return c
}

func TestCommandsPass(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	got := make(chan gateway.Command, 100)
	r.gw.play(func(_ context.Context, _ *playedTab, c gateway.Command) (gateway.Result, error) {
		got <- c
		switch c.Do {
		case "call":
			return gateway.Result{Call: "c_9"}, nil
		case "offer":
			return gateway.Result{SDP: "v=0 answer"}, nil
		}
		return gateway.Result{}, nil
	})
	p, _ := r.loggedIn("alice", alicePassword).open(nil)
	for name := range rules {
		p.do("id "+name, command(name))
		m := p.reply("id " + name)
		if !m.OK || m.Error != nil {
			t.Errorf("%s: %s", name, m.raw)
		}
		if c := wait(t, got); fmt.Sprint(c) != fmt.Sprint(command(name)) {
			t.Errorf("%s arrived as %v", name, c)
		}
		if (m.Call == "c_9") != (name == "call") || (m.SDP == "v=0 answer") != (name == "offer") {
			t.Errorf("%s: %s", name, m.raw)
		}
	}
}

func TestCommandsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.gw.play(func(_ context.Context, _ *playedTab, c gateway.Command) (gateway.Result, error) {
		switch c.Do {
		case "answer":
			return gateway.Result{}, fmt.Errorf("wrapped: %w",
				machine.Refuse("already_answered", sentence.Sentence{Text: "Another of your devices answered this call."}))
		case "hold": // a code the protocol does not have for it
			return gateway.Result{}, machine.Refuse("already_answered", sentence.Sentence{Text: "Odd."})
		case "mute":
			return gateway.Result{}, errors.New("disk on fire")
		case "hangup":
			panic("broken call")
		}
		return gateway.Result{}, nil
	})
	p, _ := r.loggedIn("alice", alicePassword).open(nil)
	for i, c := range []struct {
		text, code, says string
	}{
		{
			`{"type":"do","id":"ID","do":"answer","call":"c_1","version":3,"on":"browser"}`, "already_answered",
			"Another of your devices",
		},
		{`{"type":"do","id":"ID","do":"hold","call":"c_1"}`, "fault", "Odd."},
		{`{"type":"do","id":"ID","do":"mute","call":"c_1"}`, "fault", "Try again"},
		{`{"type":"do","id":"ID","do":"hangup","call":"c_1"}`, "fault", "Try again"},
		{`{"type":"do","id":"ID","do":"explode"}`, "bad_request", "Reload"},
		{`{"type":"do","id":"ID"}`, "bad_request", "Reload"},
		{`{"type":"do","id":"ID","do":"hangup"}`, "bad_request", "call"},
		{`{"type":"do","id":"ID","do":"hangup","call":7}`, "bad_request", "kind"},
		{`{"type":"do","id":"ID","do":"answer","call":"c_1","version":-1,"on":"browser"}`, "bad_request", "kind"},
		{`{"type":"do","id":"ID","do":"call","to":"bob\r\nContact: x"}`, "bad_request", "to"},
		{`{"type":"do","id":"ID","do":"call","to":"` + strings.Repeat("b", 300) + `"}`, "bad_request", "to"},
		{`{"type":"do","id":"ID","do":"digits","call":"c_1","digits":"12x"}`, "bad_request", "digits"},
		{
			`{"type":"do","id":"ID","do":"offer","sdp":"v=0","pc":"1","codecs":["a","b","c","d","e","f","g","h","i"]}`, "bad_request",
			"codecs",
		},
		{`{"type":"do","id":"ID","do":"candidate","pc":"1","candidate":"a\nb"}`, "bad_request", "candidate"},
	} {
		id := fmt.Sprint(i)
		p.send([]byte(strings.Replace(c.text, "ID", id, 1)))
		m := p.reply(id)
		if m.OK || m.Error == nil || m.Error.Code != c.code || !strings.Contains(m.Error.Message, c.says) {
			t.Errorf("%.100s\n got %s", c.text, m.raw)
		}
	}
	if log := r.log.String(); !strings.Contains(log, "disk on fire") || !strings.Contains(log, "broken call") {
		t.Error("the log does not tell what failed")
	}
}

func await(ctx context.Context, c <-chan struct{}) {
	select {
	case <-c:
	case <-ctx.Done():
	}
}

func TestCommandIDsAreCarriedOutOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var calls atomic.Int32
	entered, release := make(chan string, 10), make(chan struct{})
	r.gw.play(func(ctx context.Context, _ *playedTab, c gateway.Command) (gateway.Result, error) {
		n := calls.Add(1)
		entered <- c.Do
		if c.Do == "call" {
			await(ctx, release)
		}
		return gateway.Result{Call: machine.CallID(fmt.Sprintf("c_%d", n))}, nil
	})
	b := r.loggedIn("alice", alicePassword)
	p, m := b.open(nil)
	tab := r.gw.tab(t)
	p.do("7", command("call"))
	wait(t, entered)
	_ = p.conn.CloseNow() // before the reply came
	wait(t, tab.detached)

	p, again := b.open(m.key())
	if !again.Resumed {
		t.Fatalf("not resumed: %s", again.raw)
	}
	p.do("7", command("call")) // still being carried out
	p.do("7", command("call"))
	p.do("8", command("hangup")) // waits its turn behind 7
	close(release)
	for range 2 {
		if m := p.reply("7"); m.Call != "c_1" {
			t.Errorf("7 was carried out again: %s", m.raw)
		}
	}
	if m := p.reply("8"); m.Call != "c_2" {
		t.Errorf("8: %s", m.raw)
	}
	_ = p.conn.CloseNow()
	wait(t, tab.detached)
	p, _ = b.open(m.key())
	p.do("7", command("decline")) // long done; whatever it says now
	if m := p.reply("7"); m.Call != "c_1" || calls.Load() != 2 {
		t.Errorf("7 was carried out again: %s", m.raw)
	}
	// Ids are a tab's own.
	other, _ := b.open(nil)
	other.do("7", command("hangup"))
	if m := other.reply("7"); m.Call != "c_3" {
		t.Errorf("another tab's 7: %s", m.raw)
	}
}

func TestOrderOfCommands(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	entered, release := make(chan string, 10), make(chan struct{})
	r.gw.play(func(ctx context.Context, _ *playedTab, c gateway.Command) (gateway.Result, error) {
		entered <- c.Do
		if c.Do == "offer" || c.Do == "hold" {
			await(ctx, release)
		}
		return gateway.Result{}, nil
	})
	p, _ := r.loggedIn("alice", alicePassword).open(nil)
	p.do("1", command("offer"))
	p.do("2", command("candidate"))
	if got := wait(t, entered); got != "offer" {
		t.Fatalf("first %s", got)
	}
	p.do("3", command("hangup"))
	if m := p.read(); m.ID != "3" { // the offer does not hold it back
		t.Errorf("got %s", m.raw)
	}
	if got := wait(t, entered); got != "hangup" {
		t.Errorf("then %s", got)
	}
	p.do("4", command("hold"))
	p.do("5", command("resume"))
	if got := wait(t, entered); got != "hold" {
		t.Errorf("then %s", got)
	}
	select {
	case got := <-entered:
		t.Errorf("%s overtook what came before it", got)
	default:
	}
	close(release)
	got := map[string]bool{wait(t, entered): true, wait(t, entered): true}
	if !got["candidate"] || !got["resume"] {
		t.Errorf("then %v", got)
	}
}

func TestTooManyRepliesWaiting(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.gw.play(func(ctx context.Context, _ *playedTab, _ gateway.Command) (gateway.Result, error) {
		<-ctx.Done()
		return gateway.Result{}, ctx.Err()
	})
	p, _ := r.loggedIn("alice", alicePassword).open(nil)
	for i := range maxUnanswered + 1 {
		p.do(fmt.Sprint(i), command("hangup"))
	}
	if code := p.closed(); code != 1013 {
		t.Errorf("closed with %d", code)
	}
}

func TestCommandRate(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.CommandRate, c.CommandBurst = 1, 3 })
	p, _ := r.loggedIn("alice", alicePassword).open(nil)
	over := 0
	for i := range 10 {
		p.do(fmt.Sprint(i), command("hangup"))
		if m := p.reply(fmt.Sprint(i)); m.Error != nil && m.Error.Code == "overload" {
			over++
		}
	}
	if over < 5 || over > 7 {
		t.Errorf("%d of 10 were over the rate", over)
	}
}
