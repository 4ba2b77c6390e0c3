package sipua

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/story"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"
	"ringsplash/signaling/sipua/wire"
)

// Calls takes what asks for a new call. The gateway implements it.
type Calls interface {
	// Begin starts a call for an INVITE. build is called at most once, before
	// Begin returns, with the sink of the new call, and gives what came.
	// Begin returns at once. A Begin that does not call build refuses the
	// INVITE with 503.
	Begin(build func(sink gateway.Sink) gateway.Incoming)
}

// Receiver is what takes what comes: the gateway.
type Receiver struct {
	// Calls takes incoming calls. nil: every INVITE gets 480.
	Calls Calls
	// Room tells why no new call to what was dialled can be taken now, "" when
	// one can; it is asked before an INVITE is worked on, and by OPTIONS, which
	// dials nothing. nil: there always is.
	Room func(dialled string) machine.Cause
	// TurnedAway is told of every INVITE that Room refused. nil: nobody is.
	TurnedAway func(machine.Cause)
	// Trace is given every SIP message of a leg, without secrets. It must not
	// block. nil: nobody is.
	Trace func(machine.LegID, story.Message)
}

// Trunk is a PBX or carrier.
type Trunk struct {
	// Name is what Invite.Trunk and policy.Identity.Trunk say.
	Name string
	// Address is where the trunk listens and sends from ("sip:192.0.2.5:5060").
	Address string
	// Transport is udp, tcp or tls; "" means udp. Over TLS the trunk's
	// certificate must name the host of Address.
	Transport string
	// CA is a PEM file of who signs the trunk's certificate; "" means those the
	// system trusts.
	CA string
	// Ping is how often it is asked whether it is there; 0 for never.
	Ping time.Duration
	// Register holds the credentials; with a user the trunk is registered to
	// and its challenges are answered. The zero value does neither.
	Register Credentials
	// AOR is who we register as ("sip:alice@example.test"); "" means the
	// credentials' user at the trunk's host. Instance is our +sip.instance
	// there ("urn:uuid:..."), "" for none.
	AOR, Instance string
	// TrustIdentity takes the trunk's P-Asserted-Identity and gives it ours
	// (RFC 3325), over UDP only with TrustUDP.
	TrustIdentity, TrustUDP bool
}

// Credentials of an account at somebody else's registrar.
type Credentials struct {
	User, Password string
	// Realm is the only realm they are given to; "" means the first one that
	// the trunk's own address asks with.
	Realm string
}

// Config of a UA. The zero value of each field is described beside it.
type Config struct {
	wire.Config
	// Domain is ours: the host of our users' AORs. It must be set.
	Domain string
	// AllowDomains are the foreign hosts that a direct URI may name. nil: none.
	AllowDomains []string
	Trunks       []Trunk
	// Scarce tells that memory is: callers who proved nothing get 503. nil: it
	// never is.
	Scarce func() bool
	// lookAgain is how often a trunk's name is looked up; 0 means lookEvery.
	lookAgain time.Duration
	// notifyPatience is how long a BYE waits for the answer to the NOTIFY before
	// it; 0 means notifyPatience.
	notifyPatience time.Duration
	// Access decides who may register and call. nil: there is no registrar and
	// every INVITE is taken, unverified. Its Domain, Trunk, Local and Reply
	// are filled in by Open when they are empty.
	Access *registrar.Config
	// Registered is told when a trunk's registration begins to work (nil) or
	// fails. It must not block. nil: only the log tells.
	Registered func(trunk string, err error)
	// First1xx is how long a branch may stay without any response before it
	// counts as unreachable; 0 means 3 s.
	First1xx time.Duration
	// SessionExpires is the interval of the session timer we ask for, MinSE the
	// least we accept (RFC 4028); 0 means 30 min and 90 s.
	SessionExpires, MinSE time.Duration
	// glare is glareWait, but for tests.
	glare func(owner bool) time.Duration
	// MaxLegs bounds the legs alive at a time; more INVITEs get 503. 0 means 5000.
	MaxLegs int
	// MaxRequests bounds the requests being worked on at a time, those that
	// wait for an answer included; more get 503. 0 means 10000.
	MaxRequests int
}

func (c Config) withDefaults() Config {
	if c.lookAgain == 0 {
		c.lookAgain = lookEvery
	}
	if c.notifyPatience == 0 {
		c.notifyPatience = notifyPatience
	}
	if c.First1xx == 0 {
		c.First1xx = 3 * time.Second
	}
	if c.glare == nil {
		c.glare = glareWait
	}
	if c.MinSE == 0 {
		c.MinSE = 90 * time.Second
	}
	if c.SessionExpires == 0 {
		c.SessionExpires = max(30*time.Minute, c.MinSE)
	}
	if c.MaxLegs == 0 {
		c.MaxLegs = 5000
	}
	if c.MaxRequests == 0 {
		c.MaxRequests = 10000
	}
	return c
}

// validate checks c and says what to change where.
func (c Config) validate() error {
	if c.Domain == "" {
		return errors.New("sipua: no domain: set `domain` to the host part of your users' addresses")
	}
	if message.CleanText(c.Domain) != c.Domain || strings.ContainsAny(c.Domain, " @<>;\"") {
		return fmt.Errorf("sipua: domain %q is not a host name: write it like example.test", c.Domain)
	}
	if err := c.validateTimers(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, t := range c.Trunks {
		if t.Name == "" || seen[t.Name] {
			return fmt.Errorf("sipua: trunk name %q is empty or used twice: give each trunk its own name", t.Name)
		}
		seen[t.Name] = true
		if _, err := message.ParseURI(t.Address); err != nil {
			return fmt.Errorf("sipua: trunk %s: address: %w", t.Name, err)
		}
		if t.Transport != "" && t.Transport != "udp" && t.Transport != "tcp" && t.Transport != "tls" {
			return fmt.Errorf("sipua: trunk %s: transport %q is not known: write udp, tcp or tls", t.Name, t.Transport)
		}
	}
	return nil
}

func (c Config) validateTimers() error {
	if c.First1xx < 0 || c.MaxLegs < 0 || c.MaxRequests < 0 {
		return errors.New("sipua: first_1xx and the limits must not be negative")
	}
	if c.MinSE < time.Second || c.SessionExpires < c.MinSE {
		return errors.New("sipua: the session timer must be at least its own least, and that 1s: see timers.session")
	}
	return nil
}
