package bench

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"ringsplash/media"
	"ringsplash/media/sdp"
)

const (
	// relayBatch packets are timed together: the kernel's account of CPU time
	// is too coarse for one.
	relayBatch = 256
	payload    = 160
)

// leg is a phone's socket and the gateway's end for it.
type leg struct {
	conn *net.UDPConn
	end  *media.RTPEnd
	to   netip.AddrPort
}

func newLeg(b *testing.B, l *media.Loop) leg {
	b.Helper()
	local := netip.MustParseAddr("127.0.0.1")
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	_ = conn.SetReadBuffer(1 << 20)
	end, err := l.NewRTPEnd(media.RTPOptions{Peer: local})
	if err != nil {
		b.Fatal(err)
	}
	port := conn.LocalAddr().(*net.UDPAddr).Port
	offer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n", port)
	if _, err := end.TakeOffer([]byte(offer)); err != nil {
		b.Fatal(err)
	}
	if _, _, err := end.Answer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv); err != nil {
		b.Fatal(err)
	}
	return leg{conn, end, end.Addr()}
}

// cpu is the CPU time of this process so far, user and system.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRelayRTP measures what one packet costs from RTP to RTP, as CPU time
// of the process and as delay. The phones' sockets are in the same process:
// BenchmarkRelayFloor is the same without a gateway between them.
func BenchmarkRelayRTP(b *testing.B) {
	l, err := media.Listen(media.Config{}, slog.Default())
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	from, to := newLeg(b, l), newLeg(b, l)
	to.end.Hear(from.end)
	relay(b, from.conn, to.conn, from.to)
	if s := from.end.Stats(); s.DroppedByGate+s.DroppedStranger+s.DroppedBad != 0 {
		b.Fatalf("%+v", s)
	}
}

// BenchmarkRelayFloor sends from one phone's socket to the other's.
func BenchmarkRelayFloor(b *testing.B) {
	l, err := media.Listen(media.Config{}, slog.Default())
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	from, to := newLeg(b, l), newLeg(b, l)
	relay(b, from.conn, to.conn, to.conn.LocalAddr().(*net.UDPAddr).AddrPort())
}

// relay sends packets one by one and waits for each at the far end.
func relay(b *testing.B, from, to *net.UDPConn, via netip.AddrPort) {
	b.Helper()
	packet := make([]byte, 12+payload)
	packet[0] = 0x80
	buf := make([]byte, 2000)
	var costs, delays []time.Duration
	n := 0
	_ = to.SetReadDeadline(time.Now().Add(time.Minute))
	for b.Loop() {
		before := cpu(b)
		for range relayBatch {
			n++
			binary.BigEndian.PutUint16(packet[2:], uint16(n))
			binary.BigEndian.PutUint32(packet[4:], uint32(n)*payload)
			start := time.Now()
			if _, err := from.WriteToUDPAddrPort(packet, via); err != nil {
				b.Fatal(err)
			}
			if _, _, err := to.ReadFromUDPAddrPort(buf); err != nil {
				b.Fatal(err)
			}
			delays = append(delays, time.Since(start))
		}
		costs = append(costs, (cpu(b)-before)/relayBatch)
	}
	runtime.KeepAlive(buf)
	report(b, "cpu", costs)
	report(b, "delay", delays)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/packet")
}

// report prints median and 99th percentile in microseconds.
func report(b *testing.B, what string, all []time.Duration) {
	slices.Sort(all)
	us := func(q int) float64 { return float64(all[(len(all)-1)*q/100].Nanoseconds()) / 1000 }
	b.ReportMetric(us(50), what+"-us-p50")
	b.ReportMetric(us(99), what+"-us-p99")
}
