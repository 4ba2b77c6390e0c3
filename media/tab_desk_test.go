package media

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/stun"

	"ringsplash/media/sdp"
)

// desk is a phone behind an RTP end that talks all the time and notes what it hears.
type desk struct {
	*phone
	end   *RTPEnd
	heard chan string // "PT letter"
	stop  chan struct{}
	wg    sync.WaitGroup
}

func newDesk(t *testing.T, l *Loop, c sdp.Codec) *desk {
	t.Helper()
	p := newPhone(t, localhost)
	number := uint8(mimes[c].PayloadType)
	rtpmap := fmt.Sprintf("a=rtpmap:%d %s/%d", number, c, c.Format().Clock())
	if c == sdp.Opus {
		rtpmap += "/2"
	}
	d := &desk{phone: p, heard: make(chan string, 1000), stop: make(chan struct{})}
	d.end = connect(t, l, p, RTPOptions{}, fmt.Sprint(number), rtpmap)
	d.wg.Go(d.listen)
	d.wg.Go(func() { d.speak(number, c.Format().Clock()/50) })
	t.Cleanup(func() {
		close(d.stop)
		_ = p.rtp.Close()
		d.wg.Wait()
	})
	return d
}

func (d *desk) listen() {
	for {
		n, err := d.rtp.Read(d.buf)
		if err != nil {
			return
		}
		var q packet
		if q.parse(d.buf[:n]) && len(q.payload) > 0 {
			select {
			case d.heard <- fmt.Sprintf("%d %c", q.payloadType, q.payload[0]):
			default:
			}
		}
	}
}

func (d *desk) speak(number uint8, span uint32) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	b := make([]byte, rtpHeaderSize)
	for seq, ts := uint16(1), uint32(1); ; seq, ts = seq+1, ts+span {
		select {
		case <-d.stop:
			return
		case <-tick.C:
		}
		writeHeader(b, false, number, seq, ts, 77)
		_, _ = d.rtp.WriteToUDPAddrPort(append(b, frame('p')...), d.to)
	}
}

func ufragOf(t *testing.T, answer string) string { return attributeOf(t, answer, "ice-ufrag") }

func attributeOf(t *testing.T, answer, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(answer, "a="+name+":")
	if !ok {
		t.Fatalf("no a=%s in\n%s", name, answer)
	}
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// check sends a valid nominating check, as a page does that then falls silent.
func check(t *testing.T, l *Loop, offer, answer string) *net.UDPConn {
	t.Helper()
	socket, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(l.WebRTCAddr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	msg, err := stun.Build(stun.BindingRequest, stun.TransactionID,
		stun.NewUsername(ufragOf(t, answer)+":"+ufragOf(t, offer)), ice.UseCandidate(), ice.AttrControlling(1),
		ice.PriorityAttr(1), stun.NewShortTermIntegrity(attributeOf(t, answer, "ice-pwd")), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := socket.Write(msg.Raw); err != nil {
		t.Fatal(err)
	}
	go answerChecks(socket, attributeOf(t, offer, "ice-pwd"))
	return socket
}

// answerChecks answers the agent's own check, without which it selects no pair.
func answerChecks(socket *net.UDPConn, password string) {
	buf := make([]byte, maxPacket)
	for {
		n, err := socket.Read(buf)
		if err != nil {
			return
		}
		request := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
		if request.Decode() != nil || request.Type != stun.BindingRequest {
			continue
		}
		at := socket.RemoteAddr().(*net.UDPAddr)
		msg, err := stun.Build(request, stun.BindingSuccess, &stun.XORMappedAddress{IP: at.IP, Port: at.Port},
			stun.NewShortTermIntegrity(password), stun.Fingerprint)
		if err == nil {
			_, _ = socket.Write(msg.Raw)
		}
	}
}
