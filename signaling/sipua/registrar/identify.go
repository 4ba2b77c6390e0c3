package registrar

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/address"
	"ringsplash/policy"
	"ringsplash/signaling/sipua/message"
)

// Identify tells who sent an INVITE that asks for a new dialog, or refuses it:
// a trunk by its address, our user by digest (407, RFC 3261 22.3), anybody else
// as unverified. Strangers and trunks reach our users only, so that no call
// goes from trunk to trunk. It may block for the store. Requests inside a
// dialog, ACK and CANCEL are not for it: they are never challenged.
func (a *Access) Identify(req *sip.Request) (Caller, *message.Refusal) {
	c, r := a.Sender(req)
	if r != nil || c.Identity.User != "" {
		return c, r
	}
	return a.toOurs(req, c)
}

// Sender is Identify for a request that may be for anybody, a MESSAGE: whether
// its sender may write to whom it is for is not asked here.
func (a *Access) Sender(req *sip.Request) (Caller, *message.Refusal) {
	if r := wellFormed(req); r != nil {
		return Caller{}, r
	}
	source := message.ParseAddr(req.Source())
	transport := strings.ToLower(req.Transport())
	from := req.From()
	claimed := policy.Identity{
		Address: canonicalURI(from.Address), Display: message.DisplayText(from.DisplayName), Level: policy.Unverified, How: "from",
	}
	var domains []string
	if a.cfg.Domains != nil {
		domains = a.cfg.Domains(source, transport)
	}
	if a.cfg.Trunk != nil {
		if peer, ok := a.cfg.Trunk(source, transport); ok {
			id := trunkIdentity(req, peer, transport, claimed)
			if id.Level == policy.Unverified && !hasPrivacy(req) {
				id = a.evidence(req, domains, id)
			}
			return Caller{Identity: id}, nil
		}
	}
	if a.foreign(req) {
		return Caller{Identity: a.evidence(req, domains, claimed)}, nil
	}
	return a.ourUser(req, source)
}

// Glance is what Register and Identify can tell from memory, so that strangers
// are refused before anything is kept for them: whom of our users an INVITE is
// for, and whether a trunk or a user's password vouches for who sent it.
func (a *Access) Glance(req *sip.Request) (callee string, vouched bool, no *message.Refusal) {
	if req.Method == sip.REGISTER {
		_, _, no = a.mayRegister(req)
		return "", no == nil, no
	}
	if r := wellFormed(req); r != nil {
		return "", false, r
	}
	vouched, ours, no := a.glance(req)
	if no == nil && !ours {
		_, no = a.toOurs(req, Caller{})
	}
	return a.UserAt(req.Recipient), vouched, no
}

// glance tells from memory whether a trunk or a user's password vouches for who
// sent a request, and whether it is our user.
func (a *Access) glance(req *sip.Request) (vouched, ours bool, no *message.Refusal) {
	source := message.ParseAddr(req.Source())
	if a.cfg.Trunk != nil {
		if _, trunk := a.cfg.Trunk(source, strings.ToLower(req.Transport())); trunk {
			return true, false, nil
		}
	}
	if a.foreign(req) {
		return false, false, nil
	}
	_, no = a.proveCaller(req, source)
	return no == nil, true, no
}

// GlanceText is what Sender can tell of a MESSAGE from memory. Evident: nobody
// vouches for its sender yet, but it carries what may prove who he is.
func (a *Access) GlanceText(req *sip.Request) (vouched, evident bool, no *message.Refusal) {
	if r := wellFormed(req); r != nil {
		return false, false, r
	}
	vouched, _, no = a.glance(req)
	evident = len(identityHeaders(req)) > 0
	if !evident && a.cfg.Domains != nil {
		evident = len(a.cfg.Domains(message.ParseAddr(req.Source()), strings.ToLower(req.Transport()))) > 0
	}
	return vouched, evident, no
}

