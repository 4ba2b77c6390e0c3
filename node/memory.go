package node

import (
	"bufio"
	"context"
	"log/slog"
	"math"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"time"

	"ringsplash/config"
)

const (
	// heapShare is the part of the memory that Go may fill: the rest is the
	// program itself and what the kernel keeps for its sockets.
	heapShare = 0.8
	// From these parts of what Go may fill on, calls of strangers are refused,
	// and then all new calls.
	scarceShare, shortShare = 0.6, 0.75
	// memoryEvery is how old a reading may be.
	memoryEvery = 100 * time.Millisecond
)

// LimitMemory has Go collect garbage before the memory ends that the
// configuration or the control group gives the process. GOMEMLIMIT in the
// environment stands above both. It sets a variable of the whole process.
func LimitMemory(cfg config.Config, log *slog.Logger) {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return
	}
	limit, from := int64(cfg.Limits.Memory), "limits.memory"
	if limit == 0 {
		limit, from = controlGroupLimit("/proc/self/cgroup", "/sys/fs/cgroup"), "control group"
	}
	if limit == 0 {
		return
	}
	debug.SetMemoryLimit(int64(float64(limit) * heapShare))
	log.Info("memory is limited", "limit", config.Size(limit), "by", from)
}

// controlGroupLimit is what the control groups of the process, version 1 or 2,
// let it use; 0 for all there is. A limit of a group above counts too.
func controlGroupLimit(own, root string) int64 {
	f, err := os.Open(own)
	if err != nil {
		return 0
	}
	defer f.Close()
	least := int64(math.MaxInt64)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		_, rest, _ := strings.Cut(lines.Text(), ":")
		controllers, group, ok := strings.Cut(rest, ":")
		if !ok {
			continue
		}
		folder, file := root, "memory.max"
		if controllers != "" {
			if controllers != "memory" {
				continue
			}
			folder, file = filepath.Join(root, "memory"), "memory.limit_in_bytes"
		}
		// In a container the group may be named as the machine sees it, while
		// its files are at the root.
		for at := path.Clean("/" + group); ; at = path.Dir(at) {
			text, err := os.ReadFile(filepath.Join(folder, at, file))
			if n, perr := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && perr == nil && n > 0 {
				least = min(least, n)
			}
			if at == "/" {
				break
			}
		}
	}
	if least > 1<<50 { // version 1 writes "no limit" as a number
		return 0
	}
	return least
}

// memory tells how much of what Go may fill is filled with what is in use.
type memory struct {
	limit int64 // math.MaxInt64 for none

	mu      sync.Mutex
	read    time.Time
	inUse   int64
	samples []metrics.Sample
}

// inUseNames are what a collection of garbage cannot give back.
var inUseNames = []string{
	"/gc/heap/live:bytes", "/memory/classes/heap/stacks:bytes", "/memory/classes/os-stacks:bytes",
	"/memory/classes/metadata/mspan/inuse:bytes", "/memory/classes/metadata/other:bytes",
}

func newMemory() *memory {
	m := &memory{limit: debug.SetMemoryLimit(-1)}
	for _, name := range inUseNames {
		m.samples = append(m.samples, metrics.Sample{Name: name})
	}
	return m
}

// scarce tells that strangers should not call any more.
func (m *memory) scarce() bool { return m.above(scarceShare) }

// short tells that no new call should be taken.
func (m *memory) short() bool { return m.above(shortShare) }

func (m *memory) above(share float64) bool {
	if m.limit == math.MaxInt64 {
		return false
	}
	return float64(m.now()) > share*float64(m.limit)
}

// now is what is in use, as of memoryEvery ago at most.
func (m *memory) now() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := time.Now(); now.Sub(m.read) > memoryEvery {
		metrics.Read(m.samples)
		m.read, m.inUse = now, 0
		for _, s := range m.samples {
			m.inUse += int64(s.Value.Uint64())
		}
	}
	return m.inUse
}

const (
	// giveBackEvery is how often it is seen whether memory can be given back,
	// and giveBackFrom how much more than after the last time must be held.
	giveBackEvery = 20 * time.Second
	giveBackFrom  = 8 << 20
)

// giveBack returns to the system what calls and log-ins left behind, while no
// call runs: Go by itself collects garbage after two minutes without work, and
// keeps twice what is in use.
func (n *Node) giveBack(ctx context.Context) {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	held := func() int64 {
		metrics.Read(samples)
		return int64(samples[0].Value.Uint64()) - int64(samples[1].Value.Uint64())
	}
	tick := time.NewTicker(giveBackEvery)
	defer tick.Stop()
	for kept := int64(0); ; {
		if running, _ := n.gateway.Running(); running == 0 && held() > kept+giveBackFrom {
			debug.FreeOSMemory()
			kept = held()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// keepLight runs giveBack until the node closes.
func (n *Node) keepLight(context.Context) error {
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { n.giveBack(ctx) })
	n.onClose(func(context.Context) error {
		stop()
		work.Wait()
		return nil
	})
	return nil
}
