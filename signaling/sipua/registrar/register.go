package registrar

import (
	"context"
	"fmt"
	"hash/maphash"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/address"
	"ringsplash/location"
	"ringsplash/signaling/sipua/message"
)

const (
	// storeWait bounds how long proving who sent a request may wait for the store.
	storeWait = 300 * time.Millisecond
	// bindWait bounds the writes of a registration. A slow disk may need long for
	// them; a Redis that hangs is found away before, by its breaker.
	bindWait = 5 * time.Second
)

// userLocks make the registrations of one user follow each other.
type userLocks struct {
	seed  maphash.Seed
	locks [64]sync.Mutex
}

func (l *userLocks) of(user string) *sync.Mutex {
	return &l.locks[maphash.String(l.seed, user)%uint64(len(l.locks))]
}

// Register answers a REGISTER (RFC 3261 10.3, RFC 5626 6, RFC 3327 5.3). It
// blocks for the store and always sends the final response.
func (a *Access) Register(req *sip.Request, tx sip.ServerTransaction) {
	defer a.rescue(req, tx)
	res, refusal := a.register(context.Background(), req, a.localAddress(req, tx))
	if refusal != nil {
		a.logRefusal("registration refused", refusal)
		res = refusal.Response(req)
	}
	if err := tx.Respond(res); err != nil {
		a.log.Debug("registration answer not sent", "source", req.Source(), "err", err)
	}
}

// registration is what a REGISTER asks for, proven and read.
type registration struct {
	login
	contacts
	path      []string
	callID    string
	cseq      uint32
	userAgent string
	transport string
	source    netip.AddrPort
	local     string
}

func (a *Access) register(ctx context.Context, req *sip.Request, local string) (*sip.Response, *message.Refusal) {
	reg, refusal := a.readRegistration(ctx, req)
	if refusal != nil {
		return nil, refusal
	}
	reg.local = local
	lock := a.locks.of(reg.user)
	lock.Lock()
	defer lock.Unlock()
	ctx, cancel := context.WithTimeout(ctx, bindWait)
	defer cancel()
	bindings, refusal := a.bind(ctx, reg)
	if refusal != nil {
		return nil, refusal
	}
	return a.registered(req, reg, bindings), nil
}

// mayRegister does steps 1 to 4 of RFC 3261 10.3 from memory, so that strangers
// are refused before anything is kept for them.
func (a *Access) mayRegister(req *sip.Request) (netip.AddrPort, proof, *message.Refusal) {
	source := message.ParseAddr(req.Source())
	if r := wellFormed(req); r != nil {
		return source, proof{}, r
	}
	for _, u := range []sip.Uri{req.To().Address, req.From().Address} {
		if u.Scheme != "sip" && u.Scheme != "sips" && u.Scheme != "tel" { // RFC 3261 10.2
			return source, proof{}, message.BadRequest("Not a SIP Address of Record")
		}
	}
	// 1: whose domain is it?
	if !a.Ours(address.PlainHost(req.To().Address.Host)) {
		return source, proof{}, &message.Refusal{Status: sip.StatusNotFound, Phrase: "Not a Domain of This Gateway"}
	}
	// 2: extensions that must be understood.
	if r := unsupported(req, "path", "outbound"); r != nil {
		return source, proof{}, r
	}
	// 3: who is it? 4: may he change this address of record?
	p, r := a.prove(req, sip.StatusUnauthorized, source)
	if r != nil {
		return source, proof{}, r
	}
	for _, u := range []sip.Uri{req.To().Address, req.From().Address} {
		if a.UserAt(u) != p.user {
			return source, proof{}, &message.Refusal{
				Status: sip.StatusForbidden, Phrase: "Not Your Address",
				Why: fmt.Sprintf("%s wanted to register %s from %s", p.user, message.Clip(canonicalURI(u), 128), source),
			}
		}
	}
	return source, p, nil
}

// readRegistration does steps 1 to 6 of RFC 3261 10.3.
func (a *Access) readRegistration(ctx context.Context, req *sip.Request) (registration, *message.Refusal) {
	reg := registration{transport: strings.ToLower(req.Transport()), userAgent: headerText(req, "User-Agent")}
	source, p, r := a.mayRegister(req)
	if r != nil {
		return reg, r
	}
	reg.login, reg.source = p.login, source
	reg.callID, reg.cseq = req.CallID().Value(), req.CSeq().SeqNo
	if r := a.spend(ctx, p, req, sip.StatusUnauthorized, source); r != nil {
		return reg, r
	}
	outbound := hasTag(req, "Supported", "outbound")
	if reg.path, r = readPath(req); r != nil {
		return reg, r
	}
	if reg.contacts, r = a.readContacts(req, outbound); r != nil {
		return reg, r
	}
	// RFC 5626 6: not the first hop, and the first hop keeps no flow.
	if reg.contacts.outbound && len(req.GetHeaders("Via")) > 1 && !keepsFlow(reg.path) {
		return reg, &message.Refusal{Status: 439, Phrase: "First Hop Lacks Outbound Support"}
	}
	return reg, nil
}

// readPath reads the route that leads back to the phone (RFC 3327 5.3).
func readPath(req *sip.Request) ([]string, *message.Refusal) {
	var path []string
	for _, h := range req.GetHeaders("Path") {
		for _, v := range message.SplitList(h.Value()) {
			var u sip.Uri
			if _, err := sip.ParseAddressValue(v, &u, nil); err != nil || len(path) == contactsMax {
				return nil, message.BadRequest("Malformed Path")
			}
			hop, err := message.ParseURI(u.String())
			if err != nil || hop.Scheme == "tel" || !message.ValidHost(hop.Host) {
				return nil, message.BadRequest("Malformed Path")
			}
			path = append(path, hop.String())
		}
	}
	return path, nil
}

func keepsFlow(path []string) bool {
	var u sip.Uri
	return len(path) > 0 && sip.ParseUri(path[0], &u) == nil && u.UriParams.Has("ob")
}

// registered is step 8 of RFC 3261 10.3: 200 with every binding. GRUUs are not
// handed out.
func (a *Access) registered(req *sip.Request, reg registration, bindings []location.Binding) *sip.Response {
	res := sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil)
	now := a.cfg.Now()
	for _, b := range bindings {
		value := "<" + b.Contact + ">;expires=" + message.Seconds(b.Expires.Sub(now))
		if !guessed(b.Instance) {
			value += `;+sip.instance="<` + b.Instance + `>"`
		}
		if b.RegID > 0 {
			value += fmt.Sprintf(";reg-id=%d", b.RegID)
		}
		res.AppendHeader(sip.NewHeader("Contact", value))
	}
	if hasTag(req, "Supported", "path") { // RFC 3327 5.3
		for _, hop := range reg.path {
			res.AppendHeader(sip.NewHeader("Path", "<"+hop+">"))
		}
	}
	res.AppendHeader(sip.NewHeader("Supported", "path, outbound"))
	if reg.contacts.outbound { // RFC 5626 6
		res.AppendHeader(sip.NewHeader("Require", "outbound"))
	}
	res.AppendHeader(sip.NewHeader("Date", now.UTC().Format(http.TimeFormat)))
	return res
}

// guessed tells a fall-back instance id from one that the phone declared.
func guessed(instance string) bool {
	kind, _, _ := strings.Cut(instance, ":")
	return kind == "mac" || kind == "guid" || kind == "contact"
}
