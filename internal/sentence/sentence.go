// Package sentence holds what people read: each sentence has a code with
// arguments, by which a page words it in its language, and an English text.
package sentence

import (
	"fmt"
	"strings"
)

// Sentence is one sentence for people. Its JSON is {code, args}: the text
// stands in a field X of its own, and this beside it in XSentence.
type Sentence struct {
	Code string         `json:"code"`
	Args map[string]any `json:"args,omitempty"`
	Text string         `json:"-"`
}

// Error is the English text, so that a sentence can be an argument of another
// and tell why something failed.
func (s Sentence) Error() string { return s.Text }

// IsZero tells that nothing is said; such a sentence is left out of JSON by omitzero.
func (s Sentence) IsZero() bool { return s.Code == "" }

// Table holds the English of a package: a template for each code, in which
// {name} stands for the argument of that name.
type Table map[string]string

// Say puts the arguments, which come as name and value in turn, into the
// template of a code. What does not fit together is left as it is: a test of
// all calls finds that (test/words).
func (t Table) Say(code string, args ...any) Sentence {
	s := Sentence{Code: code, Text: t[code]}
	if len(args) == 0 {
		return s
	}
	s.Args = map[string]any{}
	swaps := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		name, text := fmt.Sprint(args[i]), fmt.Sprint(args[i+1])
		s.Args[name] = text // of an error too
		switch value := args[i+1].(type) {
		case int:
			s.Args[name] = value
		case Sentence:
			if !value.IsZero() {
				s.Args[name] = value
			}
		}
		swaps = append(swaps, "{"+name+"}", text)
	}
	s.Text = strings.NewReplacer(swaps...).Replace(s.Text)
	return s
}

// Recognise finds the code of a text that was kept without it. Of several
// templates that fit, the one with the most text of its own counts. A text of
// somebody else has no code. An argument that is a whole sentence is one again.
func (t Table) Recognise(text string) Sentence {
	found, most := Sentence{Text: text}, -1
	for code, template := range t {
		args, own, ok := match(template, text)
		if ok && (own > most || own == most && code < found.Code) {
			found.Code, found.Args, most = code, args, own
		}
	}
	for name, value := range found.Args {
		if inner := t.Recognise(value.(string)); !inner.IsZero() && inner.Args == nil {
			found.Args[name] = inner
		}
	}
	return found
}

// match reads the arguments out of a text; own is the length of the template
// without its placeholders.
func match(template, text string) (args map[string]any, own int, ok bool) {
	head, rest, open := strings.Cut(template, "{")
	if text, ok = strings.CutPrefix(text, head); !ok {
		return nil, 0, false
	}
	own = len(head)
	for open {
		var name, value string
		name, rest, _ = strings.Cut(rest, "}")
		head, rest, open = strings.Cut(rest, "{")
		own += len(head)
		if !open && strings.HasSuffix(text, head) {
			value, text, ok = strings.TrimSuffix(text, head), "", true
		} else {
			value, text, ok = strings.Cut(text, head)
		}
		if !ok {
			return nil, 0, false
		}
		if args == nil {
			args = map[string]any{}
		}
		args[name] = value
	}
	return args, own, text == ""
}
