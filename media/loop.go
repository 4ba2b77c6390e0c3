package media

import (
	"errors"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	tickEvery = 20 * time.Millisecond
	// maxBehind is how many missed ticks are made up for; more are skipped.
	maxBehind = 5
)

// Loop owns every media socket and the goroutines that read them: one for each
// socket, and one that ticks.
type Loop struct {
	cfg   Config
	log   *slog.Logger
	birth time.Time

	tabs tabSide

	// routes guards who hears whom. Packets never take it.
	routes sync.Mutex
	ends   atomic.Pointer[[]*End] // replaced, never changed
	endsMu sync.Mutex
	past   Stats // of ends that are closed; under endsMu

	ports     ports
	filePairs int
	late      atomic.Int64 // ns, see Late

	laterMu sync.Mutex
	queued  []func()
	flushed bool // for the last time

	closing chan struct{}
	closed  bool // guarded by endsMu
	wg      sync.WaitGroup
	broken  atomic.Uint64 // panics caught
}

// Listen opens the loop: the browsers' socket, and the tick. RTP sockets are
// opened with their ends. The error says which address could not be bound.
func Listen(cfg Config, log *slog.Logger) (*Loop, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	l := &Loop{cfg: cfg, log: log, birth: time.Now(), closing: make(chan struct{}), filePairs: filePairs()}
	l.ports.low, l.ports.high = cfg.RTPLow, cfg.RTPHigh
	if err := l.tabs.open(l); err != nil {
		return nil, err
	}
	l.run("tick", l.ticks)
	return l, nil
}

// Close closes every end and socket and waits for the loop's goroutines. Calls
// after the first do nothing.
func (l *Loop) Close() error {
	l.endsMu.Lock()
	again := l.closed
	l.closed = true
	l.endsMu.Unlock()
	if again {
		return nil
	}
	if ends := l.ends.Load(); ends != nil {
		for _, e := range *ends {
			e.Close()
		}
	}
	l.tabs.close()
	close(l.closing)
	l.wg.Wait()
	l.flush(true)
	return nil
}

// run starts a goroutine that Close waits for; false once Close has begun. A
// panic ends f, not the process.
func (l *Loop) run(name string, f func()) bool {
	l.endsMu.Lock()
	defer l.endsMu.Unlock()
	if l.closed {
		return false
	}
	l.wg.Go(func() {
		defer l.recovered(name)
		f()
	})
	return true
}

// recovered is deferred around work on input from outside.
func (l *Loop) recovered(what string) {
	r := recover()
	if r == nil {
		return
	}
	// The first few are logged: a stranger's packet must not fill the disk.
	if l.broken.Add(1) <= 10 {
		l.log.Error("media: caught a panic and went on; please report it", "in", what, "panic", r, "stack", string(debug.Stack()))
	}
}

// now is the loop clock: monotonic ns since Listen, never 0.
func (l *Loop) now() int64 { return int64(time.Since(l.birth)) + 1 }

// wall turns loop clock into time; 0 is the zero time.
func (l *Loop) wall(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return l.birth.Add(time.Duration(at))
}

// add puts e under the tick. It is ErrClosed once Close has begun.
func (l *Loop) add(e *End) error {
	l.endsMu.Lock()
	defer l.endsMu.Unlock()
	if l.closed {
		return ErrClosed
	}
	var all []*End
	if p := l.ends.Load(); p != nil {
		all = slices.Clone(*p)
	}
	all = append(all, e)
	l.ends.Store(&all)
	return nil
}

func (l *Loop) remove(e *End) {
	l.endsMu.Lock()
	defer l.endsMu.Unlock()
	if p := l.ends.Load(); p != nil {
		all := slices.DeleteFunc(slices.Clone(*p), func(x *End) bool { return x == e })
		l.ends.Store(&all)
		if len(all) < len(*p) {
			l.past.add(e.Stats()) // a packet under way may be counted no more
		}
	}
}

// later has the tick call f: for callbacks that must not run inside a lock.
func (l *Loop) later(f func()) {
	l.laterMu.Lock()
	flushed := l.flushed
	if !flushed {
		l.queued = append(l.queued, f)
	}
	l.laterMu.Unlock()
	if flushed {
		l.guard("callback", f)
	}
}

func (l *Loop) flush(last bool) {
	l.laterMu.Lock()
	queued := l.queued
	l.queued, l.flushed = nil, last
	l.laterMu.Unlock()
	for _, f := range queued {
		l.guard("callback", f)
	}
}

func (l *Loop) guard(what string, f func()) {
	defer l.recovered(what)
	f()
}

// ticks runs the 20 ms tick until Close.
func (l *Loop) ticks() {
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	n := uint64(1)
	for last := time.Now(); ; {
		select {
		case <-l.closing:
			return
		case <-t.C:
		}
		l.noteLate(time.Since(last))
		last = time.Now()
		now := uint64(l.now()/int64(tickEvery)) + 1
		if now > n+maxBehind {
			n = now - 1
		}
		for ; n < now; n++ {
			l.tickAll(n)
		}
		l.flush(false)
	}
}

func (l *Loop) tickAll(n uint64) {
	ends := l.ends.Load()
	if ends == nil {
		return
	}
	at := l.now()
	for _, e := range *ends {
		l.tickOne(e, n, at)
	}
}

func (l *Loop) tickOne(e *End, n uint64, at int64) {
	defer l.recovered("tick")
	e.tick(n, at)
}

// complete checks a configuration and fills in what is missing.
func (c Config) complete() (Config, error) {
	if len(c.Listen) == 0 {
		c.Listen = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	switch {
	case c.RTPLow == 0 && c.RTPHigh == 0:
	case c.RTPLow < 1024 || c.RTPHigh > 65535 || c.RTPHigh-c.RTPLow < 1:
		return c, errors.New("media: RTP ports must be a range of at least two ports within 1024-65535")
	}
	if c.WebRTCPort < 0 || c.WebRTCPort > 65535 {
		return c, errors.New("media: the WebRTC port must be 0 (any) or a port number up to 65535")
	}
	return c, nil
}
