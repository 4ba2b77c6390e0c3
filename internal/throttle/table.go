package throttle

// Table is a map of bounded size: when its young half is full, the old half is
// forgotten. Reading an old entry makes it young. It has no lock.
type Table[K comparable, V any] struct {
	young, old map[K]V
	half       int
}

// NewTable makes a Table that holds the last limit/2 entries at least, and never
// more than limit.
func NewTable[K comparable, V any](limit int) *Table[K, V] {
	return &Table[K, V]{young: map[K]V{}, half: limit / 2}
}

// Get is the entry of k.
func (t *Table[K, V]) Get(k K) (V, bool) {
	v, ok := t.young[k]
	if !ok {
		if v, ok = t.old[k]; ok {
			t.Put(k, v)
		}
	}
	return v, ok
}

// Put sets the entry of k.
func (t *Table[K, V]) Put(k K, v V) {
	if _, ok := t.young[k]; !ok && len(t.young) >= t.half {
		t.old, t.young = t.young, make(map[K]V)
	}
	t.young[k] = v
}
