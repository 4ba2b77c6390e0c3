package event

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/address"
	"ringsplash/presence"
	"ringsplash/signaling/sipua/message"
)

// Lists (RFC 4662): one subscription to all friends of its user. Each of them is
// seen as in a subscription to him alone, by the same right.

const (
	// FriendsList is the user part of the list of the subscribing user's friends.
	// No user's name and no number has both letters and a plus.
	FriendsList = "friends+list"
	// EventList is the option tag of lists.
	EventList = "eventlist"
	// maxMembers bounds a list, listWeight is as how many subscriptions it counts.
	maxMembers = 100
	listWeight = 10
	// listRoom is how long a NOTIFY's documents may be together, in bytes, where
	// that suffices for one. What does not fit comes with the next.
	listRoom = 6000
	// listWait bounds how long a subscription waits for the store to say who the
	// friends are.
	listWait = 2 * time.Second
)

// list is what a subscription to a list has more than one to a user. The
// Notifier's lock guards it.
type list struct {
	// version is that of the next list document: 0 in the first NOTIFY of the
	// subscription, then one more in each (RFC 4662 5.2).
	version uint32
	members []presence.Friend
	// known are hashes of what the phone was told last of each member, untold those
	// of whom there may be more to tell.
	known  map[string]uint64
	untold map[string]struct{}
	// missed: the phone did not take a NOTIFY, so the next tells it all.
	missed bool
	forget func() // ends Shown.Follow
}

// touch notes that there may be something new of a member.
func (l *list) touch(user string) {
	if slices.ContainsFunc(l.members, func(m presence.Friend) bool { return m.User == user }) {
		l.untold[user] = struct{}{}
	}
}

// behind tells whether something waits for the next NOTIFY; not in no list.
func (l *list) behind() bool { return l != nil && len(l.untold) > 0 }

// listens tells whether s may be told of changes now: a list tells what is new
// since the last NOTIFY, which therefore must have arrived.
func (s *subscription) listens() bool {
	return s.list == nil || s.flight == nil || s.asked || s.ending != ""
}

// leave ends that the changes of the members come to s. Under mu.
func (l *list) leave(n *Notifier, s *subscription) {
	for _, m := range l.members {
		n.unwatchOne(s, m.User)
	}
}

// gather takes in who the members are now, and tells whether they are others.
// Under mu.
func (l *list) gather(n *Notifier, s *subscription) bool {
	now := n.served.Load().Friends(s.watcher, maxMembers)
	if slices.Equal(now, l.members) {
		return false
	}
	if s.ending == "" {
		l.leave(n, s)
		for _, m := range now {
			n.watch(s, m.User)
		}
		n.watch(s, s.user)
	}
	l.members = now
	return true
}

// listNews is what the phone of s has to be told of its list: of every member when
// whole, or when the list is another than it knows; else of those who changed.
// What there is no room for is told next. Under mu.
func (n *Notifier) listNews(s *subscription, whole bool) (look, bool) {
	l := s.list
	if l.gather(n, s) || l.missed {
		whole = true
	}
	if l.missed = false; whole {
		clear(l.known)
		clear(l.untold)
		for _, m := range l.members {
			l.untold[m.User] = struct{}{}
		}
	}
	doc := rlmi{uri: s.entity, version: l.version, whole: whole, token: message.NewToken(), host: n.to.Domain}
	room := listRoom
	for _, m := range l.members {
		if _, may := l.untold[m.User]; !may {
			continue
		}
		r := resource{uri: "sip:" + m.User + "@" + n.to.Domain, name: m.Display}
		body := s.kind.look(n, sight{s.watcher, m.User, r.uri})
		known := maphash.String(n.seed, body.text)
		switch was, told := l.known[m.User]; {
		case told && was == known:
			delete(l.untold, m.User)
			continue
		case room == listRoom || len(body.text) <= room:
			room -= len(body.text)
			r.body = body
			l.known[m.User] = known
			delete(l.untold, m.User)
		case !whole:
			continue
		}
		doc.resources = append(doc.resources, r)
	}
	if !whole && len(doc.resources) == 0 {
		return look{}, false
	}
	l.version++
	return doc.look(), true
}

// isList tells whether a URI names the list of its sender's friends.
func (n *Notifier) isList(u sip.Uri) bool {
	name, _, _ := strings.Cut(u.User, ";")
	name = strings.Replace(address.PlainUser(name), "%2B", "+", 1)
	return name == FriendsList && u.Scheme != "tel" && n.to.Access.Here(u.Host)
}

// needsList makes a phone say that it understands lists, or give up (RFC 4662 4.1).
var needsList = &message.Refusal{
	Status: sip.StatusExtensionRequired, Phrase: "Extension Required", Headers: []sip.Header{sip.NewHeader("Require", EventList)},
}

// newList is the list of a new subscription of the user. It blocks for the store.
func (n *Notifier) newList(user string) *list {
	ctx, cancel := context.WithTimeout(n.stop, listWait)
	defer cancel()
	return &list{
		known: make(map[string]uint64), untold: make(map[string]struct{}), forget: n.served.Load().Follow(ctx, user),
	}
}
