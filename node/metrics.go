package node

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics are the node's own numbers, without a label for each call.
func (n *Node) metrics() prometheus.Gatherer {
	r := prometheus.NewRegistry()
	gauge := func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "ringsplash", Name: name, Help: help}, f))
	}
	gauge("calls", "Calls running now.", func() float64 { now, _ := n.gateway.Running(); return float64(now) })
	gauge("calls_begun", "Calls begun since the start.", func() float64 { _, all := n.gateway.Running(); return float64(all) })
	gauge("bindings", "Registered phones.", func() float64 { return float64(n.bindings.Count()) })
	gauge("rtp_ends", "Media ends alive, two for a call between phones.", func() float64 { return float64(n.media.Ends()) })
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}
