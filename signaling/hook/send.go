package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	longest    = time.Minute // between two tries
	readAtMost = 64 << 10    // bytes of an answer, which mean nothing to us
	timeForm   = "2006-01-02T15:04:05.000Z"
)

// target is one server with what waits for it.
type target struct {
	Target
	conf  Config
	all   *Hooks
	key   []byte
	queue chan event
	full  atomic.Bool // the queue was when it was last told
	log   *slog.Logger
	http  *http.Client
}

// run sends in order. One that cannot be sent holds the later ones up, at most
// until it is given up.
func (t *target) run(ctx context.Context) {
	defer t.http.CloseIdleConnections()
	for {
		select {
		case e := <-t.queue:
			t.deliver(ctx, e)
		case <-t.all.stopping:
			for ctx.Err() == nil {
				select {
				case e := <-t.queue:
					t.deliver(ctx, e)
				default:
					return
				}
			}
			return
		}
	}
}

// deliver tries until the target has taken the event, refuses it for good, or
// it is too old.
func (t *target) deliver(ctx context.Context, e event) {
	id := newID()
	body, err := json.Marshal(message{
		Type: "call." + e.call.State, ID: id, Time: e.at.UTC().Format(timeForm), User: e.user, Call: t.conf.Call(e.call),
	})
	pause := t.conf.Pause
	for again := err == nil; ; pause = min(2*pause, longest) {
		if again {
			again, err = t.send(ctx, id, body)
		}
		if err == nil {
			t.all.delivered.Add(1)
			return
		}
		// Several nodes that failed at once must not come back at once.
		wait := pause/2 + rand.N(pause/2+1)
		again = again && time.Since(e.at)+wait < t.conf.GiveUp
		if again {
			select {
			case <-time.After(wait):
				continue
			case <-t.all.stopping:
			}
		}
		t.all.failed.Add(1)
		t.log.Warn("a web hook was not told", "event", id, "call", e.call.ID, "state", e.call.State, "user", e.user, "err", err)
		return
	}
}

// send makes one try; again tells whether another may do.
func (t *target) send(ctx context.Context, id string, body []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "ringsplash")
	req.Header.Set("Webhook-Id", id)
	req.Header.Set("Webhook-Timestamp", stamp)
	req.Header.Set("Webhook-Signature", sign(t.key, id, stamp, body))
	res, err := t.http.Do(req)
	if err != nil {
		return true, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, readAtMost))
	_ = res.Body.Close()
	switch {
	case res.StatusCode < 300:
		return false, nil
	case res.StatusCode < 400:
		return false, fmt.Errorf("it answers %s, and redirects are not followed; write the final address under hooks", res.Status)
	case res.StatusCode < 500 && res.StatusCode != http.StatusRequestTimeout && res.StatusCode != http.StatusTooManyRequests:
		return false, fmt.Errorf("it answers %s", res.Status)
	}
	return true, fmt.Errorf("it answers %s", res.Status)
}

// sign is the signature of a request by the scheme of standardwebhooks.com:
// HMAC-SHA256 over id, time and body, so that an old request cannot be sent
// again as a new one.
func sign(key []byte, id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(id + "." + stamp + "."))
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// keyOf reads a secret.
func keyOf(secret string) []byte {
	if coded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err := base64.StdEncoding.DecodeString(coded); err == nil {
			return key
		}
	}
	return []byte(secret)
}
