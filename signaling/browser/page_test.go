package browser

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringsplash/chat"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
)

// These tests keep the messages of the page and the code equal, in both directions.
const messagesFile = "../../webclient/src/protocol/messages.ts"

// wireTypes are the Go types that the interfaces of the page stand for.
var wireTypes = map[string]reflect.Type{
	"Hello": reflect.TypeFor[hello](), "Resume": reflect.TypeFor[tabKey](), "TabKey": reflect.TypeFor[tabName](),
	"Welcome": reflect.TypeFor[welcome](), "State": reflect.TypeFor[state](), "Parts": reflect.TypeFor[gateway.Snapshot](),
	"Reply": reflect.TypeFor[reply](), "Refused": reflect.TypeFor[refused](), "Result": reflect.TypeFor[gateway.Result](),
	"Fault": reflect.TypeFor[machine.CommandError](), "Sentence": reflect.TypeFor[sentenceFields](),
	"Me": reflect.TypeFor[meView](), "Device": reflect.TypeFor[gateway.DeviceView](), "Call": reflect.TypeFor[callView](),
	"Peer": reflect.TypeFor[machine.PeerView](), "Automatic": reflect.TypeFor[machine.AutoView](),
	"Correspondent": reflect.TypeFor[chat.Party](), "Message": reflect.TypeFor[messageView](),
	"Conversation": reflect.TypeFor[conversationView](),
	"Presence":     reflect.TypeFor[presenceView](), "Counters": reflect.TypeFor[gateway.CountersView](),
	"OwnPresence": reflect.TypeFor[ownPresence](), "Reached": reflect.TypeFor[gateway.ReachedView](),
	"MediaPart": reflect.TypeFor[gateway.MediaView](), "MediaWant": reflect.TypeFor[gateway.MediaWant](),
}

// sentenceFields has the fields of a sentence, which membersOf takes for one value.
type sentenceFields sentence.Sentence

// messagesOfThePage is the source without its comments.
func messagesOfThePage(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(messagesFile)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`).ReplaceAllString(string(b), "")
}

// fieldsIn are the fields of one object type.
func fieldsIn(body string) (ms []member) {
	for _, f := range regexp.MustCompile(`(?m)(?:^|;)\s*(\w+)(\??):`).FindAllStringSubmatch(body, -1) {
		ms = append(ms, member{name: f[1], optional: f[2] == "?"})
	}
	return ms
}

// interfacesIn are the interfaces by name; what one inherits may be left out.
func interfacesIn(source string) map[string][]member {
	all, parents := map[string][]member{}, map[string]string{}
	form := regexp.MustCompile(`(?s)export interface (\w+)(?: extends (?:Partial<)?(\w+)>?)? \{(.*?)\n\}`)
	for _, m := range form.FindAllStringSubmatch(source, -1) {
		all[m[1]] = fieldsIn(m[3])
		if m[2] != "" {
			parents[m[1]] = m[2]
		}
	}
	for name, parent := range parents {
		for _, m := range all[parent] {
			all[name] = append(all[name], member{name: m.name, optional: true})
		}
	}
	return all
}

// Each interface has the fields of its Go type, and may lack a value where Go may.
func TestPageMessages(t *testing.T) {
	t.Parallel()
	have := interfacesIn(messagesOfThePage(t))
	for name, shape := range wireTypes {
		if have[name] == nil {
			t.Errorf("%s has no interface %s for %v: add it there, or take it out of wireTypes", messagesFile, name, shape)
		}
	}
	for name, fields := range have {
		shape := wireTypes[name]
		if shape == nil {
			t.Errorf("interface %s of %s has no Go type in wireTypes: name the one whose JSON it is", name, messagesFile)
			continue
		}
		known := membersOf(shape)
		for _, g := range known {
			i := slices.IndexFunc(fields, func(f member) bool { return f.name == g.name })
			switch {
			case i < 0:
				t.Errorf("%v sends or reads %q, which interface %s of %s lacks: add %s%s there", shape, g.name, name, messagesFile,
					g.name, g.mark())
			case g.optional && !fields[i].optional:
				t.Errorf("%v may leave %q out: write %s? in interface %s of %s", shape, g.name, g.name, name, messagesFile)
			}
		}
		for _, f := range fields {
			if !slices.ContainsFunc(known, func(g member) bool { return g.name == f.name }) {
				t.Errorf("interface %s of %s has %q, which %v does not: add it to both, or to none", name, messagesFile, f.name, shape)
			}
		}
	}
}

// Each command of the page has the fields of its rule.
func TestPageCommands(t *testing.T) {
	t.Parallel()
	_, union, _ := strings.Cut(messagesOfThePage(t), "export type Command =")
	union, _, _ = strings.Cut(union, "};")
	sent := map[string][]member{}
	for _, m := range regexp.MustCompile(`\{do: ([^;}]*)([^}]*)`).FindAllStringSubmatch(union, -1) {
		for _, do := range regexp.MustCompile(`'(\w+)'`).FindAllStringSubmatch(m[1], -1) {
			sent[do[1]] = fieldsIn(m[2])
		}
	}
	var have, want []string
	for do := range sent {
		have = append(have, do)
	}
	for do := range rules {
		want = append(want, do)
	}
	same(t, "commands of "+messagesFile, have, want)
	for do, fields := range sent {
		var names []string
		for _, f := range fields {
			names = append(names, f.name)
			if f.optional && slices.Contains(rules[do].needs, f.name) {
				t.Errorf("%s needs %q: take the ? away in %s", do, f.name, messagesFile)
			}
		}
		same(t, "fields of the command "+do+" in "+messagesFile, names, slices.Concat(rules[do].needs, rules[do].may))
	}
}
