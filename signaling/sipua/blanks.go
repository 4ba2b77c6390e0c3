package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// blankHeaders are those in which blanks around separators cost sipgo's parser
// what follows them: the host of a Via, a tag.
var blankHeaders = []string{"via", "v", "from", "f", "to", "t", "contact", "m", "route", "record-route"}

// squeezed makes sipgo's header parsers take the blanks that RFC 3261 25.1
// allows around ";" and "=", in a Via around "/" too.
func squeezed(parsers map[string]sip.HeaderParser) {
	for _, name := range blankHeaders {
		separators := ";="
		if name[0] == 'v' {
			separators = ";=/"
		}
		if parse, ok := parsers[name]; ok {
			parsers[name] = func(header []byte, value string) (sip.Header, error) {
				return parse(header, squeeze(value, separators))
			}
		}
	}
}

// squeeze removes blanks around separators outside quotes. A list is left as it
// is: the parser counts where its items end.
func squeeze(value, separators string) string {
	if !strings.ContainsAny(value, " \t") || strings.Contains(value, ",") {
		return value
	}
	var b strings.Builder
	quoted, blanks := false, ""
	last := byte(';')
	for i := 0; i < len(value); i++ {
		c := value[i]
		if !quoted && (c == ' ' || c == '\t') {
			blanks += string(c)
			continue
		}
		if quoted || strings.IndexByte(separators, c) < 0 && strings.IndexByte(separators, last) < 0 {
			b.WriteString(blanks)
		}
		blanks = ""
		b.WriteByte(c)
		if quoted && c == '\\' && i+1 < len(value) {
			i++
			b.WriteByte(value[i])
		}
		if c == '"' {
			quoted = !quoted
		}
		last = c
	}
	return b.String()
}
