// Package message reads and checks one SIP message: what sipgo's parser leaves
// as text, what it takes that it should not, and what it does not take but can
// mean one thing only. It keeps nothing, waits for nothing and imports nothing
// of the user agent; all of it takes input from strangers.
package message

import (
	"maps"

	"github.com/emiago/sipgo/sip"
)

// NewParser reads the compact header names sipgo leaves alone (RFC 3261 7.3.3
// and the registry of later ones).
func NewParser() *sip.Parser {
	m := maps.Clone(sip.DefaultHeadersParser())
	m["r"] = m["refer-to"]
	m["b"] = m["referred-by"]
	for short, long := range map[string]string{
		"k": "Supported", "x": "Session-Expires", "o": "Event", "s": "Subject", "u": "Allow-Events",
		"e": "Content-Encoding", "a": "Accept-Contact", "j": "Reject-Contact", "d": "Request-Disposition", "y": "Identity",
	} {
		m[short] = func(_ []byte, value string) (sip.Header, error) { return sip.NewHeader(long, value), nil }
	}
	squeezed(m)
	return sip.NewParser(sip.WithHeadersParsers(m))
}
