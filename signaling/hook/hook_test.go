package hook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ringsplash/gateway/machine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

// got is one request as the told server saw it.
type got struct {
	header http.Header
	raw    []byte
	body   struct {
		Type, ID, Time, User string
		Call                 machine.CallView
	}
}

// receiver is a server that is told; answer says what it answers, with 200 by default.
func receiver(t *testing.T, answer func(w http.ResponseWriter, n int64)) (url string, requests chan got) {
	t.Helper()
	requests = make(chan got, 1000)
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g := got{header: r.Header.Clone()}
		g.raw, _ = io.ReadAll(r.Body)
		if err := json.Unmarshal(g.raw, &g.body); err != nil || r.Method != http.MethodPost {
			t.Errorf("%s %s: %v", r.Method, g.raw, err)
		}
		requests <- g
		if answer != nil {
			answer(w, n.Add(1))
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, requests
}

func start(t *testing.T, c Config) *Hooks {
	t.Helper()
	c.Call = func(v machine.CallView) json.RawMessage { b, _ := json.Marshal(v); return b }
	if c.Pause == 0 {
		c.Pause = time.Millisecond
	}
	h, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = end(h) })
	return h
}

func end(h *Hooks) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return h.Close(ctx)
}

func wait[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came in time")
		panic("unreachable")
	}
}

func view(id, state string) machine.CallView {
	return machine.CallView{ID: machine.CallID(id), State: state, Direction: "in", Peer: machine.PeerView{Verified: true}}
}

// The signature is checked here as a receiver does, by the letter of the scheme.
func TestToldAndSigned(t *testing.T) {
	url, requests := receiver(t, nil)
	key := []byte("a key of thirty-two bytes or so.")
	h := start(t, Config{Targets: []Target{{
		URL: url, Secret: "whsec_" + base64.StdEncoding.EncodeToString(key),
		Users: []string{"alice"},
	}}})
	h.Tell("bob", view("c_0", "ringing"))
	h.Tell("alice", view("c_1", "ringing"))
	h.Tell("alice", view("c_1", "ended"))
	g := wait(t, requests)
	if g.body.Type != "call.ringing" || g.body.User != "alice" || g.body.Call.ID != "c_1" ||
		g.body.ID != g.header.Get("webhook-id") || g.header.Get("Content-Type") != "application/json" {
		t.Errorf("told %s with %v", g.raw, g.header)
	}
	if _, err := time.Parse(timeForm, g.body.Time); err != nil {
		t.Error(err)
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", g.header.Get("webhook-id"), g.header.Get("webhook-timestamp"), g.raw)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); g.header.Get("webhook-signature") != want {
		t.Errorf("signed %s, want %s", g.header.Get("webhook-signature"), want)
	}
	next := wait(t, requests)
	if next.body.Type != "call.ended" || next.body.ID == g.body.ID {
		t.Errorf("then %s", next.raw)
	}
	if string(keyOf("whsec_not base64")) != "whsec_not base64" || string(keyOf("plain")) != "plain" {
		t.Error("a secret of another form is not taken as it is")
	}
}

// What may pass is tried again with the same id, and later events wait for it.
func TestTriedAgain(t *testing.T) {
	url, requests := receiver(t, func(w http.ResponseWriter, n int64) {
		w.WriteHeader([]int{500, 429, 408, 204, 200}[n-1])
	})
	h := start(t, Config{Targets: []Target{{URL: url, Secret: "s"}}})
	h.Tell("alice", view("c_1", "ringing"))
	h.Tell("alice", view("c_1", "ended"))
	first := wait(t, requests)
	for range 3 {
		if g := wait(t, requests); g.body.ID != first.body.ID {
			t.Errorf("tried again as %s", g.raw)
		}
	}
	if g := wait(t, requests); g.body.Type != "call.ended" {
		t.Errorf("then %s", g.raw)
	}
	if err := end(h); err != nil {
		t.Error(err)
	}
	if delivered, failed, dropped := h.Counts(); delivered != 2 || failed != 0 || dropped != 0 {
		t.Errorf("counted %d, %d, %d", delivered, failed, dropped)
	}
}

