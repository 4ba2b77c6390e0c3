package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// A tab that sleeps, as in a closed laptop, says no goodbye: the gateway ends
// all the same, soon and without a fault.
func TestStopWithASleepingTab(t *testing.T) {
	conf, folder := file(t, "users:\n- {name: alice, password: wonderland}\n")
	n := start(t, conf)
	text, err := os.ReadFile(filepath.Join(folder, "data", "ready.json"))
	require.NoError(t, err)
	var ready struct {
		HTTP string `json:"http"`
	}
	require.NoError(t, json.Unmarshal(text, &ready))
	base := "http://" + ready.HTTP
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/v1/login", bytes.NewBufferString(`{"name":"alice","password":"wonderland"}`))
	require.NoError(t, err)
	req.Header = http.Header{"Origin": {base}, "Content-Type": {"application/json"}}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
	cookie := res.Cookies()[0]
	tab, _, err := websocket.Dial(t.Context(), base+"/ws", &websocket.DialOptions{ //nolint:bodyclose // Dial's has none to close
		HTTPHeader: http.Header{"Origin": {base}, "Cookie": {cookie.Name + "=" + cookie.Value}},
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
