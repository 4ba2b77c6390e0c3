package message

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

const paramsMax = 64

// ErrParams says nothing of what was written, which may be anything.
var ErrParams = errors.New("parameters are malformed")

// Param is one name=value, or a name alone. Names are in lower case, values
// without their quotes.
type Param struct{ Name, Value string }

// ParseParams reads `a=b, c="d"` (sep ',', RFC 7616 3.4) or `a=b;c="d"` (sep
// ';', RFC 3261 25.1 generic-param). Separators inside quotes belong to the
// value. At most paramsMax parameters.
func ParseParams(s string, sep byte) ([]Param, error) {
	var list []Param
	for {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			return list, nil
		}
		if s[0] == sep { // an empty parameter
			s = s[1:]
			continue
		}
		end := strings.IndexAny(s, "= \t\r\n"+string(sep))
		if end < 0 {
			end = len(s)
		}
		p := Param{Name: strings.ToLower(s[:end])}
		s = strings.TrimLeft(s[end:], " \t\r\n")
		if s != "" && s[0] == '=' {
			var err error
			if p.Value, s, err = paramValue(strings.TrimLeft(s[1:], " \t\r\n"), sep); err != nil {
				return nil, err
			}
		}
		if p.Name == "" || len(list) == paramsMax || s != "" && s[0] != sep {
			return nil, ErrParams
		}
		list = append(list, p)
	}
}

// paramValue reads one value and returns what follows it, blanks skipped.
func paramValue(s string, sep byte) (value, rest string, err error) {
	if s == "" || s[0] != '"' {
		end := strings.IndexAny(s, " \t\r\n"+string(sep))
		if end < 0 {
			end = len(s)
		}
		return s[:end], strings.TrimLeft(s[end:], " \t\r\n"), nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), strings.TrimLeft(s[i+1:], " \t\r\n"), nil
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", ErrParams
}

// ParamOf is the value of the last parameter of that name in `a=b;c` (RFC 3261
// 25.1). It knows no quotes.
func ParamOf(params, name string) (value string, found bool) {
	for p := range strings.SplitSeq(params, ";") {
		n, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(n), name) {
			value, found = strings.TrimSpace(v), true
		}
	}
	return value, found
}

// SplitList cuts a header value at its commas, those inside quotes and angle
// brackets excepted (RFC 3261 7.3.1).
func SplitList(s string) []string {
	var list []string
	for more := true; more; {
		n := firstItem(s)
		list = append(list, strings.TrimSpace(s[:n]))
		if more = n < len(s); more {
			s = s[n+1:]
		}
	}
	return slices.DeleteFunc(list, func(v string) bool { return v == "" })
}

// Tokens reads the comma lists of all headers of that name, in lower case
// (Require, Supported).
func Tokens(m sip.Message, name string) []string {
	var out []string
	for _, h := range m.GetHeaders(name) {
		for t := range strings.SplitSeq(h.Value(), ",") {
			if t = strings.ToLower(strings.TrimSpace(t)); t != "" {
				out = append(out, t)
			}
		}
	}
	return out
}

// Header is the value of the first header of that name, "" for none.
func Header(m sip.Message, name string) string {
	if h := m.GetHeaders(name); len(h) > 0 {
		return h[0].Value()
	}
	return ""
}

// Tag is the tag of a From or To, "" when there is none.
func Tag[H *sip.ToHeader | *sip.FromHeader](h H) string {
	var params sip.HeaderParams
	switch h := any(h).(type) {
	case *sip.ToHeader:
		if h != nil {
			params = h.Params
		}
	case *sip.FromHeader:
		if h != nil {
			params = h.Params
		}
	}
	tag, _ := params.Get("tag")
	return tag
}

// RetryAfter reads a Retry-After header (RFC 3261 20.33); 0 when there is none.
func RetryAfter(value string) time.Duration {
	end := strings.IndexFunc(value, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(value)
	}
	n, err := strconv.ParseUint(value[:end], 10, 32)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// Seconds writes a time as delta-seconds (RFC 3261 25.1), rounded up.
func Seconds(d time.Duration) string { return strconv.Itoa(int((d + time.Second - 1) / time.Second)) }
