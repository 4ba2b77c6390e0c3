package sipua

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"ringsplash/signaling/sipua/message"
)

// purse holds the credentials of one account and answers challenges with them
// (RFC 3261 22, RFC 8760). They are given to one realm only: the configured
// one, or the first that asked.
type purse struct {
	Credentials
	mu    sync.Mutex
	realm string
}

func newPurse(c Credentials) *purse { return &purse{Credentials: c, realm: c.Realm} }

// authorise is req again with an answer to the challenge of res, without Via;
// the caller gives it a new CSeq number. An error says why there is none.
func (p *purse) authorise(req *sip.Request, res *sip.Response) (*sip.Request, error) {
	ask, give := "WWW-Authenticate", "Authorization"
	if res.StatusCode == sip.StatusProxyAuthRequired {
		ask, give = "Proxy-Authenticate", "Proxy-Authorization"
	}
	challenge, err := p.choose(res.GetHeaders(ask))
	if err != nil {
		return nil, err
	}
	if req.GetHeader(give) != nil && !challenge.Stale {
		return nil, fmt.Errorf("the credentials of %q were refused: check user and password", p.User)
	}
	answer, err := digest.Digest(challenge, digest.Options{
		Method: string(req.Method), URI: req.Recipient.String(), Username: p.User, Password: p.Password,
	})
	if err != nil {
		return nil, err
	}
	again := unsent(req)
	for again.RemoveHeader(give) {
	}
	again.AppendHeader(sip.NewHeader(give, answer.String()))
	return again, nil
}

// choose takes the strongest challenge we can answer.
func (p *purse) choose(headers []sip.Header) (*digest.Challenge, error) {
	var best *digest.Challenge
	for _, h := range headers {
		c, err := digest.ParseChallenge(h.Value())
		if err != nil {
			continue
		}
		for i := range c.QOP {
			c.QOP[i] = strings.TrimSpace(c.QOP[i])
		}
		c.Algorithm = strings.ToUpper(c.Algorithm)
		if len(c.QOP) > 0 && !c.SupportsQOP("auth") || !digest.CanDigest(c) {
			continue
		}
		if best == nil || strength(c) > strength(best) {
			best = c
		}
	}
	if best == nil {
		return nil, errors.New("no challenge that we can answer")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.realm == "" {
		p.realm = best.Realm
	}
	if best.Realm != p.realm {
		return nil, fmt.Errorf("realm %q asks for the credentials of %q", message.CleanText(best.Realm), p.realm)
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
