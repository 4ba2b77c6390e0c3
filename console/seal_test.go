package console

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"ringsplash/policy"
	"ringsplash/store"
	"ringsplash/store/storetest"
)

// An installation from before there was a key is taken over once; further
// gateways need the key, and what another hand writes into Redis afterwards is
// refused and on record.
func TestRecordsAreSealed(t *testing.T) {
	server := storetest.StartRedis(t)
	options, err := redis.ParseURL(server.URL())
	require.NoError(t, err)
	raw := redis.NewClient(options)
	defer func() { require.NoError(t, raw.Close()) }()
	const alice = "ringsplash:{user}/alice"
	record := func() string {
		text, err := raw.HGet(t.Context(), alice, "d").Result()
		require.NoError(t, err)
		return text
	}
	conf, folder := file(t, "redis: "+server.URL()+"\n")
	key := filepath.Join(folder, "data", store.KeyName)
	do := func(stdin string, args ...string) result {
		return ringsplash(t, stdin, append(args, "--config", conf)...)
	}
	require.Zero(t, do("wonder\n", "user", "add", "alice", "--password-stdin").code)
	require.Zero(t, start(t, conf).stop(syscall.SIGTERM)) // it runs for a while
	info, err := os.Stat(key)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	sealed := record()
	bare := sealed[:len(sealed)-len(`,"mac":""}`)-43] + "}"

	// As it was before: no key, no mark, no MAC.
	require.NoError(t, os.Remove(key))
	require.NoError(t, raw.Del(t.Context(), "ringsplash:{installation}/key").Err())
	require.NoError(t, raw.HSet(t.Context(), alice, "d", bare).Err())
	// A gateway that never ran does not make its own key for them.
	fresh, _ := file(t, "redis: "+server.URL()+"\n")
	stranger := launch(t, fresh)
	<-stranger.done
	require.Contains(t, stranger.said(), "1 records in Redis are not sealed by this installation")
	require.Equal(t, bare, record())
	n := start(t, conf)
	require.Contains(t, n.said(), "the records of before are sealed")
	require.NotEqual(t, bare, record())
	require.Contains(t, do("", "user", "list").out, "alice")

	// A second gateway, without the key and with it.
	second, elsewhere := file(t, "redis: "+server.URL()+"\n")
	other := launch(t, second)
	<-other.done
	require.Equal(t, exitFault, other.cmd.ProcessState.ExitCode())
	require.Contains(t, other.said(), "copy its record.key to "+filepath.Join(elsewhere, "data", store.KeyName))
	giveKey(t, conf, second)
	require.Zero(t, start(t, second).stop(syscall.SIGTERM))
	require.Zero(t, n.stop(syscall.SIGTERM))

	// A foreign hand.
	require.NoError(t, raw.HSet(t.Context(), alice, "d", bare[:len(bare)-1]+`,"admin":true}`).Err())
	n = start(t, conf)
	require.NotContains(t, do("", "user", "list").out, "alice")
	require.Zero(t, n.stop(syscall.SIGTERM))

	// It cannot have its records sealed either, whatever it writes into the mark.
	mark := "ringsplash:{installation}/key"
	text, err := raw.HGet(t.Context(), mark, "d").Result()
	require.NoError(t, err)
	require.NoError(t, raw.HSet(t.Context(), mark, "d", text[:len(text)-1]+`,"unfinished":true}`).Err())
	n = start(t, conf)
	require.NotContains(t, do("", "user", "list").out, "alice")
	require.Zero(t, n.stop(syscall.SIGTERM))
	audit, err := os.ReadFile(filepath.Join(folder, "data", policy.AuditName))
	require.NoError(t, err)
	require.Contains(t, string(audit), `"event":"foreign"`)
	require.Contains(t, string(audit), `"key":"user/alice"`)

	// The key is lost: the records are trusted when somebody says so.
	require.NoError(t, os.Remove(key))
	require.Equal(t, exitFault, do("", "user", "list").code)
	r := do("", "user", "seal")
	require.Zero(t, r.code, r.err)
	require.Contains(t, r.out, "1 records were sealed")
	require.Contains(t, do("", "user", "list").out, "alice")
}
