package trunk

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"ringsplash/signaling/sipua/message"
)

// Credentials of an account at somebody else's registrar.
type Credentials struct {
	User, Password string
	// Realm is the only realm they are given to; "" means the first one that
	// the trunk's own address asks with.
	Realm string
}

// credentials are those of one account, with what answers challenges by them
// (RFC 3261 22, RFC 8760). They are given to one realm only: the configured
// one, or the first that asked.
type credentials struct {
	Credentials
	mu    sync.Mutex
	realm string
}

func newCredentials(c Credentials) *credentials { return &credentials{Credentials: c, realm: c.Realm} }

// Authorise answers a challenge of the trunk to a request that went to the given
// address: the same request with credentials, without Via, to be given a new CSeq
// number. It is nil where there are none to give: res is no challenge, we have no
// account, or the address is not the trunk's own. A trunk over UDP gets large
// requests by TCP. An error says why a challenge cannot be answered.
func (t *Trunk) Authorise(req *sip.Request, res *sip.Response, to message.Flow) (*sip.Request, error) {
	challenge := res.StatusCode == sip.StatusUnauthorized || res.StatusCode == sip.StatusProxyAuthRequired
	if !challenge || t.Account == "" || to.Transport != t.Transport && (t.Transport != "udp" || to.Transport != "tcp") ||
		!t.places.has(func(own netip.AddrPort) bool { return own == to.Peer }) {
		return nil, nil
	}
	return t.credentials.authorise(req, res)
}

// authorise is req again with an answer to the challenge of res, without Via;
// the caller gives it a new CSeq number. An error says why there is none.
func (c *credentials) authorise(req *sip.Request, res *sip.Response) (*sip.Request, error) {
	ask, give := "WWW-Authenticate", "Authorization"
	if res.StatusCode == sip.StatusProxyAuthRequired {
		ask, give = "Proxy-Authenticate", "Proxy-Authorization"
	}
	challenge, err := c.choose(res.GetHeaders(ask))
	if err != nil {
		return nil, err
	}
	if req.GetHeader(give) != nil && !challenge.Stale {
		return nil, fmt.Errorf("the credentials of %q were refused: check user and password", c.User)
	}
	answer, err := digest.Digest(challenge, digest.Options{
		Method: string(req.Method), URI: req.Recipient.String(), Username: c.User, Password: c.Password,
	})
	if err != nil {
		return nil, err
	}
	again := message.Unsent(req)
	for again.RemoveHeader(give) {
	}
	again.AppendHeader(sip.NewHeader(give, answer.String()))
	return again, nil
}

// choose takes the strongest challenge we can answer.
func (c *credentials) choose(headers []sip.Header) (*digest.Challenge, error) {
	var best *digest.Challenge
	for _, h := range headers {
		one, err := digest.ParseChallenge(h.Value())
		if err != nil {
			continue
		}
		for i := range one.QOP {
			one.QOP[i] = strings.TrimSpace(one.QOP[i])
		}
		one.Algorithm = strings.ToUpper(one.Algorithm)
		if len(one.QOP) > 0 && !one.SupportsQOP("auth") || !digest.CanDigest(one) {
			continue
		}
		if best == nil || strength(one) > strength(best) {
			best = one
		}
	}
	if best == nil {
		return nil, errors.New("no challenge that we can answer")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.realm == "" {
		c.realm = best.Realm
	}
	if best.Realm != c.realm {
		return nil, fmt.Errorf("realm %q asks for the credentials of %q", message.CleanText(best.Realm), c.realm)
	}
	return best, nil
}

func strength(c *digest.Challenge) int {
	switch c.Algorithm {
	case "SHA-512-256", "SHA-512":
		return 2
	case "SHA-256":
		return 1
	}
	return 0
}
