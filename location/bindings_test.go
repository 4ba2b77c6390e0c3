package location

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"ringsplash/store"
)

// stored is a binding as every version has written it.
const stored = `{"user":"alice","device":"desk","instance":"urn:uuid:a/b","regId":2,"contact":"sip:alice@192.0.2.7",` +
	`"path":["\u003csip:edge;lr\u003e"],"transport":"tls","source":"192.0.2.7:5061",` +
	`"local":"192.0.2.1:5061","userAgent":"Yealink",` +
	`"callId":"c1","cseq":7,"expires":"2999-01-01T00:00:00Z","refreshed":"2026-01-01T00:00:00Z","node":"n1","v":1}`

func TestBindingsAreReadAsTheyWereWritten(t *testing.T) {
	ctx := context.Background()
	s, err := store.OpenBolt(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const key = "binding/alice/urn:uuid:a%2Fb/2"
	if _, err := s.Put(ctx, key, []byte(stored), store.AnyVersion, time.Hour); err != nil {
		t.Fatal(err)
	}
	b, err := New(ctx, "n1", s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	list := b.Of("alice")
	if len(list) != 1 {
		t.Fatalf("read %+v", list)
	}
	if err := b.Put(ctx, list[0]); err != nil {
		t.Fatal(err)
	}
	if it, err := s.Get(ctx, key); err != nil || string(it.Value) != stored {
		t.Errorf("written as %s, %v", it.Value, err)
	}
	if user := <-b.Changed(); user != "alice" {
		t.Errorf("%q changed", user)
	}
}

// One target an instance, the newest, and none that is over.
func TestTargets(t *testing.T) {
	ctx := context.Background()
	s, err := store.OpenBolt(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b, err := New(ctx, "n1", s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	now := time.Now()
	for _, one := range []Binding{
		{Instance: "a", RegID: 1, Refreshed: now.Add(-time.Minute), Expires: now.Add(time.Hour)},
		{Instance: "a", RegID: 2, Refreshed: now, Expires: now.Add(time.Hour)},
		{Instance: "b", Refreshed: now, Expires: now.Add(-time.Second)},
	} {
		one.User = "alice"
		if err := b.Put(ctx, one); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.Targets("alice"); len(got) != 1 || got[0].RegID != 2 {
		t.Errorf("targets %+v", got)
	}
	if err := b.Remove(ctx, "alice", "a", 2); err != nil {
		t.Fatal(err)
	}
	if got := b.Targets("alice"); len(got) != 1 || got[0].RegID != 1 {
		t.Errorf("targets after the newest went: %+v", got)
	}
}
