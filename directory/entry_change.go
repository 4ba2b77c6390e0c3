package directory

import (
	"context"
	"encoding/json"

	"ringsplash/store"
)

// booksSeen is what this node knows of the books' versions: enough to tell
// tabs that there is something to fetch.
type booksSeen struct {
	versions map[string]store.Version
	lost     uint64 // how often messages may have been lost
}

// EntriesVersion is a number that is another one whenever the user's entries
// may have changed, on any node. It does no I/O.
func (d *Directory) EntriesVersion(user string) uint64 {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return uint64(d.books.versions[user]) + d.books.lost
}

// tellEntries publishes that a user's entries changed, and wakes those who
// watch on this node.
func (d *Directory) tellEntries(ctx context.Context, user string, version store.Version) {
	d.sawEntries(user, version)
	msg, _ := json.Marshal(change{V: recordVersion, User: user, Entries: version})
	if err := d.store.Publish(ctx, topic, msg); err != nil {
		d.log.Warn("tabs at other nodes learn of changed entries later", "user", user, "err", err)
	}
}

// sawEntries notes a version and wakes those who watch, once for each.
func (d *Directory) sawEntries(user string, version store.Version) {
	d.mu.Lock()
	defer d.mu.Unlock()
	// Messages may come out of order; 1 is a new book of a user made again.
	if seen := d.books.versions[user]; version == seen || version < seen && version != 1 {
		return
	}
	d.books.versions[user] = version
	for w := range d.watch {
		w.Add(user)
	}
}

// lostEntries makes every tab fetch its list again.
func (d *Directory) lostEntries() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.books.lost++
	for w := range d.watch {
		for user := range d.people {
			w.Add(user)
		}
	}
}
