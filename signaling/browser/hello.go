package browser

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"ringsplash/gateway"
)

// probeWait is how long a socket may take to show that it still lives when
// another one asks for its tab.
const probeWait = time.Second

// open waits for the hello and gives the socket its tab. Without a tab the
// socket is ending.
func (k *socket) open() (resumed bool) {
	wait := time.NewTimer(k.srv.conf.HelloWait)
	defer wait.Stop()
	var h hello
	var err error
	select {
	case b := <-k.first:
		h, err = readHello(b)
	case <-wait.C:
		k.end(codeNoHello)
		return false
	case <-k.ending:
		return false
	}
	if err != nil {
		k.broken(err)
		return false
	}
	if h.Protocol != protocol {
		k.log.Info("a tab speaks another protocol", "protocol", h.Protocol, "build", h.Build)
		k.end(codeProtocol)
		return false
	}
	bearer, ok := k.enter(h)
	if !ok {
		return false
	}
	k.bearer = bearer
	return k.openTab(h)
}

func (k *socket) openTab(h hello) (resumed bool) {
	want := gateway.Resume{Page: h.Page}
	if h.Resume != nil {
		want.Tab, want.Secret = h.Resume.Tab, h.Resume.Secret
		k.free(want)
	}
	k.page = h.Page
	tab, resumed, err := k.srv.conf.Gateway.OpenTab(k.login.User, want, k.changed)
	if err != nil {
		k.refused(err)
		return false
	}
	k.inbox = k.srv.sockets.attach(k, tab, func() *inbox {
		return &inbox{
			base: k.srv.base, log: k.srv.log.With("user", k.login.User), metrics: k.srv.metrics,
			running: &k.srv.sockets.queues, known: map[string]*errand{},
		}
	})
	k.tab = tab
	k.log.Info("a tab opened", "tab", tab.ID(), "resumed", resumed, "build", h.Build)
	return resumed
}

// refused ends a socket that gets no tab.
func (k *socket) refused(err error) {
	var e *gateway.CommandError
	errors.As(err, &e)
	switch {
	case e != nil && e.Code == "forbidden": // the user was removed a moment ago
		k.end(codeNotLoggedIn)
	case e != nil && e.Code == "overload":
		k.end(codeBehind)
	default:
		k.log.Error("a tab could not be opened", "error", err)
		k.end(codeFault)
	}
}

// free takes a tab off a socket that is dead without knowing it, as after a
// change of network: the page that comes back must not wait for the silence to
// be noticed. A socket that answers a ping keeps its tab: the asker is then a
// copy of the page (a duplicated browser tab copies sessionStorage). The same
// page with a new socket needs no proof: attach ends its former one.
func (k *socket) free(want gateway.Resume) {
	former := k.srv.sockets.holder(want.Tab)
	if former == nil || former.login.User != k.login.User ||
		subtle.ConstantTimeCompare([]byte(former.tab.Secret()), []byte(want.Secret)) != 1 ||
		(want.Page != "" && want.Page == former.page) {
		return
	}
	ctx, cancel := context.WithTimeout(k.ctx, probeWait)
	defer cancel()
	if former.conn.Ping(ctx) == nil {
		return
	}
	former.end(codeTaken)
	<-former.detached
}
