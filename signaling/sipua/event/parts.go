package event

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// maxParts is into how many parts a text for a phone is cut; what does not fit
// is left to the browser.
const maxParts = 5

// parts cuts a text into pieces of at most size bytes for a phone, each with its
// number before it when there are several. The last of maxParts says that there
// is more, in the words given. A character is never cut, nor torn from the marks
// that belong to it.
func parts(text string, size int, more string) []string {
	if len(text) <= size {
		return []string{text}
	}
	room := max(size-len(number(maxParts, maxParts)), utf8.UTFMax)
	var pieces []string
	for text != "" && len(pieces) < maxParts {
		n := len(text)
		if n > room {
			left := room
			if len(pieces) == maxParts-1 {
				left = max(room-len(more), utf8.UTFMax)
			}
			n = border(text, left)
		}
		pieces, text = append(pieces, text[:n]), text[n:]
	}
	if text != "" {
		pieces[maxParts-1] += more
	}
	for i := range pieces {
		pieces[i] = number(i+1, len(pieces)) + pieces[i]
	}
	return pieces
}

func number(i, n int) string { return fmt.Sprintf("(%d/%d) ", i, n) }

// border is the last place in text, at most at n, where it may be cut. A text
// that is marks only is cut between them.
func border(text string, n int) int {
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	for at := n; at > 0; {
		next, _ := utf8.DecodeRuneInString(text[at:])
		before, size := utf8.DecodeLastRuneInString(text[:at])
		if !joins(next) && before != zeroWidthJoiner {
			return at
		}
		at -= size
	}
	return n
}

const zeroWidthJoiner = '\u200d'

// joins tells whether r belongs to the character before it.
func joins(r rune) bool {
	return r == zeroWidthJoiner || unicode.In(r, unicode.M) || r >= 0x1f3fb && r <= 0x1f3ff // skin tones
}
