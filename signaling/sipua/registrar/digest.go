package registrar

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/directory"
	"ringsplash/internal/address"
	"ringsplash/location"
	"ringsplash/signaling/sipua/message"
)

// Digest algorithms we offer.
const (
	algSHA256 = "SHA-256"
	algMD5    = "MD5"
)

// offered are the algorithms of a challenge in the order of its headers. RFC
// 8760 2.4 has a phone take the first it knows; older ones take the first and
// fail when they do not know it, so MD5 comes first for who did not show to do
// better. The digests are as good as the password either way.
var offered = []string{algMD5, algSHA256}

// habits are the exceptions, by User-Agent.
var habits = []struct {
	agent   *regexp.Regexp
	offered []string
}{
	// Takes the first algorithm it knows.
	{regexp.MustCompile(`(?i)^linphone`), []string{algSHA256, algMD5}},
	// Give up at any header with another algorithm than MD5, wherever it stands.
	{regexp.MustCompile(`(?i)^(baresip v?[01]\.|sipp\b)`), []string{algMD5}},
}

func offeredTo(agent string) []string {
	for _, h := range habits {
		if h.agent.MatchString(agent) {
			return h.offered
		}
	}
	return offered
}

// secretSlots is the unit in which secrets are tried: every log-in costs a
// whole number of them, whether the name has no secret, one or eight.
const secretSlots = 8

// credentialsMax is how many Authorization headers are read.
const credentialsMax = 4

// credentials is a parsed Authorization or Proxy-Authorization header (RFC
// 7616 3.4, RFC 3261 22.4).
type credentials struct {
	username, realm, nonce, uri, response, algorithm, cnonce, qop, nc string
}

// parseCredentials reads a header value; ok is false when it is of another
// scheme than Digest.
func parseCredentials(value string) (c credentials, ok bool, err error) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return c, false, nil
	}
	list, err := message.ParseParams(rest, ',')
	if err != nil {
		return c, true, err
	}
	fields := map[string]*string{
		"username": &c.username, "realm": &c.realm, "nonce": &c.nonce, "uri": &c.uri, "response": &c.response,
		"algorithm": &c.algorithm, "cnonce": &c.cnonce, "qop": &c.qop, "nc": &c.nc,
	}
	for _, p := range list {
		if f := fields[p.Name]; f != nil {
			*f = p.Value
		}
	}
	switch {
	case strings.EqualFold(c.algorithm, algSHA256):
		c.algorithm = algSHA256
	case c.algorithm == "" || strings.EqualFold(c.algorithm, algMD5):
		c.algorithm = algMD5
	}
	return c, true, nil
}

// count is the nonce count. Anything but qop=auth with a count and a cnonce is
// malformed (RFC 7616 3.4), the digest of RFC 2069 without qop too: it says
// nothing of the nonce's use, so whoever reads it can use it.
func (c credentials) count() (uint32, error) {
	switch {
	case c.qop == "":
		return 0, errNoQOP
	case !strings.EqualFold(c.qop, "auth"):
		return 0, fmt.Errorf("qop %q was not offered", c.qop)
	case c.cnonce == "":
		return 0, fmt.Errorf("cnonce is missing")
	}
	nc, err := strconv.ParseUint(c.nc, 16, 32)
	if err != nil || nc == 0 {
		return 0, fmt.Errorf("nc %q is not a count", c.nc)
	}
	return uint32(nc), nil
}

// errNoQOP refuses the digest of RFC 2069.
var errNoQOP = errors.New("qop is missing")

func hash(algorithm string, parts ...string) string {
	text := []byte(strings.Join(parts, ":"))
	if algorithm == algSHA256 {
		sum := sha256.Sum256(text)
		return hex.EncodeToString(sum[:])
	}
	sum := md5.Sum(text)
	return hex.EncodeToString(sum[:])
}

// answer is the response that ha1 gives to the challenge (RFC 7616 3.4.1).
func (c credentials) answer(ha1, method string) string {
	ha2 := hash(c.algorithm, method, c.uri)
	return hash(c.algorithm, ha1, c.nonce, c.nc, c.cnonce, c.qop, ha2)
}

