package sipua

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/story"
	"ringsplash/signaling/sipua/event"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"
	"ringsplash/signaling/sipua/trunk"
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
	// Shown is what phones can subscribe to. nil: nothing, SUBSCRIBE gets 489.
	Shown *event.Shown
	// Texts are whom messages are for. nil: nobody, MESSAGE gets 405.
	Texts *event.TextPeople
	// Trace is given every SIP message of a leg, without secrets. It must not
	// block. nil: nobody is.
	Trace func(machine.LegID, story.Message)
}

// Config of a UA. The zero value of each field is described beside it.
type Config struct {
	wire.Config
	// Domain is ours: the host of our users' AORs. It must be set.
	Domain string
	// AllowDomains are the foreign hosts that a direct URI may name. nil: none.
	AllowDomains []string
	Trunks       []trunk.Config
	// Scarce tells that memory is: callers who proved nothing get 503. nil: it
	// never is.
	Scarce func() bool
	// lookAgain is how often a trunk's name is looked up; 0 for the usual.
	lookAgain time.Duration
	// notifyPatience is how long a BYE waits for the answer to the NOTIFY before
	// it; 0 means notifyPatience.
	notifyPatience time.Duration
	// Access decides who may register and call. nil: there is no registrar and
	// every INVITE is taken, unverified. Its Domain, Trunk, Local and Reply
	// are filled in by Open when they are empty.
	Access *registrar.Config
	// Events bounds what phones subscribe to.
	Events event.NotifierConfig
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
	if c.glare == nil {
		c.glare = glareWait
	}
	c.notifyPatience = cmp.Or(c.notifyPatience, notifyPatience)
	c.First1xx = cmp.Or(c.First1xx, 3*time.Second)
	c.MinSE = cmp.Or(c.MinSE, 90*time.Second)
	c.SessionExpires = cmp.Or(c.SessionExpires, max(30*time.Minute, c.MinSE))
	c.MaxLegs = cmp.Or(c.MaxLegs, 5000)
	c.MaxRequests = cmp.Or(c.MaxRequests, 10000)
	return c
}

// allow is the Allow header: the methods that we take.
func (c Config) allow() string {
	if c.Access == nil {
		return "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER"
	}
	return "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, REGISTER"
}

// validate checks c and says what to change where.
func (c Config) validate() error {
	if c.Domain == "" {
		return errors.New("sipua: no domain: set `domain` to the host part of your users' addresses")
	}
	if message.CleanText(c.Domain) != c.Domain || strings.ContainsAny(c.Domain, " @<>;\"") {
		return fmt.Errorf("sipua: domain %q is not a host name: write it like example.test", c.Domain)
	}
	return c.validateTimers()
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
