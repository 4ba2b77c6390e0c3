package throttle

import (
	"math"
	"sync"
	"time"
)

// Limit is how many events may come at once, and after how long one more may.
type Limit struct {
	Burst  float64
	Refill time.Duration
}

// PerSecond is the Limit of so many events a second, and so many at once.
func PerSecond(rate, burst float64) Limit {
	return Limit{Burst: burst, Refill: time.Duration(float64(time.Second) / rate)}
}

// Bucket counts events: each fills it by one Refill, time drains it. The zero
// Bucket is empty.
type Bucket struct {
	// Filled is how long it took to drain at At, which is the last event.
	Filled time.Duration
	At     time.Time
}

// drained is how much of the bucket is left. A clock set back drains nothing.
func (b Bucket) drained(now time.Time) time.Duration { return max(0, b.Filled-max(0, now.Sub(b.At))) }

// Count is the bucket after one more event.
func (l Limit) Count(b Bucket, now time.Time) Bucket { return Bucket{b.drained(now) + l.Refill, now} }

// CountFull is Count, but the bucket never becomes more than full, so that
// the wait stays one Refill however many events come.
func (l Limit) CountFull(b Bucket, now time.Time) Bucket {
	b = l.Count(b, now)
	b.Filled = min(b.Filled, l.times(l.Burst))
	return b
}

// Wait is how long until one more event fits into the bucket.
func (l Limit) Wait(b Bucket, now time.Time) time.Duration {
	return max(0, b.drained(now)-l.times(l.Burst-1))
}

func (l Limit) times(n float64) time.Duration { return time.Duration(n * float64(l.Refill)) }

// Buckets have a bucket for each key, and forget the emptiest when there are too
// many.
type Buckets[K comparable] struct {
	limit Limit
	size  int

	mu   sync.Mutex
	full map[K]Bucket // without those that are empty
}

// NewBuckets makes Buckets for at most size keys.
func NewBuckets[K comparable](limit Limit, size int) *Buckets[K] {
	return &Buckets[K]{limit: limit, size: size, full: map[K]Bucket{}}
}

// Admit counts one event of k, unless it must wait.
func (b *Buckets[K]) Admit(k K, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limit.Wait(b.full[k], now) > 0 {
		return false // not written: time goes on draining the old state
	}
	b.count(k, now)
	return true
}

// Wait is how long until one more event of k fits.
func (b *Buckets[K]) Wait(k K, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.limit.Wait(b.full[k], now)
}

// Pay counts one event of k, whether it fits or not.
func (b *Buckets[K]) Pay(k K, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count(k, now)
}

// Refund takes one event of k back.
func (b *Buckets[K]) Refund(k K, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, there := b.full[k]
	if !there {
		return
	}
	if left := one.drained(now) - b.limit.Refill; left > 0 {
		b.full[k] = Bucket{left, now}
		return
	}
	delete(b.full, k)
}

// count counts one event of k. Under mu.
func (b *Buckets[K]) count(k K, now time.Time) {
	if _, there := b.full[k]; !there && len(b.full) >= b.size {
		b.makeRoom(now)
	}
	b.full[k] = b.limit.Count(b.full[k], now)
}

// makeRoom drops a tenth of the buckets at least, so that it is rarely called:
// empty ones first, then those with one event, so that a flood of others does
// not wash out a bucket that is full, then any. Under mu.
func (b *Buckets[K]) makeRoom(now time.Time) {
	enough := b.size - b.size/10
	for _, left := range []time.Duration{0, b.limit.Refill, math.MaxInt64} {
		for k, one := range b.full {
			if len(b.full) <= enough {
				return
			}
			if one.drained(now) <= left {
				delete(b.full, k)
			}
		}
	}
}
