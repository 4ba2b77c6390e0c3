package event

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/chat"
	"ringsplash/internal/throttle"
	"ringsplash/location"
	"ringsplash/policy"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/signaling/sipua/wire"
	"ringsplash/store"
)

const (
	// takeWait bounds what a MESSAGE waits for the store.
	takeWait = 5 * time.Second
	// signsPerMinute is how many receipts and typing signs one sender may send in
	// a minute, and at once; texts are counted by the Book.
	signsPerMinute = 120
	// sendersMax is how many senders are remembered.
	sendersMax = 10000
	// peersMax is how many peers are remembered that understand message/cpim.
	peersMax = 4096
)

// Book keeps what was written. chat.Book implements it.
type Book interface {
	Send(ctx context.Context, d chat.Draft) (id string, err error)
	Receive(ctx context.Context, in chat.Incoming) error
	Receipted(ctx context.Context, user string, from policy.Identity, id string, state chat.State) error
	Typed(from policy.Identity, to string, on bool, lasts time.Duration)
}

// TextAgent is what Texts need of the user agent around them.
type TextAgent struct {
	Wire   *wire.Sockets
	Access *registrar.Access
	Trunks *trunk.Trunks
	// Domain is ours.
	Domain string
	// FlowFor is how the phone of a binding is reached.
	FlowFor func(location.Binding) (location.Binding, wire.Hop, error)
	// MayDial tells whether requests may go to a foreign host.
	MayDial func(host string) bool
}

// TextPeople are whom texts are for.
type TextPeople struct {
	Book Book
	// Phones are the ids of a user's devices that show text. It must not block.
	Phones func(user string) []string
	// Here tells whether a tab of the user is there now, which has what comes at
	// once. It must not block.
	Here func(user string) bool
	// Unproven: who proves nothing may write to our users too.
	Unproven bool
	// Hourly is how many texts a user may send to far ends in an hour; 0 for any.
	Hourly int
}

// Texts are the MESSAGEs of RFC 3428, in and out. They start no goroutine but
// those of Receipt and Typing, for which Close waits. Nothing of a MESSAGE that
// came is ever copied into one that leaves, but its text.
type Texts struct {
	to     TextAgent
	log    *slog.Logger
	served atomic.Pointer[TextPeople] // nil before Serve

	signs  *throttle.Buckets[string] // receipts and typing, by sender
	leaves *throttle.Buckets[string] // texts to far ends, by user
	stop   context.Context
	end    context.CancelFunc

	mu     sync.Mutex
	peers  *throttle.Table[string, bool] // who understands message/cpim
	halves *throttle.Table[string, int]  // parts that arrived, by letter and peer
	flying int
	closed bool
	work   sync.WaitGroup
}

// NewTexts makes Texts that take and send nothing before Serve.
func NewTexts(to TextAgent, log *slog.Logger) *Texts {
	t := &Texts{
		to: to, log: log, peers: throttle.NewTable[string, bool](peersMax), halves: throttle.NewTable[string, int](peersMax),
		signs: throttle.NewBuckets[string](throttle.PerSecond(signsPerMinute/60.0, signsPerMinute), sendersMax),
	}
	t.stop, t.end = context.WithCancel(context.Background())
	return t
}

// Serve begins to take texts, once.
func (t *Texts) Serve(p TextPeople) {
	if p.Hourly > 0 {
		limit := throttle.Limit{Burst: float64(p.Hourly), Refill: time.Hour / time.Duration(p.Hourly)}
		t.leaves = throttle.NewBuckets[string](limit, sendersMax)
	}
	t.served.Store(&p)
}

// Serving tells whether texts are taken.
func (t *Texts) Serving() bool { return t != nil && t.served.Load() != nil }

// Close ends what is on its way and waits for it.
func (t *Texts) Close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.end()
	t.work.Wait()
}

// beside runs what nobody waits for; of too much of it, the last is not done.
func (t *Texts) beside(run func(context.Context)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.flying >= signsFlying {
		return
	}
	t.flying++
	t.work.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				t.log.Error("sip: a sign of a message failed by a fault of ours", "panic", p)
			}
			t.mu.Lock()
			t.flying--
			t.mu.Unlock()
		}()
		ctx, cancel := context.WithTimeout(t.stop, signWait)
		defer cancel()
		run(ctx)
	})
}

