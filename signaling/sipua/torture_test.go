package sipua

import (
	"bufio"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/test/rig"
)

// tortured is what a UA without a registrar must make of each message of RFC
// 4475: the status of its final answer (486: the INVITE became a call, and the
// desk is busy), "-" for no answer, "close" for a stream that has lost its way
// between messages. "405|close" is either: what stands behind the message makes
// no sense, and the stream may be gone before the answer. Where UDP differs from
// the streams, it stands first. What sipgo cannot read is silent on UDP. One
// answer is stricter than the RFC: to a Via without branch (inv2543).
var tortured = map[string]string{
	"badaspec":   "- close",
	"badbranch":  "200",
	"baddate":    "486",
	"baddn":      "200",
	"badinv01":   "- close",
	"badvers":    "505",
	"bcast":      "-",
	"bext01":     "420",
	"bigcode":    "- close",
	"clerr":      "-",
	"cparam01":   "405",
	"cparam02":   "405",
	"dblreq":     "405 405|close",
	"esc01":      "486",
	"esc02":      "405",
	"escnull":    "405",
	"escruri":    "486",
	"insuf":      "400",
	"intmeth":    "405",
	"inv2543":    "400 400|close",
	"invut":      "415",
	"longreq":    "486",
	"ltgtruri":   "- close",
	"lwsdisp":    "200",
	"lwsruri":    "- close",
	"lwsstart":   "- close",
	"mcl01":      "400 400|close",
	"mismatch01": "400",
	"mismatch02": "400",
	"mpart01":    "405",
	"multi01":    "400",
	"ncl":        "- close",
	"noreason":   "-",
	"novelsc":    "- close",
	"quotbal":    "- close",
	"regaut01":   "405",
	"regbadct":   "405",
	"regescrt":   "405",
	"scalar02":   "- close",
	"scalarlg":   "- close",
	"sdp01":      "486",
	"semiuri":    "200",
	"transports": "200",
	"trws":       "- close",
	"unkscm":     "416",
	"unksm2":     "405",
	"unreason":   "-",
	"wsinv":      "481",
	"zeromf":     "200",
}

// busyDesk takes calls and is busy.
type busyDesk struct{}

func (busyDesk) Begin(build func(gateway.Sink) gateway.Incoming) {
	build(func(gateway.Event) {}).Leg.Reject(gateway.CauseBusy)
}

var (
	ownBranch = regexp.MustCompile(`(?i);branch=(z9hG4bK)[^\s;,]+`)
	topVia    = regexp.MustCompile(`(?im)^(via|v)[ \t]*:[^\r\n,;]*`)
)

// The messages of RFC 4475 over each transport: after each the UA still
// answers, and a call beside them goes on.
func TestTorture(t *testing.T) {
	found, _ := filepath.Glob(filepath.Join(rig.Root(), "test/peers/torture/dat/*.dat"))
	same(t, "messages", len(found), 49)
	ca := rig.NewCA(t)
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			b := newParty(t, func(c *Config) { secure(ca, network, "localhost")(c); c.Calls = busyDesk{} })
			dial := func() net.Conn {
				if network == "tls" {
					return secureWire(t, ca, b.at("tls"))
				}
				c, err := net.Dial(network, b.at(network))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = c.Close() })
				return c
			}
			alive := dial()
			for _, file := range found {
				name := strings.TrimSuffix(filepath.Base(file), ".dat")
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				want := strings.Fields(tortured[name])
				if network != "udp" && len(want) > 1 {
					want = want[1:]
				}
				// Some messages have the branch of another: they would be its repetition.
				fresh := ownBranch.ReplaceAllString(string(text), ";branch=${1}"+newToken())
				if at := topVia.FindStringIndex(fresh); at != nil { // or the answer goes to the port of the Via
					fresh = fresh[:at[1]] + ";rport" + fresh[at[1]:]
				}
				patience := wait
				if len(want) > 0 && strings.Contains(want[0], "-") {
					patience = 150 * time.Millisecond // silence is what should come
				}
				got := torture(t, dial(), fresh, patience)
				if len(want) == 0 || !slices.Contains(strings.Split(want[0], "|"), got) {
					t.Errorf("%s over %s: got %s, want %v", name, network, got, want)
				}
				res := ask(t, alive, message("OPTIONS sip:example.test SIP/2.0", options(strings.ToUpper(network)), ""))
				if res == nil || res.StatusCode != 200 {
					t.Fatalf("after %s: %v", name, res)
				}
			}
		})
	}
}

// torture sends text and returns what it is answered with before patience ends.
func torture(t *testing.T, c net.Conn, text string, patience time.Duration) string {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	for r := bufio.NewReaderSize(c, 65536); ; {
		m := messageFrom(t, r)
		if m == nil {
			_ = c.SetDeadline(time.Now().Add(20 * time.Millisecond))
			if _, err := r.ReadByte(); err != nil && !os.IsTimeout(err) {
				return "close"
			}
			return "-"
		}
		if res, ok := m.(*sip.Response); ok && res.StatusCode >= 200 {
			return strconv.Itoa(res.StatusCode)
		}
	}
}
