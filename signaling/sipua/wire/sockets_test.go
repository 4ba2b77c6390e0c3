package wire

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"
)

var quiet = slog.New(slog.DiscardHandler)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// From the end of Serve on sipgo knows every UDP socket, also while it forgets
// its peers and begins to read again, and goes on answering.
func TestSocketsAreAlwaysKnown(t *testing.T) {
	w, err := Open(Config{Listen: []string{"udp://127.0.0.1:0"}}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	err = w.Serve(Above{
		Route: func(s *sipgo.Server) {
			s.OnOptions(func(req *sip.Request, tx sip.ServerTransaction) {
				_ = tx.Respond(sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil))
			})
		},
		Read:    func(_ sip.TransportReadProps, b []byte) ([]byte, error) { return b, nil },
		Regular: func(netip.Addr) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	pool, s := w.stack.TransportLayer().Pool("udp"), w.socks[0]
	for i := range 20000 {
		if i%100 == 0 {
			s.packet.interrupt()
		}
		if pool.Get(s.Addr.String()) == nil {
			t.Fatalf("not known at look %d", i)
		}
	}
	c, err := net.Dial("udp", s.Addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	// A transaction whose peer is forgotten before it has its socket answers by
	// another one, and repeats it there: each try is a transaction of its own.
	buf, n := make([]byte, 1000), 0
	for try := range 60 {
		_ = c.SetDeadline(time.Now().Add(500 * time.Millisecond))
		if _, err = fmt.Fprintf(c, "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\r\nFrom: <sip:a@b>;tag=1\r\n"+
			"To: <sip:x>\r\nCall-ID: %d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", c.LocalAddr(), try, try); err != nil {
			t.Fatal(err)
		}
		if n, err = c.Read(buf); err == nil {
			break
		}
	}
	if !strings.HasPrefix(string(buf[:n]), "SIP/2.0 200 ") {
		t.Fatalf("got %q, %v", buf[:n], err)
	}
}
