package rig

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Capture is what phones get and send on loopback. It needs root.
type Capture struct {
	t    testing.TB
	file string
	cmd  *exec.Cmd
	done chan struct{}
}

// StartCapture begins to capture the RTP of phones. It ends with the test.
func StartCapture(t testing.TB) *Capture {
	t.Helper()
	return startCapture(t, "udp portrange 20000-31999")
}

// StartSIPCapture begins to capture the SIP of scripted phones.
func StartSIPCapture(t testing.TB) *Capture {
	t.Helper()
	return startCapture(t, "udp port 5060")
}

func startCapture(t testing.TB, filter string) *Capture {
	t.Helper()
	c := &Capture{t: t, file: filepath.Join(scratch(t, "capture"), "udp.pcap"), done: make(chan struct{})}
	c.cmd = exec.Command("tcpdump", "-i", "lo", "-U", "--immediate-mode", "-Z", "root", "-c", "200000", "-w", c.file, filter)
	c.cmd.SysProcAttr = owned()
	words, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	listening := make(chan string, 1)
	go func() {
		defer close(c.done)
		var said strings.Builder
		for lines := bufio.NewScanner(words); lines.Scan(); {
			said.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), "listening on") {
				listening <- ""
			}
		}
		_ = c.cmd.Wait()
		select {
		case listening <- said.String():
		default:
		}
	}()
	if fault := <-listening; fault != "" {
		t.Fatalf("tcpdump: %s", fault)
	}
	return c
}

// Stop ends the capture; everything captured is in the file then.
func (c *Capture) Stop() {
	_ = c.cmd.Process.Signal(syscall.SIGINT)
	<-c.done
}

// Stream is one RTP stream of a capture.
type Stream struct {
	From, To    netip.AddrPort
	SSRC        uint32
	PayloadType byte
	Packets     []RTPPacket
}

// RTPPacket is one packet of a Stream.
type RTPPacket struct {
	At        time.Time
	Seq       uint16
	Timestamp uint32
	Payload   []byte
}

// Streams are the RTP streams captured so far, in the order they began.
func (c *Capture) Streams() []*Stream {
	c.t.Helper()
	text, err := os.ReadFile(c.file)
	if err != nil {
		c.t.Fatal(err)
	}
	return streamsOf(text)
}

// Of are the streams from and to the phone's present media port. A capture holds
// those of every phone on the machine, of other tests too.
func (c *Capture) Of(p *Phone) (found []*Stream) {
	c.t.Helper()
	port := p.mediaPort()
	for _, s := range c.Streams() {
		if s.From.Port() == port || s.To.Port() == port {
			found = append(found, s)
		}
	}
	return found
}

// to are the streams that went to the phone's present media port.
func (c *Capture) to(p *Phone) (found []*Stream) {
	c.t.Helper()
	port := p.mediaPort()
	for _, s := range c.Of(p) {
		if s.To.Port() == port {
			found = append(found, s)
		}
	}
	return found
}

// To is all sound that went to the phone as PCMU or PCMA, one stream after the
// other.
func (c *Capture) To(p *Phone) Recording {
	c.t.Helper()
	rec := Recording{Rate: 8000}
	for _, s := range c.to(p) {
		rec.Samples = append(rec.Samples, s.Recording().Samples...)
	}
	return rec
}

// Hears waits until nothing but the tone went to the phone for the last
// 300 ms. Unlike the phone's own recording it goes on after a hold.
func (c *Capture) Hears(p *Phone, hz float64) {
	c.t.Helper()
	start := c.To(p).Duration()
	Until(c.t, Patience, fmt.Sprintf("%g Hz goes to %s's phone", hz, p.name), func() bool {
		rec := c.To(p)
		last := rec.Last(300 * time.Millisecond)
		return rec.Duration() >= start+300*time.Millisecond && last.Heard(hz) == last.Duration()
	})
}

// Quiet waits until no RTP went to the phone for d.
func (c *Capture) Quiet(p *Phone, d time.Duration) {
	c.t.Helper()
	Until(c.t, Patience, "no RTP goes to "+p.name+"'s phone", func() bool {
		var last time.Time
		for _, s := range c.to(p) {
			if at := s.Packets[len(s.Packets)-1].At; at.After(last) {
				last = at
			}
		}
		return time.Since(last) > d
	})
}

// Datagram is one UDP datagram of a capture.
type Datagram struct {
	From, To netip.AddrPort
	Text     string
}

// Datagrams are all that was captured so far, in the order it was sent.
func (c *Capture) Datagrams() (all []Datagram) {
	c.t.Helper()
	pcap, err := os.ReadFile(c.file)
	if err != nil {
		c.t.Fatal(err)
	}
	eachDatagram(pcap, func(_ time.Time, from, to netip.AddrPort, body []byte) {
		all = append(all, Datagram{from, to, string(body)})
	})
	return all
}