// A refusal is final, a redirect leads nowhere, and what is too old is given up.
func TestGivenUp(t *testing.T) {
	elsewhere, astray := receiver(t, nil)
	for what, answer := range map[string]func(http.ResponseWriter, int64){
		"a refusal": func(w http.ResponseWriter, _ int64) { w.WriteHeader(http.StatusGone) },
		"a redirect": func(w http.ResponseWriter, _ int64) {
			w.Header().Set("Location", elsewhere)
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
		"its age": func(w http.ResponseWriter, _ int64) { w.WriteHeader(http.StatusBadGateway) },
	} {
		url, requests := receiver(t, answer)
		c := Config{Targets: []Target{{URL: url, Secret: "s"}}}
		if what == "its age" {
			c.Pause, c.GiveUp = time.Hour, time.Minute
		}
		h := start(t, c)
		h.Tell("alice", view("c_1", "ringing"))
		h.Tell("alice", view("c_1", "ended"))
		wait(t, requests)
		if g := wait(t, requests); g.body.Type != "call.ended" {
			t.Errorf("%s: then %s", what, g.raw)
		}
		if err := end(h); err != nil {
			t.Error(err)
		}
		if delivered, failed, _ := h.Counts(); delivered != 0 || failed != 2 || len(requests) > 0 {
			t.Errorf("%s: counted %d, %d", what, delivered, failed)
		}
	}
	if len(astray) > 0 {
		t.Error("a redirect was followed")
	}
}

// A target that hangs holds nobody up: neither calls nor other targets.
func TestNeverBlocks(t *testing.T) {
	release := make(chan struct{})
	slow, slowly := receiver(t, func(http.ResponseWriter, int64) { <-release })
	quick, requests := receiver(t, nil)
	h := start(t, Config{Waiting: 10, Targets: []Target{{URL: slow, Secret: "s"}, {URL: quick, Secret: "s"}}})
	t.Cleanup(func() { close(release) }) // before the server waits for its requests
	h.Tell("alice", view("c_0", "ringing"))
	wait(t, slowly) // it has one in hand
	wait(t, requests)
	begun := time.Now()
	for i := range 100 {
		h.Tell("alice", view(fmt.Sprint("c_", i), "ended"))
		if i%10 == 9 { // the quick one has a queue of ten, too
			for range 10 {
				wait(t, requests)
			}
		}
	}
	if took := time.Since(begun); took > patience/2 {
		t.Errorf("telling took %v", took)
	}
	if _, _, dropped := h.Counts(); dropped != 90 {
		t.Errorf("dropped %d", dropped)
	}
	// The end does not wait for it either.
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := h.Close(ctx); err == nil || !strings.Contains(err.Error(), "not everything") {
		t.Errorf("close: %v", err)
	}
}

// Callers for whom nobody vouches leave half of a slow target's queue to others.
func TestStrangersKeepNobodyOut(t *testing.T) {
	release := make(chan struct{})
	slow, slowly := receiver(t, func(http.ResponseWriter, int64) { <-release })
	h := start(t, Config{Waiting: 10, Targets: []Target{{URL: slow, Secret: "s"}}})
	t.Cleanup(func() { _ = end(h) })
	h.Tell("alice", view("c_0", "ringing"))
	wait(t, slowly) // it has one in hand
	for i := range 100 {
		stranger := view(fmt.Sprint("s_", i), "ringing")
		stranger.Peer.Verified = false
		h.Tell("alice", stranger)
	}
	for i := range 5 {
		h.Tell("alice", view(fmt.Sprint("c_", i), "ended"))
	}
	if _, _, dropped := h.Counts(); dropped != 95 {
		t.Errorf("dropped %d", dropped)
	}
	close(release)
	ended := 0
	for range 10 {
		if wait(t, slowly).body.Type == "call.ended" {
			ended++
		}
	}
	if ended != 5 {
		t.Errorf("told of %d calls of known people", ended)
	}
}

// At the end what waits is tried once more, without a pause.
func TestCloseTellsWhatWaits(t *testing.T) {
	entered, release := make(chan struct{}, 10), make(chan struct{})
	url, requests := receiver(t, func(w http.ResponseWriter, n int64) {
		entered <- struct{}{}
		if n == 1 {
			<-release
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	h := start(t, Config{Pause: time.Hour, GiveUp: 3 * time.Hour, Targets: []Target{{URL: url, Secret: "s"}}})
	for _, state := range []string{"ringing", "connected", "ended"} {
		h.Tell("alice", view("c_1", state))
	}
	wait(t, entered)
	closed := make(chan error, 1)
	go func() { closed <- end(h) }()
	close(release)
	if err := wait(t, closed); err != nil {
		t.Error(err)
	}
	for _, state := range []string{"ringing", "connected", "ended"} {
		if g := wait(t, requests); g.body.Type != "call."+state {
			t.Errorf("told %s, not %s", g.raw, state)
		}
	}
	if delivered, failed, _ := h.Counts(); delivered != 2 || failed != 1 {
		t.Errorf("counted %d, %d", delivered, failed)
	}
}
