package browser

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/media/sdp"
)

// rule is one row of the table of commands in docs/protocol.md; a test keeps
// the two equal.
type rule struct {
	needs    []string // fields that must be there
	may      []string // fields that may be there
	ok       []string // fields of the ok reply
	errors   []string // error codes besides commonErrors
	anyOrder bool     // runs beside the ordered commands of its tab
}

var commonErrors = []string{
	"bad_request", "no_such_call", "ended", "wrong_state", "not_available", "forbidden", "overload",
	"fault",
}

var rules = map[string]rule{
	"call": {
		needs: []string{"to"}, may: []string{"from", "intercom"}, ok: []string{"call"},
		errors: []string{"not_found", "too_many_calls", "trunk_down", "device_offline"},
	},
	"answer": {
		needs:  []string{"call", "version", "on"},
		errors: []string{"already_answered", "stale", "device_offline", "device_busy"},
	},
	"decline": {needs: []string{"call"}},
	"hangup":  {needs: []string{"call"}, may: []string{"removeGrant"}, ok: []string{"said"}},
	"dismiss": {needs: []string{"call"}},
	"hold":    {needs: []string{"call"}},
	"resume":  {needs: []string{"call"}},
	"mute":    {needs: []string{"call"}},
	"unmute":  {needs: []string{"call"}},
	"transfer": {
		needs: []string{"call"}, may: []string{"to", "with"},
		errors: []string{"not_found", "too_many_calls", "trunk_down", "device_offline"},
	},
	"move":   {needs: []string{"call", "on"}, errors: []string{"already_answered", "device_offline", "device_busy"}},
	"digits": {needs: []string{"call", "digits"}, errors: []string{"no_dtmf"}},
	"seen":   {},
	"message": {
		needs: []string{"to", "text"}, may: []string{"key"}, ok: []string{"message"}, errors: []string{"not_found", "too_long"},
	},
	"received": {needs: []string{"peer", "upTo"}},
	"read":     {needs: []string{"peer", "upTo"}},
	"typing":   {needs: []string{"to"}, may: []string{"active"}},
	"forget":   {needs: []string{"peer"}},
	"activity": {may: []string{"idle"}},
	"ringing":  {needs: []string{"call"}},
	"offer": {
		needs: []string{"sdp", "pc", "codecs"}, ok: []string{"sdp"}, errors: []string{"bad_sdp", "no_codec"},
		anyOrder: true,
	},
	"candidate": {needs: []string{"pc"}, may: []string{"candidate"}, anyOrder: true},
}

// field is what a field of a Command may hold.
type field struct {
	get  func(gateway.Command) string
	most int // bytes
	form *regexp.Regexp
	// lines: line breaks and tabs are allowed; no other control character ever is.
	lines bool
	// anything: so are all.
	anything bool
}

var fields = map[string]field{
	"call":      {get: func(c gateway.Command) string { return string(c.Call) }, most: 64},
	"on":        {get: func(c gateway.Command) string { return c.On }, most: 64},
	"from":      {get: func(c gateway.Command) string { return c.From }, most: 64},
	"to":        {get: func(c gateway.Command) string { return c.To }, most: 256},
	"with":      {get: func(c gateway.Command) string { return string(c.With) }, most: 64},
	"digits":    {get: func(c gateway.Command) string { return c.Digits }, most: 64, form: regexp.MustCompile(`^[0-9*#A-D]*$`)},
	"sdp":       {get: func(c gateway.Command) string { return c.SDP }, most: maxMessage, lines: true},
	"pc":        {get: func(c gateway.Command) string { return c.PC }, most: 64},
	"candidate": {get: func(c gateway.Command) string { return c.Candidate }, most: 1024},
	// A message is text whatever it holds; the page shows what cannot be seen.
	"text": {get: func(c gateway.Command) string { return c.Text }, most: 16 << 10, anything: true},
	"key":  {get: func(c gateway.Command) string { return c.Key }, most: 64},
	"peer": {get: func(c gateway.Command) string { return c.Peer }, most: 512},
	"upTo": {get: func(c gateway.Command) string { return c.UpTo }, most: 26, form: regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]+)?$`)},
}

const (
	maxIdle   = 31 * 24 * 3600 // seconds
	maxCodecs = 8
	maxCodec  = 16 // bytes of a codec name
)

// checkCommand refuses what docs/protocol.md does not allow: what passes can
// be handed on without a thought about its length or control characters.
func checkCommand(c gateway.Command) error {
	r, ok := rules[c.Do]
	if !ok {
		return badRequest("command.unknown_do")
	}
	for _, name := range r.needs {
		if !has(c, name) {
			return badRequest("command.missing_field", "do", c.Do, "field", name)
		}
	}
	return checkFields(c)
}

// checkFields refuses values that no command may have.
func checkFields(c gateway.Command) error {
	for name, f := range fields {
		v := f.get(c)
		if len(v) > f.most || (f.form != nil && !f.form.MatchString(v)) || !f.anything && !printable(v, f.lines) {
			return badRequest("command.bad_field", "field", name)
		}
	}
	if c.Idle < 0 || c.Idle > maxIdle {
		return badRequest("command.bad_field", "field", "idle")
	}
	bad := func(c sdp.Codec) bool { return c == "" || len(c) > maxCodec || !printable(string(c), false) }
	if len(c.Codecs) > maxCodecs || slices.ContainsFunc(c.Codecs, bad) {
		return badRequest("command.bad_codecs")
	}
	return nil
}

func has(c gateway.Command, name string) bool {
	switch name {
	case "version":
		return c.Version != 0
	case "codecs":
		return len(c.Codecs) > 0
	case "idle":
		return c.Idle != 0
	case "intercom":
		return c.Intercom
	case "removeGrant":
		return c.RemoveGrant
	case "active":
		return c.Active
	}
	return fields[name].get(c) != ""
}

// printable tells that text has no control characters: a line break from a
// page must not become one in a SIP header.
func printable(text string, lines bool) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		if lines && (r == '\n' || r == '\r' || r == '\t') {
			return false
		}
		return r < ' ' || r == 0x7f
	})
}

// errorOf is the error of a reply. A code the protocol does not have for this
// command is our fault, whatever it says.
func errorOf(do string, err error) (e *machine.CommandError, known bool) {
	if errors.As(err, &e) && (slices.Contains(commonErrors, e.Code) || slices.Contains(rules[do].errors, e.Code)) {
		return e, true
	}
	said := Words.Say("command.fault")
	if e != nil {
		said = e.Sentence
	}
	return machine.Refuse("fault", said), false
}
