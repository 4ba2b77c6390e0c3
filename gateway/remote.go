package gateway

import (
	"context"

	"ringsplash/gateway/machine"
)

// errNoSound: what comes from no page cannot carry a user's sound.
var errNoSound = denied("not_available", "command.no_microphone")

// Do carries out a command of a user that comes from no tab: by the REST
// interface. It is as Tab.Do, but that nothing can be answered, moved or called
// from "browser".
func (g *Gateway) Do(ctx context.Context, user string, c Command) (Result, error) {
	switch c.Do {
	case "answer", "move":
		if c.On == "browser" {
			return Result{}, errNoSound
		}
	case "call":
		if c.From == "" || c.From == "browser" {
			return Result{}, errNoSound
		}
	default:
		if asked := c.ofCall(); asked != nil && asked != (machine.TabRings{}) {
			break
		}
		return Result{}, denied("bad_request", "command.page_only")
	}
	return g.noTab(user).Do(ctx, c)
}

// noTab stands for the user where he has no page open. It is on no board.
func (g *Gateway) noTab(user string) *Tab { return &Tab{user: user, gw: g} }

// Watch sees what a user's tabs show, without being one: nothing rings in it,
// it has no sound and is not counted.
type Watch struct{ tab *Tab }

// Watch begins to watch. wake says that Snapshot changed; it must not block.
// Close ends it.
func (g *Gateway) Watch(user string, wake func()) (*Watch, error) {
	if _, ok := g.cfg.Directory.User(user); !ok {
		return nil, denied("forbidden", "command.user_gone")
	}
	w := &Watch{g.noTab(user)}
	w.tab.wake = wake
	g.board.watch(w.tab)
	return w, nil
}

// Snapshot is all parts; Media asks for nothing.
func (w *Watch) Snapshot() Snapshot { return w.tab.Snapshot() }

// Close ends it. A wake that is under way may still come.
func (w *Watch) Close() { w.tab.gw.board.unwatch(w.tab) }
