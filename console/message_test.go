package console

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"ringsplash/test/storetest"
)

// poster writes by REST with an API key, to whichever process runs now.
type poster struct {
	t    *testing.T
	base string
	key  string
}

func (p *poster) send(method, path, body string) (status int, answer map[string]any) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+"/api/v1/messages"+path, strings.NewReader(body))
	require.NoError(p.t, err)
	req.Header.Set("Authorization", "Bearer "+p.key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil // it was killed
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(res.Body)
	_ = json.Unmarshal(text, &answer)
	return res.StatusCode, answer
}

var listens = regexp.MustCompile(`http=(\S+)`)

// at finds where a process listens.
func (p *poster) at(n *process) {
	p.t.Helper()
	found := listens.FindStringSubmatch(n.said())
	require.NotNil(p.t, found, n.said())
	p.base = "http://" + found[1]
	p.t.Cleanup(http.DefaultClient.CloseIdleConnections)
}

// A gateway is killed while messages come, at a moment of its own choosing for
// each: what was acknowledged is with both users once, and what was not is there
// once when it has been said again.
func TestMessagesOverKills(t *testing.T) {
	t.Parallel()
	for kind, more := range map[string]func() string{
		"bbolt": func() string { return "" },
		"redis": func() string { return "redis: \"" + storetest.StartRedis(t).URL() + "\"\n" },
	} {
		t.Run(kind, func(t *testing.T) {
			config, _ := file(t, more()+"users: [{name: alice, password: a}, {name: bob, password: b}]\n")
			made := ringsplash(t, "", "apikey", "add", "bot", "--right", "messages", "--user", "*", "--config", config)
			require.Zero(t, made.code, made.err)
			p := &poster{t: t, key: strings.TrimSpace(made.out)}
			ids := map[string]bool{}
			for _, round := range []int{1, 5} {
				n := start(t, config)
				p.at(n)
				acked := make(chan struct{}, 100)
				go func() { // after as many acknowledgements as the round says
					for range round {
						<-acked
					}
					_ = n.cmd.Process.Signal(syscall.SIGKILL)
				}()
				var unsure []string
				for i := range 20 {
					body := fmt.Sprintf(`{"to":"bob","text":"m %d %d","key":"k %d %d"}`, round, i, round, i)
					status, answer := p.send("POST", "?user=alice", body)
					if status != http.StatusCreated {
						unsure = append(unsure, body)
						break
					}
					ids[answer["message"].(string)] = true
					acked <- struct{}{}
				}
				<-n.done
				n = start(t, config)
				p.at(n)
				for _, body := range unsure {
					for range 2 {
						status, answer := p.send("POST", "?user=alice", body)
						require.Equal(t, http.StatusCreated, status)
						ids[answer["message"].(string)] = true
					}
				}
				for _, side := range []string{"?user=alice&with=bob&limit=200", "?user=bob&with=alice&limit=200"} {
					_, answer := p.send("GET", side, "")
					have := map[string]bool{}
					for _, m := range answer["messages"].([]any) {
						id := m.(map[string]any)["id"].(string)
						require.False(t, have[id])
						have[id] = true
					}
					require.Equal(t, ids, have, side)
				}
				require.Zero(t, n.stop(syscall.SIGTERM))
			}
		})
	}
}
