package message

import (
	"fmt"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// blankHeaders are those in which blanks around separators cost sipgo's parser
// what follows them: the host of a Via, a tag.
var blankHeaders = []string{"via", "v", "from", "f", "to", "t", "contact", "m", "route", "record-route"}

// addressHeaders are those that hold one address or a list of them.
var addressHeaders = []string{"from", "f", "to", "t", "contact", "m"}

// squeezed makes sipgo's header parsers take the blanks that RFC 3261 25.1
// allows around ";" and "=", in a Via around "/" too, and refuse addresses that
// they would take for something else.
func squeezed(parsers map[string]sip.HeaderParser) {
	for _, name := range blankHeaders {
		separators := ";="
		if name[0] == 'v' {
			separators = ";=/"
		}
		parse, ok := parsers[name]
		if !ok {
			continue
		}
		single := name[0] == 'f' || name[0] == 't'
		address := slices.Contains(addressHeaders, name)
		parsers[name] = func(header []byte, value string) (sip.Header, error) {
			item := squeeze(value, separators)
			if single {
				value = item
			} else {
				value = squeezeFirst(value, separators)
				item = value[:firstItem(value)]
			}
			if address {
				if err := checkAddress(item); err != nil {
					return nil, err
				}
			}
			return parse(header, value)
		}
	}
}

// checkAddress refuses an address whose URI has a scheme that is none, blanks
// before it above all, and one without angle brackets whose headers would be
// taken for those of the message (RFC 3261 20: they need brackets).
func checkAddress(item string) error {
	uri, bracket := item, false
	if open := unquoted(item, '<'); open >= 0 {
		uri, bracket = item[open+1:], true
	}
	if strings.TrimSpace(uri) == "*" {
		return nil
	}
	scheme, rest, found := strings.Cut(uri, ":")
	if !bracket {
		scheme = strings.TrimLeft(scheme, " \t")
		rest, _, _ = strings.Cut(rest, ";")
	}
	if !found || !validScheme(scheme) || !bracket && strings.Contains(rest, "?") {
		return fmt.Errorf("the address %q cannot be read", CleanText(item))
	}
	return nil
}

// unquoted is where c first stands outside quotes, -1 for nowhere.
func unquoted(s string, c byte) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && s[i] == c:
			return i
		}
	}
	return -1
}

// firstItem is how long the first item of a comma list is.
func firstItem(value string) int {
	quoted, bracket := false, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !bracket:
			quoted = !quoted
		case quoted:
		case c == '<':
			bracket = true
		case c == '>':
			bracket = false
		case c == ',' && !bracket:
			return i
		}
	}
	return len(value)
}

// squeezeFirst squeezes the first item of a list and keeps its length by blanks
// before it: the parser tells where the item ends, and the rest is cut off there.
func squeezeFirst(value, separators string) string {
	end := firstItem(value)
	item := squeeze(value[:end], separators)
	if end == len(value) {
		return item
	}
	return strings.Repeat(" ", end-len(item)) + item + value[end:]
}

// squeeze removes blanks around separators outside quotes.
func squeeze(value, separators string) string {
	if !strings.ContainsAny(value, " \t") {
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
