// Package render turns sound into frames of 20 ms for every codec of the
// gateway, with ffmpeg: no Go encoder for Opus or G.722 is to be had. Tones are
// rendered beforehand; nothing here runs during a call.
package render

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/webrtc/v3/pkg/media/oggreader"
)

// frameRate is how many frames make a second.
const frameRate = 50

// ErrNoFFmpeg: the program ffmpeg is not installed.
var ErrNoFFmpeg = errors.New("the program ffmpeg is not installed; install it (on Debian: apt-get install ffmpeg) and try again")

// Codecs are what Encode renders for: the names of tone files' endings.
var Codecs = []string{"pcmu", "pcma", "g722", "opus"}

// Encode renders mono PCM, which compose gives at any sampling rate, for one of
// Codecs. It blocks for ffmpeg, until ctx ends at most.
func Encode(ctx context.Context, codec string, compose func(rate int) []int16) ([][]byte, error) {
	switch codec {
	case "pcmu":
		return evenly(ctx, compose(8000), 8000, "-c:a", "pcm_mulaw", "-f", "mulaw")
	case "pcma":
		return evenly(ctx, compose(8000), 8000, "-c:a", "pcm_alaw", "-f", "alaw")
	case "g722":
		return evenly(ctx, compose(16000), 16000, "-c:a", "g722", "-f", "g722")
	case "opus":
		return opus(ctx, compose(48000))
	}
	return nil, fmt.Errorf("there is no codec %q to render for", codec)
}

// Decode reads any sound file as mono PCM of the rate. It blocks for ffmpeg.
func Decode(ctx context.Context, file string, rate int) ([]int16, error) {
	raw, err := ffmpeg(ctx, nil, "-v", "error", "-i", "file:"+file, "-vn", "-ac", "1", "-ar", strconv.Itoa(rate), "-f", "s16le", "-")
	if err != nil {
		return nil, err
	}
	pcm := make([]int16, len(raw)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
	}
	return pcm, nil
}

// Pack puts two bytes of length, big endian, before each frame: a tone file.
func Pack(frames [][]byte) []byte {
	var b []byte
	for _, f := range frames {
		b = binary.BigEndian.AppendUint16(b, uint16(len(f)))
		b = append(b, f...)
	}
	return b
}

// evenly encodes for a codec of 64 kbit/s: 160 bytes a frame.
func evenly(ctx context.Context, pcm []int16, rate int, to ...string) ([][]byte, error) {
	const size = 64000 / 8 / frameRate
	for len(pcm)%(rate/frameRate) != 0 {
		pcm = append(pcm, 0)
	}
	raw, err := encode(ctx, pcm, rate, to...)
	if err != nil {
		return nil, err
	}
	return slices.Collect(slices.Chunk(raw, size)), nil
}

// opus takes 48 kHz. libopus looks ahead by some ms, which moves the tone by as
// much; ffmpeg flushes it with a frame more, which is left out.
func opus(ctx context.Context, pcm []int16) ([][]byte, error) {
	const size = 48000 / frameRate
	for len(pcm)%size != 0 {
		pcm = append(pcm, 0)
	}
	want := len(pcm) / size
	raw, err := encode(ctx, pcm, 48000, "-c:a", "libopus", "-b:a", "24k", "-frame_duration", "20", "-application", "audio",
		"-page_duration", "20000", "-f", "ogg") // a packet a page
	if err != nil {
		return nil, err
	}
	var packets [][]byte
	pages, _, err := oggreader.NewWith(bytes.NewReader(raw)) // has read the first header (RFC 7845 3)
	for err == nil {
		var page []byte
		if page, _, err = pages.ParseNextPage(); err == nil {
			packets = append(packets, page)
		}
	}
	if !errors.Is(err, io.EOF) || len(packets) < 1+want {
		return nil, fmt.Errorf("%d packets of opus, %d were expected (%w)", len(packets)-1, want, err)
	}
	return packets[1 : 1+want], nil // without the second header
}

func encode(ctx context.Context, pcm []int16, rate int, to ...string) ([]byte, error) {
	in := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		in = binary.LittleEndian.AppendUint16(in, uint16(s))
	}
	args := append([]string{"-v", "error", "-f", "s16le", "-ar", strconv.Itoa(rate), "-ac", "1", "-i", "-"}, to...)
	// No date or version in the file: the same sound makes the same bytes.
	return ffmpeg(ctx, in, append(args, "-fflags", "+bitexact", "-flags:a", "+bitexact", "-")...)
}

func ffmpeg(ctx context.Context, in []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-nostdin"}, args...)...)
	var out, complaint bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &complaint
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, ErrNoFFmpeg
	case err != nil:
		last, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		return nil, fmt.Errorf("ffmpeg could not do it: %s (%w)", last, err)
	}
	return out.Bytes(), nil
}