// streamsOf reads a little-endian pcap file of Ethernet frames (loopback is
// one). What is not complete, IPv4, UDP and RTP is skipped.
func streamsOf(pcap []byte) []*Stream {
	var all []*Stream
	type key struct {
		from, to netip.AddrPort
		ssrc     uint32
		pt       byte
	}
	known := map[key]*Stream{}
	eachDatagram(pcap, func(at time.Time, from, to netip.AddrPort, datagram []byte) {
		pkt, ssrc, pt, ok := rtpOf(datagram)
		if !ok {
			return
		}
		pkt.At = at
		k := key{from, to, ssrc, pt}
		if known[k] == nil {
			known[k] = &Stream{From: from, To: to, SSRC: ssrc, PayloadType: pt}
			all = append(all, known[k])
		}
		known[k].Packets = append(known[k].Packets, pkt)
	})
	return all
}

// eachDatagram walks through the UDP datagrams of a pcap file that are complete.
func eachDatagram(pcap []byte, f func(at time.Time, from, to netip.AddrPort, body []byte)) {
	const fileHead, recordHead, etherHead = 24, 16, 14
	for at := fileHead; at+recordHead <= len(pcap); {
		sec, usec, n := binary.LittleEndian.Uint32(pcap[at:]), binary.LittleEndian.Uint32(pcap[at+4:]),
			int(binary.LittleEndian.Uint32(pcap[at+8:]))
		at += recordHead
		if at+n > len(pcap) {
			break
		}
		from, to, body := udpOf(pcap[at+etherHead : at+n])
		at += n
		f(time.Unix(int64(sec), int64(usec)*1000), from, to, body)
	}
}

func udpOf(ip []byte) (from, to netip.AddrPort, payload []byte) {
	if len(ip) < 28 || ip[0]>>4 != 4 || ip[9] != syscall.IPPROTO_UDP {
		return from, to, nil
	}
	head := int(ip[0]&15) * 4
	udp := ip[head:]
	end := min(int(binary.BigEndian.Uint16(udp[4:])), len(udp))
	port := func(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[12:16])), port(udp)),
		netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[16:20])), port(udp[2:])), udp[8:end]
}

func rtpOf(b []byte) (pkt RTPPacket, ssrc uint32, pt byte, ok bool) {
	if len(b) < 12 || b[0]>>6 != 2 || b[1]&127 >= 64 && b[1]&127 <= 95 { // RTCP shares the version
		return pkt, 0, 0, false
	}
	head := 12 + 4*int(b[0]&15)
	if b[0]&0x10 != 0 && len(b) >= head+4 {
		head += 4 + 4*int(binary.BigEndian.Uint16(b[head+2:]))
	}
	if len(b) < head {
		return pkt, 0, 0, false
	}
	return RTPPacket{
		Seq:       binary.BigEndian.Uint16(b[2:]),
		Timestamp: binary.BigEndian.Uint32(b[4:]),
		Payload:   b[head:],
	}, binary.BigEndian.Uint32(b[8:]), b[1] & 127, true
}

// Recording decodes PCMU and PCMA, each packet at its timestamp; what was not
// sent is silence. Other payloads give an empty recording.
func (s *Stream) Recording() Recording {
	rec := Recording{Rate: 8000}
	decode := map[byte]func(byte) int16{0: fromULaw, 8: fromALaw}[s.PayloadType]
	if decode == nil {
		return rec
	}
	for _, p := range s.Packets {
		at := int(p.Timestamp - s.Packets[0].Timestamp)
		if at < 0 || at > 8000*3600 { // before the first, or nonsense
			continue
		}
		if need := at + len(p.Payload); need > len(rec.Samples) {
			rec.Samples = append(rec.Samples, make([]int16, need-len(rec.Samples))...)
		}
		for i, b := range p.Payload {
			rec.Samples[at+i] = decode(b)
		}
	}
	return rec
}

// fromULaw and fromALaw expand one sample (ITU-T G.711).
func fromULaw(b byte) int16 {
	b = ^b
	v := (int16(b&15)<<3 + 132) << (b >> 4 & 7)
	if b&0x80 != 0 {
		return 132 - v
	}
	return v - 132
}

func fromALaw(b byte) int16 {
	b ^= 0x55
	v, segment := int16(b&15)<<4, b>>4&7
	if segment == 0 {
		v += 8
	} else {
		v = (v + 264) << (segment - 1)
	}
	if b&0x80 == 0 {
		return -v
	}
	return v
}
