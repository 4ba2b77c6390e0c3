package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// TestContract runs every part of the contract over both drivers.
func TestContract(t *testing.T) {
	server := storetest.StartRedis(t)
	drivers := map[string]func(t *testing.T) store.Store{
		"bolt": func(t *testing.T) store.Store {
			s, err := store.OpenBolt(t.TempDir(), quiet)
			require.NoError(t, err)
			return s
		},
		"redis": func(t *testing.T) store.Store {
			s, err := store.OpenRedis(t.Context(), server.URL(), quiet)
			require.NoError(t, err)
			empty(t, s)
			return s
		},
	}
	parts := map[string]func(*testing.T, store.Store){
		"versions":            versions,
		"delete":              deletes,
		"scan":                scans,
		"ttl":                 timeToLive,
		"expired scan":        expiredScan,
		"contended counter":   contention,
		"only one creates":    oneCreates,
		"publish":             publish,
		"lost":                lost,
		"bytes":               anyBytes,
		"bad keys":            badKeys,
		"context":             contexts,
		"close ends the rest": closeEnds,
	}
	for driver, open := range drivers {
		for part, check := range parts {
			t.Run(driver+"/"+part, func(t *testing.T) {
				s := open(t)
				check(t, s)
				require.NoError(t, s.Close())
				require.NoError(t, s.Close(), "closing twice")
			})
		}
	}
}

// empty empties the spaces the tests use.
func empty(t *testing.T, s store.Store) {
	t.Helper()
	for _, space := range []string{"user/", "userx/", "binding/", "nonce/"} {
		items, err := s.Scan(t.Context(), space, "", 100000)
		require.NoError(t, err)
		for _, it := range items {
			require.NoError(t, s.Delete(t.Context(), it.Key, store.AnyVersion))
		}
	}
}

func versions(t *testing.T, s store.Store) {
	ctx := t.Context()
	_, err := s.Get(ctx, "user/alice")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.Put(ctx, "user/alice", []byte("x"), 1, 0)
	require.ErrorIs(t, err, store.ErrConflict, "version 1 of what is not there")

	v, err := s.Put(ctx, "user/alice", []byte("one"), 0, 0)
	require.NoError(t, err)
	require.Equal(t, store.Version(1), v)
	_, err = s.Put(ctx, "user/alice", []byte("x"), 0, 0)
	require.ErrorIs(t, err, store.ErrConflict, "make what is there")

	v, err = s.Put(ctx, "user/alice", []byte("two"), 1, 0)
	require.NoError(t, err)
	require.Equal(t, store.Version(2), v)
	_, err = s.Put(ctx, "user/alice", []byte("x"), 1, 0)
	require.ErrorIs(t, err, store.ErrConflict, "an old version")

	v, err = s.Put(ctx, "user/alice", []byte("three"), store.AnyVersion, 0)
	require.NoError(t, err)
	require.Equal(t, store.Version(3), v)
	it, err := s.Get(ctx, "user/alice")
	require.NoError(t, err)
	require.Equal(t, store.Item{Key: "user/alice", Value: []byte("three"), Version: 3}, it)
}

func deletes(t *testing.T, s store.Store) {
	ctx := t.Context()
	require.NoError(t, s.Delete(ctx, "user/nobody", store.AnyVersion))
	require.ErrorIs(t, s.Delete(ctx, "user/nobody", 1), store.ErrConflict)
	put(t, s, "user/alice", "1")
	require.ErrorIs(t, s.Delete(ctx, "user/alice", 2), store.ErrConflict)
	require.NoError(t, s.Delete(ctx, "user/alice", 1))
	_, err := s.Get(ctx, "user/alice")
	require.ErrorIs(t, err, store.ErrNotFound)
	items, err := s.Scan(ctx, "user/", "", 10)
	require.NoError(t, err)
	require.Empty(t, items)
	v, err := s.Put(ctx, "user/alice", []byte("again"), 0, 0)
	require.NoError(t, err)
	require.Equal(t, store.Version(1), v, "versions count from the making")
}

