// Package docs holds the documents; its tests keep them equal to the code.
package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// source is what the document speaks of: the Go code without tests and tools.
type source struct {
	functions map[string]bool // "gateway/call.go:run" and "gateway/call.go:Call.run"
	starts    map[string]bool // those of the form "gateway/call.go:run" that start a goroutine
	words     map[string]bool // the words of which identifiers are made, in lower case
}

// outside are folders that run in no gateway.
var outside = []string{"../test", "../bench", "../tools", "../examples", "../node_modules"}

func read(t *testing.T) source {
	t.Helper()
	s := source{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains(outside, path) || path != ".." && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err == nil {
			s.take(strings.TrimPrefix(filepath.ToSlash(path), "../"), file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s source) take(path string, file *ast.File) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := path + ":" + f.Name.Name
		s.functions[name] = true
		if f.Recv != nil {
			s.functions[path+":"+receiver(f.Recv.List[0].Type)+"."+f.Name.Name] = true
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if startsGoroutine(n) {
				s.starts[name] = true
			}
			return true
		})
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			for _, word := range wordsOf(id.Name) {
				s.words[word] = true
			}
		}
		return true
	})
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// startsGoroutine is true of a go statement and of the Go of a sync.WaitGroup.
func startsGoroutine(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		return true
	case *ast.CallExpr:
		f, ok := n.Fun.(*ast.SelectorExpr)
		return ok && f.Sel.Name == "Go" && len(n.Args) == 1
	}
	return false
}

// wordsOf are the words of an identifier: openTab is open, tab; APIKey is api, key.
func wordsOf(name string) (words []string) {
	runes := []rune(name)
	begin := 0
	for i := 1; i <= len(runes); i++ {
		if i == len(runes) || unicode.IsUpper(runes[i]) && (!unicode.IsUpper(runes[i-1]) ||
			i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			words = append(words, strings.ToLower(string(runes[begin:i])))
			begin = i
		}
	}
	return words
}

func section(t *testing.T, title string) string {
	t.Helper()
	text, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	if title == "" {
		return string(text)
	}
	_, rest, found := strings.Cut(string(text), "\n## "+title+"\n")
	if !found {
		t.Fatalf("architecture.md has no section %q", title)
	}
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

var stop = regexp.MustCompile("`([a-z][a-z0-9_/]*\\.go:[A-Za-z.]+)`")

// Each word of the glossary is one of which the code's names are made.
func TestGlossary(t *testing.T) {
	s := read(t)
	rows := regexp.MustCompile(`(?m)^\| ([A-Za-z -]+) \| [^|]+ \|$`).FindAllStringSubmatch(section(t, "Words"), -1)
	if len(rows) < 40 {
		t.Fatalf("only %d words found", len(rows))
	}
	for _, row := range rows[1:] {
		for word := range strings.FieldsSeq(strings.ReplaceAll(strings.ToLower(row[1]), "-", "")) {
			if !s.words[word] && !s.words[word+"s"] {
				t.Errorf("no name in the code has %q of the word %q: rename what it means, or take the word out", word, row[1])
			}
		}
	}
}

// The table names every function that starts a goroutine, and no other.
func TestGoroutines(t *testing.T) {
	named := map[string]bool{}
	for _, m := range stop.FindAllStringSubmatch(section(t, "Goroutines"), -1) {
		named[m[1]] = true
	}
	s := read(t)
	for _, name := range slices.Sorted(maps.Keys(s.starts)) {
		if !named[name] {
			t.Errorf("`%s` starts a goroutine: write it into a row of the table of goroutines", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if !s.starts[name] {
			t.Errorf("`%s` of the table of goroutines starts none: name the function that does now, or take it out", name)
		}
	}
}

// Each way through the house has at most twelve stops, and they are there.
func TestTour(t *testing.T) {
	s := read(t)
	ways := strings.Split(section(t, "A stranger's tour"), "\n### ")[1:]
	if len(ways) != 3 {
		t.Fatalf("%d ways, want those of an INVITE, a click and a packet", len(ways))
	}
	for _, way := range ways {
		title, _, _ := strings.Cut(way, "\n")
		lines := regexp.MustCompile(`(?m)^\d+\. `).FindAllString(way, -1)
		stops := stop.FindAllStringSubmatch(way, -1)
		if len(lines) < 6 || len(lines) > 12 || len(stops) != len(lines) {
			t.Errorf("%s: %d lines and %d stops, want one a line and at most 12", title, len(lines), len(stops))
		}
		for _, m := range stops {
			if !s.functions[m[1]] {
				t.Errorf("%s: there is no `%s`: name where it is now", title, m[1])
			}
		}
	}
}

// What the document names as a file is one.
func TestFiles(t *testing.T) {
	for _, m := range regexp.MustCompile("`([a-z][a-z0-9_]*/[a-z0-9_/]+\\.(?:go|yaml))`").FindAllStringSubmatch(section(t, ""), -1) {
		if _, err := os.Stat("../" + m[1]); err != nil {
			t.Errorf("there is no file %s: name where it is now", m[1])
		}
	}
}
