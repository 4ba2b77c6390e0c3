package sipua

import (
	"bufio"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
	"ringsplash/test/rig"
)

// tortured is what a gateway of example.com without users must make of each
// message of RFC 4475 and RFC 5118: the status of its final answer, "-" for no
// answer. 404 is an INVITE that was read, for nobody we have, 407 one from example.com. Where UDP differs
// from the streams, it stands first: there a body that is cut short is waited
// for (clerr), and a message of RFC 2543 does not say where it ends (inv2543).
var tortured = map[string]string{
	"badaspec":   "400",
	"badbranch":  "200",
	"baddate":    "404",
	"baddn":      "200",
	"badinv01":   "400",
	"badvers":    "505",
	"bcast":      "-",
	"bext01":     "420",
	"bigcode":    "-",
	"clerr":      "400 -",
	"cparam01":   "401",
	"cparam02":   "401",
	"dblreq":     "401",
	"esc01":      "404",
	"esc02":      "405",
	"escnull":    "401",
	"escruri":    "404",
	"insuf":      "400",
	"intmeth":    "405",
	"inv2543":    "404 400",
	"invut":      "415",
	"longreq":    "404",
	"ltgtruri":   "400",
	"lwsdisp":    "200",
	"lwsruri":    "400",
	"lwsstart":   "400",
	"mcl01":      "400",
	"mismatch01": "400",
	"mismatch02": "400",
	"mpart01":    "405",
	"multi01":    "400",
	"ncl":        "400",
	"noreason":   "-",
	"novelsc":    "416",
	"quotbal":    "400",
	"regaut01":   "401",
	"regbadct":   "400",
	"regescrt":   "401",
	"scalar02":   "400",
	"scalarlg":   "-",
	"sdp01":      "406",
	"semiuri":    "200",
	"transports": "200",
	"trws":       "400",
	"unkscm":     "416",
	"unksm2":     "400",
	"unreason":   "-",
	"wsinv":      "481",
	"zeromf":     "200",

	"ipv4-mapped-ipv6":              "404",
	"ipv6-bad":                      "400",
	"ipv6-bug-abnf-3-colons":        "200",
	"ipv6-correct-abnf-2-colons":    "200",
	"ipv6-good":                     "401",
	"ipv6-in-sdp":                   "407",
	"mult-ip-in-header":             "481",
	"mult-ip-in-sdp":                "407",
	"port-ambiguous":                "401",
	"port-unambiguous":              "401",
	"via-received-param-no-delim":   "200",
	"via-received-param-with-delim": "481",
}

// busyDesk takes calls and is busy.
type busyDesk struct{}

func (busyDesk) Begin(build func(gateway.Sink) gateway.Incoming) {
	build(func(machine.Event) {}).Leg.Reject(machine.CauseBusy)
}

var (
	ownBranch = regexp.MustCompile(`(?i);branch=(z9hG4bK)[^\s;,]+`)
	topVia    = regexp.MustCompile(`(?im)^(via|v)[ \t]*:[^\r\n,;]*`)
)

// Every message over each transport gets the answer that its RFC names, and
// after each the gateway still answers.
func TestTorture(t *testing.T) {
	found, _ := filepath.Glob(filepath.Join(rig.Root(), "test/peers/torture/dat/*.dat"))
	same(t, "messages", len(found), 61)
	ca := rig.NewCA(t)
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			b, _ := withAccess(t, func(c *setup) {
				secure(ca, network, "localhost")(c)
				c.Domain, c.Access.Domain = "example.com", "example.com"
				c.Access.StrangerRate, c.Access.StrangerBurst = 1e6, 1e6
			})
			dial := func() net.Conn { return dialAny(t, ca, network, b.at(network)) }
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
				fresh := ownBranch.ReplaceAllString(string(text), ";branch=${1}"+message.NewToken())
				if at := topVia.FindStringIndex(fresh); at != nil { // or the answer goes to the port of the Via
					fresh = fresh[:at[1]] + ";rport" + fresh[at[1]:]
				}
				patience := wait
				if len(want) > 0 && want[0] == "-" {
					patience = 150 * time.Millisecond // silence is what should come
				}
				got := torture(t, dial(), fresh, patience)
				if len(want) == 0 || got != want[0] {
					t.Errorf("%s over %s: got %s, want %v", name, network, got, want)
				}
				res := ask(t, alive, rawMessage("OPTIONS sip:example.test SIP/2.0", options(strings.ToUpper(network)), ""))
				if res == nil || res.StatusCode != 200 {
					t.Fatalf("after %s: %v", name, res)
				}
			}
		})
	}
}

// dialAny connects over udp, tcp or tls.
func dialAny(t *testing.T, ca *rig.CA, network, at string) net.Conn {
	t.Helper()
	if network == "tls" {
		return secureWire(t, ca, at)
	}
	c, err := net.Dial(network, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// torture sends text and returns the status of what it is answered with before
// patience ends: "-" for nothing, "close" when the connection ends instead. The
// answer repeats what may not be readable.
func torture(t *testing.T, c net.Conn, text string, patience time.Duration) string {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	for r := bufio.NewReaderSize(c, 65536); ; {
		var head strings.Builder
		for !strings.HasSuffix(head.String(), "\r\n\r\n") {
			if head.String() == "\r\n" { // a pong
				head.Reset()
			}
			line, err := r.ReadString('\n')
			if os.IsTimeout(err) {
				return "-"
			}
			if err != nil {
				return "close"
			}
			head.WriteString(line)
		}
		n, _ := message.BodyLength([]byte(head.String()))
		if _, err := r.Discard(n); err != nil {
			return "close"
		}
		if status := head.String()[len("SIP/2.0 "):]; status[0] > '1' {
			return status[:3]
		}
	}
}