// Judge tells from memory alone why a MESSAGE outside a dialog is refused; nil
// lets it go on to Take. Vouched: a trunk or a password of ours stands for its
// sender. Who never can prove anything, where that is asked for, costs no more
// than this answer, and whether there is such a user makes no difference to it.
func (t *Texts) Judge(req *sip.Request, now time.Time) (vouched bool, no *message.Refusal) {
	vouched, evident, no := t.to.Access.GlanceText(req)
	if no != nil || vouched {
		return vouched, no
	}
	if !t.to.Access.MayWrite(message.ParseAddr(req.Source()).Addr(), now) {
		return false, tooManyTexts()
	}
	if !evident && !t.served.Load().Unproven {
		return false, mayNotWrite
	}
	return false, nil
}

// mayNotWrite refuses who may not write to whom he wants to, and to nobody at
// all: nobody may tell the two apart.
var mayNotWrite = &message.Refusal{Status: sip.StatusForbidden, Phrase: "Not Allowed To Write There"}

// tooManyTexts refuses who writes too fast. It is not 503, after which a trunk
// would get nothing more at all (RFC 3261 21.5.4).
func tooManyTexts() *message.Refusal {
	return &message.Refusal{
		Status: sip.StatusTemporarilyUnavailable, Phrase: "Too Many Messages",
		Headers: []sip.Header{sip.NewHeader("Retry-After", strconv.Itoa(textPause))},
	}
}

// textPause is after how many seconds one more text fits: 30 a minute.
const textPause = 2

// Writer is who wrote a MESSAGE, as far as it is proven, and to whom.
type Writer struct {
	registrar.Caller
	// To is whom it is for, as it would be dialled.
	To string
	// Source is where it came from.
	Source netip.Addr
}

// Take takes a MESSAGE outside a dialog (RFC 3428 7) and says how it is answered.
// It may block for the store.
func (t *Texts) Take(req *sip.Request) *message.Refusal {
	if h := req.MaxForwards(); h != nil && h.Val() == 0 {
		return &message.Refusal{Status: sip.StatusTooManyHops, Phrase: "Too Many Hops"}
	}
	caller, no := t.to.Access.Sender(req)
	if no != nil {
		return no
	}
	to := t.to.Access.UserAt(req.Recipient)
	if to == "" {
		to = message.CleanText(req.Recipient.String())
	}
	return t.Within(req, Writer{Caller: caller, To: to, Source: message.ParseAddr(req.Source()).Addr()})
}

// Within takes a MESSAGE of a call (RFC 3428 4), whose sender the call knows.
func (t *Texts) Within(req *sip.Request, from Writer) *message.Refusal {
	body, no := ReadBody(req)
	if no != nil {
		return no
	}
	ctx, cancel := context.WithTimeout(t.stop, takeWait)
	defer cancel()
	people := t.served.Load()
	if body.Text == "" && !t.signs.Admit(from.sender(), time.Now()) {
		return tooManyTexts()
	}
	var err error
	switch {
	case body.Typing != nil:
		people.Book.Typed(from.Identity, from.To, body.Typing.On, body.Typing.For)
	case body.Receipt != nil:
		err = t.receipted(ctx, people, from, body.Receipt)
	default:
		err = t.write(ctx, people, from, nameOf(req, body), body)
	}
	if err == nil && (body.Wrapped || body.Typing != nil || takesCPIM(req)) {
		t.learn(from.peer())
	}
	switch {
	case err != nil:
		return t.refused(from, err)
	case body.Text != "" && !t.hasIt(people, from.To):
		return &message.Refusal{Status: sip.StatusAccepted, Phrase: "Kept For Later"} // RFC 3428 7
	}
	return &message.Refusal{Status: sip.StatusOK, Phrase: "OK"}
}

// sender names who counts as one.
func (w Writer) sender() string {
	switch id := w.Identity; {
	case id.User != "":
		return "user " + id.User
	case id.Trunk != "":
		return "trunk " + id.Trunk + " " + id.Address
	}
	return throttle.SourceOf(w.Source).String()
}

