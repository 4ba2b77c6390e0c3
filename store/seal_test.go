package store_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

func seal(t *testing.T, s store.Store, key byte) *store.Sealed {
	t.Helper()
	out, err := store.NewSealed(s, bytes.Repeat([]byte{key}, store.SealKeyBytes))
	require.NoError(t, err)
	return out
}

// What somebody else writes counts as not there, whatever he knows of our
// records: without a MAC, with another key's, changed, or moved to another key.
func TestSealedRefusesForeign(t *testing.T) {
	raws := map[string]store.Store{"bolt": openBolt(t, t.TempDir()), "redis": openRedis(t, storetest.StartRedis(t))}
	t.Cleanup(func() { require.NoError(t, raws["bolt"].Close()) })
	for name, raw := range raws {
		t.Run(name, func(t *testing.T) {
			ours, theirs := seal(t, raw, 1), seal(t, raw, 2)
			var told []string
			ours.Watch(func(key string) { told = append(told, key) })
			put(t, ours, "policy/alice", `{"v":1,"allowPublic":false}`)
			put(t, ours, "policy/bob", `{"v":1,"allowPublic":true}`)
			it, err := ours.Get(t.Context(), "policy/alice")
			require.NoError(t, err)
			require.Equal(t, store.Item{Key: "policy/alice", Value: []byte(`{"v":1,"allowPublic":false}`), Version: 1}, it)
			written, err := raw.Get(t.Context(), "policy/alice")
			require.NoError(t, err)
			bobs, err := raw.Get(t.Context(), "policy/bob")
			require.NoError(t, err)
			forged := forgeries(t, raw, theirs, written.Value, bobs.Value)
			for how, forge := range forged {
				require.NoError(t, forge("policy/alice"))
				for range 2 {
					_, err = ours.Get(t.Context(), "policy/alice")
					require.ErrorIs(t, err, store.ErrNotFound, how)
					require.ErrorIs(t, err, store.ErrForeign, how)
				}
				items, err := ours.Scan(t.Context(), "policy/", "", 10)
				require.NoError(t, err)
				require.Len(t, items, 1, how)
				require.Equal(t, "policy/bob", items[0].Key)
			}
			require.Len(t, told, len(forged), "each is told of once: %v", told)

			// Ours takes its place again, and nothing else can.
			_, err = ours.Put(t.Context(), "policy/alice", []byte(`{"v":2}`), 0, 0)
			require.NoError(t, err)
			_, err = ours.Put(t.Context(), "policy/alice", []byte(`{"v":3}`), 0, 0)
			require.ErrorIs(t, err, store.ErrConflict)
			it, err = ours.Get(t.Context(), "policy/alice")
			require.NoError(t, err)
			require.Equal(t, `{"v":2}`, string(it.Value))

			// Other spaces are as they were.
			_, err = raw.Put(t.Context(), "history/alice/1", []byte("x"), 0, 0)
			require.NoError(t, err)
			_, err = ours.Get(t.Context(), "history/alice/1")
			require.NoError(t, err)
		})
	}
}

// forgeries write what is not ours over a record: ours is what was there, bobs
// the record of another key.
func forgeries(t *testing.T, raw, theirs store.Store, ours, bobs []byte) map[string]func(key string) error {
	return map[string]func(key string) error{
		"no MAC": func(key string) error {
			_, err := raw.Put(t.Context(), key, []byte(`{"v":1,"allowPublic":true}`), store.AnyVersion, 0)
			return err
		},
		"another key": func(key string) error {
			_, err := theirs.Put(t.Context(), key, []byte(`{"v":1,"allowPublic":true}`), store.AnyVersion, 0)
			return err
		},
		"changed": func(key string) error {
			_, err := raw.Put(t.Context(), key, bytes.Replace(ours, []byte("false"), []byte("true"), 1), store.AnyVersion, 0)
			return err
		},
		"moved": func(key string) error {
			_, err := raw.Put(t.Context(), key, bobs, store.AnyVersion, 0)
			return err
		},
		"no JSON": func(key string) error {
			_, err := raw.Put(t.Context(), key, []byte("x"), store.AnyVersion, 0)
			return err
		},
	}
}

// Foreign records among ours neither end a page early nor lengthen it.
func TestSealedScanPages(t *testing.T) {
	raw := openBolt(t, t.TempDir())
	defer func() { require.NoError(t, raw.Close()) }()
	ours := seal(t, raw, 1)
	var want []string
	for i := range 40 {
		if key := userKey(i); i%5 == 0 {
			put(t, ours, key, `{"v":1}`)
			want = append(want, key)
		} else {
			put(t, raw, key, `{"v":1}`)
		}
	}
	var got []string
	for after := ""; ; {
		page, err := ours.Scan(t.Context(), "user/", after, 3)
		require.NoError(t, err)
		for _, it := range page {
			got, after = append(got, it.Key), it.Key
		}
		if len(page) < 3 {
			break
		}
	}
	require.Equal(t, want, got)
}

// The records of before are sealed as they are; those for a time are not.
func TestSealedTakesOver(t *testing.T) {
	raw := openBolt(t, t.TempDir())
	defer func() { require.NoError(t, raw.Close()) }()
	for i := range 450 { // more than a page
		put(t, raw, userKey(i), fmt.Sprintf(`{"v":%d}`, i))
	}
	put(t, seal(t, raw, 2), "device/alice/desk", `{"v":1}`)
	_, err := raw.Put(t.Context(), "login/x", []byte(`{"v":1}`), 0, time.Hour)
	require.NoError(t, err)
	ours := seal(t, raw, 1)
	bare, others, err := ours.Foreign(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{450, 1}, []int{bare, others})
	n, err := ours.TakeOver(t.Context())
	require.NoError(t, err)
	require.Equal(t, 451, n)
	it, err := ours.Get(t.Context(), userKey(449))
	require.NoError(t, err)
	require.Equal(t, `{"v":449}`, string(it.Value))
	it, err = ours.Get(t.Context(), "device/alice/desk")
	require.NoError(t, err)
	require.Equal(t, `{"v":1}`, string(it.Value))
	_, err = ours.Get(t.Context(), "login/x")
	require.ErrorIs(t, err, store.ErrForeign)
	require.NotEqual(t, ours.Fingerprint(), seal(t, raw, 2).Fingerprint())
	require.False(t, strings.Contains(ours.Fingerprint(), strings.Repeat("01", 4)))
}