// GlanceUser is what User can tell from memory.
func (a *Access) GlanceUser(req *sip.Request) *message.Refusal {
	if r := a.claimsOurs(req); r != nil {
		return r
	}
	_, r := a.proveCaller(req, message.ParseAddr(req.Source()))
	return r
}

// User tells which phone of a user of ours sent a request that is no call, by
// digest (407), or refuses it: nobody else may send such. It may block for the
// store.
func (a *Access) User(req *sip.Request) (Caller, *message.Refusal) {
	if r := a.claimsOurs(req); r != nil {
		return Caller{}, r
	}
	return a.ourUser(req, message.ParseAddr(req.Source()))
}

// claimsOurs refuses who does not claim to be one of ours.
func (a *Access) claimsOurs(req *sip.Request) *message.Refusal {
	if r := wellFormed(req); r != nil {
		return r
	}
	if a.foreign(req) {
		return &message.Refusal{Status: sip.StatusForbidden, Phrase: "For Users Of This Gateway Only"}
	}
	return nil
}

// foreign tells that a caller does not claim to be one of ours.
func (a *Access) foreign(req *sip.Request) bool {
	from := req.From().Address
	return from.Scheme == "tel" || !a.Ours(address.PlainHost(from.Host))
}

// proveCaller proves a caller whose From is in our domain, from memory.
func (a *Access) proveCaller(req *sip.Request, source netip.AddrPort) (proof, *message.Refusal) {
	p, r := a.prove(req, sip.StatusProxyAuthRequired, source)
	if r != nil {
		return proof{}, r
	}
	from := req.From().Address
	if a.UserAt(from) != p.user {
		return proof{}, &message.Refusal{
			Status: sip.StatusForbidden, Phrase: "From Is Not Your Address",
			Why: fmt.Sprintf("%s wanted to call as %s from %s", p.user, message.Clip(canonicalURI(from), 128), source),
		}
	}
	return p, nil
}

// ourUser identifies a caller whose From is in our domain.
func (a *Access) ourUser(req *sip.Request, source netip.AddrPort) (Caller, *message.Refusal) {
	ctx, cancel := context.WithTimeout(context.Background(), storeWait)
	defer cancel()
	proven, r := a.proveCaller(req, source)
	if r != nil {
		return Caller{}, r
	}
	if r := a.spend(ctx, proven, req, sip.StatusProxyAuthRequired, source); r != nil {
		return Caller{}, r
	}
	user, _ := a.cfg.Users.User(proven.user)
	return Caller{
		Identity: policy.Identity{
			Address: "sip:" + proven.user + "@" + address.PlainHost(a.cfg.Domain), Display: user.Display,
			Level: policy.Proven, How: "digest", User: proven.user, Private: hasPrivacy(req),
		},
		Device: a.callingDevice(req, proven.login, source),
	}, nil
}

// callingDevice finds the deskphone that calls among those registered: by its
// instance id, else by where it sends from. One that is not registered is
// known by its password only.
func (a *Access) callingDevice(req *sip.Request, l login, source netip.AddrPort) string {
	instance, contact := "", ""
	if h := req.Contact(); h != nil {
		params, _ := contactParams(h.Params)
		instance, contact = declaredInstance(params), contactInstance(h.Address)
	}
	device := l.devices[0]
	for _, b := range a.cfg.Locations.Of(l.user) {
		switch {
		case instance != "" && b.Instance == instance:
			return b.Device
		case b.Source == source.String() || b.Instance == contact:
			device = b.Device
		}
	}
	return device
}

// toOurs lets a caller through to our users only.
func (a *Access) toOurs(req *sip.Request, c Caller) (Caller, *message.Refusal) {
	if a.UserAt(req.Recipient) == "" {
		return Caller{}, &message.Refusal{Status: sip.StatusNotFound, Phrase: "Nobody Here Has This Address"}
	}
	return c, nil
}

