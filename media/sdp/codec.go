package sdp

import (
	"slices"
	"strings"
)

// Codec is an audio codec by its SDP name. One clock: 8000, opus 48000.
type Codec string

// The codecs this gateway passes through.
const (
	PCMU Codec = "PCMU"
	PCMA Codec = "PCMA"
	G722 Codec = "G722"
	Opus Codec = "opus"
)

// Format is what a payload type stands for, as small numbers for the fast path.
type Format uint8

// Formats: the codecs and the telephone-events of both clocks.
const (
	FormatNone Format = iota
	FormatPCMU
	FormatPCMA
	FormatG722
	FormatOpus
	FormatEvent8  // telephone-event/8000 (RFC 4733)
	FormatEvent48 // telephone-event/48000, beside opus
	FormatCount
)

// formats is what is written of each Format.
var formats = [FormatCount]struct {
	codec      Codec
	encoding   string // in rtpmap
	parameters string // in fmtp
	number     uint8  // we offer, unless the far side used it for something else
}{
	FormatPCMU:    {PCMU, "PCMU/8000", "", 0},
	FormatPCMA:    {PCMA, "PCMA/8000", "", 8},
	FormatG722:    {G722, "G722/8000", "", 9},
	FormatOpus:    {Opus, "opus/48000/2", "minptime=10;useinbandfec=1", 111},
	FormatEvent8:  {"", "telephone-event/8000", "0-15", 101},
	FormatEvent48: {"", "telephone-event/48000", "0-15", 110},
}

// Format is FormatNone for an unknown codec.
func (c Codec) Format() Format {
	for f := FormatPCMU; f <= FormatOpus; f++ {
		if formats[f].codec == c {
			return f
		}
	}
	return FormatNone
}

// formatOf reads the right side of an rtpmap, "opus/48000/2".
func formatOf(encoding string) Format {
	name, rest, _ := strings.Cut(strings.ToLower(encoding), "/")
	clock, _, _ := strings.Cut(rest, "/")
	text := name + "/" + strings.TrimSpace(clock)
	if text == "g722/16000" { // some write the sampling rate by mistake
		return FormatG722
	}
	for f := FormatPCMU; f < FormatCount; f++ {
		if text == strings.TrimSuffix(strings.ToLower(formats[f].encoding), "/2") {
			return f
		}
	}
	return FormatNone
}

// Codec is "" for what is none.
func (f Format) Codec() Codec { return formats[f].codec }

// Event tells whether it is a telephone-event.
func (f Format) Event() bool { return f == FormatEvent8 || f == FormatEvent48 }

// Clock is the RTP clock rate in Hz. G722 says 8000 (RFC 3551 4.5.2).
func (f Format) Clock() uint32 {
	if f == FormatOpus || f == FormatEvent48 {
		return 48000
	}
	return 8000
}

// Events are the telephone-events to go with an audio format: that of its own
// clock, and the other.
func (f Format) Events() (own, other Format) {
	if f == FormatOpus {
		return FormatEvent48, FormatEvent8
	}
	return FormatEvent8, FormatEvent48
}

// OtherLaw is A-law for mu-law and the other way round, else FormatNone.
func (f Format) OtherLaw() Format {
	switch f {
	case FormatPCMU:
		return FormatPCMA
	case FormatPCMA:
		return FormatPCMU
	}
	return FormatNone
}

// PayloadType is one line of a payload type table.
type PayloadType struct {
	Number uint8
	Format Format
}

// Codecs are those among payload types, in their order.
func Codecs(types []PayloadType) []Codec {
	var codecs []Codec
	for _, t := range types {
		if c := t.Format.Codec(); c != "" && !slices.Contains(codecs, c) {
			codecs = append(codecs, c)
		}
	}
	return codecs
}

// Convertible tells whether sound in one codec can be sent in the other: they
// are equal, or mu-law and A-law.
func Convertible(from, to Codec) bool {
	return from == to || from == PCMU && to == PCMA || from == PCMA && to == PCMU
}

// Offerable is codecs in their order, then what can be converted to them.
func Offerable(codecs []Codec) []Codec {
	all := make([]Codec, 0, len(codecs)+1)
	add := func(c Codec) {
		if c.Format() != FormatNone && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	for _, c := range codecs {
		add(c)
	}
	for _, c := range all {
		add(c.Format().OtherLaw().Codec())
	}
	return all
}
