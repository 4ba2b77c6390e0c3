package registrar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/golang-jwt/jwt/v5"

	"ringsplash/internal/address"
	"ringsplash/policy"
	"ringsplash/signaling/sipua/message"
	"ringsplash/store"
)

const (
	// passportFresh is how far iat may be from now (RFC 8224 6.2.2 recommends 60 s).
	passportFresh = 60 * time.Second
	// passportsMax bounds the Identity headers of one request that are looked at.
	passportsMax = 4
	// usedFor is how long a PASSporT is remembered as used: longer than it may
	// be fresh, from a minute before its time to a minute after.
	usedFor = 3 * passportFresh
	// usedWait bounds how long the store may take to say so.
	usedWait = time.Second
	// numberDigits is the shortest number that is taken to be the same
	// everywhere without its +.
	numberDigits = 7
)

// passport is what an Identity header signs (RFC 8225 5).
type passport struct {
	jwt.RegisteredClaims
	Orig struct {
		URI string `json:"uri"`
		TN  string `json:"tn"`
	} `json:"orig"`
	Dest struct {
		URI []string `json:"uri"`
		TN  []string `json:"tn"`
	} `json:"dest"`
	// Attest is the word of a SHAKEN signer: "A" vouches for the number (RFC
	// 8588 4).
	Attest string `json:"attest"`
}

// evidence looks for what proves more of a caller than his From line: a signed
// Identity (RFC 8224), else a TLS certificate of his domain (RFC 5922). What
// proves nothing changes nothing: the call rings as an unverified one.
func (a *Access) evidence(req *sip.Request, domains []string, claimed policy.Identity) policy.Identity {
	values := identityHeaders(req)
	for _, value := range values[:min(len(values), passportsMax)] {
		proven, err := a.signed(req, value)
		if err == nil {
			proven.Display, proven.Trunk = claimed.Display, claimed.Trunk
			return proven
		}
		a.log.Info("an Identity header proves nothing, the call rings as unverified", "from", message.Clip(claimed.Address, 128),
			"source",
			req.Source(), "why", err)
	}
	host := address.PlainHost(req.From().Address.Host)
	for _, domain := range domains {
		if domain == host && req.From().Address.Scheme != "tel" {
			claimed.Domain, claimed.How = host, "TLS certificate of "+host
		}
	}
	return claimed
}

// identityHeaders are the values of all Identity headers, y being the compact
// form (RFC 8224 4).
func identityHeaders(req *sip.Request) []string {
	var out []string
	for _, name := range []string{"Identity", "y"} {
		for _, h := range req.GetHeaders(name) {
			out = append(out, message.SplitList(h.Value())...)
		}
	}
	return out
}

// signed verifies one Identity value (RFC 8224 6.2).
func (a *Access) signed(req *sip.Request, value string) (policy.Identity, error) {
	token, info, err := cutIdentity(value)
	if err != nil {
		return policy.Identity{}, err
	}
	if a.cfg.Signers == nil || len(a.cfg.Signers.list) == 0 {
		return policy.Identity{}, errors.New("no signers are configured (sip.identity)")
	}
	for _, s := range a.cfg.Signers.named(info) {
		var p *passport
		if p, err = parsePassport(token, info, s); err != nil {
			continue
		}
		var who policy.Identity
		if who, err = a.speaksFor(req, p, s); err == nil {
			err = a.once(token)
		}
		if err == nil {
			return who, nil
		}
	}
	return policy.Identity{}, err
}

// cutIdentity takes the value apart: the PASSporT in its full form and the URL
// of the certificate (RFC 8224 4).
func cutIdentity(value string) (token, info string, err error) {
	token, params, _ := strings.Cut(value, ";")
	token = strings.TrimSpace(token)
	if strings.HasPrefix(token, "..") {
		return "", "", errors.New("it is in the compact form, which is not understood")
	}
	info, _ = message.ParamOf(params, "info")
	if !strings.HasPrefix(info, "<") || !strings.HasSuffix(info, ">") {
		return "", "", errors.New("it names no certificate")
	}
	return token, strings.Trim(info, "<>"), nil
}

