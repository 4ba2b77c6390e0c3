package gateway

import (
	"testing"
	"time"

	"ringsplash/directory"
)

// A change of the personal directory wakes the user's tabs and shows in their
// counters.
func TestDirectoryCounter(t *testing.T) {
	w := newWorkbench(t, nil)
	woken := make(chan struct{}, 100)
	s, _, err := w.gw.OpenTab("alice", Resume{}, func() { woken <- struct{}{} })
	must(t, err)
	defer s.Detach()
	before := s.Snapshot().Counters.Directory
	entry, err := w.dir.AddEntry(t.Context(), "alice", directory.EntryDraft{Addresses: []string{"bob"}})
	must(t, err)
	added := counterOtherThan(t, s, woken, before)
	must(t, w.dir.RemoveEntry(t.Context(), "alice", entry.ID, entry.Version))
	counterOtherThan(t, s, woken, added)
}

// counterOtherThan looks at each wake until the counter is another.
func counterOtherThan(t *testing.T, s *Socket, woken <-chan struct{}, before uint64) uint64 {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case <-woken:
			if now := s.Snapshot().Counters.Directory; now != before {
				return now
			}
		case <-late:
			t.Fatal("the tab was not woken")
		}
	}
}