func scans(t *testing.T, s store.Store) {
	keys := []string{"user/a", "user/a-b", "user/a/1", "user/a/10", "user/a/2", "user/ab/1", "user/é", "userx/a"}
	for i := len(keys) - 1; i >= 0; i-- {
		put(t, s, keys[i], keys[i])
	}
	rows := []struct {
		prefix, after string
		limit         int
		want          []string
	}{
		{"user/", "", 100, keys[:7]},
		{"user/", "", 3, keys[:3]},
		{"user/", keys[2], 3, keys[3:6]},
		{"user/", keys[6], 3, nil},
		{"user/", "user/a0", 2, keys[5:7]}, // after a key that is not there
		{"user/", "aaa", 2, keys[:2]},
		{"user/", "user0", 2, nil},
		{"user/", "zzz", 2, nil},
		{"user/a/", "", 100, keys[2:5]},
		{"user/a/", "user/a/1", 100, keys[3:5]},
		{"user/a/", "user/b", 100, nil},
		{"user/a/1", "", 100, keys[2:4]},
		{"user/b", "", 100, nil},
		{"userx/", "", 100, keys[7:]},
		{"device/", "", 100, nil},
		{"user/", "", 0, nil},
	}
	for _, r := range rows {
		items, err := s.Scan(t.Context(), r.prefix, r.after, r.limit)
		require.NoError(t, err)
		var got []string
		for _, it := range items {
			got = append(got, it.Key)
			require.Equal(t, it.Key, string(it.Value))
			require.Equal(t, store.Version(1), it.Version)
		}
		require.Equal(t, r.want, got, "%+v", r)
	}
}

func timeToLive(t *testing.T, s store.Store) {
	ctx := t.Context()
	for _, key := range []string{"user/short", "binding/short"} {
		_, err := s.Put(ctx, key, []byte("1"), 0, 80*time.Millisecond)
		require.NoError(t, err)
		_, err = s.Get(ctx, key)
		require.NoError(t, err)
		// A write without a ttl keeps it for ever; one with a new ttl prolongs.
		v, err := s.Put(ctx, key+"-kept", []byte("1"), 0, 80*time.Millisecond)
		require.NoError(t, err)
		_, err = s.Put(ctx, key+"-kept", []byte("2"), v, 0)
		require.NoError(t, err)
		v, err = s.Put(ctx, key+"-longer", []byte("1"), 0, 80*time.Millisecond)
		require.NoError(t, err)
		_, err = s.Put(ctx, key+"-longer", []byte("2"), v, time.Minute)
		require.NoError(t, err)
	}
	for _, key := range []string{"user/short", "binding/short"} {
		require.Eventually(t, func() bool {
			_, err := s.Get(ctx, key)
			return errors.Is(err, store.ErrNotFound)
		}, 5*time.Second, 5*time.Millisecond)
		for _, k := range []string{key + "-kept", key + "-longer"} {
			_, err := s.Get(ctx, k)
			require.NoError(t, err, k)
		}
		_, err := s.Put(ctx, key, []byte("1"), 1, 0)
		require.ErrorIs(t, err, store.ErrConflict, "an expired key has no version")
		require.ErrorIs(t, s.Delete(ctx, key, 1), store.ErrConflict)
		v, err := s.Put(ctx, key, []byte("1"), 0, 0)
		require.NoError(t, err)
		require.Equal(t, store.Version(1), v)
	}
}

// expiredScan: dead keys neither show nor use up the limit.
func expiredScan(t *testing.T, s store.Store) {
	ctx := t.Context()
	for i := range 40 {
		_, err := s.Put(ctx, fmt.Sprintf("nonce/%03d", i), []byte("x"), 0, 50*time.Millisecond)
		require.NoError(t, err)
	}
	put(t, s, "nonce/020-live", "x")
	put(t, s, "nonce/050-live", "x")
	require.Eventually(t, func() bool {
		items, err := s.Scan(ctx, "nonce/", "", 2)
		require.NoError(t, err)
		return len(items) == 2 && items[0].Key == "nonce/020-live" && items[1].Key == "nonce/050-live"
	}, 5*time.Second, 5*time.Millisecond)
}

