// Package words holds the sentences of the gateway together: each code is said
// somewhere with the arguments of its template, and the page knows all of them.
package words

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ringsplash/chat"
	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/internal/address"
	"ringsplash/internal/sentence"
	"ringsplash/policy"
	"ringsplash/signaling/browser"
	"ringsplash/signaling/sipua/event"
	tokens "ringsplash/token"
)

var update = flag.Bool("update", false, "write webclient/src/locales/gateway.en.json")

const english = "../../webclient/src/locales/gateway.en.json"

// tables are those of the packages that speak to people.
var tables = map[string]sentence.Table{
	"chat": chat.Words, "directory": directory.Words,
	"gateway": gateway.Words, "gateway/machine": machine.Words, "gateway/profile": profile.Words,
	"internal/address": address.Words, "policy": policy.Words, "signaling/browser": browser.Words,
	"signaling/sipua/event": event.Words, "token": tokens.Words,
}

// all is every sentence of the gateway.
func all(t *testing.T) sentence.Table {
	t.Helper()
	whole := sentence.Table{}
	for pkg, table := range tables {
		for code, template := range table {
			if _, twice := whole[code]; twice {
				t.Errorf("%s: %s is in another table as well", pkg, code)
			}
			whole[code] = template
		}
	}
	return whole
}

// The page's table of the gateway's English is current: go test ./test/words -update.
func TestPageKnowsEverySentence(t *testing.T) {
	want, err := json.MarshalIndent(all(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(want)) + "\n"
	if *update {
		if err := os.WriteFile(english, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(english); err != nil || string(have) != text {
		t.Errorf("%s is not current (%v): run go test ./test/words -update", english, err)
	}
}

// A kept text is recognised, whatever the arguments.
func TestEverySentenceIsRecognised(t *testing.T) {
	codes := regexp.MustCompile(`^[a-z]+(\.[a-z0-9_]+)+$`)
	for pkg, table := range tables {
		for code, template := range table {
			if !codes.MatchString(code) {
				t.Errorf("%s: the code %q is not area.lower_case", pkg, code)
			}
			var args []any
			for i, name := range placeholders(template) {
				args = append(args, name, fmt.Sprintf("%s %d", name, i))
			}
			said := table.Say(code, args...)
			if strings.ContainsAny(said.Text, "{}") {
				t.Errorf("%s: %s leaves a placeholder: %s", pkg, code, said.Text)
			}
			if found := table.Recognise(said.Text); found.Code != code || !maps.Equal(found.Args, said.Args) {
				t.Errorf("%s: %q of %s is recognised as %s %v", pkg, said.Text, code, found.Code, found.Args)
			}
		}
	}
}

// Every code is said outside its table, with the arguments its template has.
func TestEverySentenceIsSaid(t *testing.T) {
	whole, used := all(t), map[string]bool{}
	for _, file := range sources(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if row, ok := n.(*ast.KeyValueExpr); ok && whole[literal(row.Key)] != "" {
				return false // of a table
			}
			used[literal(n)] = true
			call, ok := n.(*ast.CallExpr)
			for i := 0; ok && i < len(call.Args); i++ {
				code := literal(call.Args[i])
				if template := whole[code]; template != "" {
					checkNames(t, file, code, template, call.Args[i+1:])
					break
				}
			}
			return true
		})
	}
	for code := range whole {
		// The code of a cause is made of its name and a side, that of a try of
		// its outcome. That of a profile's note is found by its text.
		area, name, _ := strings.Cut(code, ".")
		name, _, _ = strings.Cut(name, ".")
		if area != "profile" && !used[code] && !(used[name] && (area == "cause" || area == "phonetest")) {
			t.Errorf("%s is never said", code)
		}
	}
}

// checkNames compares the names among a call's arguments with the placeholders.
func checkNames(t *testing.T, file, code, template string, args []ast.Expr) {
	t.Helper()
	var given []string
	for i := 0; i < len(args); i += 2 {
		given = append(given, literal(args[i]))
	}
	want := placeholders(template)
	slices.Sort(given)
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(given, want) || len(args)%2 != 0 {
		t.Errorf("%s: %s is said with %v, its template has %v", file, code, given, want)
	}
}

// placeholders are the placeholders of a template, in their order.
func placeholders(template string) []string {
	var names []string
	for {
		_, after, open := strings.Cut(template, "{")
		if !open {
			return names
		}
		name, rest, _ := strings.Cut(after, "}")
		names, template = append(names, name), rest
	}
}

// literal is the value of a string literal, "" for anything else.
func literal(n ast.Node) string {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value)
	return text
}

// sources are the Go files of the program.
func sources(t *testing.T) []string {
	t.Helper()
	var files []string
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != root &&
			(name == "test" || name == "bench" || name == "node_modules" || strings.HasPrefix(name, ".")):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
