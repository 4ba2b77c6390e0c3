package event

import (
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzBody reads any body: what is read is bounded and can be written again.
func FuzzBody(f *testing.F) {
	for _, c := range bodies {
		f.Add(c.kind, []byte(c.body))
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		b, no := readBody(kind, body)
		if no != nil {
			if no.Status != 400 && no.Status != 413 && no.Status != 415 {
				t.Fatalf("refused with %d", no.Status)
			}
			return
		}
		said := 0
		for _, one := range []bool{b.Text != "", b.Typing != nil, b.Receipt != nil} {
			if one {
				said++
			}
		}
		if said != 1 || len(b.Text) > maxText || !utf8.ValidString(b.Text) || len(b.ID) > maxID {
			t.Fatalf("%q %q says %+v", kind, body, b)
		}
		if b.Text == "" {
			return
		}
		again, no := readCPIM(wrap("sip:a@b", "sip:b@b", time.Time{}, b.ID, b.Wants, textType+";charset=UTF-8", []byte(b.Text)))
		if no != nil || again.Text != b.Text || again.ID != b.ID || again.Wants != b.Wants {
			t.Fatalf("%+v becomes %+v, %v", b, again, no)
		}
	})
}
