package node

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

func TestControlGroupLimit(t *testing.T) {
	for _, row := range []struct {
		name, own string
		files     map[string]string
		want      int64
	}{
		{"version 2", "0::/app/x\n", map[string]string{"app/x/memory.max": "268435456\n"}, 256 << 20},
		{
			"version 2, of the group above", "0::/app/x\n",
			map[string]string{"app/x/memory.max": "max\n", "app/memory.max": "1048576\n"},
			1 << 20,
		},
		{"version 2 in a container", "0::/\n", map[string]string{"memory.max": "5000000\n"}, 5000000},
		{
			"version 1", "8:memory:/app\n1:cpu:/y\n0::/\n",
			map[string]string{"memory/app/memory.limit_in_bytes": "268435456\n", "memory/memory.limit_in_bytes": "9223372036854771712\n"},
			256 << 20,
		},
		{
			"version 1 in a container", "8:memory:/docker/abc\n",
			map[string]string{"memory/memory.limit_in_bytes": "268435456\n"},
			256 << 20,
		},
		{
			"no limit", "8:memory:/\n0::/\n",
			map[string]string{"memory/memory.limit_in_bytes": "9223372036854771712\n", "memory.max": "max"},
			0,
		},
		{"nothing", "", map[string]string{}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			own := filepath.Join(root, "own")
			row.files["own"] = row.own
			for name, text := range row.files {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := controlGroupLimit(own, root); got != row.want {
				t.Errorf("%d, want %d", got, row.want)
			}
		})
	}
	if got := controlGroupLimit(filepath.Join(t.TempDir(), "none"), t.TempDir()); got != 0 {
		t.Errorf("without control groups %d", got)
	}
}

func TestMemory(t *testing.T) {
	m := newMemory()
	m.limit = math.MaxInt64
	if m.scarce() || m.short() {
		t.Error("without a limit there is too little")
	}
	m.limit = m.now() * 10 / 7 // 70 % in use
	if !m.scarce() || m.short() {
		t.Errorf("%d of %d in use: scarce %v, short %v", m.now(), m.limit, m.scarce(), m.short())
	}
	m.limit = m.now() * 10 / 9
	if !m.scarce() || !m.short() {
		t.Errorf("%d of %d in use: scarce %v, short %v", m.now(), m.limit, m.scarce(), m.short())
	}
}
