package directory

import (
	"strings"
	"unicode"
)

// Legible is s without the characters that are not seen and make what is seen
// another text: those that turn the direction of writing (Unicode UAX 9 2) and
// those that have no width. The two joiners stay between letters of scripts that
// are written with them, and within an emoji.
func Legible(s string) string {
	if !strings.ContainsFunc(s, unseen) {
		return s
	}
	var out []rune
	all := []rune(s)
	for i, r := range all {
		joined := joiner(r) && len(out) > 0 && joins(out[len(out)-1]) && i+1 < len(all) && joins(all[i+1])
		if joined || !unseen(r) {
			out = append(out, r)
		}
	}
	return string(out)
}

func joiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// unseen tells whether r has no picture of its own. Among the format characters
// those in front of Arabic numbers have one.
func unseen(r rune) bool {
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u3164', '\uffa0': // a joiner of marks, fillers of Hangul
		return true
	}
	return unicode.In(r, unicode.Zl, unicode.Zp) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// joins tells whether a joiner beside r can change how r is written.
func joins(r rune) bool {
	if unseen(r) || unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Han) {
		return false
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.In(r, unicode.So, unicode.Sk) && r > unicode.MaxLatin1
}
