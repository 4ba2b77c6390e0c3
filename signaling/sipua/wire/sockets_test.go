package wire

import (
	"log/slog"
	"net/netip"
	"testing"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"
)

var quiet = slog.New(slog.DiscardHandler)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// From the end of Serve on sipgo knows every UDP socket, also while it forgets
// its peers and begins to read again.
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
}
