// Package figure composes the gateway's tones as PCM, at any sampling rate: the
// media package makes its G.711 frames of them at start-up, tools/tones the
// frames of the other codecs beforehand.
package figure

import "math"

// Levels are peaks of full scale, telephone-quiet: about -22 and -28 dBFS.
const (
	toneLevel  = 0.08
	musicLevel = 0.04
)

// fade is how long a note takes to begin and to end, in seconds: no clicks.
const fade = 0.012

// Sheet is a tone on its way to PCM.
type Sheet struct {
	rate    int
	samples []float64
}

func newSheet(rate int, seconds float64) *Sheet {
	return &Sheet{rate: rate, samples: make([]float64, int(seconds*float64(rate)+0.5))}
}

// note adds a sine of hz from start on, for length seconds. decay > 0 lets it
// die away like a plucked string, by e every 1/decay seconds.
func (s *Sheet) note(start, length, hz, level, decay float64) {
	first := int(start * float64(s.rate))
	n := int(length * float64(s.rate))
	for i := range n {
		t := float64(i) / float64(s.rate)
		edge := math.Min(1, math.Min(t, length-t)/fade)
		s.samples[(first+i)%len(s.samples)] += level * edge * math.Exp(-decay*t) * math.Sin(2*math.Pi*hz*t)
	}
}

// pcm is the sheet as 16 bit samples.
func (s *Sheet) pcm() []int16 {
	out := make([]int16, len(s.samples))
	for i, v := range s.samples {
		out[i] = int16(math.Round(math.Max(-1, math.Min(1, v)) * math.MaxInt16))
	}
	return out
}

// Levels of the splash, as peaks of full scale: about -28, -22 and -14 dBFS.
const (
	Quiet  = toneLevel / 2
	Normal = toneLevel
	Loud   = toneLevel * 2.5
)

// SplashAt composes what announces an automatic answer: two rising notes, a
// fifth apart, 0.6 s.
func SplashAt(level float64) func(rate int) []int16 {
	return func(rate int) []int16 {
		s := newSheet(rate, 0.6)
		s.note(0, 0.28, 659.26, level, 5)
		s.note(0.18, 0.40, 987.77, level, 6)
		return s.pcm()
	}
}

// Ringback is 425 Hz, one second in five (ETSI ES 201 970). It loops.
func Ringback(rate int) []int16 {
	s := newSheet(rate, 5)
	s.note(0, 1, 425, toneLevel, 0)
	return s.pcm()
}

// Busy is 425 Hz, half a second in one (ETSI ES 201 970). It loops.
func Busy(rate int) []int16 {
	s := newSheet(rate, 1)
	s.note(0, 0.5, 425, toneLevel, 0)
	return s.pcm()
}

// chords of the hold music, each arpeggio two seconds: A minor, F, C, G.
var chords = [][]float64{
	{220.00, 329.63, 440.00, 523.25},
	{174.61, 261.63, 440.00, 523.25},
	{261.63, 392.00, 523.25, 659.26},
	{196.00, 293.66, 493.88, 587.33},
}

// HoldMusic is a slow arpeggio over four chords, 8 s. It loops.
func HoldMusic(rate int) []int16 {
	const beat = 0.25
	s := newSheet(rate, float64(len(chords))*8*beat)
	order := []int{0, 1, 2, 3, 2, 3, 2, 1}
	for c, chord := range chords {
		for i, n := range order {
			at := (float64(c)*8 + float64(i)) * beat
			s.note(at, 0.9, chord[n], musicLevel, 3.5)
			s.note(at, 0.5, 2*chord[n], musicLevel/5, 6)
		}
	}
	return s.pcm()
}

// Silence is 20 ms of nothing.
func Silence(rate int) []int16 { return newSheet(rate, 0.02).pcm() }
