package event

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParts(t *testing.T) {
	const more = " more in the browser"
	for _, c := range []struct {
		name, text string
		size       int
		want       []string
	}{
		{"short", "hello", 10, []string{"hello"}},
		{"two", "abcdefghijkl", 11, []string{"(1/3) abcde", "(2/3) fghij", "(3/3) kl"}},
		{"umlauts", "aüüüüü", 10, []string{"(1/3) aü", "(2/3) üü", "(3/3) üü"}},
		{"no mark is torn off", "abcde\u0301fghijk", 12, []string{"(1/3) abcd", "(2/3) e\u0301fgh", "(3/3) ijk"}},
		{"no family is torn apart", "ab👩\u200d👧cdefghi", 19, []string{"(1/2) ab👩\u200d👧", "(2/2) cdefghi"}},
	} {
		if got := parts(c.text, c.size, more); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	got := parts(strings.Repeat("0123456789", 1000), 100, more)
	if len(got) != maxParts || !strings.HasSuffix(got[4], more) || strings.Contains(got[3], more) {
		t.Errorf("a very long text becomes %q", got)
	}
}

// FuzzParts: nothing is lost or made up, no part is too large, and no character
// is cut.
func FuzzParts(f *testing.F) {
	for _, s := range []string{"hello", strings.Repeat("ü", 100), "👩\u200d👧👩\u200d👧👩\u200d👧", strings.Repeat("\u0301", 50)} {
		f.Add(s, uint8(40))
	}
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		const more = " …"
		text, room := strings.ToValidUTF8(text, "?"), int(size)+20
		var all strings.Builder
		list := parts(text, room, more)
		for i, p := range list {
			if len(p) > room || !utf8.ValidString(p) {
				t.Fatalf("part %d is %q, %d bytes of %d", i, p, len(p), room)
			}
			if len(list) > 1 {
				p = strings.TrimPrefix(p, number(i+1, len(list)))
			}
			all.WriteString(p)
		}
		whole := all.String() == text
		cut := len(list) == maxParts && strings.HasPrefix(text, strings.TrimSuffix(all.String(), more))
		if len(list) > maxParts || !whole && !cut {
			t.Fatalf("%q becomes %q", text, list)
		}
	})
}
