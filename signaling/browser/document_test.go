package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/store"
	"ringsplash/token"
)

// These tests keep docs/protocol.md and the code equal, in both directions.

var document = sync.OnceValue(func() string {
	b, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		panic(err)
	}
	return string(b)
})

// views are the types of the parts.
var views = map[string]reflect.Type{
	"me": reflect.TypeFor[meView](), "devices": reflect.TypeFor[gateway.DeviceView](), "calls": reflect.TypeFor[callView](),
	"presence": reflect.TypeFor[presenceView](), "conversations": reflect.TypeFor[conversationView](),
	"counters": reflect.TypeFor[gateway.CountersView](),
	"media":    reflect.TypeFor[gateway.MediaView](),
}

func TestDocumentParts(t *testing.T) {
	t.Parallel()
	section := between(t, "## Parts", "## Commands")
	var have []string
	for _, line := range regexp.MustCompile("(?m)^`([a-z]+)` = (`.*)$").FindAllStringSubmatch(section, -1) {
		ms, _ := parseMembers(line[2])
		have = append(have, line[1]+" "+describe(ms))
	}
	var want []string
	for _, m := range membersOf(reflect.TypeFor[parts]()) {
		want = append(want, m.name+" "+describe(membersOf(views[m.name])))
	}
	same(t, "parts", have, want)
	var snapshot []string
	for _, m := range membersOf(reflect.TypeFor[gateway.Snapshot]()) {
		snapshot = append(snapshot, m.name+" "+describe(membersOf(views[m.name])))
	}
	same(t, "parts of gateway.Snapshot", snapshot, want)
}

func TestDocumentTypes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`"type":"([a-z]+)"`).FindAllStringSubmatch(document(), -1) {
		seen[m[1]] = true
	}
	var have []string
	for name := range seen {
		have = append(have, name)
	}
	same(t, "types", have, []string{typeHello, typeWelcome, typeState, typeDo, typeReply, typeRefused})
}

// Every example in the document is a message that the code reads or writes,
// with no field more; together they show all that there are.
func TestDocumentExamples(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, block := range regexp.MustCompile(`(?m)^    (\{(?:.*\n     )*.*\})$`).FindAllStringSubmatch(document(), -1) {
		var m map[string]any
		dots := strings.NewReplacer("{...}", "{}", "[...]", "[]")
		if err := json.Unmarshal([]byte(dots.Replace(block[1])), &m); err != nil {
			t.Errorf("%s: %v", block[1], err)
			continue
		}
		kind := fmt.Sprint(m["type"])
		if shapes[kind] == nil {
			t.Errorf("no such type: %s", block[1])
			continue
		}
		if kind == typeDo {
			kind += " " + fmt.Sprint(m["do"])
		}
		fieldsShown(kind, m, shown)
	}
	var have, want []string
	for path := range shown {
		have = append(have, path)
	}
	for kind, shape := range shapes {
		if kind != typeDo {
			want = append(want, pathsOf(kind, membersOf(shape))...)
		}
	}
	for name, r := range rules {
		for _, f := range slices.Concat([]string{"type", "id", "do"}, r.needs, r.may) {
			want = append(want, typeDo+" "+name+"."+f)
		}
	}
	same(t, "fields of the examples", have, want)
}

// fieldsShown notes where a value has fields, and those of its objects.
func fieldsShown(path string, value any, shown map[string]bool) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			fieldsShown(path, v, shown)
		}
	case map[string]any:
		for name, v := range value {
			path := path + "." + name
			shown[path] = true
			if !strings.HasSuffix(strings.ToLower(name), "sentence") { // any arguments
				fieldsShown(path, v, shown)
			}
		}
	}
}

// pathsOf are the fields of members and of their objects. A state shows what is
// in its parts; a welcome need not do so again.
func pathsOf(path string, ms []member) (all []string) {
	for _, m := range ms {
		if part := views[m.name]; path == typeState && part != nil {
			m.members = membersOf(part)
		}
		all = append(all, path+"."+m.name)
		all = append(all, pathsOf(path+"."+m.name, m.members)...)
	}
	return all
}

var shapes = map[string]reflect.Type{
	typeHello: reflect.TypeFor[hello](), typeWelcome: reflect.TypeFor[welcome](), typeState: reflect.TypeFor[state](),
	typeDo: reflect.TypeFor[do](), typeReply: reflect.TypeFor[reply](), typeRefused: reflect.TypeFor[refused](),
}