// parsePassport checks signature and form of a PASSporT (RFC 8225 4, RFC 8224 6.2).
func parsePassport(token, info string, s signer) (*passport, error) {
	p := &passport{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	t, err := parser.ParseWithClaims(token, p, func(*jwt.Token) (any, error) { return s.leaf.PublicKey, nil })
	if err != nil {
		return nil, err
	}
	ppt, extended := t.Header["ppt"]
	switch {
	case t.Header["typ"] != "passport":
		return nil, errors.New("it is no PASSporT")
	case t.Header["x5u"] != info:
		return nil, errors.New("the certificate it was signed with is not the one it names")
	case extended && ppt != "shaken":
		return nil, fmt.Errorf("the PASSporT extension %.40q is not understood", fmt.Sprint(ppt))
	case extended && p.Attest != "A":
		return nil, errors.New("its signer does not vouch for the number")
	}
	return p, nil
}

// speaksFor checks that the PASSporT is about this request: fresh, from its
// From, to whom it calls, by somebody who may say so.
func (a *Access) speaksFor(req *sip.Request, p *passport, s signer) (policy.Identity, error) {
	now := a.cfg.Now()
	if p.IssuedAt == nil || now.Sub(p.IssuedAt.Time).Abs() > passportFresh {
		return policy.Identity{}, errors.New("it is not of this minute")
	}
	if !a.meant(req, p) {
		return policy.Identity{}, errors.New("it was signed for a call to somebody else")
	}
	from := req.From().Address
	switch {
	case p.Orig.TN != "" && p.Orig.URI == "":
		if !isDigits(p.Orig.TN) || callingNumber(from) != p.Orig.TN {
			return policy.Identity{}, errors.New("the number it was signed for is not that of From")
		}
		who := policy.Identity{Address: "tel:+" + p.Orig.TN, Level: policy.Proven, How: "signed number"}
		return who, s.forNumber(p.Orig.TN, a.cfg.Signers.numbers, now)
	case p.Orig.URI != "" && p.Orig.TN == "":
		aor, err := address.Canonical(p.Orig.URI)
		if err != nil || from.Scheme == "tel" || !strings.EqualFold(aor, canonicalURI(from)) {
			return policy.Identity{}, errors.New("the address it was signed for is not that of From")
		}
		host := address.PlainHost(from.Host)
		// The signer writes the user part in lower case (RFC 8224 8.5).
		who := policy.Identity{Address: canonicalURI(from), Level: policy.Proven, How: "signed by " + host, FoldCase: true}
		return who, s.forDomain(host, now)
	}
	return policy.Identity{}, errors.New("it does not say whom it was signed for")
}

// meant tells whether the PASSporT is for a call to the user that the request
// calls, as To and the Request-URI agree: else one that somebody got for a call
// to himself would open another's phone.
func (a *Access) meant(req *sip.Request, p *passport) bool {
	called := a.UserAt(req.Recipient)
	if called == "" || a.UserAt(req.To().Address) != called {
		return false
	}
	for _, text := range p.Dest.URI {
		var u sip.Uri
		// An address by number of ours at another gateway is not ours.
		err := sip.ParseUri(text, &u)
		if err == nil && u.Scheme != "tel" && a.Ours(address.PlainHost(u.Host)) && a.UserAt(u) == called {
			return true
		}
	}
	for _, tn := range p.Dest.TN {
		user, ok := a.cfg.Users.UserByNumber("+" + tn)
		if !ok && len(tn) >= numberDigits {
			user, ok = a.cfg.Users.UserByNumber(tn)
		}
		if ok && user.Name == called {
			return true
		}
	}
	return false
}

// callingNumber is the telephone number of a From, digits alone (RFC 8224
// 8.3): of tel:+1..., of sip:+1...@ and of a user part that says it is one; ""
// for none.
func callingNumber(from sip.Uri) string {
	text := from.User
	if from.Scheme == "tel" {
		text = from.Raw()
	}
	text, _, _ = strings.Cut(text, ";")
	digits, global := strings.CutPrefix(address.PlainNumber(text), "+")
	phone, _ := from.UriParams.Get("user")
	if !isDigits(digits) || !global && !strings.EqualFold(phone, "phone") {
		return ""
	}
	return digits
}

func isDigits(s string) bool {
	return s != "" && len(s) <= 15 && strings.Trim(s, "0123456789") == ""
}

// once notes in the store that the PASSporT was used, or says that it was
// before, on whichever node. When the store does not say, it proves nothing.
// What is signed tells two apart, not the signature, of which there are many.
func (a *Access) once(token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), usedWait)
	defer cancel()
	key := sha256.Sum256([]byte(token[:strings.LastIndexByte(token, '.')]))
	_, err := a.cfg.Store.Put(ctx, "nonce/passport/"+hex.EncodeToString(key[:]), []byte(`{"v":1}`), 0, usedFor)
	switch {
	case errors.Is(err, store.ErrConflict):
		return errors.New("it was used for another call before")
	case err != nil:
		return fmt.Errorf("whether it was used before is not known: %w", err)
	}
	return nil
}
