package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Fault is one thing wrong with the configuration.
type Fault struct {
	Line    int    // in the file, 0 when it is not about a line
	Key     string // "users[0].devices[1].id", "" when it is not about a key
	Problem string // what is wrong
	Remedy  string // what to do
}

func (f Fault) String() string {
	text := f.Problem + "; " + f.Remedy
	if f.Key != "" {
		text = f.Key + ": " + text
	}
	if f.Line > 0 {
		text = fmt.Sprintf("line %d: %s", f.Line, text)
	}
	return text
}

// Faults is the error of Load: everything that is wrong, in the file's order.
type Faults struct {
	File string
	List []Fault
}

func (f *Faults) Error() string {
	lines := make([]string, 0, len(f.List)+1)
	lines = append(lines, fmt.Sprintf("%s cannot be used:", f.File))
	for _, fault := range f.List {
		lines = append(lines, "  "+fault.String())
	}
	return strings.Join(lines, "\n")
}

// Load reads the file at path. Keys that are left out have the values of
// Default; a value that is ${NAME} is the environment variable of that name;
// relative paths are taken from the file's folder. The error is *Faults when
// the file can be read but not used.
func Load(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("config: the configuration cannot be read (name it with --config FILE): %w", err)
	}
	cfg, faults := parse(text, os.LookupEnv)
	if cfg.lines != nil { // else it is no YAML, and nothing more can be said
		cfg.resolve(filepath.Dir(path))
		faults = append(faults, cfg.Check()...)
	}
	if len(faults) == 0 {
		return cfg, nil
	}
	return Config{}, InOrder(path, faults)
}

func parse(text []byte, env func(string) (string, bool)) (Config, []Fault) {
	cfg := Default()
	d := decoder{env: env, lines: map[string]int{}}
	if d.decode(text, &cfg) {
		cfg.lines = d.lines
	}
	cfg.fillIn()
	return cfg, d.faults
}

// InOrder is the error of these faults, in the file's order, one of each key: a
// value that could not be read is not said to be missing too.
func InOrder(file string, faults []Fault) error {
	seen := map[string]bool{}
	faults = slices.DeleteFunc(faults, func(f Fault) bool {
		again := f.Key != "" && seen[f.Key]
		seen[f.Key] = true
		return again
	})
	slices.SortStableFunc(faults, func(a, b Fault) int { return a.Line - b.Line })
	return &Faults{File: file, List: faults}
}

// resolve makes relative paths absolute.
func (c *Config) resolve(folder string) {
	abs, err := filepath.Abs(folder)
	if err != nil {
		abs = folder
	}
	paths := []*string{&c.Data, &c.HTTP.TLS.Cert, &c.HTTP.TLS.Key, &c.SIP.TLS.Cert, &c.SIP.TLS.Key, &c.SIP.TLS.ClientCA, &c.Profiles}
	paths = append(paths, &c.SIP.Identity.NumberCA)
	for info, file := range c.SIP.Identity.Signers {
		if file != "" && !filepath.IsAbs(file) {
			c.SIP.Identity.Signers[info] = filepath.Join(abs, file)
		}
	}
	for i := range c.Trunks {
		paths = append(paths, &c.Trunks[i].CA)
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(abs, *p)
		}
	}
}

// Line is the line of a key such as "users[0].name", or of what it should
// stand in; 0 when the file has neither.
func (c *Config) Line(key string) int {
	for ; key != ""; key = key[:max(0, strings.LastIndexAny(key, ".["))] {
		if n := c.lines[key]; n > 0 {
			return n
		}
	}
	return 0
}
