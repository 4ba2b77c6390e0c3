package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ringsplash/config"
	"ringsplash/gateway"
	"ringsplash/store"
)

const (
	leaseLife  = 10 * time.Second // of a node that is gone without a word
	leaseEvery = 3 * time.Second
	leaseFor   = time.Second // one read or write of it
	leasesMax  = 100
	awayAgain  = 250 * time.Millisecond
)

// Shared says what nodes on one Redis have in common today, and what not.
const Shared = "gateways on one Redis share users, devices, grants, log-ins, personal directories and history; " +
	"they do not share phones, tabs and calls: a call rings only the phones and browsers that are connected to the gateway it " +
	"came to"

// leaseRecord is the value of node/<name>, which a node renews while it lives.
type leaseRecord struct {
	V       int       `json:"v"`
	Host    string    `json:"host"` // the machine's name
	Started time.Time `json:"started"`
}

func leaseKey(node string) string { return "node/" + node }

// waitStore opens the store. For a Redis that does not answer yet it waits
// redis_wait, unless ctx ends first.
func waitStore(ctx context.Context, cfg config.Config, log *slog.Logger) (store.Store, error) {
	limit := time.Now().Add(cfg.RedisWait)
	for said := false; ; said = true {
		s, err := OpenStore(ctx, cfg, log)
		if err == nil || cfg.Redis == "" || !errors.Is(err, store.ErrAway) || !time.Now().Before(limit) {
			return s, err
		}
		if !said {
			log.Warn("Redis does not answer yet; waiting for it", "for", cfg.RedisWait, "err", err)
		}
		select {
		case <-time.After(awayAgain):
		case <-ctx.Done():
			return nil, fmt.Errorf("stopped while waiting for Redis: %w", ctx.Err())
		}
	}
}

// OtherNodes are the live nodes on the store but the one named. It blocks for
// the store.
func OtherNodes(ctx context.Context, s store.Store, node string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseFor)
	defer cancel()
	items, err := s.Scan(ctx, leaseKey(""), "", leasesMax)
	if err != nil {
		return nil, fmt.Errorf("look for other nodes: %w", err)
	}
	var others []string
	for _, item := range items {
		name := strings.TrimPrefix(item.Key, leaseKey(""))
		var r leaseRecord
		if name == node || json.Unmarshal(item.Value, &r) != nil {
			continue
		}
		others = append(others, fmt.Sprintf("%s on %s", name, r.Host))
	}
	return others, nil
}

// openLease tells other nodes on the same Redis that this one lives, and the
// log of each other that comes.
func (n *Node) openLease(ctx context.Context) error {
	if n.cfg.Redis == "" {
		return nil // one process alone has the embedded store open
	}
	name, err := nodeName(n.cfg.Data)
	if err != nil {
		return err
	}
	host, _ := os.Hostname()
	l := &lease{node: name, store: n.store, log: n.log, record: leaseRecord{1, host, time.Now().UTC()}, seen: map[string]bool{}}
	l.renew(ctx)
	live, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { l.keep(live) })
	n.onClose(func(ctx context.Context) error {
		stop()
		work.Wait()
		l.give(ctx)
		return nil
	})
	return nil
}

// lease is the word of one node that it lives.
type lease struct {
	node   string
	store  store.Store
	log    *slog.Logger
	record leaseRecord
	seen   map[string]bool // others that the log has
}

func (l *lease) keep(ctx context.Context) {
	tick := time.NewTicker(leaseEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.renew(ctx)
		}
	}
}

// renew writes the lease and looks for others. While the store is away both
// wait for the next time.
func (l *lease) renew(ctx context.Context) {
	value, err := json.Marshal(l.record)
	if err != nil {
		return
	}
	within, cancel := context.WithTimeout(ctx, leaseFor)
	defer cancel()
	if _, err := l.store.Put(within, leaseKey(l.node), value, store.AnyVersion, leaseLife); err != nil {
		return
	}
	others, err := OtherNodes(ctx, l.store, l.node)
	if err != nil {
		return
	}
	for _, other := range others {
		if !l.seen[other] {
			l.seen[other] = true
			l.log.Warn("another gateway lives on the same Redis; "+Shared, "other", other)
		}
	}
}

// give takes the lease back.
func (l *lease) give(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaseFor)
	defer cancel()
	if err := l.store.Delete(ctx, leaseKey(l.node), store.AnyVersion); err != nil {
		l.log.Warn("other gateways think for some seconds that this one lives", "err", err)
	}
}

// nodeName reads this node's name from its data folder, or makes it.
func nodeName(dir string) (string, error) {
	if name := Name(dir); name != "" {
		return name, nil
	}
	name := gateway.NewNodeName()
	if err := os.WriteFile(nameFile(dir), []byte(name), 0o600); err != nil {
		return "", fmt.Errorf("node name: %w", err)
	}
	return name, nil
}

// Name is that of the node with this data folder, "" before its first start.
func Name(dir string) string {
	text, err := os.ReadFile(nameFile(dir))
	if err != nil {
		return ""
	}
	return string(text)
}

func nameFile(dir string) string { return filepath.Join(dir, "node") }
