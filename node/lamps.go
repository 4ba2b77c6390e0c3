package node

import (
	"context"
	"time"

	"ringsplash/directory"
	"ringsplash/signaling/sipua/event"
)

// shown is what phones can subscribe to.
func (n *Node) shown() *event.Shown {
	return &event.Shown{
		Lamp: n.gateway.Lamp, Seen: n.presence.Seen, MayPickUp: n.gateway.MayPickUp, Publish: n.presence.Published,
		Friends: n.presence.Friends, Follow: n.followFriends, DND: n.wantsNoCalls, SetDND: n.setWantsNoCalls,
	}
}

// followFriends keeps a user's friends known to phones that watch them.
func (n *Node) followFriends(ctx context.Context, user string) (stop func()) {
	stop = n.presence.Watch(user)
	if err := n.presence.Know(ctx, user); err != nil {
		n.log.Warn("the friends of a user whose phone watches them cannot be read now", "user", user, "err", err)
	}
	return stop
}

// tellLamps tells the phones of changed presences until the node closes.
func (n *Node) tellLamps() {
	changed, cancel := n.presence.Changed()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for user := range changed {
			n.sip.Events().Touch(user)
		}
	}()
	n.onClose(func(context.Context) error { cancel(); <-done; return nil })
}

// lit tells the phones of changed calls.
func (n *Node) lit(user string) { n.sip.Events().Touch(user) }

// mayPickUp tells whether a user may take the calls that ring another: one whose
// presence he may see, as far as presence.pickup says.
func (n *Node) mayPickUp(user, of string) bool {
	friend := n.presence.Friend(user, of)
	if _, seen := n.presence.Seen(user, of); !seen {
		return false
	}
	return n.cfg.Presence.Pickup == "domain" || n.cfg.Presence.Pickup == "friends" && friend
}

func (n *Node) wantsNoCalls(user string) bool {
	u, ok := n.directory.User(user)
	return ok && u.Presence.At(time.Now()).Set == directory.SetDND
}

// setWantsNoCalls is a phone's key for do not disturb. It takes away nothing else
// that the user set.
func (n *Node) setWantsNoCalls(ctx context.Context, user string, on bool) error {
	if on == n.wantsNoCalls(user) {
		return nil
	}
	word := ""
	if on {
		word = directory.SetDND
	}
	return n.directory.SetPresence(ctx, user, directory.PresencePatch{Set: &word})
}
