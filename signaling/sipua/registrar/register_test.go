package registrar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ringsplash/location"
	"ringsplash/store"
	"ringsplash/test/rig"
)

const (
	uuid1 = `+sip.instance="<urn:uuid:00000000-0000-4000-8000-00000000000a>"`
	uuid2 = `+sip.instance="<urn:uuid:00000000-0000-4000-8000-00000000000b>"`
	urn1  = "urn:uuid:00000000-0000-4000-8000-00000000000a"
)

var desk = rig.Alice.SIPPassword("desk")

// bound are Alice's contacts in order of instance and reg-id.
func (f *front) bound() string {
	var list []string
	for _, b := range f.Places.Of("alice") {
		list = append(list, fmt.Sprintf("%s#%d %s", b.Instance, b.RegID, b.Contact))
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

func TestRegisterBinding(t *testing.T) {
	f := openFront(t, nil)
	p := f.peer(t)
	res := p.register("alice", desk, "Contact: \"Al\" <sip:alice@192.0.2.9:5062;transport=udp>;expires=600;"+uuid1,
		"User-Agent: Phone 1.0", "Supported: gruu, path", "Path: <sip:edge@192.0.2.1;lr>, <sip:192.0.2.2;lr>")
	if status(res) != 200 {
		t.Fatal(res)
	}
	list := f.Places.Of("alice")
	if len(list) != 1 {
		t.Fatalf("%d bindings", len(list))
	}
	b, now := list[0], f.clock.Now()
	want := location.Binding{
		User: "alice", Device: "desk", Instance: urn1, Contact: "sip:alice@192.0.2.9:5062;transport=udp",
		Path: []string{"sip:edge@192.0.2.1;lr", "sip:192.0.2.2;lr"}, Transport: "udp", Source: p.addr, Local: f.addr.String(),
		UserAgent: "Phone 1.0", CallID: p.id, CSeq: uint32(p.cseq), Expires: now.Add(10 * time.Minute), Refreshed: now, Node: "n1",
		V: 1,
	}
	if fmt.Sprint(b) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", b, want)
	}
	if got := header(res, "Contact"); len(got) != 1 || got[0] != "<sip:alice@192.0.2.9:5062;transport=udp>;expires=600;"+uuid1 {
		t.Errorf("Contact %v", got)
	}
	if got := header(res, "Path"); strings.Join(got, ",") != "<sip:edge@192.0.2.1;lr>,<sip:192.0.2.2;lr>" {
		t.Errorf("Path %v", got)
	}
	if _, err := time.Parse(time.RFC1123, strings.Join(header(res, "Date"), "")); err != nil {
		t.Error(err)
	}
	if strings.Contains(res, "gruu") {
		t.Errorf("a GRUU is handed out: %s", res)
	}
	if d, _ := f.Users.Device("alice", "desk"); d.Instance != urn1 || d.UserAgent != "Phone 1.0" {
		t.Errorf("the device is paired with %+v", d)
	}
	// Another phone with the same password is a device of its own.
	if res := f.peer(t).register("alice", desk, "Contact: <sip:alice@192.0.2.10>;"+uuid2); status(res) != 200 ||
		len(header(res, "Contact")) != 2 {
		t.Errorf("a second phone: %s", res)
	}
	if list := f.Places.Of("alice"); list[1].Device == "desk" || list[1].Device == "" {
		t.Errorf("the second phone is device %q", list[1].Device)
	}
	// The first one refreshes, from another address and with another Contact.
	q := f.peer(t)
	if res := q.register("alice", desk, "Contact: <sip:alice@192.0.2.11>;"+uuid1); status(res) != 200 ||
		len(header(res, "Contact")) != 2 {
		t.Errorf("a refresh: %s", res)
	}
	if c := f.Counters(); c.Registered != 3 || c.Unregistered != 0 {
		t.Errorf("counters %+v", c)
	}
}

// Each step is one REGISTER; bound is what is there after it.
func TestRegisterSteps(t *testing.T) {
	for name, steps := range registerSteps {
		t.Run(name, func(t *testing.T) {
			f := openFront(t, nil)
			p := f.peer(t)
			for _, s := range steps {
				res := p.register("alice", desk, s.lines...)
				if status(res) != s.want || phrase(res) == "" {
					t.Errorf("%s: %q, want %d", s.name, res, s.want)
				}
				if got := f.bound(); got != s.bound {
					t.Errorf("%s: bound\n%s\nwant\n%s", s.name, got, s.bound)
				}
				if s.want == 200 && len(header(res, "Contact")) != len(f.Places.Of("alice")) {
					t.Errorf("%s: not all bindings are listed: %s", s.name, res)
				}
				f.checkHeaders(t, s.name, res)
			}
		})
	}
}

func (f *front) checkHeaders(t *testing.T, name, res string) {
	t.Helper()
	want := map[int]string{423: "Min-Expires", 420: "Unsupported"}[status(res)]
	if want != "" && len(header(res, want)) != 1 {
		t.Errorf("%s: no %s: %s", name, want, res)
	}
}

func TestRegisterExpires(t *testing.T) {
	f := openFront(t, nil)
	p := f.peer(t)
	for _, tt := range []struct{ lines, want string }{
		{"Contact: <sip:a@192.0.2.1>", "3600"},
		{"Contact: <sip:a@192.0.2.1>\r\nExpires: 90", "90"},
		{"Contact: <sip:a@192.0.2.1>;expires=70\r\nExpires: 90", "70"},
		{"Contact: <sip:a@192.0.2.1>;expires=4294967295", "3600"},
		{"Contact: <sip:a@192.0.2.1>;expires=7200", "3600"},
		{"Contact: <sip:a@192.0.2.1>;expires=-1", "3600"},
	} {
		res := p.register("alice", desk, tt.lines)
		if got := header(res, "Contact"); len(got) != 1 || !strings.HasSuffix(got[0], ";expires="+tt.want) {
			t.Errorf("%q: %s", tt.lines, res)
		}
	}
	f.clock.pass(10*time.Minute + 500*time.Millisecond)
	if res := p.register("alice", desk); !strings.HasSuffix(header(res, "Contact")[0], ";expires=3000") {
		t.Errorf("ten minutes later: %s", res)
	}
	f.clock.pass(time.Hour)
	if res := p.register("alice", desk); len(header(res, "Contact")) != 0 {
		t.Errorf("an hour later: %s", res)
	}
}

// Within one Call-ID an older CSeq changes nothing (RFC 3261 10.3 step 7).
func TestRegisterOrder(t *testing.T) {
	f := openFront(t, nil)
	p := f.peer(t)
	contact := "Contact: <sip:a@192.0.2.1>"
	at := func(cseq int, lines ...string) string {
		p.cseq = cseq - 2 // register counts twice
		return p.register("alice", desk, lines...)
	}
	if res := at(20, contact); status(res) != 200 {
		t.Fatal(res)
	}
	port := p.conn.LocalAddr().String()
	for _, old := range [][]string{{contact}, {contact + ";expires=0"}, {"Contact: *", "Expires: 0"}} {
		if res := at(19, old...); status(res) != 500 {
			t.Errorf("%v: %s", old, res)
		}
		if len(f.Places.Of("alice")) != 1 {
			t.Fatalf("%v changed the bindings", old)
		}
	}
	p.id = "restarted-" + port
	if res := at(8, contact+";expires=0"); status(res) != 200 || len(f.Places.Of("alice")) != 0 {
		t.Errorf("a restarted phone: %s", res)
	}
}

func TestRegisterLimit(t *testing.T) {
	f := openFront(t, func(c *Config) { c.MaxBindings = 2 })
	contact := func(n int) string { return fmt.Sprintf("Contact: <sip:a@192.0.2.%d>", n) }
	p := f.peer(t)
	for n, want := range []int{200, 200, 403} {
		if res := p.register("alice", desk, contact(n)); status(res) != want {
			t.Errorf("phone %d: %s, want %d", n, res, want)
		}
	}
	if res := p.register("alice", desk, contact(1)); status(res) != 200 {
		t.Errorf("a refresh at the limit: %s", res)
	}
	if res := f.peer(t).register("bob", rig.Bob.SIPPassword("desk"), contact(9)); status(res) != 200 {
		t.Errorf("another user: %s", res)
	}
	if res := p.register("alice", desk, contact(1)+";expires=0", contact(2)); status(res) != 200 {
		t.Errorf("one for another: %s", res)
	}
}

// A request is applied as a whole or not at all.
func TestRegisterStoreFails(t *testing.T) {
	f := openFront(t, nil)
	p := f.peer(t)
	if res := p.register("alice", desk, "Contact: <sip:a@192.0.2.1>, <sip:a@192.0.2.2>"); status(res) != 200 {
		t.Fatal(res)
	}
	before := f.bound()
	away := func(write string) error {
		if write == "put contact:a@192.0.2.4:5060" {
			return fmt.Errorf("bindings: %w", store.ErrAway)
		}
		return nil
	}
	f.Places.FailWith(away)
	res := p.register("alice", desk, "Contact: <sip:a@192.0.2.1>;expires=0, <sip:a@192.0.2.3>, <sip:a@192.0.2.4>")
	if status(res) != 500 || len(header(res, "Retry-After")) != 1 {
		t.Errorf("with the store away: %s", res)
	}
	if got := f.bound(); got != before {
		t.Errorf("bound\n%s\nwant\n%s", got, before)
	}
	f.Places.FailWith(func(string) error { return errors.New("broken") })
	if res := p.register("alice", desk, "Contact: <sip:a@192.0.2.5>"); status(res) != 500 || strings.Contains(res, "broken") {
		t.Errorf("with the store broken: %s", res)
	}
}

// A panic ends one request only, with an answer.
func TestRegisterPanics(t *testing.T) {
	f := openFront(t, nil)
	p := f.peer(t)
	f.Places.FailWith(func(string) error { panic("on purpose") })
	if res := p.register("alice", desk, "Contact: <sip:a@192.0.2.5>"); status(res) != 500 {
		t.Errorf("got %s", res)
	}
	if res := p.register("alice", desk); status(res) != 200 {
		t.Errorf("the next request: %s", res)
	}
}

// Registrations of one user at the same moment follow each other, so that
// they see the limit.
func TestRegisterTogether(t *testing.T) {
	const phones, limit = 8, 3
	f := openFront(t, func(c *Config) { c.MaxBindings = limit })
	done := make(chan string, phones)
	for range phones {
		p := f.peerAt(t, rig.NewAddr())
		go func() { done <- p.register("alice", desk, "Contact: <sip:alice@"+p.addr+">") }()
	}
	answers := map[int]int{}
	for range phones {
		select {
		case res := <-done:
			answers[status(res)]++
		case <-time.After(rig.Patience):
			t.Fatal("no answer")
		}
	}
	if answers[200] != limit || answers[403] != phones-limit || len(f.Places.Of("alice")) != limit {
		t.Errorf("answers %v, %d bindings; the limit is %d", answers, len(f.Places.Of("alice")), limit)
	}
}
