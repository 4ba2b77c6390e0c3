package console

import (
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

// A start waits for a Redis that is not there yet, and a SIGTERM ends the
// waiting as it ends a gateway.
func TestStartWaitsForRedis(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	server.Kill()
	conf, _ := file(t, "redis: "+server.URL()+"\n")
	n := launch(t, conf)
	n.says("Redis does not answer yet")
	require.Zero(t, n.stop(syscall.SIGTERM), "%s", n.said())
	n = launch(t, conf)
	n.says("Redis does not answer yet")
	server.Restart()
	n.says("msg=ready")
	require.Zero(t, n.stop(syscall.SIGTERM))

	server.Kill()
	conf, _ = file(t, "redis: "+server.URL()+"\nredis_wait: 0s\n")
	n = launch(t, conf)
	<-n.done
	require.Equal(t, exitFault, n.cmd.ProcessState.ExitCode())
	require.Contains(t, n.said(), "start Redis or correct its address")
}

// While Redis hangs no request waits for each of its calls there, and soon after
// it is back all is as before.
func TestRequestsWhileRedisHangs(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	conf, folder := file(t, "redis: "+server.URL()+
		"\nusers: [{name: alice, password: wonderland, devices: [{id: desk, sip_password: desktop-1, interworking: true}]}]\n")
	n := start(t, conf)
	base, cookie := logIn(t, folder)
	put := func() (status int, took time.Duration) {
		began := time.Now()
		return request(t, http.MethodPut, base, "/policy", cookie, `{"allowPublic":true,"addresses":[]}`).StatusCode, time.Since(began)
	}
	first, later := time.Hour, time.Hour
	for range 3 { // a loaded machine may be late once, a missing bound is always
		server.Freeze()
		status, took := put()
		require.Equal(t, http.StatusServiceUnavailable, status)
		first = min(first, took)
		for range 3 {
			status, took = put()
			require.Equal(t, http.StatusServiceUnavailable, status)
			later = min(later, took)
		}
		server.Thaw()
		thawed := time.Now()
		require.Eventually(t, func() bool { status, _ := put(); return status < http.StatusInternalServerError }, 20*time.Second,
			20*time.Millisecond)
		t.Logf("first %v, later %v, back after %v", first, later, time.Since(thawed))
	}
	require.Less(t, first, 300*time.Millisecond)
	require.Less(t, later, 100*time.Millisecond)
	require.Zero(t, n.stop(syscall.SIGTERM))
}

// The second gateway on one Redis, the first one, and `check` say what the two
// share and what not.
func TestTwoGatewaysOnOneRedis(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	one, _ := file(t, "redis: "+server.URL()+"\n")
	two, _ := file(t, "redis: "+server.URL()+"\n")
	first := start(t, one)
	giveKey(t, one, two)
	const shared, apart = "share users, devices, grants, log-ins", "do not share phones, tabs and calls"
	r := ringsplash(t, "", "check", "--config", one)
	require.Contains(t, r.out, shared)
	require.Contains(t, r.out, apart)
	require.NotContains(t, r.out, "other gateways live")
	require.Contains(t, r.err, "without a password")
	require.Contains(t, ringsplash(t, "", "check", "--config", two).out, "other gateways live on this Redis now")
	require.NotContains(t, first.said(), apart)
	second := start(t, two)
	for _, n := range []*process{second, first} {
		n.says("another gateway lives on the same Redis")
		require.Contains(t, n.said(), shared)
		require.Contains(t, n.said(), apart)
	}
	require.Zero(t, second.stop(syscall.SIGTERM))
	require.NotContains(t, ringsplash(t, "", "check", "--config", one).out, "other gateways live")
	require.Zero(t, first.stop(syscall.SIGTERM))
}

// giveKey copies the key of one gateway to another on the same Redis.
func giveKey(t *testing.T, from, to string) {
	t.Helper()
	file := func(conf string) string { return filepath.Join(filepath.Dir(conf), "data", store.KeyName) }
	text, err := os.ReadFile(file(from))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(file(to)), 0o700))
	require.NoError(t, os.WriteFile(file(to), text, 0o600))
}
