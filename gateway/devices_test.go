package gateway

import (
	"context"
	"strings"
	"testing"

	"ringsplash/directory"
)

// The tab says beforehand which phones only the configuration file changes.
func TestFixedDevices(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	if d := w.gw.Devices("alice")[0]; d.Fixed || !strings.Contains(d.Why, "Allow it under Your phones") {
		t.Errorf("a phone that its user may set up is shown as %+v", d)
	}
	must(t, w.dir.Sync(context.Background(), []directory.NewUser{{
		User: directory.User{Name: "carol", Number: "1003", Display: "Carol"}, Password: "correct horse",
		Devices: []directory.NewDevice{{ID: "desk", Display: "Desk phone", SIPPassword: "s-carol"}},
	}}))
	w.register("carol", "desk", "urn:uuid:c")
	if d := w.gw.Devices("carol")[0]; !d.Fixed || !strings.Contains(d.Why, "Ask the administrator") {
		t.Errorf("a phone of the configuration file is shown as %+v", d)
	}
}
