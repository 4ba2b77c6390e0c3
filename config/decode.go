package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// fromEnvironment is the one rule for secrets: a value that is ${NAME} and
// nothing else is the environment variable of that name.
var fromEnvironment = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// decoder puts a YAML tree into a Config and collects every fault, where the
// library's own decoder ends at the first.
type decoder struct {
	env    func(string) (string, bool)
	lines  map[string]int
	faults []Fault
}

func (d *decoder) fault(n ast.Node, key, remedy, problem string, args ...any) {
	d.faults = append(d.faults, Fault{Line: line(n), Key: key, Problem: fmt.Sprintf(problem, args...), Remedy: remedy})
}

// decode reads text into cfg, over the defaults that are in it. It returns
// false when text is not one YAML document.
func (d *decoder) decode(text []byte, cfg *Config) bool {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		d.faults = append(d.faults, syntaxFault(err))
		return false
	}
	docs := slices.DeleteFunc(file.Docs, func(doc *ast.DocumentNode) bool { return doc.Body == nil })
	if len(docs) > 1 {
		d.fault(docs[1].Body, "", "keep one document and remove the line \"---\"", "there is more than one document")
		return false
	}
	for _, doc := range docs {
		d.value(doc.Body, reflect.ValueOf(cfg).Elem(), "", "")
	}
	return true
}

func syntaxFault(err error) Fault {
	f := Fault{Problem: err.Error(), Remedy: "correct the YAML there; indent with blanks, and quote text that has : or # in it"}
	var known yaml.Error
	if errors.As(err, &known) {
		f.Problem = known.GetMessage()
		if tk := known.GetToken(); tk != nil {
			f.Line = tk.Position.Line
		}
	}
	if strings.Contains(f.Problem, "already defined") {
		f.Remedy = "remove one of the two"
	}
	return f
}

// value puts node into v. example is what the field's tag shows as right.
func (d *decoder) value(node ast.Node, v reflect.Value, key, example string) {
	if _, seen := d.lines[key]; !seen {
		d.lines[key] = line(node)
	}
	switch n := node.(type) {
	case *ast.NullNode:
		return // "key:" with nothing keeps the default
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.fault(node, key, "write the value itself", "anchors, aliases and tags are not read")
		return
	case *ast.LiteralNode:
		node = n.Value
	}
	if _, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		d.scalar(node, v, key, example)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(node, v, key)
	case reflect.Slice:
		d.list(node, v, key, example)
	case reflect.Map:
		d.mapping(node, v, key, example)
	default:
		d.scalar(node, v, key, example)
	}
}

func (d *decoder) structure(node ast.Node, v reflect.Value, key string) {
	pairs, ok := mapPairs(node)
	if !ok {
		d.fault(node, key, "write keys below it: "+strings.Join(keysOf(v.Type()), ", "), "this is not a list of keys with values")
		return
	}
	for _, pair := range pairs {
		name := keyText(pair.Key)
		sub := join(key, name)
		field, ok := fieldOf(v.Type(), name)
		if !ok {
			d.fault(pair.Key, sub, nearest(name, keysOf(v.Type())), "there is no such key")
			continue
		}
		d.lines[sub] = line(pair.Key)
		d.value(pair.Value, v.FieldByIndex(field.Index), sub, field.Tag.Get("example"))
	}
}

func (d *decoder) list(node ast.Node, v reflect.Value, key, example string) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		d.fault(node, key, remedyFor(example, "write a list: each value on a line of its own that begins with \"- \""),
			"this is not a list")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		d.value(item, out.Index(i), fmt.Sprintf("%s[%d]", key, i), example)
	}
	v.Set(out)
}

func (d *decoder) mapping(node ast.Node, v reflect.Value, key, example string) {
	pairs, ok := mapPairs(node)
	if !ok {
		d.fault(node, key, remedyFor(example, "write keys with values"), "this is not a list of keys with values")
		return
	}
	out := reflect.MakeMap(v.Type())
	for _, pair := range pairs {
		k, val := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		keyNode, ok := pair.Key.(ast.Node)
		if !ok {
			continue
		}
		sub := join(key, keyText(pair.Key))
		before := len(d.faults)
		d.value(keyNode, k, sub, example)
		d.value(pair.Value, val, sub, example)
		if len(d.faults) == before {
			out.SetMapIndex(k, val)
		}
	}
	v.Set(out)
}

// scalar reads the text of one value. Numbers are taken as they are written,
// so that a telephone number or a password of digits needs no quotes.
func (d *decoder) scalar(node ast.Node, v reflect.Value, key, example string) {
	text, ok := scalarText(node)
	if !ok {
		d.fault(node, key, remedyFor(example, "write one value"), "this is not a single value")
		return
	}
	if m := fromEnvironment.FindStringSubmatch(text); m != nil {
		value, set := d.env(m[1])
		if !set {
			d.fault(node, key, "set "+m[1]+" before starting, or write the value here", "the environment variable %s is not set", m[1])
			return
		}
		text = value
	}
	if err := setText(v, text); err != nil {
		d.fault(node, key, remedyFor(example, "write another value"), "%q: %v", text, err)
	}
}

// keyText is the name of a key without the quotes it may be written with.
func keyText(key ast.MapKeyNode) string {
	if node, ok := key.(ast.Node); ok {
		if text, ok := scalarText(node); ok {
			return text
		}
	}
	return key.String()
}

func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}

func setText(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return plain(err)
		}
		return nil
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		t, err := time.ParseDuration(text)
		if err != nil {
			return errors.New("this is not a time with a unit")
		}
		v.SetInt(int64(t))
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return errors.New("this is not a whole number")
		}
		v.SetInt(int64(n))
	case reflect.Bool:
		if text != "true" && text != "false" {
			return errors.New("this is neither true nor false")
		}
		v.SetBool(text == "true")
	default:
		return fmt.Errorf("a %s cannot be read", v.Type())
	}
	return nil
}

// plain says in words what the library's errors say with function names.
func plain(err error) error {
	switch s := err.Error(); {
	case strings.HasPrefix(s, "ParseAddr"):
		return errors.New("this is not an IP address")
	case strings.HasPrefix(s, "netip.ParsePrefix"):
		return errors.New("this is not a network")
	}
	return err
}

func mapPairs(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func line(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	// The token of "key: value" is its colon or first brace; all on the line.
	return n.GetToken().Position.Line
}

func join(key, name string) string { return strings.TrimPrefix(key+"."+name, ".") }

func fieldOf(t reflect.Type, name string) (reflect.StructField, bool) {
	for f := range t.Fields() {
		if f.Tag.Get("yaml") == name && name != "" {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// keysOf lists the keys of a part of the configuration, in order.
func keysOf(t reflect.Type) []string {
	var keys []string
	for f := range t.Fields() {
		if name := f.Tag.Get("yaml"); name != "" {
			keys = append(keys, name)
		}
	}
	return keys
}

func remedyFor(example, otherwise string) string {
	if example == "" {
		return otherwise
	}
	return "write it like " + example
}

// nearest suggests the key that was meant.
func nearest(name string, keys []string) string {
	best, bestAt := "", 3
	for _, k := range keys {
		if d := distance(strings.ToLower(name), k); d < bestAt {
			best, bestAt = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("write %q, or remove it", best)
	}
	return "remove it; the keys here are " + strings.Join(keys, ", ")
}

// distance is how many letters must be changed, put in or taken out.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left, diagonal := i+1, i
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, left, row[j+1])
			}
			diagonal, row[j] = row[j+1], left
			left = cost
		}
		row[len(b)] = left
	}
	return row[len(b)]
}
