package media

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// reportNow has the end report at its next tick.
func reportNow(e *RTPEnd) { e.out.report.next.Store(0) }

func (p *phone) receiveRTCP() []rtcp.Packet {
	p.t.Helper()
	_ = p.rtcp.SetReadDeadline(time.Now().Add(patience))
	n, _, err := p.rtcp.ReadFromUDPAddrPort(p.buf)
	if err != nil {
		p.t.Fatal(err)
	}
	packets, err := rtcp.Unmarshal(p.buf[:n])
	if err != nil {
		p.t.Fatal(err)
	}
	return packets
}

func TestReports(t *testing.T) {
	l := newLoop(t, Config{})
	p := newPhone(t, localhost)
	e := connect(t, l, p, RTPOptions{}, "0")
	for _, seq := range []uint16{1, 2, 4} {
		p.send(rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Timestamp: uint32(seq) * 160, SSRC: 77}, Payload: make([]byte, 160)})
	}
	eventually(t, "three packets", func() bool { return e.Stats().Received == 3 })
	reportNow(e)
	rr, ok := p.receiveRTCP()[0].(*rtcp.ReceiverReport)
	if !ok || len(rr.Reports) != 1 {
		t.Fatalf("only received: %v", rr)
	}
	if b := rr.Reports[0]; b.SSRC != 77 || b.TotalLost != 1 || b.FractionLost != 64 || b.LastSequenceNumber != 4 {
		t.Errorf("block %+v", b)
	}

	// An SR of the phone is answered in the next block; its BYE is ignored.
	toRTCP := p.to
	b, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.SenderReport{SSRC: 77, NTPTime: 0x1122334455667788}, &rtcp.Goodbye{Sources: []uint32{77}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.rtcp.WriteTo(b, e.sockets.Load().rtcp.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the SR", func() bool { return e.out.report.lastSR.Load() == 0x33445566 })
	e.Hear(Silence)
	first := p.receive()
	reportNow(e)
	packets := p.receiveRTCP()
	sr, ok := packets[0].(*rtcp.SenderReport)
	if !ok || sr.SSRC != first.SSRC || sr.PacketCount == 0 || sr.OctetCount != sr.PacketCount*160 || len(sr.Reports) != 1 {
		t.Fatalf("after sending: %v", packets[0])
	}
	if b := sr.Reports[0]; b.LastSenderReport != 0x33445566 || b.Delay == 0 || b.Delay > 65536*5 {
		t.Errorf("block %+v", b)
	}
	if _, ok := packets[1].(*rtcp.SourceDescription); !ok {
		t.Errorf("no CNAME: %v", packets[1])
	}
	if d := int32(sr.RTPTime - first.Timestamp); d < 0 || d > 8*5000 {
		t.Errorf("RTP time %d after the first packet's", d)
	}
	ntp := time.Unix(int64(sr.NTPTime>>32)-2208988800, 0)
	if d := time.Since(ntp); d < -time.Second || d > patience {
		t.Errorf("NTP time is %s ago", d)
	}

	// RTCP on the RTP port is RTCP too, and no packet of the talk.
	before := e.Stats().Received
	if _, err := p.rtp.WriteToUDPAddrPort(b, toRTCP); err != nil {
		t.Fatal(err)
	}
	e.out.report.lastSR.Store(0)
	eventually(t, "the SR on the RTP port", func() bool { return e.out.report.lastSR.Load() != 0 })
	if e.Stats().Received != before {
		t.Error("RTCP was taken for RTP")
	}
}

func TestRTCPOnOnePort(t *testing.T) {
	l := newLoop(t, Config{})
	p := newPhone(t, localhost)
	e := connect(t, l, p, RTPOptions{}, "0", "a=rtcp-mux")
	e.Hear(Silence)
	p.receive()
	reportNow(e)
	for {
		_ = p.rtp.SetReadDeadline(time.Now().Add(patience))
		n, _, err := p.rtp.ReadFromUDPAddrPort(p.buf)
		if err != nil {
			t.Fatal(err)
		}
		if isRTCP(p.buf[:n]) {
			return
		}
	}
}
