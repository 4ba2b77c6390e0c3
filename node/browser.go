package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"ringsplash/gateway"
	"ringsplash/signaling/browser"
	"ringsplash/token"
	"ringsplash/webclient"
)

// ErrNotBuilt: the web client is missing in this binary.
var ErrNotBuilt = errors.New("the web client is not in this binary: run `make build`, then start bin/ringsplash")

// tabs bridges the gateway's tabs to what the browser side asks for.
type tabs struct{ *gateway.Gateway }

func (t tabs) OpenTab(user string, r gateway.Resume, wake func()) (browser.Tab, bool, error) {
	s, resumed, err := t.Gateway.OpenTab(user, r, wake)
	if err != nil {
		return nil, false, err
	}
	return s, resumed, nil
}

func (t tabs) Watch(user string, wake func()) (browser.Watch, error) {
	w, err := t.Gateway.Watch(user, wake)
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (n *Node) openBrowser(extra map[string]http.Handler) error {
	mint, err := n.mint()
	if err != nil {
		return err
	}
	var frames []string
	var origins []browser.EmbedOrigin
	for _, o := range n.cfg.HTTP.EmbedOrigins {
		frames = append(frames, o.Origin)
		origins = append(origins, browser.EmbedOrigin(o))
	}
	n.browser, err = browser.New(browser.Config{
		Gateway: tabs{n.gateway}, People: n.directory, Store: n.store, Policy: n.policy, Chat: n.chat,
		Page: webclient.Handler(frames), Extra: extra, Metrics: n.metrics(), Room: n.gateway.Room, Build: webclient.Build(),
		EmbedOrigins: origins, Mint: mint, APIKeys: &token.Keys{Store: n.store},
		Names:    append([]string{n.cfg.Domain, n.cfg.HTTP.Listen}, n.cfg.HTTP.Names...),
		CertFile: n.cfg.HTTP.TLS.Cert, KeyFile: n.cfg.HTTP.TLS.Key, TrustedProxies: n.cfg.HTTP.TrustedProxies,
		// Half for a socket to fall silent, half for its tab to come back.
		TabGone: n.cfg.Timers.TabGone / 2,
	}, n.log)
	if err != nil {
		return err
	}
	if n.http, err = net.Listen("tcp", n.cfg.HTTP.Listen); err != nil {
		return fmt.Errorf("http.listen: %w", err)
	}
	n.serve("http.listen", func() error { return n.browser.Serve(n.http) }, n.browser.Close)
	return nil
}

// serve runs an HTTP server until Close.
func (n *Node) serve(key string, run func() error, end func(context.Context) error) {
	var served sync.WaitGroup
	served.Go(func() {
		if err := run(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("an HTTP server stopped", "key", key, "err", err)
		}
	})
	n.onClose(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, hangUpFor)
		defer cancel()
		err := end(ctx)
		served.Wait()
		return err
	})
}

// mint makes and takes the tokens of embedding sites.
func (n *Node) mint() (*token.Mint, error) {
	var keys []token.SigningKey
	for _, k := range n.cfg.HTTP.EmbedKeys {
		key, err := k.Read()
		if err != nil {
			return nil, fmt.Errorf("http.embed_keys: %s: %w", k.ID, err)
		}
		keys = append(keys, key)
	}
	return token.NewMint(n.store, n.cfg.Domain, keys), nil
}

// iceServers are those of the configuration file, as browsers are told them.
func (n *Node) iceServers() []gateway.ICEServer {
	var out []gateway.ICEServer
	for _, s := range n.cfg.Media.ICEServers {
		out = append(out, gateway.ICEServer(s))
	}
	return out
}
