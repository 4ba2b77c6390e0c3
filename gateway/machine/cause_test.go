package machine

import (
	"testing"
)

// causesOfStatuses has a row for each final status that has a cause of its own;
// all others mean that the device failed.
var causesOfStatuses = map[int]Cause{
	401: CauseForbidden, 403: CauseForbidden, 407: CauseForbidden,
	404: CauseUnknown, 410: CauseUnknown, 484: CauseUnknown, 604: CauseUnknown,
	408: CauseUnreachable,
	415: CauseNoCodec, 488: CauseNoCodec, 606: CauseNoCodec,
	420: CauseUnsupported, 421: CauseUnsupported,
	480: CauseNoAnswer,
	482: CauseLoop, 483: CauseLoop,
	486: CauseBusy, 600: CauseBusy,
	487: CauseCallerGone,
	503: CauseTrunkDown,
	603: CauseDeclined, 607: CauseDeclined,
}

func TestCauseOfEachStatus(t *testing.T) {
	for status := 300; status < 700; status++ {
		want, ok := causesOfStatuses[status]
		switch {
		case status < 400:
			want = CauseRedirected
		case !ok:
			want = CauseRefused
		}
		if got := CauseOf(status); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
	}
}

// Every cause has its status, its Reason and a sentence for either side.
func TestCauseTable(t *testing.T) {
	for c := range causes {
		o := c.Outcome()
		if o.Status < 400 || o.Phrase == "" || o.Reason == "" || c.Sentence(Caller).Text == "" || c.Sentence(Callee).Text == "" {
			t.Errorf("%s: incomplete row %+v", c, o)
		}
	}
	if got := Cause("nonsense").Outcome().Status; got != 500 {
		t.Errorf("unknown cause gives %d", got)
	}
}
