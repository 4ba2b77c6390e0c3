package browser

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/store"
	"ringsplash/token"
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
	bearer, ok := k.logInByHello(h)
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
		k.detachDead(want)
	}
	k.page = h.Page
	tab, resumed, err := k.srv.conf.Gateway.OpenTab(k.login.User, want, k.changed)
	if err != nil {
		k.refused(err)
		return false
	}
	k.inbox = k.srv.sockets.attach(k, tab, func() *inbox {
		log := k.srv.log.With("user", k.login.User)
		return &inbox{base: k.srv.base, log: log, metrics: k.srv.metrics, running: &k.srv.sockets.queues, known: map[string]*taken{}}
	})
	k.tab = tab
	k.log.Info("a tab opened", "tab", tab.ID(), "resumed", resumed, "build", h.Build)
	return resumed
}

// refused ends a socket that gets no tab.
func (k *socket) refused(err error) {
	var e *machine.CommandError
	errors.As(err, &e)
	switch {
	case e != nil && e.Code == "forbidden": // the user was removed a moment ago
		k.end(codeNotLoggedIn)
	case e != nil && e.Code == "overload":
		k.end(codeBehind)
	default:
		k.log.Error("a tab could not be opened", "err", err)
		k.end(codeFault)
	}
}

// detachDead takes a tab off a socket that is dead without knowing it, as after a
// change of network: the page that comes back must not wait for the silence to
// be noticed. A socket that answers a ping keeps its tab: the asker is then a
// copy of the page (a duplicated browser tab copies sessionStorage). The same
// page with a new socket needs no proof: attach ends its former one.
func (k *socket) detachDead(want gateway.Resume) {
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

// tokenWait is how long the store may take to look at a token.
const tokenWait = 5 * time.Second

// logInByHello logs the socket in by the token or bearer of its hello; a hello with
// neither goes by the cookie of the upgrade. It returns the bearer to send, ""
// for none. Without a log-in the socket is ending.
func (k *socket) logInByHello(h hello) (bearer string, ok bool) {
	if h.Token == "" && h.Bearer == "" {
		if k.login.User == "" {
			k.end(codeNotLoggedIn)
			return "", false
		}
		return "", true
	}
	ctx, cancel := context.WithTimeout(k.ctx, tokenWait)
	defer cancel()
	var found login
	var err error
	if h.Token != "" {
		bearer, found, err = k.redeem(ctx, h)
	} else {
		found, err = k.logInAgain(ctx, h)
	}
	if err == nil {
		err = k.srv.sockets.adopt(k, found)
	}
	if err != nil {
		k.refuseLogIn(err)
		return "", false
	}
	k.log = k.srv.log.With("user", found.User, "origin", found.Origin)
	return bearer, true
}

// redeem exchanges a token for a log-in of its user at its site.
func (k *socket) redeem(ctx context.Context, h hello) (bearer string, made login, err error) {
	s := k.srv
	if s.conf.Mint == nil {
		return "", login{}, turnedAway(token.Invalid, "token.none_taken")
	}
	ticket, err := s.conf.Mint.Read(ctx, h.Token)
	if err != nil {
		return "", login{}, err
	}
	origin, err := cleanOrigin(ticket.Origin)
	if err != nil {
		return "", login{}, turnedAway(token.Invalid, "token.bad_origin")
	}
	if err := k.fromSite(origin, h.Parent); err != nil {
		return "", login{}, err
	}
	if _, ok := s.conf.People.User(ticket.User); !ok {
		return "", login{}, turnedAway(codeNoUser, "token.no_such_user")
	}
	if err := s.conf.Mint.Spend(ctx, ticket); err != nil {
		return "", login{}, err
	}
	return s.logins.open(ctx, ticket.User, origin, k.own)
}

// logInAgain finds the log-in of an earlier token, for a page whose socket broke.
func (k *socket) logInAgain(ctx context.Context, h hello) (login, error) {
	found, err := k.srv.logins.find(ctx, h.Bearer)
	if errors.Is(err, errNoLogin) || err == nil && found.Origin == "" {
		return login{}, turnedAway(token.Expired, "token.login_over")
	}
	if err != nil {
		return login{}, err
	}
	if found.Framed != k.own {
		return login{}, turnedAway(codeOrigin, "token.other_kind_of_page")
	}
	return found, k.fromSite(found.Origin, h.Parent)
}

const (
	codeOrigin    = "token_origin"
	codeNotListed = "origin_not_listed"
	codeNoUser    = "no_such_user"
)

// fromSite wants the page to belong to the site the token is for: for a page of
// ours in a frame that is the site it sees around itself, for another's page
// the Origin the browser wrote.
func (k *socket) fromSite(origin, parent string) error {
	from := k.origin
	if k.own {
		clean, err := cleanOrigin(parent)
		if err != nil {
			return turnedAway(codeOrigin, "token.no_parent")
		}
		from = clean
	}
	switch {
	case from != origin:
		return turnedAway(codeOrigin, "token.other_site", "origin", origin, "from", from)
	case !k.own && k.srv.listed(origin) == nil, k.own && k.srv.listed(origin) == nil && origin != k.origin:
		return turnedAway(codeNotListed, "problem.origin_not_listed", "origin", origin)
	}
	return nil
}

func turnedAway(code, say string, args ...any) *token.Refusal {
	return &token.Refusal{Code: code, Sentence: Words.Say(say, args...)}
}

// refuseLogIn tells the page why it is not let in, and ends the socket.
func (k *socket) refuseLogIn(err error) {
	var r *token.Refusal
	var p *problem
	code := codeNotAllowed
	switch {
	case errors.As(err, &r):
		if r.Code == token.Unknown || r.Code == token.Used || r.Code == token.Expired {
			code = codeNotLoggedIn // a new token may do
		}
	case errors.As(err, &p):
		r, code = &token.Refusal{Code: "overload", Sentence: p.Sentence}, codeBehind
	case errors.Is(err, store.ErrAway):
		r, code = turnedAway("overload", "problem.store_away"), codeBehind
	default:
		k.log.Error("a token could not be looked at", "err", err)
		k.end(codeFault)
		return
	}
	k.log.Info("a page was turned away", "code", r.Code, "reason", r.Sentence.Text, "origin", k.origin)
	k.send(encode(refused{Type: typeRefused, Error: machine.Refuse(r.Code, r.Sentence)}))
	k.end(code)
}
