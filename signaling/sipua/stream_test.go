package sipua

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func dialTCP(t *testing.T, at string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// What a stream brings, in pieces of any size: messages, keep-alives, and what
// makes the UA close it.
func TestStreamFrames(t *testing.T) {
	b := newParty(t, nil)
	good := func() string { return rawMessage("OPTIONS sip:example.test SIP/2.0", options("TCP"), "") }
	with := func(header string) string { return strings.Replace(good(), "Max-Forwards: 70", header, 1) }
	pad := strings.Repeat("x", 70)
	for _, row := range []struct {
		name, text string
		want       string // statuses of the answers, "close" at the end
	}{
		{"one", good(), "200"},
		{"two at once", good() + good(), "200 200"},
		{"body", strings.Replace(good(), "Content-Length: 0\r\n\r\n", "l : 5\r\n\r\nhello", 1), "200"},
		{"folded length", strings.Replace(good(), "Content-Length: 0", "Content-Length:\r\n 0", 1), "200"},
		{"CRLF before", "\r\n" + good(), "200"},
		{"no length", strings.Replace(good(), "Content-Length: 0\r\n", "", 1) + good(), "200 200"},
		{"no length of a body", strings.Replace(good(), "Content-Length: 0", "Content-Type: text/plain", 1) + "hello", "400 close"},
		{"bad length", strings.Replace(good(), "Content-Length: 0", "Content-Length: x", 1), "400 close"},
		{"two lengths", strings.Replace(good(), "Content-Length: 0", "Content-Length: 5\r\nl: 0", 1) + "hello", "400 close"},
		{"LF alone", strings.ReplaceAll(good(), "\r\n", "\n") + good(), "200 200"},
		{
			"LF alone, no length", strings.Replace(strings.ReplaceAll(good(), "\r\n", "\n"), "Content-Length: 0\n", "", 1) + good(),
			"200 200",
		},
		{"not SIP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "close"},
		{"large", with(strings.Repeat("X: "+pad+"\r\n", 400) + "Y: 1"), "200"},
		{"headers too large", with(strings.Repeat("X: "+pad+"\r\n", 800) + "Y: 1"), "513 close"},
		{"body too large", strings.Replace(good(), "Content-Length: 0", "Content-Length: 60000", 1), "513 close"},
	} {
		for _, piece := range []int{1 << 20, 7} {
			t.Run(fmt.Sprint(row.name, piece), func(t *testing.T) {
				c := dialTCP(t, b.at("tcp"))
				// A branch of its own: the row before may still have its transaction.
				text := strings.ReplaceAll(row.text, "z9hG4bK", "z9hG4bK"+message.NewToken())
				go func() {
					for text != "" {
						n := min(piece, len(text))
						if _, err := c.Write([]byte(text[:n])); err != nil {
							return
						}
						text = text[n:]
					}
				}()
				_ = c.SetDeadline(time.Now().Add(wait))
				var got []string
				r := bufio.NewReader(c)
				for len(got) < len(strings.Fields(row.want)) {
					res := answerFrom(t, r)
					if res == nil {
						got = append(got, "close")
						break
					}
					got = append(got, fmt.Sprint(res.StatusCode))
				}
				same(t, "answers", strings.Join(got, " "), row.want)
			})
		}
	}
}

// A ping between messages is answered (RFC 5626 3.5.1).
func TestStreamPing(t *testing.T) {
	c := dialTCP(t, newParty(t, nil).at("tcp"))
	_ = c.SetDeadline(time.Now().Add(wait))
	pong := make([]byte, 2)
	if _, err := c.Write([]byte("\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, pong); err != nil || string(pong) != "\r\n" {
		t.Fatalf("%q, %v", pong, err)
	}
	if res := ask(t, c, rawMessage("OPTIONS sip:example.test SIP/2.0", options("TCP"), "")); res == nil || res.StatusCode != 200 {
		t.Fatalf("after the ping: %v", res)
	}
}

// Who does not go on is not waited for.
func TestStreamDeadlines(t *testing.T) {
	short := 50 * time.Millisecond
	whole := rawMessage("OPTIONS sip:example.test SIP/2.0", options("TCP"), "")
	for _, row := range []struct {
		name, text string
		timers     wire.StreamTimers
	}{
		{"says nothing", "", wire.StreamTimers{First: short}},
		{"only pings", "\r\n", wire.StreamTimers{First: short}},
		{"half a message", whole[:50], wire.StreamTimers{Message: short}},
		{"half a body", strings.Replace(whole, "Content-Length: 0", "Content-Length: 9", 1), wire.StreamTimers{Message: short}},
		{"falls silent", whole, wire.StreamTimers{Idle: short}},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := newParty(t, func(c *setup) { c.Stream = row.timers })
			c := dialTCP(t, b.at("tcp"))
			if _, err := c.Write([]byte(row.text)); err != nil {
				t.Fatal(err)
			}
			_ = c.SetDeadline(time.Now().Add(wait))
			if _, err := io.Copy(io.Discard, c); err != nil {
				t.Fatalf("not closed: %v", err)
			}
		})
	}
}
