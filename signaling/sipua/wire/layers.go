package wire

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"syscall"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

const (
	// maxDatagram is the largest UDP payload over IPv4. sipgo refuses what is
	// larger than UDPMTUSize-200; we let IP fragment instead.
	maxDatagram = 65507
	// maxSources is how many peer addresses sipgo may remember for its UDP
	// sockets before they are forgotten; it would keep them for ever.
	maxSources = 50000
)

// sipgo's package variables are not synchronised.
func init() {
	sip.UDPMTUSize = maxDatagram + 200
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
}

// setT1 sets the times of all transactions. Timer D must outlast the far end's
// repeats only (RFC 3261 17.1.1.2).
func setT1(t1 time.Duration) {
	sip.SetTimers(t1, 8*t1, 10*t1)
	sip.Timer_D = 64 * t1
}

// newSIP makes sipgo's layers for w.
func (w *Sockets) newLayers() error {
	if w.cfg.T1 > 0 {
		setT1(w.cfg.T1)
	}
	quiet := slog.New(quietLog{w.log.Handler()})
	stack, err := sipgo.NewUA(
		sipgo.WithUserAgent(message.Product),
		sipgo.WithUserAgentParser(message.NewParser()),
		sipgo.WithUserAgentTransportLayerOptions(
			sip.WithTransportLayerLogger(quiet),
			sip.WithTransportLayerReadFilter(w.above.Read),
			sip.WithTransportLayerTransports(sip.TransportsConfig{TCP: neverDials(), TLS: &sip.TransportTLS{TransportTCP: neverDials()}}),
		),
		sipgo.WithUserAgentTransactionLayerOptions(
			sip.WithTransactionLayerLogger(quiet),
			sip.WithTransactionLayerUnhandledResponseHandler(w.above.Stray),
			// A caller whose TCP connection died would ring for ever otherwise.
			sip.WithTransactionLayerTerminateOnConnClose(),
		),
	)
	if err != nil {
		return fmt.Errorf("sipua: %w", err)
	}
	server, err := sipgo.NewServer(stack, sipgo.WithServerLogger(quiet))
	if err != nil {
		return fmt.Errorf("sipua: %w", err)
	}
	w.stack, w.server = stack, server
	return nil
}

// neverDials is a transport that uses the connections there are. Connect
// makes new ones, with a name to check and a bound on the time; sipgo would also
// dial the passing port of a phone that has gone.
func neverDials() *sip.TransportTCP {
	return &sip.TransportTCP{DialerCreate: func(net.Addr) net.Dialer {
		return net.Dialer{Control: func(string, string, syscall.RawConn) error { return ErrFlowGone }}
	}}
}

// keepServing reads s until it is closed. A panic in the parser, which runs in this
// goroutine for UDP, costs one datagram.
func (w *Sockets) keepServing(s *Socket) {
	for {
		err := w.serveOnce(s)
		select {
		case <-w.stop.Done():
			return
		default:
		}
		if s.packet != nil && err == nil {
			continue // sweep interrupted it
		}
		w.log.Error("sip: listener stopped, starting it again", "listen", s.Network+"://"+s.Addr.String(), "err", err)
		select {
		case <-w.stop.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (w *Sockets) serveOnce(s *Socket) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if s.packet != nil {
		s.packet.fresh = true
		return w.server.ServeUDP(s.packet)
	}
	if s.Network == "tls" {
		return w.server.ServeTLS(s.stream)
	}
	return w.server.ServeTCP(s.stream)
}

// sweep keeps connections alive and sipgo's memory of UDP peers bounded: it
// makes the readers start again, which forgets all of them.
func (w *Sockets) sweep() {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-w.stop.Done():
			return
		case now := <-tick.C:
			w.pingFlows(now)
		}
		if w.stack.TransportLayer().Pool("udp").Size() < maxSources {
			continue
		}
		for _, s := range w.socks {
			if s.packet != nil {
				s.packet.interrupt()
			}
		}
	}
}

// quietLog passes sipgo's log lines on as debug lines, without message bodies:
// what a stranger sends must not fill the log. What matters is logged by us.
type quietLog struct{ slog.Handler }

func (q quietLog) Enabled(ctx context.Context, _ slog.Level) bool {
	return q.Handler.Enabled(ctx, slog.LevelDebug)
}

func (q quietLog) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, slog.LevelDebug, "sipgo: "+r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != "data" {
			out.AddAttrs(a)
		}
		return true
	})
	return q.Handler.Handle(ctx, out)
}

func (q quietLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietLog{q.Handler.WithAttrs(attrs)}
}

func (q quietLog) WithGroup(name string) slog.Handler { return quietLog{q.Handler.WithGroup(name)} }
