package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

// awayWithin leaves room for a busy machine: the driver's own limit is 200 ms,
// the library's would be seconds.
const awayWithin = 1500 * time.Millisecond

func openRedis(t *testing.T, r *storetest.Redis) store.Store {
	t.Helper()
	s, err := store.OpenRedis(t.Context(), r.URL(), quiet)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestRedisKeepsAllOverARestart(t *testing.T) {
	r := storetest.StartRedis(t)
	s := openRedis(t, r)
	put(t, s, "user/alice", "kept")
	_, err := s.Put(t.Context(), "binding/alice/i/1", []byte("live"), 0, time.Hour)
	require.NoError(t, err)
	r.Kill()
	r.Restart()
	s = openRedis(t, r)
	for key, value := range map[string]string{"user/alice": "kept", "binding/alice/i/1": "live"} {
		it, err := s.Get(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, store.Item{Key: key, Value: []byte(value), Version: 1}, it)
		items, err := s.Scan(t.Context(), key, "", 5)
		require.NoError(t, err)
		require.Len(t, items, 1)
	}
}

// TestRedisAway: killed or frozen, every call ends in time with ErrAway, and
// works again by itself once the server is back.
func TestRedisAway(t *testing.T) {
	ways := map[string]struct{ leave, back func(*storetest.Redis) }{
		"killed": {(*storetest.Redis).Kill, (*storetest.Redis).Restart},
		"frozen": {(*storetest.Redis).Freeze, (*storetest.Redis).Thaw},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			r := storetest.StartRedis(t)
			broke := make(chan struct{}, 1)
			s, err := store.OpenRedis(t.Context(), r.URL(),
				slog.New(slog.NewTextHandler(watchFor{"subscription at Redis broke", broke}, nil)))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			put(t, s, "user/alice", "1")
			changes, err := s.Subscribe(t.Context(), "t")
			require.NoError(t, err)

			way.leave(r)
			for range 3 { // connections from before, then new ones
				eachAway(t, s)
			}
			manyAway(t, s)
			oneAfterTheOther(t, s)
			select {
			case <-broke: // a silent server is found out as well
			case <-time.After(10 * time.Second):
				t.Fatal("nobody noticed that the subscription broke")
			}

			way.back(r)
			require.Eventually(t, func() bool {
				it, err := s.Get(t.Context(), "user/alice")
				return err == nil && string(it.Value) == "1"
			}, 10*time.Second, 10*time.Millisecond)
			require.Nil(t, receive(t, changes).Data, "messages may have been lost")
			require.NoError(t, s.Publish(t.Context(), "t", []byte("again")))
			for string(receive(t, changes).Data) != "again" {
				continue
			}
		})
	}
}

// watchFor is a log that says when a line came by.
type watchFor struct {
	text string
	came chan struct{}
}

func (w watchFor) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(w.text)) {
		select {
		case w.came <- struct{}{}:
		default:
		}
	}
	return len(line), nil
}

// eachAway makes every call, but those left out, on a store that is away.
func eachAway(t *testing.T, s store.Store, leftOut ...string) {
	t.Helper()
	ctx := t.Context()
	calls := map[string]func() error{
		"get":    func() error { _, err := s.Get(ctx, "user/alice"); return err },
		"put":    func() error { _, err := s.Put(ctx, "user/alice", []byte("2"), 5, 0); return err },
		"delete": func() error { return s.Delete(ctx, "user/alice", 5) },
		"scan":   func() error { _, err := s.Scan(ctx, "user/", "", 9); return err },
		"publish": func() error {
			return s.Publish(ctx, "t", []byte("x"))
		},
		"subscribe": func() error { _, err := s.Subscribe(ctx, "t2"); return err },
	}
	for name, call := range calls {
		if slices.Contains(leftOut, name) {
			continue
		}
		began := time.Now()
		err := call()
		took := time.Since(began)
		require.ErrorIs(t, err, store.ErrAway, name)
		require.Less(t, took, awayWithin, name)
	}
}

