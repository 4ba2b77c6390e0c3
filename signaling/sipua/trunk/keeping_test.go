package trunk

import (
	"testing"
	"time"
)

func TestKeepingARegistration(t *testing.T) {
	registered := keeping{granted: time.Hour, wait: 50 * time.Minute}
	for name, row := range map[string]struct {
		from   keeping
		what   happening
		chance float64
		want   keeping
	}{
		"granted":                {keeping{failures: 3, wait: time.Second}, granted, 0.5, registered},
		"nothing yet":            {keeping{}, due, 0.5, keeping{}},
		"first refusal":          {keeping{}, refused, 0, keeping{failures: 1, wait: time.Second}},
		"first refusal, by luck": {keeping{}, refused, 0.5, keeping{failures: 1, wait: 1500 * time.Millisecond}},
		"third refusal":          {keeping{failures: 2}, refused, 1, keeping{failures: 3, wait: 8 * time.Second}},
		"many refusals":          {keeping{failures: 99}, refused, 1, keeping{failures: 100, wait: maxRetry}},
		"refused while it lasts": {registered, refused, 0, keeping{granted: time.Hour, failures: 1, wait: time.Second}},
		"connection lost":        {registered, flowLost, 0, keeping{granted: time.Hour, failures: 1, wait: time.Second}},
		"lost again": {
			keeping{granted: time.Hour, failures: 1},
			flowLost, 0,
			keeping{granted: time.Hour, failures: 2, wait: 2 * time.Second},
		},
		"the trunk moved":      {registered, elsewhere, 0.5, keeping{granted: time.Hour, wait: movedRetry}},
		"moved after refusals": {keeping{failures: 4, wait: maxRetry}, elsewhere, 0, keeping{failures: 4, wait: movedRetry}},
		"over":                 {registered, ended, 0, registered},
	} {
		if got := row.from.next(row.what, time.Hour, row.chance); got != row.want {
			t.Errorf("%s: %+v, want %+v", name, got, row.want)
		}
	}
}