// match returns the devices whose secret the response proves. A name nobody
// has costs the same work as a wrong password.
func (c credentials) match(secrets []directory.HA1, method string) []string {
	var devices []string
	response := []byte(strings.ToLower(c.response))
	for i := 0; i == 0 || i < len(secrets) || i%secretSlots != 0; i++ {
		s := directory.HA1{Algorithm: c.algorithm, Hex: "d41d8cd98f00b204e9800998ecf8427e", Device: ""}
		real := i < len(secrets) && secrets[i].Algorithm == c.algorithm
		if real {
			s = secrets[i]
		}
		same := subtle.ConstantTimeCompare([]byte(c.answer(s.Hex, method)), response) == 1
		if same && real {
			devices = append(devices, s.Device)
		}
	}
	return devices
}

// login is a proven log-in.
type login struct {
	user string
	// devices are those of the user's devices with the password that was used.
	devices []string
}

// authorization finds the credentials for our realm, the strongest algorithm
// first; ok is false when there are none.
func (a *Access) authorization(req *sip.Request, names ...string) (best credentials, ok bool, err error) {
	for _, name := range names {
		headers := req.GetHeaders(name)
		for _, h := range headers[:min(len(headers), credentialsMax)] {
			c, isDigest, err := parseCredentials(h.Value())
			if err != nil {
				return c, false, err
			}
			known := c.algorithm == algSHA256 || c.algorithm == algMD5
			if !isDigest || !known || !strings.EqualFold(c.realm, a.cfg.Domain) {
				continue
			}
			if !ok || best.algorithm == algMD5 && c.algorithm == algSHA256 {
				best, ok = c, true
			}
		}
	}
	return best, ok, nil
}

// proof is a log-in whose nonce is still to be used up.
type proof struct {
	login
	algorithm string
	nonce     string
	nc        uint32
}

// prove proves who sent req by digest (RFC 3261 22, RFC 8760), with 401 or, for
// calls, 407 when he must prove it first. An unknown name and a wrong password
// get the same answer for the same work. It asks memory only: spend decides
// whether the proof was used before.
func (a *Access) prove(req *sip.Request, status int, source netip.AddrPort) (proof, *message.Refusal) {
	names := []string{"Authorization"}
	if status == sip.StatusProxyAuthRequired {
		names = []string{"Proxy-Authorization", "Authorization"}
	}
	c, ok, err := a.authorization(req, names...)
	if err != nil {
		return proof{}, message.BadRequest("Malformed Authorization")
	}
	if !ok {
		a.count.challenged.Add(1)
		return proof{}, a.Challenge(req, status, false)
	}
	nc, err := c.count()
	if errors.Is(err, errNoQOP) {
		return proof{}, &message.Refusal{
			Status: sip.StatusBadRequest, Phrase: "Digest Without qop",
			Why: fmt.Sprintf("%q from %s answers with the digest of RFC 2069: set the phone to RFC 2617 or later, or update it",
				message.Clip(c.username, 64), source),
		}
	}
	if err != nil || c.nonce == "" || c.uri == "" || c.response == "" {
		return proof{}, message.BadRequest("Malformed Authorization")
	}
	if !a.sameTarget(c.uri, req.Recipient) {
		return proof{}, message.BadRequest("Digest URI Does Not Match")
	}
	if _, given := a.nonces.ends(c.nonce, source.Addr()); !given {
		// Not tried: who gets no answer there could try as often as he likes.
		return proof{}, a.Challenge(req, status, true)
	}
	user, _, _ := strings.Cut(c.username, "~")
	now := a.cfg.Now()
	if wait := a.failures.wait(source.Addr(), user, now); wait > 0 && !a.holdsBinding(user, source) {
		a.count.deferred.Add(1)
		return proof{}, &message.Refusal{
			Status: sip.StatusServiceUnavailable, Phrase: "Too Many Failed Log-ins",
			Headers: []sip.Header{sip.NewHeader("Retry-After", strconv.Itoa(int(wait/time.Second)))},
		}
	}
	devices := c.match(a.cfg.Users.Secrets(c.username), string(req.Method))
	if len(devices) == 0 {
		a.failures.failed(source.Addr(), user, now)
		a.count.failed.Add(1)
		return proof{}, &message.Refusal{
			Status: sip.StatusForbidden, Phrase: "Wrong Name or Password",
			Why: fmt.Sprintf("log-in as %q from %s failed: unknown name or wrong password", message.Clip(c.username, 64), source),
		}
	}
	if !a.nonces.fresh(c.nonce, source.Addr()) {
		return proof{}, a.Challenge(req, status, true)
	}
	return proof{login: login{user: user, devices: devices}, algorithm: c.algorithm, nonce: c.nonce, nc: nc}, nil
}