// peer names whose abilities are remembered: a phone of ours, or an address.
func (w Writer) peer() string {
	if w.Identity.User != "" {
		return phoneOf(w.Identity.User, w.Device)
	}
	return w.Identity.Address
}

func phoneOf(user, device string) string { return "phone " + user + "/" + device }

// nameOf is what a text is called, so that a repetition is known as one.
func nameOf(req *sip.Request, body Body) string {
	if body.ID != "" {
		return body.ID
	}
	name := req.CallID().Value() + " " + strconv.FormatUint(uint64(req.CSeq().SeqNo), 10)
	if len(name) > maxID {
		return "" // its repetition is a text of its own
	}
	return name
}

// write keeps a text: of a user of ours as if he had written it in his tab.
func (t *Texts) write(ctx context.Context, people *TextPeople, from Writer, name string, body Body) error {
	if from.Identity.User != "" {
		_, err := people.Book.Send(ctx, chat.Draft{
			User: from.Identity.User, To: from.To, Text: body.Text, Key: name, Device: from.Device,
		})
		return err
	}
	return people.Book.Receive(ctx, chat.Incoming{
		From: from.Identity, To: from.To, ID: name, Text: body.Text, Source: from.sender(),
		Wants: chat.Receipts{Delivered: body.Wants.Delivered, Read: body.Wants.Displayed},
	})
}

// receipted notes what became of a text of ours. Nobody is told by a receipt that
// one came (RFC 5438 8).
func (t *Texts) receipted(ctx context.Context, people *TextPeople, from Writer, r *Receipt) error {
	states := map[ReceiptState]chat.State{
		ReceiptDelivered: chat.Delivered, ReceiptDisplayed: chat.Read, ReceiptFailed: chat.Failed,
	}
	state, known := states[r.State]
	if !known || from.Identity.User != "" { // a phone's 200 has said that it is there
		return nil
	}
	return people.Book.Receipted(ctx, from.To, from.Identity, r.ID, state)
}

// hasIt tells whether the user has a text now: a tab has it, or a phone is there
// that shows it.
func (t *Texts) hasIt(people *TextPeople, user string) bool {
	if people.Here != nil && people.Here(user) {
		return true
	}
	if people.Phones == nil {
		return false
	}
	phones := people.Phones(user)
	return slices.ContainsFunc(t.to.Access.Bindings(user), func(b location.Binding) bool {
		return slices.Contains(phones, b.Device)
	})
}

// refused is how a sender is told that his text is not taken.
func (t *Texts) refused(from Writer, err error) *message.Refusal {
	var own *chat.Refusal
	switch {
	case errors.Is(err, chat.ErrTooMany):
		return tooManyTexts()
	case errors.Is(err, chat.ErrTooLong):
		return tooLong
	case errors.Is(err, chat.ErrRefused):
		return mayNotWrite
	case errors.Is(err, store.ErrAway), errors.Is(err, context.DeadlineExceeded):
		return &message.Refusal{
			Status: sip.StatusInternalServerError, Phrase: "Store Away", Headers: []sip.Header{sip.NewHeader("Retry-After", "30")},
		}
	case errors.As(err, &own):
		return ownRefusal(own)
	}
	return &message.Refusal{
		Status: sip.StatusInternalServerError, Phrase: "Gateway Fault", Why: "the text of " + from.sender() + ": " + err.Error(),
	}
}

// ownRefusal tells a user of ours, by his phone, why his text is not taken.
func ownRefusal(no *chat.Refusal) *message.Refusal {
	statuses := map[string]int{
		"not_found": sip.StatusNotFound, "not_available": sip.StatusNotFound, "too_long": sip.StatusRequestEntityTooLarge,
		"bad_request": sip.StatusBadRequest,
	}
	if no.Code == "overload" {
		return tooManyTexts()
	}
	status, known := statuses[no.Code]
	if !known {
		status = sip.StatusForbidden
	}
	return &message.Refusal{Status: status, Phrase: message.CleanText(no.Sentence.Text)}
}
