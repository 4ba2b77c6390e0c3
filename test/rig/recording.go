package rig

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"time"
)

// window is the length over which the presence of a tone is judged.
const window = 100 * time.Millisecond

// Recording is mono sound, 16 bits a sample.
type Recording struct {
	Rate    int // samples a second
	Samples []int16
}

// ReadWAV reads 16-bit PCM; of several channels the first one. The file may
// still be growing: the length comes from the file, not from its head. A head
// that is not complete yet gives an empty recording.
func ReadWAV(path string) (Recording, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Recording{}, err
	}
	if len(b) < 44 {
		return Recording{}, nil
	}
	if string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return Recording{}, errors.New(path + ": not a wav file")
	}
	var rec Recording
	channels := 1
	for at := 12; at+8 <= len(b); {
		kind, size := string(b[at:at+4]), int(binary.LittleEndian.Uint32(b[at+4:]))
		body := b[at+8:]
		switch kind {
		case "fmt ":
			if bits := binary.LittleEndian.Uint16(body[14:]); bits != 16 {
				return Recording{}, fmt.Errorf("%s: %d bits a sample, want 16", path, bits)
			}
			channels, rec.Rate = int(binary.LittleEndian.Uint16(body[2:])), int(binary.LittleEndian.Uint32(body[4:]))
		case "data":
			for i := 0; i+2*channels <= len(body); i += 2 * channels {
				rec.Samples = append(rec.Samples, int16(binary.LittleEndian.Uint16(body[i:])))
			}
			return rec, nil
		}
		at += 8 + size
	}
	return rec, nil
}

// Duration of the recording.
func (r Recording) Duration() time.Duration {
	if r.Rate == 0 {
		return 0
	}
	return time.Duration(len(r.Samples)) * time.Second / time.Duration(r.Rate)
}

// Last is the end of the recording in whole windows, empty when it is shorter than d.
func (r Recording) Last(d time.Duration) Recording {
	n := int(d/window) * r.windowSize()
	if n == 0 || len(r.Samples) < n {
		return Recording{Rate: r.Rate}
	}
	return Recording{r.Rate, r.Samples[len(r.Samples)-n:]}
}

// From is the recording without its first d.
func (r Recording) From(d time.Duration) Recording {
	n := min(int(d*time.Duration(r.Rate)/time.Second), len(r.Samples))
	return Recording{r.Rate, r.Samples[n:]}
}

// Heard is for how long the tone was present: in how many windows of 100 ms it
// was louder than -40 dBFS and held at least half of the energy, so that
// noise and other tones do not count.
func (r Recording) Heard(hz float64) time.Duration {
	var heard time.Duration
	r.windows(func(w []int16) {
		power := goertzel(w, r.Rate, hz)
		if dBFS(power) > -40 && power >= energy(w)/2 {
			heard += window
		}
	})
	return heard
}

// Loud is for how long anything was louder than -60 dBFS.
func (r Recording) Loud() time.Duration {
	var loud time.Duration
	r.windows(func(w []int16) {
		if dBFS(energy(w)) > -60 {
			loud += window
		}
	})
	return loud
}

// Level is the tone's level over the whole recording in dBFS; a full-scale
// sine is 0.
func (r Recording) Level(hz float64) float64 {
	if len(r.Samples) == 0 {
		return math.Inf(-1)
	}
	return dBFS(goertzel(r.Samples, r.Rate, hz))
}

func (r Recording) windowSize() int { return r.Rate * int(window/time.Millisecond) / 1000 }

func (r Recording) windows(visit func([]int16)) {
	n := r.windowSize()
	for i := 0; n > 0 && i+n <= len(r.Samples); i += n {
		visit(r.Samples[i : i+n])
	}
}

// goertzel is the mean power of the sine of that frequency in w.
func goertzel(w []int16, rate int, hz float64) float64 {
	c := 2 * math.Cos(2*math.Pi*hz/float64(rate))
	var s1, s2 float64
	for _, v := range w {
		s1, s2 = float64(v)+c*s1-s2, s1
	}
	n := float64(len(w))
	return max(2*(s1*s1+s2*s2-c*s1*s2)/(n*n), 0)
}

// energy is the mean power of w.
func energy(w []int16) float64 {
	var sum float64
	for _, v := range w {
		sum += float64(v) * float64(v)
	}
	return sum / float64(len(w))
}

func dBFS(power float64) float64 { return 10 * math.Log10(power/(32768*32768/2)+1e-12) }
