package console

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// A tab that sleeps, as in a closed laptop, says no goodbye: the gateway ends
// all the same, soon and without a fault.
func TestStopWithASleepingTab(t *testing.T) {
	t.Parallel()
	conf, folder := file(t, "users:\n- {name: alice, password: wonderland}\n")
	n := start(t, conf)
	base, cookie := logIn(t, folder)
	tab, _, err := websocket.Dial(t.Context(), base+"/ws", &websocket.DialOptions{ //nolint:bodyclose // Dial's has none to close
		HTTPHeader: http.Header{"Origin": {base}, "Cookie": {cookie}},
	})
	require.NoError(t, err)
	defer func() { _ = tab.CloseNow() }()
	require.NoError(t, tab.Write(t.Context(), websocket.MessageText, []byte(`{"type":"hello","protocol":1}`)))
	_, welcome, err := tab.Read(t.Context())
	require.NoError(t, err)
	require.Contains(t, string(welcome), `"welcome"`)
	// From here on nobody reads.
	began := time.Now()
	require.Zero(t, n.stop(syscall.SIGTERM), "%s", n.said())
	require.Less(t, time.Since(began), 4*time.Second)
}

// A stranger's request that never comes to its end makes the gateway's no later
// and no fault.
func TestStopWithHalfARequest(t *testing.T) {
	t.Parallel()
	conf, folder := file(t, "users:\n- {name: alice, password: wonderland}\n")
	n := start(t, conf)
	base, _ := logIn(t, folder)
	stranger, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	require.NoError(t, err)
	defer func() { _ = stranger.Close() }()
	_, err = stranger.Write([]byte(
		"POST /api/v1/login HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nContent-Type: application/json\r\nContent-Length: " +
			"100\r\n\r\n{\"na"))
	require.NoError(t, err)
	time.Sleep(100 * time.Millisecond) // until it is read
	began := time.Now()
	require.Zero(t, n.stop(syscall.SIGTERM), "%s", n.said())
	require.Less(t, time.Since(began), 4*time.Second)
}

// logIn logs alice in at the gateway with that folder, and returns where it is
// and her cookie.
func logIn(t *testing.T, folder string) (base, cookie string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "data", "ready.json"))
	require.NoError(t, err)
	var ready struct {
		HTTP string `json:"http"`
	}
	require.NoError(t, json.Unmarshal(text, &ready))
	base = "http://" + ready.HTTP
	res := request(t, http.MethodPost, base, "/login", "", `{"name":"alice","password":"wonderland"}`)
	require.Equal(t, http.StatusOK, res.StatusCode)
	return base, res.Cookies()[0].Name + "=" + res.Cookies()[0].Value
}

// request makes one request of the page to the API.
func request(t *testing.T, method, base, path, cookie, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, base+"/api/v1"+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header = http.Header{"Origin": {base}, "Content-Type": {"application/json"}, "Cookie": {cookie}, "If-Match": {"*"}}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res
}
