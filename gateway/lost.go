package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/store"
)

// recordLife bounds how long the record of a call stays that nobody deletes.
const recordLife = 24 * time.Hour

// Deleting a record is tried again every recordAgain; the records of before the
// start are read lostTries times.
const (
	recordAgain = time.Second
	lostTries   = 5
)

// callRecord is what the store has of a call that is answered, for the start
// after a crash: whose call it was, and how its phones are told that it is over.
type callRecord struct {
	V        int                      `json:"v"`
	ID       machine.CallID           `json:"id"`
	Node     string                   `json:"node"`
	Began    time.Time                `json:"began"`
	Answered time.Time                `json:"answered"`
	Users    []userRecord             `json:"users"`
	Goodbyes map[machine.LegID][]byte `json:"goodbyes"`
}

// userRecord is a call as one of our users has it.
type userRecord struct {
	User      string           `json:"user"`
	Side      machine.Side     `json:"side"`
	Direction string           `json:"direction"`
	Peer      machine.PeerView `json:"peer"`
	On        string           `json:"on,omitempty"`
}

func recordKey(id machine.CallID) string { return "call/" + string(id) }

// record is what the store should have of the call now, nil for nothing.
func (c *Call) record() []byte {
	s := &c.state
	if s.Phase != machine.Established {
		return nil
	}
	r := callRecord{V: 1, ID: c.id, Node: c.gw.cfg.Node, Began: s.Began, Answered: s.Talking, Goodbyes: map[machine.LegID][]byte{}}
	for side, p := range s.Parties {
		if p.User == "" {
			continue
		}
		v := machine.View(s, machine.Side(side))
		u := userRecord{User: p.User, Side: machine.Side(side), Direction: v.Direction, Peer: v.Peer}
		if v.On != nil {
			u.On = *v.On
		}
		r.Users = append(r.Users, u)
	}
	for _, l := range s.Legs {
		if own := c.live(l.ID).owner; own != nil && own.goodbye != nil && l.Stage == machine.Up {
			r.Goodbyes[l.ID] = own.goodbye
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		c.log.Error("the record of the call cannot be written", "err", err)
	}
	return text
}

// note keeps the record of the call in step with it. The store is written to by
// the goroutine of later.
func (c *Call) note() {
	text := c.record()
	if text == nil || bytes.Equal(text, c.noted) {
		return
	}
	c.noted = text
	c.gw.later("record of a call", func(ctx context.Context) error {
		_, err := c.gw.cfg.Store.Put(ctx, recordKey(c.id), text, store.AnyVersion, recordLife)
		return err
	})
}

// unnote deletes the record of a call that is over.
func (c *Call) unnote() {
	if c.noted == nil {
		return
	}
	g := c.gw
	g.overdue.Store(c.id, true)
	g.later("record of a call", func(ctx context.Context) error {
		g.deleteRecords(ctx)
		return nil
	})
}

// deleteRecords deletes the records of calls that are over. What the store does
// not take is tried again by the goroutine of later: a record that stays would be
// taken for a call in which the node was killed.
func (g *Gateway) deleteRecords(ctx context.Context) {
	g.overdue.Range(func(id, _ any) bool {
		err := g.cfg.Store.Delete(ctx, recordKey(id.(machine.CallID)), store.AnyVersion)
		if err == nil {
			g.overdue.Delete(id)
		}
		return err == nil
	})
}

// EndLost ends the calls in which this node was killed: their phones get a
// BYE, their users a row in the list and, for a while, a card that says what
// happened. It is called once, when signaling is there, and blocks for I/O.
func (g *Gateway) EndLost(ctx context.Context) {
	for after, tries := "", 1; ; {
		items, err := g.cfg.Store.Scan(ctx, "call/", after, 100)
		if err != nil && tries < lostTries && ctx.Err() == nil {
			tries++
			time.Sleep(recordAgain)
			continue
		}
		if err != nil {
			g.log.Warn("the calls of before the start cannot be read; their phones are not told that they are over", "err", err)
			return
		}
		for _, it := range items {
			after = it.Key
			var r callRecord
			if err := json.Unmarshal(it.Value, &r); err != nil {
				g.log.Warn("the record of a call cannot be read; it is deleted", "key", it.Key, "err", err)
			} else if r.Node != g.cfg.Node {
				continue // another node's
			} else {
				g.endLost(r)
			}
			g.overdue.Store(machine.CallID(strings.TrimPrefix(it.Key, "call/")), true)
			g.deleteRecords(ctx)
		}
		if len(items) < 100 {
			return
		}
	}
}

func (g *Gateway) endLost(r callRecord) {
	log := g.log.With("call", r.ID)
	for leg, kept := range r.Goodbyes {
		if err := g.cfg.Dialer.Goodbye(kept, machine.CauseRestarted); err != nil {
			log.Warn("a phone cannot be told that its call is over", "leg", leg, "err", err)
		}
	}
	now := time.Now()
	c := g.newCall(r.ID)
	for _, u := range r.Users {
		reason := machine.CauseRestarted.Sentence(u.Side)
		v := machine.CallView{
			ID: r.ID, Direction: u.Direction, State: "ended", Peer: u.Peer, Microphone: "live",
			Since: now, Answered: &r.Answered, Cause: machine.CauseRestarted, Reason: reason.Text, ReasonSentence: reason,
		}
		g.board.left(u.User, c, u.Side, v)
		g.later("history of "+u.User, func(ctx context.Context) error {
			// Nobody knows when the node went: the end is when it came back.
			err := g.cfg.Directory.AddHistory(ctx, u.User, directory.HistoryEntry{
				Direction: u.Direction, Display: u.Peer.Display, Address: u.Peer.Address, Start: r.Began, Answered: &r.Answered, End: now,
				On: u.On, Cause: string(machine.CauseRestarted), Reason: reason.Text,
			})
			if err == nil {
				g.board.historyGrew(u.User, false, true)
			}
			return err
		})
	}
	log.Warn("a call was lost when this node stopped; its phones are told", "phones", len(r.Goodbyes), "users", len(r.Users),
		"answered", r.Answered)
}