// trunkIdentity is who calls through a trunk. The trunk's P-Asserted-Identity
// counts when the trunk is trusted over this transport (RFC 3325 5). A caller
// who asked the trunk for privacy stays anonymous to us (RFC 3325 7).
func trunkIdentity(req *sip.Request, peer TrunkPeer, transport string, claimed policy.Identity) policy.Identity {
	claimed.Trunk = peer.Name
	if !peer.TrustIdentity || transport == "udp" && !peer.TrustUDP {
		return claimed
	}
	if hasPrivacy(req) {
		hidden := policy.Anonymous("private, trunk " + peer.Name)
		hidden.Trunk = peer.Name
		return hidden
	}
	var values []string
	for _, h := range req.GetHeaders("P-Asserted-Identity") {
		values = append(values, h.Value())
	}
	address, display, ok := assertedIdentity(values)
	if !ok {
		return claimed
	}
	return policy.Identity{Address: address, Display: display, Level: policy.Asserted, How: "trunk " + peer.Name, Trunk: peer.Name}
}

// assertedIdentity reads P-Asserted-Identity (RFC 3325 9.1): one value, or one
// sip or sips and one tel value, of which the former is taken. Anything else
// asserts nothing.
func assertedIdentity(values []string) (aor, display string, ok bool) {
	var tel string
	for _, value := range values {
		for _, v := range message.SplitList(value) {
			var u sip.Uri
			name, err := sip.ParseAddressValue(v, &u, nil)
			if err != nil {
				return "", "", false
			}
			canonical, err := address.Canonical(canonicalURI(u))
			switch {
			case err != nil:
				return "", "", false // such as a local number without its context
			case u.Scheme == "tel" && tel == "":
				tel = canonical
			case u.Scheme != "tel" && aor == "" && message.ValidHost(u.Host):
				aor = canonical
			default:
				return "", "", false
			}
			if display == "" {
				display = message.DisplayText(name)
			}
		}
	}
	if aor == "" {
		aor = tel
	}
	return aor, display, aor != ""
}

// hasPrivacy tells whether the caller asked for his identity to be withheld
// (RFC 3325 9.3, RFC 3323 4.2).
func hasPrivacy(req *sip.Request) bool {
	for _, h := range req.GetHeaders("Privacy") {
		for _, v := range strings.FieldsFunc(strings.ToLower(h.Value()),
			func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			if v == "id" || v == "user" || v == "header" {
				return true
			}
		}
	}
	return false
}

// Exists tells whether there is a user of that name.
func (a *Access) Exists(user string) bool {
	_, ok := a.cfg.Users.User(user)
	return ok
}

// UserAt is the name of our user whom a URI means by name or number, "" for
// nobody. A host that is an IP address counts as ours: the request came here.
func (a *Access) UserAt(u sip.Uri) string {
	text := u.User
	if u.Scheme == "tel" {
		text = u.Raw()
	} else if !a.Here(u.Host) {
		return ""
	}
	text, _, _ = strings.Cut(text, ";")
	name := address.PlainUser(text)
	if _, ok := a.cfg.Users.User(name); ok {
		return name
	}
	if user, ok := a.cfg.Users.UserByNumber(address.PlainNumber(name)); ok {
		return user.Name
	}
	return ""
}

// Here tells whether the host of a URI may mean us: it is one of our names, or an
// address, of which who wrote it knew that it leads here.
func (a *Access) Here(host string) bool {
	host = address.PlainHost(host)
	return a.Ours(host) || net.ParseIP(strings.Trim(host, "[]")) != nil
}

// localAddress is the address of ours that req came to.
func (a *Access) localAddress(req *sip.Request, tx sip.ServerTransaction) string {
	if a.cfg.Local != nil {
		return a.cfg.Local(req)
	}
	if c, ok := tx.(interface{ Connection() sip.Connection }); ok && c.Connection() != nil {
		return c.Connection().LocalAddr().String()
	}
	return ""
}
