package rig

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// FloodMethods are the requests of strangers that Flood can send.
var FloodMethods = []string{"OPTIONS", "REGISTER", "INVITE", "BYE", "CANCEL", "MESSAGE", "SUBSCRIBE"}

// Flood sends requests of strangers to a gateway and counts what comes back.
type Flood struct {
	// Method is one of FloodMethods; the requests are for alice.
	Method string
	// Addresses is from how many addresses of 127.77.0.0/16 they come, and
	// Rate how many a second from all of them together.
	Addresses, Rate int
	// Mutate changes some bytes of each.
	Mutate bool
}

// FloodResult is what a Flood sent and got.
type FloodResult struct{ Sent, SentBytes, Got, GotBytes int64 }

// Amplification is how many bytes came back for each that was sent.
func (r FloodResult) Amplification() float64 {
	return float64(r.GotBytes) / float64(max(1, r.SentBytes))
}

// Run sends for a while and returns when everything that was sent and answered
// has come, at most a second later.
func (f Flood) Run(t testing.TB, g *Gateway, d time.Duration) FloodResult {
	t.Helper()
	var out FloodResult
	var got, gotBytes atomic.Int64
	var readers sync.WaitGroup
	conns := make([]*net.UDPConn, f.Addresses)
	texts, places := make([][]byte, f.Addresses), make([][]int, f.Addresses)
	for i := range conns {
		c, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 77, byte(i/250), byte(1+i%250))}, net.UDPAddrFromAddrPort(g.SIP))
		if err != nil {
			t.Fatal(err)
		}
		conns[i], texts[i] = c, f.text(c.LocalAddr().String())
		places[i] = serials(texts[i])
		readers.Go(func() {
			for b := make([]byte, 4096); ; {
				n, err := c.Read(b)
				if err != nil {
					return
				}
				got.Add(1)
				gotBytes.Add(int64(n))
			}
		})
	}
	random := rand.New(rand.NewPCG(1, 2))
	began, n := time.Now(), 0
	for elapsed := time.Duration(0); elapsed < d; elapsed = time.Since(began) {
		for due := int(elapsed.Seconds() * float64(f.Rate)); n < due; n++ {
			at := n % len(conns)
			text := texts[at]
			number := fmt.Sprintf("%08x", n)
			for _, p := range places[at] {
				copy(text[p:], number)
			}
			if f.Mutate {
				text = mutated(random, text)
			}
			if sent, err := conns[at].Write(text); err == nil {
				out.Sent++
				out.SentBytes += int64(sent)
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	for last, until := int64(-1), time.Now().Add(time.Second); got.Load() != last &&
		time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		last = got.Load()
	}
	for _, c := range conns {
		_ = c.Close()
	}
	readers.Wait()
	out.Got, out.GotBytes = got.Load(), gotBytes.Load()
	return out
}

// serial is what Run replaces by the number of a request.
const serial = "########"

// text is a request of the flood, with serial where each differs.
func (f Flood) text(from string) []byte {
	alice, body, kind := Alice.Address(), "", ""
	if f.Method == "INVITE" {
		host, _, _ := net.SplitHostPort(from)
		body = "v=0\r\no=- 1 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n"
		kind = "Content-Type: application/sdp\r\n"
	}
	tag := ""
	if f.Method == "BYE" {
		tag = ";tag=nobody"
	}
	return []byte(fmt.Sprintf("%[1]s %[2]s SIP/2.0\r\nVia: SIP/2.0/UDP %[3]s;branch=z9hG4bK"+serial+";rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:x@stranger.example>;tag="+serial+"\r\nTo: <%[2]s>%[4]s\r\nCall-ID: "+serial+"@%[3]s\r\nCSeq: 1 %[1]s\r\n"+
		"Contact: <sip:x@%[3]s>\r\nUser-Agent: a flood of strangers\r\n%[5]sContent-Length: %[6]d\r\n\r\n%[7]s",
		f.Method, alice, from, tag, kind, len(body), body))
}

// serials are where serial stands in a text.
func serials(text []byte) (at []int) {
	for from := 0; ; from = at[len(at)-1] + len(serial) {
		i := bytes.Index(text[from:], []byte(serial))
		if i < 0 {
			return at
		}
		at = append(at, from+i)
	}
}

// mutated is a copy with up to eight bytes changed, put in or left out.
func mutated(r *rand.Rand, text []byte) []byte {
	out := append([]byte(nil), text...)
	for range 1 + r.IntN(8) {
		at := r.IntN(max(1, len(out)-1)) // one byte stays
		switch r.IntN(4) {
		case 0:
			out = append(out[:at], out[min(at+1, len(out)-1):]...)
		case 1:
			out = append(out[:at:at], append([]byte{byte(r.Uint32())}, out[at:]...)...)
		case 2:
			out = out[:at+1]
		default:
			out[at] = byte(r.Uint32())
		}
	}
	return out
}
