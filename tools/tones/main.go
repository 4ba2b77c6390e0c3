// Command tones encodes the gateway's tones for G722 and opus with ffmpeg and
// writes them, as frames of 20 ms, to media/tones. Run it from the top of the
// repository after a change of media/figure, and commit what it writes:
//
//	go run ./tools/tones
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"ringsplash/media/figure"
)

const (
	frameTime = 50 // frames a second
	// leadIn is played before silence is taken: the encoders have settled by then.
	leadIn = 25
)

var tones = []struct {
	name    string
	compose func(rate int) []int16
}{
	{"splash", figure.Splash},
	{"ringback", figure.Ringback},
	{"busy", figure.Busy},
	{"music", figure.HoldMusic},
}

func main() {
	if err := run("media/tones"); err != nil {
		fmt.Fprintln(os.Stderr, "tones:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, t := range tones {
		if err := write(dir, t.name, t.compose, nil); err != nil {
			return err
		}
	}
	silence := func(rate int) []int16 { return make([]int16, rate) }
	return write(dir, "silence", silence, func(frames [][]byte) [][]byte { return frames[leadIn : leadIn+1] })
}

// write encodes one tone for both codecs. keep, if not nil, picks the frames.
func write(dir, name string, compose func(int) []int16, keep func([][]byte) [][]byte) error {
	for _, codec := range []struct {
		name   string
		encode func() ([][]byte, error)
	}{
		{"g722", func() ([][]byte, error) { return encodeG722(compose(16000)) }},
		{"opus", func() ([][]byte, error) { return encodeOpus(compose(48000)) }},
	} {
		frames, err := codec.encode()
		if err != nil {
			return fmt.Errorf("%s as %s: %w", name, codec.name, err)
		}
		if keep != nil {
			frames = keep(frames)
		}
		file := filepath.Join(dir, name+"."+codec.name)
		if err := os.WriteFile(file, pack(frames), 0o644); err != nil {
			return err
		}
		fmt.Println(file, len(frames), "frames")
	}
	return nil
}

// pack puts two bytes of length, big endian, before each frame.
func pack(frames [][]byte) []byte {
	var b []byte
	for _, f := range frames {
		b = binary.BigEndian.AppendUint16(b, uint16(len(f)))
		b = append(b, f...)
	}
	return b
}

// encodeG722 takes 16 kHz; 64 kbit/s make 160 bytes a frame.
func encodeG722(pcm []int16) ([][]byte, error) {
	raw, err := ffmpeg(pcm, 16000, "-c:a", "g722", "-f", "g722")
	if err != nil {
		return nil, err
	}
	const size = 64000 / 8 / frameTime
	var frames [][]byte
	for ; len(raw) >= size; raw = raw[size:] {
		frames = append(frames, raw[:size])
	}
	return frames, nil
}

// encodeOpus takes 48 kHz. libopus looks ahead by some ms, which moves the tone
// by as much; ffmpeg flushes it with a frame more, which is left out.
func encodeOpus(pcm []int16) ([][]byte, error) {
	want := len(pcm) * frameTime / 48000
	raw, err := ffmpeg(pcm, 48000, "-c:a", "libopus", "-b:a", "24k", "-frame_duration", "20", "-application", "audio", "-f", "ogg")
	if err != nil {
		return nil, err
	}
	packets, err := oggPackets(raw)
	if err != nil {
		return nil, err
	}
	// The first two are the headers (RFC 7845 3).
	if len(packets) < 2+want {
		return nil, fmt.Errorf("%d packets of opus, %d were expected", len(packets)-2, want)
	}
	return packets[2 : 2+want], nil
}

func ffmpeg(pcm []int16, rate int, to ...string) ([]byte, error) {
	in := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		in = binary.LittleEndian.AppendUint16(in, uint16(s))
	}
	args := []string{"-v", "error", "-f", "s16le", "-ar", strconv.Itoa(rate), "-ac", "1", "-i", "-"}
	args = append(args, to...)
	// No date or version in the file: the same tones make the same bytes.
	args = append(args, "-fflags", "+bitexact", "-flags:a", "+bitexact", "-")
	cmd := exec.Command("ffmpeg", args...)
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = os.Stderr
	return cmd.Output()
}

// oggPackets takes the packets out of an Ogg stream (RFC 3533 6).
func oggPackets(b []byte) ([][]byte, error) {
	const head = 27
	var packets [][]byte
	var part []byte
	for len(b) > 0 {
		if len(b) < head || string(b[:4]) != "OggS" || len(b) < head+int(b[26]) {
			return nil, errors.New("not an Ogg page")
		}
		laces := b[head : head+int(b[26])]
		b = b[head+len(laces):]
		for _, n := range laces {
			if len(b) < int(n) {
				return nil, errors.New("an Ogg page is cut short")
			}
			part = append(part, b[:n]...)
			b = b[n:]
			if n < 255 {
				packets, part = append(packets, part), nil
			}
		}
	}
	return packets, nil
}
