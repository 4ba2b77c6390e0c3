package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// cage makes a control group that may use so many MiB and removes it when the
// test ends. It returns "" where none can be made, and says so.
func cage(t testing.TB, mib int) string {
	t.Helper()
	limit := []byte(strconv.Itoa(mib << 20))
	for root, files := range map[string][]string{
		"/sys/fs/cgroup/memory": {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes"}, // version 1
		"/sys/fs/cgroup":        {"memory.max", "memory.swap.max"},                        // version 2
	} {
		dir := filepath.Join(root, fmt.Sprintf("ringsplash-test-%d-%d", os.Getpid(), mib))
		if _, err := os.Stat(filepath.Join(root, "cgroup.procs")); err != nil || os.Mkdir(dir, 0o755) != nil {
			continue
		}
		if os.WriteFile(filepath.Join(dir, files[0]), limit, 0o600) != nil {
			_ = os.Remove(dir)
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, files[1])); err == nil {
			swap := limit
			if files[1] == "memory.swap.max" {
				swap = []byte("0")
			}
			_ = os.WriteFile(filepath.Join(dir, files[1]), swap, 0o600)
		}
		t.Cleanup(func() {
			if err := os.Remove(dir); err != nil {
				t.Errorf("the control group stays: %v", err)
			}
		})
		return dir
	}
	t.Logf("no control group can be made here: the gateway runs with limits.memory: %dMiB instead, and its RSS is checked", mib)
	return ""
}
