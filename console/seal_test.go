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
	"ringsplash/test/storetest"
)

const (
	sealedUser = "ringsplash:{user}/alice"
	sealMark   = "ringsplash:{installation}/key"
)

// installation is a gateway on a Redis into which another hand may write.
type installation struct {
	t            *testing.T
	raw          *redis.Client
	url          string
	conf, folder string
}

// install makes one with the user alice.
func install(t *testing.T) *installation {
	t.Helper()
	server := storetest.StartRedis(t)
	options, err := redis.ParseURL(server.URL())
	require.NoError(t, err)
	raw := redis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, raw.Close()) })
	i := &installation{t: t, raw: raw, url: server.URL()}
	i.conf, i.folder = file(t, "redis: "+i.url+"\n")
	require.Zero(t, i.do("wonder\n", "user", "add", "alice", "--password-stdin").code)
	require.Zero(t, start(t, i.conf).stop(syscall.SIGTERM)) // it runs for a while
	return i
}

func (i *installation) do(stdin string, args ...string) result {
	i.t.Helper()
	return ringsplash(i.t, stdin, append(args, "--config", i.conf)...)
}

func (i *installation) key() string { return filepath.Join(i.folder, "data", store.KeyName) }

func (i *installation) read(record string) string {
	i.t.Helper()
	text, err := i.raw.HGet(i.t.Context(), record, "d").Result()
	require.NoError(i.t, err)
	return text
}

func (i *installation) write(record, text string) {
	i.t.Helper()
	require.NoError(i.t, i.raw.HSet(i.t.Context(), record, "d", text).Err())
}

// An installation from before there was a key is taken over once; further
// gateways need the key, and what another hand writes into Redis afterwards is
// refused and on record.
func TestRecordsAreSealed(t *testing.T) {
	t.Parallel()
	i := install(t)
	info, err := os.Stat(i.key())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	sealed := i.read(sealedUser)
	bare := sealed[:len(sealed)-len(`,"mac":""}`)-43] + "}"

	// As it was before: no key, no mark, no MAC.
	require.NoError(t, os.Remove(i.key()))
	require.NoError(t, i.raw.Del(t.Context(), sealMark).Err())
	i.write(sealedUser, bare)
	// A gateway that never ran does not make its own key for them.
	fresh, _ := file(t, "redis: "+i.url+"\n")
	stranger := launch(t, fresh)
	<-stranger.done
	require.Contains(t, stranger.said(), "1 records in Redis are not sealed by this installation")
	require.Equal(t, bare, i.read(sealedUser))
	n := start(t, i.conf)
	require.Contains(t, n.said(), "the records of before are sealed")
	require.NotEqual(t, bare, i.read(sealedUser))
	require.Contains(t, i.do("", "user", "list").out, "alice")
	i.secondNeedsKey()
	require.Zero(t, n.stop(syscall.SIGTERM))
	i.refusesForeignHand(bare)
	i.sealsAnew()
}

// secondNeedsKey starts a second gateway, without the key and with it.
func (i *installation) secondNeedsKey() {
	t := i.t
	second, elsewhere := file(t, "redis: "+i.url+"\n")
	other := launch(t, second)
	<-other.done
	require.Equal(t, exitFault, other.cmd.ProcessState.ExitCode())
	require.Contains(t, other.said(), "copy its record.key to "+filepath.Join(elsewhere, "data", store.KeyName))
	giveKey(t, i.conf, second)
	require.Zero(t, start(t, second).stop(syscall.SIGTERM))
}

func (i *installation) refusesForeignHand(bare string) {
	t := i.t
	i.write(sealedUser, bare[:len(bare)-1]+`,"admin":true}`)
	n := start(t, i.conf)
	require.NotContains(t, i.do("", "user", "list").out, "alice")
	require.Zero(t, n.stop(syscall.SIGTERM))

	// It cannot have its records sealed either, whatever it writes into the mark.
	text := i.read(sealMark)
	i.write(sealMark, text[:len(text)-1]+`,"unfinished":true}`)
	n = start(t, i.conf)
	require.NotContains(t, i.do("", "user", "list").out, "alice")
	require.Zero(t, n.stop(syscall.SIGTERM))
	audit, err := os.ReadFile(filepath.Join(i.folder, "data", policy.AuditName))
	require.NoError(t, err)
	require.Contains(t, string(audit), `"event":"foreign"`)
	require.Contains(t, string(audit), `"key":"user/alice"`)
}

// sealsAnew loses the key: the records are trusted when somebody says so.
func (i *installation) sealsAnew() {
	t := i.t
	require.NoError(t, os.Remove(i.key()))
	require.Equal(t, exitFault, i.do("", "user", "list").code)
	r := i.do("", "user", "seal")
	require.Zero(t, r.code, r.err)
	require.Contains(t, r.out, "1 records were sealed")
	require.Contains(t, i.do("", "user", "list").out, "alice")
}
