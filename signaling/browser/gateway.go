// Package browser serves people's browsers: the pages, the REST interface, the
// log-in and the WebSocket on which a tab sees and commands its user's calls
// (docs/protocol.md). It is the only importer of echo.
package browser

import (
	"context"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/story"
)

// Gateway owns the tabs and their calls.
type Gateway interface {
	// OpenTab gives a socket its tab: the one resume names, when it is the
	// user's, its secret is right and no other page's socket has it (resumed is
	// then true), else a new one. wake says that the tab's snapshot may have
	// changed; it never blocks and may be called from any goroutine, until
	// Detach returns. A *gateway.CommandError says why there is none.
	OpenTab(user string, resume gateway.Resume, wake func()) (tab Tab, resumed bool, err error)
	// Story is what happened in a call, Stories the newest calls without their
	// events. Story blocks for the call, a second at most; it is false when
	// there is no such call, or it is none of the user's and he no administrator.
	Story(ctx context.Context, user string, admin bool, id machine.CallID) (story.Story, bool)
	Stories(limit int) []story.Story
	// Watch sees what the user's tabs show, without being one, until it is
	// closed. wake is as in OpenTab, and may be called once more after Close.
	Watch(user string, wake func()) (Watch, error)
	// Do carries out a command of the user that comes from no tab; it is as
	// Tab.Do.
	Do(ctx context.Context, user string, c gateway.Command) (gateway.Result, error)
	// OwnPresence is what the user set of his presence, and what became of it.
	OwnPresence(user string) gateway.OwnPresence
	// People finds users as PersonView tells, for one of them. It may block for
	// the store.
	People(ctx context.Context, user, query string) ([]gateway.PersonView, error)
	// Devices are the user's deskphones, as his tabs see them.
	Devices(user string) []gateway.DeviceView
	// TestPhone asks the user's idle phone to answer by itself in all the ways
	// there are. It blocks, a few seconds a way, and stops when ctx ends. A
	// refusal is a *gateway.CommandError.
	TestPhone(ctx context.Context, user, device string) (gateway.PhoneTest, error)
}

// Watch is a view of a user's parts that no page shows.
type Watch interface {
	// Snapshot is what there is to see now. It does not block.
	Snapshot() gateway.Snapshot
	Close()
}

// Tab is one page-load chain of the softphone, as the gateway sees it. All
// methods may be called from any goroutine.
type Tab interface {
	ID() machine.TabID
	// Secret is what a later socket must show to have the tab back.
	Secret() string
	// Snapshot is what the tab shows now. It does not block.
	Snapshot() gateway.Snapshot
	// Do carries a command out and may block for about a second. A refusal is
	// a *gateway.CommandError; any other error is the gateway's own fault.
	Do(ctx context.Context, c gateway.Command) (gateway.Result, error)
	// Detach says that the socket is gone. The tab may be resumed for a while.
	Detach()
}
