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
	"ringsplash/store"
	"ringsplash/webclient"
)

// reading is one metric that is read when somebody asks: cheap, and nothing is
// counted twice. None has a label for each call, user or address.
type reading struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(emit func(value float64, labels ...string))
}

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

func (i instruments) add(kind prometheus.ValueType, name, help string, labels []string,
	read func(emit func(float64, ...string)),
) {
	i.MustRegister(&reading{prometheus.NewDesc("ringsplash_"+name, help, labels, nil), kind, read})
}

func (i instruments) gauge(name, help string, read func() float64) {
	i.add(prometheus.GaugeValue, name, help, nil, func(emit func(float64, ...string)) { emit(read()) })
}

func (i instruments) counter(name, help string, read func() float64) {
	i.add(prometheus.CounterValue, name, help, nil, func(emit func(float64, ...string)) { emit(read()) })
}

// metrics are the node's own numbers.
func (n *Node) metrics() prometheus.Gatherer {
	i := instruments{prometheus.NewRegistry()}
	n.callMetrics(i)
	n.mediaMetrics(i)
	n.sipMetrics(i)
	i.add(prometheus.CounterValue, "decisions_total", "Decisions on automatic answers, by outcome.", []string{"outcome"},
		func(emit func(float64, ...string)) {
			emit(float64(n.decisions.allowed.Load()), "allow")
			emit(float64(n.decisions.denied.Load()), "deny")
		})
	i.add(prometheus.CounterValue, "hook_events_total", "Events for web hooks, by outcome.", []string{"outcome"},
		func(emit func(float64, ...string)) {
			delivered, failed, dropped := n.hooks.Counts()
			emit(float64(delivered), "delivered")
			emit(float64(failed), "failed")
			emit(float64(dropped), "dropped")
		})
	i.gauge("store_up", "1 while the store answers, else 0.", n.storeUp)
	i.add(prometheus.GaugeValue, "build_info", "The build that runs; always 1.", []string{"version", "client", "go"},
		func(emit func(float64, ...string)) {
			emit(1, n.version, webclient.Build(), runtime.Version())
		})
	i.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return i
}

func (n *Node) callMetrics(i instruments) {
	i.gauge("calls", "Calls running now.", func() float64 { now, _ := n.gateway.Running(); return float64(now) })
	i.counter("calls_total", "Calls begun since the start.", func() float64 { _, all := n.gateway.Running(); return float64(all) })
	i.add(prometheus.CounterValue, "calls_refused_total", "Calls not taken at all, by cause.", []string{"cause"},
		func(emit func(float64, ...string)) {
			for cause, count := range n.gateway.Refused() {
				emit(float64(count), string(cause))
			}
		})
	i.counter("calls_without_sound_total", "Times that a tab in a talk had no sound for 5 seconds.",
		func() float64 { return float64(n.gateway.Silent()) })
	i.gauge("registrations", "Phones registered now.", func() float64 { return float64(n.bindings.Count()) })
}

func (n *Node) mediaMetrics(i instruments) {
	i.gauge("media_ends", "Media ends alive, two for a call between phones.", func() float64 { return float64(n.media.Ends()) })
	i.gauge("rtp_ports", "UDP ports bound for RTP and RTCP now.",
		func() float64 { bound, _ := n.media.Pairs(); return float64(2 * bound) })
	i.gauge("rtp_ports_free", "UDP ports that can be bound besides.",
		func() float64 { _, free := n.media.Pairs(); return float64(2 * free) })
	i.gauge("media_late_seconds", "By how much the 20 ms tick of media comes late, smoothed over 50 ticks.",
		func() float64 { return n.media.Late().Seconds() })
	i.counter("gate_dropped_packets_total", "Audio packets dropped by shut gates.",
		func() float64 { return float64(n.media.Totals().DroppedByGate) })
	i.counter("gate_passed_while_shut_total", "Audio packets that passed a shut gate. Anything but 0 is a fault.",
		func() float64 { return float64(n.media.Totals().PassedWhileShut) })
	i.add(prometheus.CounterValue, "media_packets_total", "Audio packets of all ends.", []string{"what"},
		func(emit func(float64, ...string)) {
			t := n.media.Totals()
			emit(float64(t.Received), "received")
			emit(float64(t.Sent), "sent")
			emit(float64(t.Lost), "lost")
			emit(float64(t.DroppedStranger), "from_strangers")
			emit(float64(t.DroppedBad), "bad")
		})
}

func (n *Node) sipMetrics(i instruments) {
	i.gauge("legs", "SIP legs alive, those included that wait for their last transaction.",
		func() float64 { return float64(n.sip.Legs()) })
	i.gauge("sip_streams", "TCP and TLS connections for SIP open now.", func() float64 { return float64(n.sip.Streams()) })
	i.add(prometheus.GaugeValue, "trunk_up", "1 while the trunk answers, and is registered at where it must be, else 0.",
		[]string{"trunk"}, func(emit func(float64, ...string)) {
			for _, t := range n.sip.Trunks() {
				emit(map[bool]float64{true: 1}[t.Up], t.Name)
			}
		})
	i.add(prometheus.GaugeValue, "trunk_found",
		"1 while the name of the trunk was found when it was looked up last, else 0: then its last address stays in use.",
		[]string{"trunk"}, func(emit func(float64, ...string)) {
			for _, t := range n.sip.Trunks() {
				emit(map[bool]float64{true: 1}[t.Found], t.Name)
			}
		})
	i.add(prometheus.GaugeValue, "sip_transactions",
		"SIP transactions that requests were let in for and that are open now, by who vouches for them.", []string{"of"},
		func(emit func(float64, ...string)) {
			open, strangers := n.sip.Transactions()
			emit(float64(open-strangers), "known")
			emit(float64(strangers), "strangers")
		})
	i.counter("sip_refused_total", "SIP requests refused without a transaction.",
		func() float64 { return float64(n.sip.RefusedStateless()) })
	i.add(prometheus.CounterValue, "sip_dropped_total", "SIP messages dropped before they were read, by reason.", []string{"why"},
		func(emit func(float64, ...string)) {
			d := n.sip.Dropped()
			emit(float64(d.NotSIP), "not_sip")
			emit(float64(d.Oversized), "oversized")
			emit(float64(d.Throttled), "throttled")
			emit(float64(d.Crowded), "crowded")
		})
	i.add(prometheus.CounterValue, "sip_logins_total", "Digest log-ins of phones, by outcome.", []string{"outcome"},
		func(emit func(float64, ...string)) {
			c := n.sip.Access().Counters()
			emit(float64(c.Challenged), "challenged")
			emit(float64(c.LoginFailed), "failed")
			emit(float64(c.LoginDeferred), "slowed")
		})
	i.add(prometheus.CounterValue, "registers_total", "Registrations since the start.", []string{"what"},
		func(emit func(float64, ...string)) {
			c := n.sip.Access().Counters()
			emit(float64(c.Registered), "registered")
			emit(float64(c.Unregistered), "unregistered")
		})
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
	srv := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second,
	}
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
