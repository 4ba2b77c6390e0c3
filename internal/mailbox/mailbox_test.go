package mailbox_test

import (
	"sync"
	"testing"

	"ringsplash/internal/mailbox"
)

// Many post at the same time: nothing is lost, each one's posts keep their
// order, and a closed box takes nothing.
func TestBox(t *testing.T) {
	const posters, each = 8, 200
	box := mailbox.New[[2]int]()
	var all sync.WaitGroup
	for p := range posters {
		all.Go(func() {
			for n := range each {
				box.Post([2]int{p, n})
			}
		})
	}
	var next [posters]int
	for got := 0; got < posters*each; {
		for _, v := range box.Take() {
			if v[1] != next[v[0]] {
				t.Fatalf("poster %d: %d came when %d was next", v[0], v[1], next[v[0]])
			}
			next[v[0]]++
			got++
		}
	}
	all.Wait()
	if box.Post([2]int{}); box.CloseIfEmpty() {
		t.Error("a box with something in it was closed")
	}
	if left := box.Close(); len(left) != 1 {
		t.Errorf("Close returned %v", left)
	}
	if box.Post([2]int{}) || len(box.Drain()) != 0 {
		t.Error("a closed box took a post")
	}
}