func contention(t *testing.T, s store.Store) {
	const writers, each = 8, 15
	ctx := t.Context()
	var wg sync.WaitGroup
	errs := make(chan error, writers)
	for range writers {
		wg.Go(func() {
			for done := 0; done < each; {
				it, err := s.Get(ctx, "binding/counter")
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					errs <- err
					return
				}
				n, _ := strconv.Atoi(string(it.Value))
				_, err = s.Put(ctx, "binding/counter", []byte(strconv.Itoa(n+1)), it.Version, 0)
				switch {
				case err == nil:
					done++
				case !errors.Is(err, store.ErrConflict):
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	it, err := s.Get(ctx, "binding/counter")
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(writers*each), string(it.Value))
	require.Equal(t, store.Version(writers*each), it.Version)
}

func oneCreates(t *testing.T, s store.Store) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 16 {
		wg.Go(func() {
			if _, err := s.Put(t.Context(), "user/one", []byte("x"), 0, 0); err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, won)
}

func publish(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, err := s.Subscribe(ctx, "t")
	require.NoError(t, err)
	b, err := s.Subscribe(ctx, "t")
	require.NoError(t, err)
	other, err := s.Subscribe(ctx, "other")
	require.NoError(t, err)
	for i := range 20 {
		require.NoError(t, s.Publish(ctx, "t", []byte(strconv.Itoa(i))))
	}
	require.NoError(t, s.Publish(ctx, "t", nil))
	require.NoError(t, s.Publish(ctx, "other", []byte("o")))
	for _, ch := range []<-chan store.Message{a, b} {
		for i := range 20 {
			require.Equal(t, store.Message{Topic: "t", Data: []byte(strconv.Itoa(i))}, receive(t, ch))
		}
		require.NotNil(t, receive(t, ch).Data, "an empty message is not the word that some were lost")
	}
	require.Equal(t, "o", string(receive(t, other).Data))
	cancel()
	for _, ch := range []<-chan store.Message{a, b, other} {
		_, open := <-ch
		require.False(t, open)
	}
	require.NoError(t, s.Publish(t.Context(), "t", []byte("to nobody")))
}

// lost: a subscriber that does not read is told so, and holds up nobody.
func lost(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ch, err := s.Subscribe(ctx, "t")
	require.NoError(t, err)
	for i := range 2000 {
		require.NoError(t, s.Publish(ctx, "t", []byte(strconv.Itoa(i))))
	}
	seen := 0
	for m := receive(t, ch); m.Data != nil; m = receive(t, ch) {
		require.Equal(t, strconv.Itoa(seen), string(m.Data))
		seen++
		require.Less(t, seen, 2000, "nothing was lost, so the test is too weak")
	}
	// After the word, messages come again.
	require.NoError(t, s.Publish(ctx, "t", []byte("again")))
	for m := receive(t, ch); string(m.Data) != "again"; m = receive(t, ch) {
		if m.Data == nil { // the queue was full once more, so this one was lost too
			require.NoError(t, s.Publish(ctx, "t", []byte("again")))
		}
	}
}

func anyBytes(t *testing.T, s store.Store) {
	value := make([]byte, 70000)
	for i := range value {
		value[i] = byte(i)
	}
	for _, v := range [][]byte{value, {}, {0}, []byte("\r\n")} {
		_, err := s.Put(t.Context(), "user/bytes é {x} *", v, store.AnyVersion, 0)
		require.NoError(t, err)
		it, err := s.Get(t.Context(), "user/bytes é {x} *")
		require.NoError(t, err)
		require.Equal(t, string(v), string(it.Value))
	}
}

func badKeys(t *testing.T, s store.Store) {
	ctx := t.Context()
	for _, key := range []string{"", "user", "user/", "/x", "a{b}/x"} {
		_, err := s.Get(ctx, key)
		require.ErrorContains(t, err, "space/rest", key)
		_, err = s.Put(ctx, key, nil, 0, 0)
		require.ErrorContains(t, err, "space/rest", key)
		require.ErrorContains(t, s.Delete(ctx, key, 0), "space/rest", key)
	}
	for _, prefix := range []string{"", "user", "/x", "a{b}/"} {
		_, err := s.Scan(ctx, prefix, "", 1)
		require.ErrorContains(t, err, "whole space", prefix)
	}
}

func contexts(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Get(ctx, "user/alice")
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, store.ErrAway, "the caller gave up, the store is there")
	_, err = s.Put(ctx, "user/alice", nil, 0, 0)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Get(t.Context(), "user/alice")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func closeEnds(t *testing.T, s store.Store) {
	ctx := t.Context()
	ch, err := s.Subscribe(ctx, "t")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, open := <-ch
	require.False(t, open)
	_, err = s.Get(ctx, "user/alice")
	require.ErrorIs(t, err, store.ErrAway)
	_, err = s.Put(ctx, "user/alice", nil, 0, 0)
	require.ErrorIs(t, err, store.ErrAway)
	require.ErrorIs(t, s.Delete(ctx, "user/alice", 0), store.ErrAway)
	_, err = s.Scan(ctx, "user/", "", 1)
	require.ErrorIs(t, err, store.ErrAway)
	require.ErrorIs(t, s.Publish(ctx, "t", nil), store.ErrAway)
	_, err = s.Subscribe(ctx, "t")
	require.ErrorIs(t, err, store.ErrAway)
}

func put(t *testing.T, s store.Store, key, value string) {
	t.Helper()
	_, err := s.Put(t.Context(), key, []byte(value), 0, 0)
	require.NoError(t, err)
}

func receive(t *testing.T, ch <-chan store.Message) store.Message {
	t.Helper()
	select {
	case m, open := <-ch:
		require.True(t, open)
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("no message")
		return store.Message{}
	}
}
