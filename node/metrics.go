package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ringsplash/policy"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/store"
	"ringsplash/webclient"
)

// reading is one metric that is read when somebody asks: cheap, and nothing is
// counted twice. None has a label for each call, user or address.
type reading struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(emit)
}

type emit = func(value float64, labels ...string)

// Describe and Collect make it a prometheus.Collector.
func (r *reading) Describe(out chan<- *prometheus.Desc) { out <- r.desc }

// Collect reads the present values.
func (r *reading) Collect(out chan<- prometheus.Metric) {
	r.read(func(value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(r.desc, r.kind, value, labels...)
	})
}

// instruments is where the node's readings are registered.
type instruments struct{ *prometheus.Registry }

func (i instruments) add(kind prometheus.ValueType, name, help string, labels []string, read func(emit)) {
	i.MustRegister(&reading{prometheus.NewDesc("ringsplash_"+name, help, labels, nil), kind, read})
}

// one adds a metric without labels.
func one[N int | uint64 | float64](i instruments, kind prometheus.ValueType, name, help string, read func() N) {
	i.add(kind, name, help, nil, func(out emit) { out(float64(read())) })
}

const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue

// by adds a metric with one label; read gives its values by that.
func by[K ~string, N int | uint64](i instruments, kind prometheus.ValueType, name, help, label string, read func() map[K]N) {
	i.add(kind, name, help, []string{label}, func(out emit) {
		for what, value := range read() {
			out(float64(value), string(what))
		}
	})
}

// metrics are the node's own numbers.
func (n *Node) metrics() prometheus.Gatherer {
	i := instruments{prometheus.NewRegistry()}
	n.callMetrics(i)
	n.mediaMetrics(i)
	n.sipMetrics(i)
	by(i, counter, "decisions_total", "Decisions on automatic answers, by outcome.", "outcome", func() map[string]uint64 {
		return map[string]uint64{"allow": n.decisions.allowed.Load(), "deny": n.decisions.denied.Load()}
	})
	by(i, counter, "hook_events_total", "Events for web hooks, by outcome.", "outcome", func() map[string]uint64 {
		delivered, failed, dropped := n.hooks.Counts()
		return map[string]uint64{"delivered": delivered, "failed": failed, "dropped": dropped}
	})
	one(i, gauge, "store_up", "1 while the store answers, else 0.", n.storeUp)
	i.add(gauge, "build_info", "The build that runs; always 1.", []string{"version", "client", "go"},
		func(out emit) { out(1, n.version, webclient.Build(), runtime.Version()) })
	i.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return i
}

func (n *Node) callMetrics(i instruments) {
	one(i, gauge, "calls", "Calls running now.", func() int { now, _ := n.gateway.Running(); return now })
	one(i, counter, "calls_total", "Calls begun since the start.", func() uint64 { _, all := n.gateway.Running(); return all })
	by(i, counter, "calls_refused_total", "Calls not taken at all, by cause.", "cause", n.gateway.Refused)
	one(i, counter, "calls_without_sound_total", "Times that a tab in a talk had no sound for 5 seconds.", n.gateway.Silent)
	one(i, gauge, "registrations", "Phones registered now.", n.bindings.Count)
}

func (n *Node) mediaMetrics(i instruments) {
	one(i, gauge, "media_ends", "Media ends alive, two for a call between phones.", n.media.Ends)
	one(i, gauge, "rtp_ports", "UDP ports bound for RTP and RTCP now.", func() int { bound, _ := n.media.Pairs(); return 2 * bound })
	one(i, gauge, "rtp_ports_free", "UDP ports that can be bound besides.",
		func() int { _, free := n.media.Pairs(); return 2 * free })
	one(i, gauge, "media_late_seconds", "By how much the 20 ms tick of media comes late, smoothed over 50 ticks.",
		func() float64 { return n.media.Late().Seconds() })
	one(i, counter, "gate_dropped_packets_total", "Audio packets dropped by shut gates.",
		func() uint64 { return n.media.Totals().DroppedByGate })
	one(i, counter, "gate_passed_while_shut_total", "Audio packets that passed a shut gate. Anything but 0 is a fault.",
		func() uint64 { return n.media.Totals().PassedWhileShut })
	by(i, counter, "media_packets_total", "Audio packets of all ends.", "what", func() map[string]uint64 {
		t := n.media.Totals()
		return map[string]uint64{
			"received": t.Received, "sent": t.Sent, "lost": t.Lost, "from_strangers": t.DroppedStranger, "bad": t.DroppedBad,
		}
	})
}

