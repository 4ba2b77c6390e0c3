package sdp

import (
	"reflect"
	"testing"
)

func TestConvertibleAndOfferable(t *testing.T) {
	if !Convertible(PCMU, PCMA) || !Convertible(Opus, Opus) || Convertible(PCMU, G722) {
		t.Error("convertible")
	}
	for _, c := range []struct{ in, want []Codec }{
		{[]Codec{PCMU}, []Codec{PCMU, PCMA}},
		{[]Codec{Opus, PCMA, G722, PCMA}, []Codec{Opus, PCMA, G722, PCMU}},
		{[]Codec{G722, "GSM"}, []Codec{G722}},
	} {
		if got := Offerable(c.in); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %v, want %v", c.in, got, c.want)
		}
	}
}
