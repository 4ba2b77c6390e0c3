package media

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"ringsplash/media/sdp"
)

// closeWait bounds how long TabEnd.Close waits; Loop.Close waits for the rest.
const closeWait = 2 * time.Second

// TabEnd is the audio of one browser tab: an End over SRTP. The transport under
// it is one PeerConnection, made by the page's first offer, kept through its
// later offers and ICE restarts, and replaced when an offer of another
// PeerConnection comes (the page was reloaded); routes, gate and SSRC stay. We
// are ICE-lite and the DTLS server, and never offer.
//
// The PeerConnection does ICE, DTLS and outgoing RTCP. Audio never enters it: the
// goroutine that reads the socket decrypts and routes, and the goroutine that
// sends encrypts and writes (RFC 5764 4.2, RFC 3711).
type TabEnd struct {
	*End
	side    *tabSide
	onState func(TabState)
	ssrc    uint32

	mu   sync.Mutex // one offer at a time
	peer atomic.Pointer[tabPeer]

	changed chan struct{}      // the state may have changed
	reports chan []rtcp.Packet // to be written
	quit    chan struct{}
	done    chan struct{}
	retired sync.WaitGroup // replaced PeerConnections being closed
}

// NewTabEnd makes the end of a tab; nothing flows before TakeOffer. onState is
// told the transport's state when it is another than it was told before, from
// one goroutine of this end, TabClosed last; it must not block. States that
// passed meanwhile are left out. The error is ErrClosed.
func (l *Loop) NewTabEnd(onState func(TabState)) (*TabEnd, error) {
	t := &TabEnd{
		side: &l.tabs, onState: onState, ssrc: newSSRC(),
		changed: make(chan struct{}, 1), reports: make(chan []rtcp.Packet, 1),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	var err error
	if t.End, err = newEnd(l, t, false); err != nil {
		return nil, err
	}
	t.setSSRC(t.ssrc)
	if !l.tabs.start(t.run) {
		t.End.Close()
		return nil, ErrClosed
	}
	return t, nil
}

// TakeOffer answers an offer of the page: the first, a later one of the same
// PeerConnection (other codecs or directions, an ICE restart), or the first of
// another PeerConnection, which replaces the present one. codecs are those the
// page may send, in the order of the answer: the first is what it will send.
// The answer holds all candidates. An offer that is refused changes nothing.
//
// It blocks until the candidates are gathered, some milliseconds, one second
// at most. Errors: sdp.ErrBad, sdp.ErrNoCodec, ErrClosed, and others for our faults.
func (t *TabEnd) TakeOffer(page string, codecs []sdp.Codec) (answer string, err error) {
	o, err := sdp.ReadTabOffer(page)
	if err != nil {
		return "", err
	}
	types, err := o.Choose(codecs)
	if err != nil {
		return "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed.Load() {
		return "", fmt.Errorf("%w: the tab's media is over", ErrClosed)
	}
	old := t.peer.Load()
	peer := old
	if old == nil || old.id != o.PeerConnection || old.broken.Load() {
		if peer, err = newTabPeer(t, o.PeerConnection); err != nil {
			return "", err
		}
	}
	if err := peer.take(o); err != nil {
		peer.broken.Store(true)
		if peer != old {
			t.retire(peer)
		}
		t.wake()
		return "", err
	}
	t.setPayloads(newPayloads(types, types), !o.Receives())
	if peer != old {
		t.peer.Store(peer)
		t.retire(old)
		t.wake()
	}
	peer.version++
	text := sdp.TabAnswer{
		Session: peer.session, Version: peer.version, Ufrag: peer.ufrag, Password: peer.password,
		Fingerprint: t.side.fingerprint, Candidates: t.side.port.candidates(), SSRC: t.ssrc, Types: types,
	}
	return text.Write(o), nil
}

// AddCandidate takes a trickled candidate line; "" says there are no more. As
// an ICE-lite agent we learn the page's addresses from its checks, which carry
// more authority than a line of text, so the line is only looked at
// (RFC 8445 6.1.1, 7.3.1.3). Errors: sdp.ErrBad, ErrClosed.
func (t *TabEnd) AddCandidate(candidate string) error {
	if t.closed.Load() {
		return ErrClosed
	}
	if c := strings.TrimPrefix(candidate, "a="); c != "" && !strings.HasPrefix(c, "candidate:") {
		return sdp.Bad("a candidate must begin with \"candidate:\"")
	}
	return nil
}

// Close ends the end and its PeerConnection and waits for their goroutines, 2 s
// at most. Calls after the first only wait. Not to be called by onState.
func (t *TabEnd) Close() {
	t.End.Close()
	select {
	case <-t.done:
	case <-time.After(closeWait):
	}
}

// run owns everything of the PeerConnection that may wait.
func (t *TabEnd) run() {
	defer close(t.done)
	told := TabState("")
	for {
		select {
		case <-t.changed:
			t.tell(&told, t.state())
		case r := <-t.reports:
			if p := t.peer.Load(); p != nil {
				p.writeRTCP(r)
			}
		case <-t.quit:
			t.mu.Lock() // an offer under way ends first
			t.retire(t.peer.Swap(nil))
			t.mu.Unlock()
			t.retired.Wait()
			t.tell(&told, TabClosed)
			return
		}
	}
}

// retire closes a PeerConnection that is not the present one any more.
func (t *TabEnd) retire(p *tabPeer) {
	if p != nil {
		t.retired.Go(p.close)
	}
}

// state is that of the present PeerConnection. One that failed must not be sent
// to any more: its consent has expired (RFC 7675 5.1).
func (t *TabEnd) state() TabState {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.peer.Load()
	if p == nil {
		return ""
	}
	s := p.state()
	if s == TabFailed {
		p.path.Store(nil)
	}
	return s
}

func (t *TabEnd) tell(told *TabState, now TabState) {
	if now == "" || now == *told {
		return
	}
	*told = now
	if t.onState != nil {
		defer t.loop.recovered("a tab's state")
		t.onState(now)
	}
}

// wake has run look at the state.
func (t *TabEnd) wake() {
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// sendRTP implements wire.
func (t *TabEnd) sendRTP(packet []byte) bool {
	p := t.peer.Load()
	return p != nil && p.sendRTP(packet)
}

// sendRTCP implements wire. A report that finds another still waiting is dropped.
func (t *TabEnd) sendRTCP(packets []rtcp.Packet) {
	select {
	case t.reports <- packets:
	default:
	}
}

// close implements wire.
func (t *TabEnd) close() { close(t.quit) }