func (n *Node) sipMetrics(i instruments) {
	one(i, gauge, "legs", "SIP legs alive, those included that wait for their last transaction.", n.sip.Legs)
	one(i, gauge, "sip_streams", "TCP and TLS connections for SIP open now.", n.sip.Streams)
	by(i, gauge, "trunk_up", "1 while the trunk answers, and is registered at where it must be, else 0.", "trunk",
		n.trunks(func(t trunk.State) bool { return t.Up }))
	by(i, gauge, "trunk_found",
		"1 while the name of the trunk was found when it was looked up last, else 0: then its last address stays in use.",
		"trunk", n.trunks(func(t trunk.State) bool { return t.Found }))
	by(i, gauge, "sip_transactions",
		"SIP transactions that requests were let in for and that are open now, by who vouches for them.", "of", func() map[string]int {
			open, strangers := n.sip.Transactions()
			return map[string]int{"known": open - strangers, "strangers": strangers}
		})
	one(i, counter, "sip_refused_total", "SIP requests refused without a transaction.", n.sip.RefusedStateless)
	by(i, counter, "sip_dropped_total", "SIP messages dropped before they were read, by reason.", "why", func() map[string]uint64 {
		d := n.sip.Dropped()
		return map[string]uint64{"not_sip": d.NotSIP, "oversized": d.Oversized, "throttled": d.Throttled, "crowded": d.Crowded}
	})
	by(i, counter, "sip_logins_total", "Digest log-ins of phones, by outcome.", "outcome", func() map[string]uint64 {
		c := n.sip.Access().Counters()
		return map[string]uint64{"challenged": c.Challenged, "failed": c.LoginFailed, "slowed": c.LoginDeferred}
	})
	by(i, counter, "registers_total", "Registrations since the start.", "what", func() map[string]uint64 {
		c := n.sip.Access().Counters()
		return map[string]uint64{"registered": c.Registered, "unregistered": c.Unregistered}
	})
}

// trunks reads one property of each trunk, as 1 or 0.
func (n *Node) trunks(is func(trunk.State) bool) func() map[string]int {
	return func() map[string]int {
		out := map[string]int{}
		for _, t := range n.sip.Trunks().States() {
			out[t.Name] = map[bool]int{true: 1}[is(t)]
		}
		return out
	}
}

// storeUp asks the store for a key nobody has.
func (n *Node) storeUp() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := n.store.Get(ctx, "node/-"); err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0
	}
	return 1
}

// decisions is the policy with its outcomes counted.
type decisions struct {
	*policy.Book
	allowed, denied atomic.Uint64
}

// Decide decides and counts.
func (d *decisions) Decide(ctx context.Context, q policy.Question) policy.Decision {
	out := d.Book.Decide(ctx, q)
	if out.Allow {
		d.allowed.Add(1)
	} else {
		d.denied.Add(1)
	}
	return out
}

// openMetrics serves /metrics, and nothing else, at an address of its own.
func (n *Node) openMetrics(context.Context) error {
	if n.cfg.HTTP.Metrics == "" {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", n.browser.NamedOnly(n.browser.MetricsHandler()))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	srv.WriteTimeout = 30 * time.Second
	var err error
	if n.scrapes, err = net.Listen("tcp", n.cfg.HTTP.Metrics); err != nil {
		return fmt.Errorf("http.metrics: %w", err)
	}
	n.serve("http.metrics", func() error { return srv.Serve(n.scrapes) }, srv.Shutdown)
	return nil
}

func (n *Node) metricsAddr() string {
	if n.scrapes == nil {
		return ""
	}
	return n.scrapes.Addr().String()
}