// documented tells whether a message of the gateway has only documented
// fields; every message the tests receive is put to it.
func documented(b []byte) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	var kind string
	if err := json.Unmarshal(m["type"], &kind); err != nil {
		return err
	}
	known := map[string]string{
		typeWelcome: "type seq now build tab resumed open bearer me devices calls presence conversations counters media",
		typeState:   "type seq now me devices calls presence conversations counters media",
		typeReply:   "type id ok call message sdp error",
		typeRefused: "type error",
	}[kind]
	if known == "" {
		return errors.New("no message of the gateway: " + kind)
	}
	for name := range m {
		if !slices.Contains(strings.Fields(known), name) {
			return fmt.Errorf("%s has a field %s", kind, name)
		}
	}
	if now, there := m["now"]; there && !regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$`).Match(now) {
		return fmt.Errorf("now is %s", now)
	}
	return nil
}

func TestDocumentCommands(t *testing.T) {
	t.Parallel()
	section := between(t, "## Commands", "Common errors")
	ticked := regexp.MustCompile("`([A-Za-z_]+)`(\\??)")
	var have, want []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*)\\|$").FindAllStringSubmatch(section, -1) {
		cells := strings.Split(row[1], "|")
		if len(cells) != 4 {
			t.Fatalf("a row with %d cells: %s", len(cells), row[1])
		}
		list := func(cell string) (names []string) {
			// What follows a colon or stands in brackets explains the field before it.
			for _, m := range ticked.FindAllStringSubmatch(regexp.MustCompile(` as in .*`).ReplaceAllString(cell, ""), -1) {
				names = append(names, m[1]+m[2])
			}
			slices.Sort(names)
			return names
		}
		for _, name := range list(cells[0]) {
			have = append(have, fmt.Sprint(name, list(cells[1]), list(cells[2]), list(cells[3])))
		}
	}
	for name, r := range rules {
		all := slices.Clone(r.needs)
		for _, f := range r.may {
			all = append(all, f+"?")
		}
		ok, codes := slices.Clone(r.ok), slices.Clone(r.errors)
		slices.Sort(all)
		slices.Sort(ok)
		slices.Sort(codes)
		want = append(want, fmt.Sprint(name, all, ok, codes))
	}
	same(t, "commands", have, want)
}

// Every field of a Command is needed or allowed somewhere and is checked.
func TestRulesKnowEveryField(t *testing.T) {
	t.Parallel()
	var have, want []string
	for _, r := range rules {
		have = append(have, r.needs...)
		have = append(have, r.may...)
	}
	for _, m := range membersOf(reflect.TypeFor[gateway.Command]()) {
		if m.name != "do" {
			want = append(want, m.name)
		}
	}
	slices.Sort(have)
	same(t, "fields of commands", slices.Compact(have), want)
	checked := []string{"version", "idle", "codecs", "intercom", "removeGrant", "active"} // of their JSON type and no more
	for name := range fields {
		checked = append(checked, name)
	}
	same(t, "checked fields", checked, want)
}

func TestDocumentCommonErrors(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`(?m)^Common errors: (.*?)\. `).FindStringSubmatch(document())
	if line == nil {
		t.Fatal("no common errors")
	}
	same(t, "common errors", strings.Split(strings.ReplaceAll(line[1], "`", ""), ", "), commonErrors)
}

func TestDocumentCloseCodes(t *testing.T) {
	t.Parallel()
	var have, want []string
	for _, m := range regexp.MustCompile(`(?m)^\| (\d{4}) \|`).FindAllStringSubmatch(document(), -1) {
		have = append(have, m[1])
	}
	for code, reason := range closeReasons {
		want = append(want, strconv.Itoa(int(code)))
		if len(reason) > 123 {
			t.Errorf("the reason of %d has %d bytes, at most 123 fit", code, len(reason))
		}
	}
	same(t, "close codes", have, want)
}

func TestDocumentNumbers(t *testing.T) {
	t.Parallel()
	conf := Config{
		Gateway: newPlayedGateway(), People: &directory.Directory{}, Store: struct{ store.Store }{},
		Page: http.NotFoundHandler(),
	}
	if err := conf.validate(); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprintf("version %d\n", protocol),
		fmt.Sprintf("The first message is the tab's, within %.0f s", conf.HelloWait.Seconds()),
		fmt.Sprintf("ping every %.0f s. A socket without traffic for %.0f s", conf.PingEvery.Seconds(), conf.TabGone.Seconds()),
		fmt.Sprintf("remembered %.0f min", remember.Minutes()),
		fmt.Sprintf("the last %d", maxRemembered),
		fmt.Sprintf("%d commands a second, %d at once", conf.CommandRate, conf.CommandBurst),
		fmt.Sprintf("more than %d replies waiting", maxUnanswered),
		fmt.Sprintf("over %d KiB", maxMessage>>10),
		fmt.Sprintf("at most %d MiB more is read", maxAfterEnd>>20),
		fmt.Sprintf("a message over %d KiB the next", longState>>10),
		fmt.Sprintf("as %d KiB a second take", statePace>>10),
		fmt.Sprintf("1 to %d bytes", maxID),
		fmt.Sprintf("answer a ping within %.0f s", probeWait.Seconds()),
		fmt.Sprintf("no hello in %.0f s", conf.HelloWait.Seconds()),
		fmt.Sprintf("works for %.0f min", token.Life.Minutes()),
		fmt.Sprintf("It ends after %.0f h, or %.0f min after its last use", conf.EmbedMax.Hours(), conf.EmbedIdle.Minutes()),
	} {
		if !strings.Contains(document(), text) {
			t.Errorf("the document does not say %q", text)
		}
	}
}

func between(t *testing.T, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(document(), from)
	section, _, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("nothing between %q and %q", from, to)
	}
	return section
}

func same(t *testing.T, what string, document, code []string) {
	t.Helper()
	document, code = slices.Clone(document), slices.Clone(code)
	slices.Sort(document)
	slices.Sort(code)
	if !slices.Equal(document, code) {
		t.Errorf("%s differ\n document: %s\n code:     %s", what, strings.Join(document, "\n           "),
			strings.Join(code, "\n           "))
	}
}
