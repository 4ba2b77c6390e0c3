package rig

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// SlowStreams opens n TCP connections from several addresses and sends half a
// request on each. The function it returns waits until the gateway has closed
// them and tells how many are open after Patience.
func (g *Gateway) SlowStreams(t testing.TB, n int) (open func() int) {
	t.Helper()
	var conns []net.Conn
	from := NewAddr()
	for i := range n {
		if i%150 == 149 { // one address may have so many only
			from = NewAddr()
		}
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := d.Dial("tcp", g.At("tcp", false))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := fmt.Fprintf(c, "INVITE sip:alice@%s SIP/2.0\r\nVia: SIP/2.0/TCP ", Domain); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	return func() (left int) {
		end := time.Now().Add(Patience)
		for _, c := range conns {
			_ = c.SetReadDeadline(end)
			if _, err := c.Read(make([]byte, 1)); err != nil && strings.Contains(err.Error(), "timeout") {
				left++
			}
		}
		return left
	}
}

// Oversized sends a request with that many bytes of headers over TCP or TLS and
// returns the status of the answer, 0 for none. The connection must be closed then.
func (g *Gateway) Oversized(t testing.TB, transport string, size int) (status int) {
	t.Helper()
	c, err := net.Dial("tcp", g.At(transport, false))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if transport == "tls" {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a stranger does not care
	}
	_ = c.SetDeadline(time.Now().Add(Patience))
	go func() {
		_, _ = fmt.Fprintf(c, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1;branch=z9hG4bKbig\r\nFrom: "+
			"<sip:a@b>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: big\r\nCSeq: 1 OPTIONS\r\n%sContent-Length: 0\r\n\r\n",
			Domain, strings.ToUpper(transport), Domain, strings.Repeat("X: "+strings.Repeat("x", 95)+"\r\n", size/100))
	}()
	r := bufio.NewReader(c)
	if line, err := r.ReadString('\n'); err == nil {
		_, _ = fmt.Sscanf(line, "SIP/2.0 %d", &status)
	}
	for err == nil { // until it is closed
		_, err = r.ReadString('\n')
	}
	if strings.Contains(err.Error(), "timeout") {
		t.Errorf("the connection stays open after %d bytes of headers over %s", size, transport)
	}
	return status
}
