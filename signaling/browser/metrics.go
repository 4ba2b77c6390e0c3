package browser

import (
	"errors"
	"net/http"
	"net/netip"
	"strconv"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the counters of the browser side, in a registry of their own.
type metrics struct {
	registry *prometheus.Registry
	logins   *prometheus.CounterVec // by outcome: ok or the problem's code
	commands *prometheus.CounterVec // by do and outcome: ok or the error's code
	closes   *prometheus.CounterVec // by close code, 0 for a tab that went away
}

func newMetrics(open *sockets) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		logins:   counter("logins_total", "Log-ins by outcome.", "outcome"),
		commands: counter("commands_total", "Commands of tabs by outcome.", "do", "outcome"),
		closes:   counter("socket_closes_total", "Ended sockets by close code, 0 when the tab went away.", "code"),
	}
	m.registry.MustRegister(m.logins, m.commands, m.closes,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ringsplash_sockets", Help: "Open sockets of tabs."},
			func() float64 { return float64(open.count()) }))
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ringsplash_" + name, Help: help}, labels)
}

func (m *metrics) login(err error) {
	outcome := "ok"
	var p *problem
	switch {
	case errors.As(err, &p):
		outcome = p.Code
	case err != nil:
		outcome = "store_away"
	}
	m.logins.WithLabelValues(outcome).Inc()
}

func (m *metrics) closed(code int) { m.closes.WithLabelValues(strconv.Itoa(code)).Inc() }

// serveMetrics shows the counters to programs on this machine and to
// administrators: they tell how busy the house is.
func (s *Server) serveMetrics(c echo.Context) error {
	if !s.onThisMachine(c) {
		found, err := s.loggedIn(c)
		if err != nil {
			return err
		}
		if user, ok := s.conf.People.User(found.User); !ok || !user.Admin || found.Origin != "" {
			return refuse(http.StatusForbidden, "forbidden", "problem.metrics_not_yours")
		}
	}
	s.MetricsHandler().ServeHTTP(c.Response(), c.Request())
	return nil
}

// onThisMachine tells whether a program of this machine asks for itself: a
// proxy here that nobody listed under http.trusted_proxies speaks for others.
func (s *Server) onThisMachine(c echo.Context) bool {
	from, err := netip.ParseAddr(c.RealIP())
	h := c.Request().Header
	forwarded := h.Get(echo.HeaderXForwardedFor) != "" || h.Get("Forwarded") != ""
	return err == nil && from.Unmap().IsLoopback() && (!forwarded || s.trusts(c.Request()))
}

// MetricsHandler shows all counters to whoever can reach it.
func (s *Server) MetricsHandler() http.Handler {
	all := prometheus.Gatherers{s.metrics.registry}
	if s.conf.Metrics != nil {
		all = append(all, s.conf.Metrics)
	}
	return promhttp.HandlerFor(all, promhttp.HandlerOpts{})
}
