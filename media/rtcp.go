package media

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// reportEvery is the time between two RTCP reports of an end (RFC 3550 6.2).
const reportEvery = 5 * time.Second

// report is what an end needs for its RTCP. next is read without the lock,
// lastSR and srAt are written by the receiving goroutine.
type report struct {
	next   atomic.Int64  // loop clock of the next one
	lastSR atomic.Uint32 // middle of the last SR's NTP time received
	srAt   atomic.Int64
	sent   uint64 // packets, at the last report
	got    uint64
	// For the fraction lost since the last report (RFC 3550 A.3).
	expected, received uint32
}

// born spreads the reports of ends made together.
func (r *report) born(at int64) {
	r.next.Store(at + int64(reportEvery)/2 + rand.Int64N(int64(reportEvery)/2))
}

func newSSRC() uint32 { return rand.Uint32() }

// sendReport sends an SR when audio was sent since the last report, an RR when
// it was only received, nothing when neither. Called with out.mu held.
func (e *End) sendReport(at int64) {
	o := &e.out
	r := &o.report
	r.next.Store(at + int64(reportEvery))
	sent, got := e.counters.sent.Load(), e.counters.received.Load()
	blocks := e.receptionReport(at)
	var head rtcp.Packet
	switch {
	case sent != r.sent:
		ntp, ts := e.loop.wall(at), o.stream.anchorTS
		ts += uint32((at - o.stream.anchorAt) / 1000 * int64(o.stream.audio.Clock()) / 1e6)
		head = &rtcp.SenderReport{
			SSRC: o.stream.ssrc, NTPTime: ntpTime(ntp), RTPTime: ts,
			PacketCount: uint32(sent), OctetCount: uint32(e.counters.sentBytes.Load()), Reports: blocks,
		}
	case got != r.got:
		head = &rtcp.ReceiverReport{SSRC: o.stream.ssrc, Reports: blocks}
	default:
		return
	}
	r.sent, r.got = sent, got
	// Each compound packet carries the CNAME, RFC 3550 6.1.
	e.wire.sendRTCP([]rtcp.Packet{head, rtcp.NewCNAMESourceDescription(o.stream.ssrc, "ringsplash")})
}

// receptionReport is the report block on what this end receives (RFC 3550 6.4.1).
func (e *End) receptionReport(at int64) []rtcp.ReceptionReport {
	in, r := &e.in, &e.out.report
	if in.last.Load() == 0 {
		return nil
	}
	highest := in.highest.Load()
	expected, received := highest-in.base.Load()+1, in.got.Load()
	b := rtcp.ReceptionReport{
		SSRC: in.ssrc.Load(), LastSequenceNumber: highest - 1<<16,
		TotalLost: uint32(min(in.lostNow(), 0x7fffff)), Jitter: in.jitter16.Load() >> 4,
	}
	if de, dr := expected-r.expected, received-r.received; int32(de) > 0 && int32(de-dr) > 0 {
		b.FractionLost = uint8(min(uint64(de-dr)<<8/uint64(de), 255))
	}
	r.expected, r.received = expected, received
	if sr := r.lastSR.Load(); sr != 0 {
		b.LastSenderReport = sr
		b.Delay = uint32((at - r.srAt.Load()) / 1000 * 65536 / 1e6)
	}
	return []rtcp.ReceptionReport{b}
}

// receiveRTCP takes an RTCP packet of the end's device, decrypted. Only the
// time of an SR matters; the rest, BYE too, is ignored: the signalling says
// when a call is over.
func (e *End) receiveRTCP(b []byte) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		e.counters.droppedBad.Add(1)
		return
	}
	for _, p := range packets {
		if sr, ok := p.(*rtcp.SenderReport); ok {
			e.out.report.lastSR.Store(uint32(sr.NTPTime >> 16))
			e.out.report.srAt.Store(e.loop.now())
		}
	}
}

// ntpTime is t as a 64 bit NTP timestamp (RFC 3550 4).
func ntpTime(t time.Time) uint64 {
	const from1900to1970 = 2208988800
	return uint64(t.Unix()+from1900to1970)<<32 | uint64(t.Nanosecond())<<32/1e9
}
