package sdp

import (
	"fmt"
	"strings"
)

// Summary tells in a line what a session description says, for people who look
// for a fault: each m-line with codecs, address and direction. Keys, ICE
// passwords and fingerprints are not in it. "" for no description.
func Summary(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	d, err := read(text)
	if err != nil {
		return "not readable: " + strings.TrimPrefix(err.Error(), ErrBad.Error()+": ")
	}
	lines := make([]string, 0, len(d.media))
	for _, m := range d.media {
		what := printable(m.kind)
		if m.port == 0 {
			lines = append(lines, what+" off")
			continue
		}
		codecs := strings.Trim(fmt.Sprint(Codecs(m.formats)), "[]")
		if codecs == "" {
			codecs = fmt.Sprintf("%d unknown formats", len(m.fmts))
		}
		lines = append(lines, fmt.Sprintf("%s %s at %s:%d %s, %s", what, codecs, printable(m.host), m.port,
			printable(m.proto), m.direction))
	}
	return strings.Join(lines, "; ")
}

// printable keeps text from outside short and on one line.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return s[:min(len(s), 64)]
}
