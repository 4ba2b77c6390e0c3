package media

import (
	"runtime"
	"sync/atomic"
	"time"
)

// GateState says whether what an end sends may reach anyone.
type GateState uint8

// Gate states. The zero value is shut: unknown state = shut.
const (
	// GateShut lets nothing through.
	GateShut GateState = iota
	// GateWanted lets nothing through either: the owner un-muted, and the
	// phone has yet to agree to send.
	GateWanted
	// GateOpen lets everything through.
	GateOpen
)

// String is the state's name.
func (s GateState) String() string {
	switch s {
	case GateOpen:
		return "open"
	case GateWanted:
		return "wanted"
	default:
		return "shut"
	}
}

// shutWait bounds how long Shut waits for a packet that is already past the
// gate: longer than any scheduler keeps a goroutine, and no hang for ever.
const shutWait = time.Second

// Gate is the lock on what an end's microphone sends. It sits on the receiving
// side of the end, before routing: a packet that does not pass is dropped on
// the spot, DTMF included, and nothing is kept for later. A gate that was never
// shut is open. Safe for concurrent use.
type Gate struct {
	// word is generation<<2 | state, so that an Unmute from before a Shut
	// cannot open what was shut after it.
	word     atomic.Uint64
	inside   atomic.Int32
	dropped  atomic.Uint64
	unlawful atomic.Uint64
}

// Unmute is the owner's own un-mute of one gate, and the only thing that opens
// it. The zero value opens nothing. A Shut makes every earlier Unmute void.
type Unmute struct {
	gate       *Gate
	generation uint64
}

// UnmuteByOwner makes the value that opens g. Call it for the owner's un-mute
// act and for nothing else: not for a requester, the far end, an administrator,
// a transfer, a re-offer, an ICE restart or recovery.
func UnmuteByOwner(g *Gate) Unmute {
	return Unmute{gate: g, generation: g.word.Load() >> 2}
}

// ticket is what the gate said to one packet.
type ticket uint8

const (
	refused ticket = iota
	admitted
)

// born sets the first state. Call it before any packet can arrive.
func (g *Gate) born(shut bool) {
	state := GateOpen
	if shut {
		state = GateShut
	}
	g.word.Store(uint64(state))
}

// State is the present state.
func (g *Gate) State() GateState {
	state := GateState(g.word.Load() & 3)
	if state > GateOpen {
		return GateShut
	}
	return state
}

// Want notes that the owner un-muted: shut becomes wanted. It tells whether u
// is good for this gate; an open gate stays open.
func (g *Gate) Want(u Unmute) bool { return g.advance(u, GateWanted) }

// Open opens the gate. It tells whether u is good for this gate.
func (g *Gate) Open(u Unmute) bool { return g.advance(u, GateOpen) }

func (g *Gate) advance(u Unmute, to GateState) bool {
	if u.gate != g {
		return false
	}
	for {
		old := g.word.Load()
		if old>>2 != u.generation {
			return false
		}
		if GateState(old&3) >= to {
			return true
		}
		if g.word.CompareAndSwap(old, old&^3|uint64(to)) {
			return true
		}
	}
}

// Shut closes the gate and makes every earlier Unmute void. When it returns no
// packet is on its way through: it waits for the one that is being sent, some
// microseconds, at most a second.
func (g *Gate) Shut() {
	for {
		old := g.word.Load()
		if g.word.CompareAndSwap(old, (old>>2+1)<<2|uint64(GateShut)) {
			break
		}
	}
	if g.inside.Load() == 0 {
		return
	}
	for until := time.Now().Add(shutWait); g.inside.Load() != 0 && time.Now().Before(until); {
		runtime.Gosched()
	}
}

// enter asks for one packet to pass. Every enter is followed by a leave, after
// the packet was sent: Shut relies on it.
func (g *Gate) enter() ticket {
	g.inside.Add(1)
	if g.State() != GateOpen {
		g.dropped.Add(1)
		return refused
	}
	return admitted
}

func (g *Gate) leave() { g.inside.Add(-1) }

// audit counts a packet that reached the far side of the gate without being
// admitted. There is none as long as receive asks first.
func (g *Gate) audit(t ticket) {
	if t != admitted {
		g.unlawful.Add(1)
	}
}
