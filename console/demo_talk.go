package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
)

// demoMessage is what Bob writes to Alice before anybody looks.
const demoMessage = "Hello Alice, I have the drawing of the pump. May I call you?"

// demoTalk makes Bob a friend of Alice, so that she sees his presence, and has
// him write to her: both log in by REST, as programs do. It blocks until the
// gateway has answered.
func demoTalk(ctx context.Context, gateway string) error {
	friend := map[string]any{"display": "Bob Baker", "addresses": []string{"sip:bob@" + demoDomain}, "friend": true}
	if err := demoPost(ctx, gateway, "alice", "directory", friend); err != nil {
		return err
	}
	return demoPost(ctx, gateway, "bob", "messages", map[string]any{"to": "alice", "text": demoMessage})
}

// demoPost sends one request in a user's name, with a log-in of its own.
func demoPost(ctx context.Context, gateway, user, path string, body any) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar}
	login := map[string]any{"name": user, "password": demoPassword}
	for _, r := range []struct {
		path string
		body any
	}{{"login", login}, {path, body}} {
		text, err := json.Marshal(r.body)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+gateway+"/api/v1/"+r.path, bytes.NewReader(text))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		_ = res.Body.Close()
		if res.StatusCode >= http.StatusMultipleChoices {
			return fmt.Errorf("%s of %s: %s", r.path, user, res.Status)
		}
	}
	return nil
}
