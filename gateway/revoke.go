package gateway

import (
	"context"
	"errors"
	"time"

	"ringsplash/gateway/machine"
)

// revokeFor bounds how long a grant may take to be taken back.
const revokeFor = 2 * time.Second

// grantSelf is the owner's own right, which nobody takes back.
const grantSelf = "self"

// hangUpAndRevoke ends a call that somebody else made the user's phone answer,
// then takes back what allowed it: the phone is safe before the store is asked.
func (g *Gateway) hangUpAndRevoke(ctx context.Context, c *Call, a machine.Asked) (Result, error) {
	auto := g.board.autoOf(a.User, c)
	if auto == nil || auto.Grant == grantSelf || auto.Grant == "" || g.cfg.Policy == nil {
		return Result{}, denied("wrong_state", "command.no_grant_used")
	}
	var ended *machine.CommandError
	if err := g.ask(ctx, c, a); err != nil && (!errors.As(err, &ended) || ended.Code != "ended") {
		return Result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, revokeFor)
	defer cancel()
	taken, err := g.cfg.Policy.Revoke(ctx, a.User, auto.Grant, auto.By)
	if err != nil {
		g.log.Error("a grant was not removed", "user", a.User, "grant", auto.Grant, "requester", auto.By.Address, "err", err)
		return Result{}, denied("fault", "command.grant_kept")
	}
	g.log.Info("a grant was removed with the call it had allowed", "user", a.User, "grant", auto.Grant, "requester", auto.By.Address)
	return saying(taken.Sentence()), nil
}
