package demo

import (
	"math"
	"time"
)

// note is a sine of hz with soft edges, 8 kHz, at about -16 dBFS.
func note(hz float64, long time.Duration) []int16 {
	n := int(8000 * long.Seconds())
	pcm := make([]int16, n)
	for i := range pcm {
		edge := math.Min(1, math.Min(float64(i), float64(n-i))/200)
		pcm[i] = int16(5000 * edge * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	return pcm
}