// spend uses up the nonce count of a proof, which counts once (RFC 7616 3.4).
// It may block on the store.
func (a *Access) spend(ctx context.Context, p proof, req *sip.Request, status int, source netip.AddrPort) *message.Refusal {
	if !a.nonces.take(ctx, p.nonce, source.Addr(), p.nc) {
		return a.Challenge(req, status, true)
	}
	a.failures.succeeded(source.Addr(), p.user)
	a.regulars.add(source.Addr())
	if p.algorithm == algSHA256 {
		a.strong.add(req, source)
	}
	return nil
}

// CarriesDigest tells whether req has credentials for our realm.
func (a *Access) CarriesDigest(req *sip.Request) bool {
	_, ok, err := a.authorization(req, "Proxy-Authorization", "Authorization")
	return ok && err == nil
}

// IsPhone tells whether a request that is neither REGISTER nor a new call comes
// from that phone of that user, by its digest; again asks for one that is not
// too old. It may block for the store.
func (a *Access) IsPhone(ctx context.Context, req *sip.Request, user, device string) (ok bool, again *message.Refusal) {
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	source := message.ParseAddr(req.Source())
	p, no := a.prove(req, sip.StatusProxyAuthRequired, source)
	if no == nil {
		no = a.spend(ctx, p, req, sip.StatusProxyAuthRequired, source)
	}
	if no != nil && no.Status == sip.StatusProxyAuthRequired {
		return false, no
	}
	return no == nil && p.user == user && slices.Contains(p.devices, device), nil
}

// Challenge asks for a digest. Stale tells a phone that only its nonce was
// wrong, so that it need not ask its owner (RFC 7616 3.3).
func (a *Access) Challenge(req *sip.Request, status int, stale bool) *message.Refusal {
	name, phrase := "WWW-Authenticate", "Unauthorized"
	if status == sip.StatusProxyAuthRequired {
		name, phrase = "Proxy-Authenticate", "Proxy Authentication Required"
	}
	r := &message.Refusal{Status: status, Phrase: phrase}
	nonce := a.nonces.issue(message.ParseAddr(req.Source()).Addr())
	for _, algorithm := range a.offer(req) {
		value := fmt.Sprintf(`Digest realm="%s", nonce="%s", algorithm=%s, qop="auth"`, a.cfg.Domain, nonce, algorithm)
		if stale {
			value += ", stale=true"
		}
		r.Headers = append(r.Headers, sip.NewHeader(name, value))
	}
	return r
}

// sameTarget tells whether a digest's uri names what the request asks for. The
// user and host must be the same or the host ours; ports and parameters may
// differ, as proxies on the way change them (RFC 3261 22.4). Some phones leave
// the user out and name us alone.
func (a *Access) sameTarget(uri string, target sip.Uri) bool {
	var u sip.Uri
	if sip.ParseUri(uri, &u) != nil {
		return false
	}
	host := address.PlainHost(u.Host)
	return u.User == target.User && host == address.PlainHost(target.Host) || (u.User == target.User || u.User == "") && a.Ours(host)
}

// holdsBinding tells whether one of the user's phones is registered from
// exactly this source: it is never asked to wait for somebody else's failures.
func (a *Access) holdsBinding(user string, source netip.AddrPort) bool {
	return slices.ContainsFunc(a.cfg.Locations.Of(user), func(b location.Binding) bool { return b.Source == source.String() })
}