// manyAway: nor do callers wait for each other when there are more of them
// than connections.
func manyAway(t *testing.T, s store.Store) {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var slowest time.Duration
	for range 100 {
		wg.Go(func() {
			began := time.Now()
			_, err := s.Get(t.Context(), "user/alice")
			took := time.Since(began)
			mu.Lock()
			defer mu.Unlock()
			slowest = max(slowest, took)
			if !errors.Is(err, store.ErrAway) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	require.Less(t, slowest, awayWithin)
}

// oneAfterTheOther: a request that makes many calls does not wait for each.
func oneAfterTheOther(t *testing.T, s store.Store) {
	t.Helper()
	began := time.Now()
	for range 50 {
		_, err := s.Get(t.Context(), "user/alice")
		require.ErrorIs(t, err, store.ErrAway)
	}
	require.Less(t, time.Since(began), awayWithin, "50 waits of 200 ms are 10 s")
}

// A Redis that was started again is another life, known before it answers
// anything; a connection that was lost is not.
func TestRedisLife(t *testing.T) {
	r := storetest.StartRedis(t)
	s := openRedis(t, r)
	put(t, s, "user/alice", "1")
	before := store.Life(s)
	require.NotZero(t, before)
	r.Freeze()
	_, err := s.Get(t.Context(), "user/alice")
	require.ErrorIs(t, err, store.ErrAway)
	r.Thaw()
	back := func() bool {
		_, err := s.Get(t.Context(), "user/alice")
		return err == nil
	}
	require.Eventually(t, back, 10*time.Second, time.Millisecond)
	require.Equal(t, before, store.Life(s))
	r.Kill()
	r.Restart()
	require.Eventually(t, back, 10*time.Second, time.Millisecond)
	require.Greater(t, store.Life(s), before)
}

func TestRedisCallerGivesUp(t *testing.T) {
	r := storetest.StartRedis(t)
	s := openRedis(t, r)
	r.Freeze()
	defer r.Thaw()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := s.Get(ctx, "user/alice")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, store.ErrAway)
}

func TestRedisNotThere(t *testing.T) {
	r := storetest.StartRedis(t)
	r.Kill()
	_, err := store.OpenRedis(t.Context(), r.URL(), quiet)
	require.ErrorIs(t, err, store.ErrAway)
	require.ErrorContains(t, err, "start Redis or correct its address")
	_, err = store.OpenRedis(t.Context(), "http://x", quiet)
	require.ErrorContains(t, err, "write redis://host:6379/0")
}

// TestRedisNodesShare: what one node writes the other reads, and hears of.
func TestRedisNodesShare(t *testing.T) {
	r := storetest.StartRedis(t)
	a, b := openRedis(t, r), openRedis(t, r)
	heard, err := b.Subscribe(t.Context(), "t")
	require.NoError(t, err)
	put(t, a, "call/1", "owner a")
	require.NoError(t, a.Publish(t.Context(), "t", []byte("look")))
	require.Equal(t, "look", string(receive(t, heard).Data))
	it, err := b.Get(t.Context(), "call/1")
	require.NoError(t, err)
	_, err = b.Put(t.Context(), "call/1", []byte("owner b"), it.Version, 0)
	require.NoError(t, err)
	_, err = a.Put(t.Context(), "call/1", []byte("owner a"), it.Version, 0)
	require.ErrorIs(t, err, store.ErrConflict)
}

// TestRedisIndexesStayBounded: keys that expire and are never scanned leave
// nothing behind for long.
func TestRedisIndexesStayBounded(t *testing.T) {
	r := storetest.StartRedis(t)
	s := openRedis(t, r)
	opt, err := redis.ParseURL(r.URL())
	require.NoError(t, err)
	raw := redis.NewClient(opt)
	defer func() { require.NoError(t, raw.Close()) }()
	last := "nonce/099"
	for i := range 100 {
		_, err := s.Put(t.Context(), fmt.Sprintf("nonce/%03d", i), nil, 0, 20*time.Millisecond)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		_, err := s.Get(t.Context(), last)
		return errors.Is(err, store.ErrNotFound)
	}, 5*time.Second, 5*time.Millisecond)
	for i := range 50 { // half as many writes clean up all of them
		_, err := s.Put(t.Context(), fmt.Sprintf("nonce/again%d", i), nil, 0, time.Hour)
		require.NoError(t, err)
	}
	for _, index := range []string{"ringsplash:{nonce}", "ringsplash:{nonce}:expiry"} {
		n, err := raw.ZCard(t.Context(), index).Result()
		require.NoError(t, err)
		require.EqualValues(t, 50, n, index)
	}
}

func TestRedisThatForgetsIsNamed(t *testing.T) {
	r := storetest.StartRedis(t)
	opt, err := redis.ParseURL(r.URL())
	require.NoError(t, err)
	raw := redis.NewClient(opt)
	require.NoError(t, raw.ConfigSet(t.Context(), "appendonly", "no").Err())
	require.NoError(t, raw.Close())
	var said bytes.Buffer
	s, err := store.OpenRedis(t.Context(), r.URL(), slog.New(slog.NewTextHandler(&said, nil)))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Contains(t, said.String(), "appendonly yes")
}

// Callers who wait for less than the driver would find a server away as well,
// when they gave it some time; those in a hurry prove nothing.
func TestRedisHangsForHastyCallers(t *testing.T) {
	r := storetest.StartRedis(t)
	s := openRedis(t, r)
	r.Freeze()
	defer r.Thaw()
	get := func(limit time.Duration) (time.Duration, error) {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		began := time.Now()
		_, err := s.Get(ctx, "user/alice")
		return time.Since(began), err
	}
	for range 3 {
		_, err := get(20 * time.Millisecond)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, store.ErrAway)
	}
	_, err := get(150 * time.Millisecond)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	fastest := time.Hour
	for range 5 {
		took, err := get(150 * time.Millisecond)
		require.ErrorIs(t, err, store.ErrAway)
		fastest = min(fastest, took)
	}
	require.Less(t, fastest, 20*time.Millisecond)
}
