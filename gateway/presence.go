package gateway

import (
	"context"
	"slices"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/presence"
)

// moved tells presence what is to be seen of the user on this node.
func (g *Gateway) moved(user string) {
	live := g.board.live(user)
	live.Phones = len(g.bindings.Targets(user))
	g.cfg.Presence.Here(user, live)
}

// live is what the board knows of the user. A call that only rings him is none
// that he is in.
func (b *board) live(user string) presence.Live {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.places[user]
	if p == nil {
		return presence.Live{}
	}
	out := presence.Live{Tabs: len(p.tabs)}
	if len(p.idle) == len(p.tabs) {
		for _, at := range p.idle {
			if at.After(out.Idle) {
				out.Idle = at
			}
		}
	}
	for _, e := range p.entries {
		if e.view.State != "ended" && !e.rings() {
			out.Calls++
		}
	}
	return out
}

// hand notes how long no hand has moved in the tab; 0: one does.
func (b *board) hand(t *Tab, idle time.Duration) {
	b.mu.Lock()
	if _, there := b.tabs[t.id]; there {
		p := b.place(t.user)
		if delete(p.idle, t.id); idle > 0 {
			p.idle[t.id] = time.Now().Add(-idle)
		}
	}
	b.mu.Unlock()
	b.moved(t.user)
}

// listOf is the part presence of the user.
func (g *Gateway) listOf(user string) []PresenceView {
	list := g.cfg.Presence.List(user)
	out := make([]PresenceView, 0, len(list))
	for _, p := range list {
		out = append(out, PresenceView{p.Address, p.Number, p.Display, stateOf(p.View)})
	}
	return out
}

// OwnPresence is what the user set of his presence, and what became of it.
func (g *Gateway) OwnPresence(user string) OwnPresence {
	u, _ := g.cfg.Directory.User(user)
	set := u.Presence.At(time.Now())
	return OwnPresence{
		Set: set.Set, Note: set.Note, Until: set.Until, Visible: g.cfg.Presence.Visible(user), State: g.cfg.Presence.Of(user).State,
	}
}

// disturbs is why a call of the caller's does not ring the user, "" when it
// may. A call from his own phone or tab is no disturbance.
func (g *Gateway) disturbs(caller string, u directory.User) machine.Cause {
	if u.Presence.At(time.Now()).Set != directory.SetDND || caller == u.Name {
		return ""
	}
	if _, seen := g.cfg.Presence.Seen(caller, u.Name); seen {
		return machine.CauseDND
	}
	return machine.CauseDNDHidden
}

// maxPeople is how many people one search finds.
const maxPeople = 20

// PersonView is a user of this gateway whom a colleague found.
type PersonView struct {
	Address string `json:"address"`
	Number  string `json:"number"`
	Display string `json:"display"`
	// Presence is as far as he may see it.
	Presence StateView `json:"presence"`
}

// People finds other users of this gateway by name, number, display name and
// address, those first that begin with the query; with OwnPeople only those in
// the user's own directory. It may block for the store.
func (g *Gateway) People(ctx context.Context, user, query string) ([]PersonView, error) {
	such := func(u directory.User) bool { return u.Name != user }
	if g.cfg.OwnPeople {
		own := map[string]bool{}
		err := g.cfg.Directory.EachOurs(ctx, user, func(address, _ string, _ bool) {
			name, _ := g.cfg.Directory.UserAt(address)
			own[name] = true
		})
		if err != nil {
			return nil, err
		}
		such = func(u directory.User) bool { return own[u.Name] && u.Name != user }
	}
	out := []PersonView{}
	for _, u := range g.cfg.Directory.FindUsers(query, maxPeople, such) {
		p, _ := g.cfg.Presence.Seen(user, u.Name)
		out = append(out, PersonView{
			Address: "sip:" + u.Name + "@" + g.cfg.Domain, Number: u.Number, Display: u.Display,
			Presence: stateOf(p),
		})
	}
	return out, nil
}

// met tells presence whom the user has conversations with.
func (g *Gateway) met(user string) {
	if g.cfg.Chat == nil {
		return
	}
	list, _ := g.cfg.Chat.Conversations(user)
	var partners []string
	for _, c := range list {
		partners = append(partners, c.With.Address)
	}
	slices.Sort(partners) // the newest is the first of the list, whatever was said
	g.cfg.Presence.Met(user, partners)
}
