package browser

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/story"
	"ringsplash/internal/sentence"
	"ringsplash/presence"
)

// playedGateway gives tabs whose snapshot and commands a test decides.
type playedGateway struct {
	people interface {
		Devices(user string) []directory.Device
		User(name string) (directory.User, bool)
	}
	refuse error // what OpenTab fails with

	mu      sync.Mutex
	tabs    map[machine.TabID]*playedTab
	opened  chan *playedTab
	story   story.Story        // of alice
	byREST  []restDone         // commands that came from no tab
	shown   []machine.CallView // to watches
	watched chan *playedWatch
	answer  func(c gateway.Command) (gateway.Result, error)
	do      func(ctx context.Context, t *playedTab, c gateway.Command) (gateway.Result, error)
}

type playedTab struct {
	gw       *playedGateway
	id       machine.TabID
	user     string
	detached chan struct{} // one value for each Detach

	mu       sync.Mutex
	live     bool
	page     string
	wake     func()
	snapshot gateway.Snapshot
}

func newPlayedGateway() *playedGateway {
	return &playedGateway{
		tabs: map[machine.TabID]*playedTab{}, opened: make(chan *playedTab, 1000), watched: make(chan *playedWatch, 100),
		do: func(context.Context, *playedTab, gateway.Command) (gateway.Result, error) {
			return gateway.Result{}, nil
		},
	}
}

// Story is alice's own call or, for an administrator, the same one.
func (g *playedGateway) Story(_ context.Context, user string, admin bool, id machine.CallID) (story.Story, bool) {
	return g.story, id == g.story.ID && (admin || user == "alice")
}

// playedWatch shows what a test decides.
type playedWatch struct {
	gw     *playedGateway
	user   string
	wake   func()
	closed chan struct{}
}

func (g *playedGateway) Watch(user string, wake func()) (Watch, error) {
	w := &playedWatch{g, user, wake, make(chan struct{})}
	g.watched <- w
	return w, nil
}

func (w *playedWatch) Snapshot() gateway.Snapshot {
	w.gw.mu.Lock()
	defer w.gw.mu.Unlock()
	return gateway.Snapshot{Me: gateway.MeView{Name: w.user}, Calls: w.gw.shown}
}

func (w *playedWatch) Close() { close(w.closed) }

// show changes what all watches see, and wakes this one.
func (w *playedWatch) show(calls ...machine.CallView) {
	w.gw.mu.Lock()
	w.gw.shown = calls
	w.gw.mu.Unlock()
	w.wake()
}

// restDone is a command that came from no tab.
type restDone struct {
	User string
	gateway.Command
}

func (g *playedGateway) Do(_ context.Context, user string, c gateway.Command) (gateway.Result, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.byREST = append(g.byREST, restDone{user, c})
	if g.answer != nil {
		return g.answer(c)
	}
	return gateway.Result{}, nil
}

// OwnPresence shows what is set and no more.
func (g *playedGateway) OwnPresence(user string) gateway.OwnPresence {
	u, _ := g.people.User(user)
	p := u.Presence
	return gateway.OwnPresence{Set: p.Set, Note: p.Note, Until: p.Until, Visible: directory.VisibleDomain, State: presence.Offline}
}

func (g *playedGateway) People(context.Context, string, string) ([]gateway.PersonView, error) {
	return nil, nil
}

func (g *playedGateway) Stories(limit int) []story.Story {
	return slices.Repeat([]story.Story{g.story}, min(limit, 3))
}

func (g *playedGateway) Devices(user string) []gateway.DeviceView {
	var views []gateway.DeviceView
	for _, d := range g.people.Devices(user) {
		views = append(views, gateway.DeviceView{
			ID: d.ID, Display: d.Display, Instance: d.Instance, Interworking: d.Interworking,
			Primary: d.Primary, Profile: d.Profile,
		})
	}
	return views
}

// TestPhone finds alice's desk at once; every other phone is busy.
func (g *playedGateway) TestPhone(_ context.Context, user, device string) (gateway.PhoneTest, error) {
	if user != "alice" {
		return gateway.PhoneTest{}, machine.Refuse("device_busy", sentence.Sentence{Text: "The phone is in use."})
	}
	method := "call-info"
	return gateway.PhoneTest{
		Device: device, Worked: &method, Said: "It works.",
		Tried: []gateway.TriedMethod{{Method: method, Outcome: gateway.TestAnswered, Said: "It answered by itself."}},
	}, nil
}

func (g *playedGateway) OpenTab(user string, resume gateway.Resume, wake func()) (Tab, bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refuse != nil {
		return nil, false, g.refuse
	}
	t, resumed := g.tabs[resume.Tab], false
	if t != nil && t.user == user && resume.Secret == t.Secret() {
		t.mu.Lock()
		resumed = !t.live || (resume.Page != "" && resume.Page == t.page)
		t.mu.Unlock()
	}
	if !resumed {
		t = &playedTab{gw: g, id: machine.TabID(fmt.Sprintf("t_%d", len(g.tabs)+1)), user: user, detached: make(chan struct{}, 100)}
		g.tabs[t.id] = t
	}
	t.mu.Lock()
	t.live, t.wake, t.page = true, wake, resume.Page
	t.snapshot.Me.Name = user
	t.mu.Unlock()
	g.opened <- t
	return t, resumed, nil
}

// tab waits for the next tab to be opened.
func (g *playedGateway) tab(t *testing.T) *playedTab {
	t.Helper()
	return wait(t, g.opened)
}

func (g *playedGateway) play(do func(ctx context.Context, t *playedTab, c gateway.Command) (gateway.Result, error)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.do = do
}

func (t *playedTab) ID() machine.TabID { return t.id }

func (t *playedTab) Secret() string { return "secret of " + string(t.id) }

func (t *playedTab) Snapshot() gateway.Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.snapshot.Me.Name == panicName {
		panic("broken tab")
	}
	return t.snapshot
}

// panicName in a snapshot makes the tab panic.
const panicName = "panic"

func (t *playedTab) Do(ctx context.Context, c gateway.Command) (gateway.Result, error) {
	t.gw.mu.Lock()
	do := t.gw.do
	t.gw.mu.Unlock()
	return do(ctx, t, c)
}

func (t *playedTab) Detach() {
	t.mu.Lock()
	t.live = false
	t.mu.Unlock()
	t.detached <- struct{}{}
}

// show changes what the tab shows.
func (t *playedTab) show(change func(*gateway.Snapshot)) {
	t.mu.Lock()
	change(&t.snapshot)
	wake := t.wake
	t.mu.Unlock()
	wake()
}
