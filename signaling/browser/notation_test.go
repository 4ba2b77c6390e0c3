package browser

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringsplash/internal/sentence"
)

// member is one field of an object in the notation of the document:
// {name, name?, name: values, name:{members}}.
type member struct {
	name     string
	optional bool
	members  []member
}

func (m member) mark() string {
	if m.optional {
		return "?"
	}
	return ""
}

func describe(ms []member) string {
	var all []string
	for _, m := range ms {
		if strings.HasSuffix(m.name, "Sentence") { // said once, under Sentences
			continue
		}
		text := m.name + m.mark()
		if m.members != nil {
			text += "{" + describe(m.members) + "}"
		}
		all = append(all, text)
	}
	return strings.Join(all, ",")
}

// parseMembers reads the first {...} of text.
func parseMembers(text string) (ms []member, rest string) {
	open := strings.IndexByte(text, '{')
	if open < 0 {
		return nil, text
	}
	text = text[open+1:]
	name := regexp.MustCompile(`^\s*([A-Za-z]+)(\??)\s*`)
	for {
		found := name.FindStringSubmatch(text)
		if found == nil {
			return ms, text
		}
		m := member{name: found[1], optional: found[2] == "?"}
		text = text[len(found[0]):]
		// The value ends at the comma or brace of this object.
		end := strings.IndexAny(text, ",{}[")
		if strings.HasPrefix(text[max(end, 0):], "[{") { // a list of objects
			end++
		}
		for end >= 0 && text[end] == '[' { // a list of examples
			end += strings.IndexByte(text[end:], ']')
			end += 1 + strings.IndexAny(text[end+1:], ",{}[")
		}
		if end >= 0 && text[end] == '{' {
			m.members, text = parseMembers(text)
			end = strings.IndexAny(text, ",}")
		}
		ms = append(ms, m)
		if end < 0 || text[end] == '}' {
			return ms, text[end+1:]
		}
		text = text[end+1:]
	}
}

// membersOf lists what encoding/json makes of a type, embedded fields included;
// an outer field hides an embedded one of the same name.
func membersOf(t reflect.Type) []member {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t.ConvertibleTo(reflect.TypeFor[instant]()) || t == reflect.TypeFor[sentence.Sentence]() {
		return nil
	}
	var ms []member
	put := func(m member) {
		if i := slices.IndexFunc(ms, func(o member) bool { return o.name == m.name }); i >= 0 {
			ms[i] = m
			return
		}
		ms = append(ms, m)
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			for _, m := range membersOf(f.Type) {
				put(m)
			}
		case name == "" || name == "-" || !f.IsExported():
		default:
			put(member{name, strings.HasPrefix(options, "omit"), membersOf(f.Type)})
		}
	}
	return ms
}

// The notation must be understood, or the tests above prove nothing.
func TestParseMembers(t *testing.T) {
	t.Parallel()
	ms, _ := parseMembers("`[{a, b?, c:{d, e?}, f, g: x|y|z, h: null | {i: [\"k\",...], j: 1}, l}]`")
	if got, want := describe(ms), "a,b?,c{d,e?},f,g,h{i,j},l"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
