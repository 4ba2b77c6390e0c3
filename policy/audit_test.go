package policy

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
)

const crashEnv = "RINGSPLASH_TEST_CRASH"

func splitLines(text []byte) iter.Seq[[]byte] {
	return bytes.SplitSeq(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

// VerifyAudit checks that every line of an audit file is whole and names the one
// before it. ErrChain (wrapped) names the first line that does not; an unfinished
// last line is an error as well.
func VerifyAudit(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = readChain(f, func(*Record, string) {})
	return err
}

// crashWriter decides without end, on several goroutines, and prints the id of
// each decision once it may be acted upon. It is a process of its own, to be
// killed.
func crashWriter(dir string) {
	s, err := store.OpenBolt(filepath.Join(dir, "store"), quiet)
	if err == nil {
		var b *Book
		if b, err = New(Config{Store: s, People: &cast{}, AuditDir: dir, Node: "n1", Log: quiet}); err == nil {
			var out sync.Mutex
			for range 4 {
				go func() {
					for {
						if d := b.Decide(context.Background(), click()); d.Allow {
							out.Lock()
							fmt.Println(d.ID)
							out.Unlock()
						}
					}
				}()
			}
			select {}
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Killed at any moment, the file has every decision that may have been acted
// upon, and its chain goes on over the restarts.
func TestAuditSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	var acted []string
	for round := range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashEnv+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		said := bufio.NewScanner(out)
		for range 20 + 7*round {
			require.True(t, said.Scan(), "the writer ended by itself")
			acted = append(acted, said.Text())
		}
		require.NoError(t, cmd.Process.Kill())
		for said.Scan() {
			acted = append(acted, said.Text())
		}
		_ = cmd.Wait()
	}
	b := openBook(t, openStore(t), &cast{}, func(c *Config) { c.AuditDir = dir })
	require.True(t, b.Decide(t.Context(), click()).Allow)
	require.NoError(t, VerifyAudit(filepath.Join(dir, AuditName)))
	have := map[string]bool{}
	for _, r := range lines(t, b) {
		have[r.ID] = true
	}
	for _, id := range acted {
		if len(id) == 26 { // the last line of a killed process may be cut
			require.True(t, have[id], "decision %s was acted upon without a record", id)
		}
	}
}

func auditWith(t *testing.T, n int) (path string, text []byte) {
	t.Helper()
	b := openBook(t, openStore(t), &cast{}, nil)
	for range n {
		require.True(t, b.Decide(t.Context(), click()).Allow)
	}
	require.NoError(t, b.Close())
	path = filepath.Join(b.cfg.AuditDir, AuditName)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return path, text
}

// However much of the last line a crash left, the lines before it stay, the
// rest is put aside as a file, and that is said.
func TestTornTail(t *testing.T) {
	_, text := auditWith(t, 3)
	last := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
	zeros := append(bytes.Clone(text), make([]byte, 500)...)
	torn := map[string][]byte{"zeros": zeros, "whole": text}
	for _, n := range []int{1, 2, 17, len(text) - last - 2, len(text) - last - 1} {
		torn[fmt.Sprintf("%d bytes", n)] = text[:last+n]
	}
	for name, left := range torn {
		t.Run(name, func(t *testing.T) {
			s, dir := openStore(t), t.TempDir()
			path := filepath.Join(dir, AuditName)
			require.NoError(t, os.WriteFile(path, left, 0o600))
			b := openBook(t, s, &cast{}, func(c *Config) { c.AuditDir = dir })
			require.True(t, b.Decide(t.Context(), click()).Allow)
			require.NoError(t, b.Close())
			require.NoError(t, VerifyAudit(path))
			got, err := os.ReadFile(path)
			require.NoError(t, err)
			var events []string
			for _, r := range linesIn(t, dir) {
				events = append(events, r.Event)
			}
			aside, err := os.ReadFile(path + ".tail")
			if name == "whole" {
				require.ErrorIs(t, err, os.ErrNotExist)
			} else {
				require.NoError(t, err)
				good := last
				if name == "zeros" {
					good = len(text)
				}
				require.Equal(t, left[good:], aside)
				require.Contains(t, linesIn(t, dir)[bytes.Count(left[:good], []byte("\n"))].Reason, AuditName+".tail")
			}
			switch name {
			case "whole":
				require.Equal(t, "decision decision decision decision", strings.Join(events, " "))
			case "zeros":
				require.Equal(t, "decision decision decision repaired decision", strings.Join(events, " "))
				require.True(t, bytes.HasPrefix(got, text))
			default:
				require.Equal(t, "decision decision repaired decision", strings.Join(events, " "))
				require.True(t, bytes.HasPrefix(got, text[:last]))
			}
		})
	}
}

// A file that was changed is no torn one: it is found, kept and not continued.
func TestChangedAudit(t *testing.T) {
	_, text := auditWith(t, 3)
	all := bytes.SplitAfter(text, []byte("\n"))
	forged := bytes.Replace(text, []byte(`"allow":true`), []byte(`"allow":null`), 1)
	changes := map[string][]byte{
		"a byte":        forged,
		"the last line": append(bytes.Clone(bytes.Join(all[:2], nil)), bytes.Replace(all[2], []byte(`"self"`), []byte(`"none"`), 1)...),
		"removed":       append(bytes.Clone(all[0]), all[2]...),
		"swapped":       append(append(bytes.Clone(all[1]), all[0]...), all[2]...),
		"first removed": append(bytes.Clone(all[1]), all[2]...),
		"repeated":      append(bytes.Clone(text), all[2]...),
	}
	for name, changed := range changes {
		t.Run(name, func(t *testing.T) {
			s, dir := openStore(t), t.TempDir()
			path := filepath.Join(dir, AuditName)
			require.NoError(t, os.WriteFile(path, changed, 0o600))
			require.ErrorIs(t, VerifyAudit(path), ErrChain)
			b := openBook(t, s, &cast{}, func(c *Config) { c.AuditDir = dir })
			require.True(t, b.Decide(t.Context(), click()).Allow)
			require.NoError(t, VerifyAudit(path))
			require.Equal(t, eventBroken, linesIn(t, dir)[0].Event)
			kept, err := os.ReadFile(path + ".broken")
			require.NoError(t, err)
			require.Equal(t, changed, kept)
		})
	}
	require.Error(t, VerifyAudit(filepath.Join(t.TempDir(), AuditName)))
}

// Decisions that wait together share a sync.
func TestGroupCommit(t *testing.T) {
	b := openBook(t, openStore(t), &cast{}, nil)
	real, gate := b.audit.sync, make(chan struct{})
	first := make(chan struct{})
	syncs := 0
	b.audit.sync = func() error {
		if syncs++; syncs == 1 {
			close(first)
			<-gate
		}
		return real()
	}
	const n = 50
	var wg sync.WaitGroup
	wg.Go(func() { _ = b.audit.append(t.Context(), &Record{Event: "test"}) })
	<-first
	for range n {
		wg.Go(func() { _ = b.audit.append(t.Context(), &Record{Event: "test"}) })
	}
	require.Eventually(t, func() bool { return len(b.audit.in) == n }, patience, time.Millisecond)
	close(gate)
	wg.Wait()
	require.NoError(t, b.Close())
	require.Equal(t, 2, syncs)
	require.Len(t, lines(t, b), n+1)
}
