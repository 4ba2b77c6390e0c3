package console

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"ringsplash/admin"
	"ringsplash/directory"
)

func patchFlags(flags *flag.FlagSet, p *directory.DevicePatch) {
	text := func(field **string) func(string) error {
		return func(s string) error { *field = &s; return nil }
	}
	flags.Func("device-display", "", text(&p.Display))
	flags.Func("device-profile", "", text(&p.Profile))
	flags.Func("device-unmute-key", "", func(s string) error { return text(&p.UnmuteKey)(keyOf(s)) })
	flags.BoolFunc("device-interworking", "", func(s string) error {
		on, err := strconv.ParseBool(s)
		p.Interworking = &on
		return err
	})
}

// keyOf is the un-mute key that a flag names. An empty one is none, as in the
// configuration file.
func keyOf(s string) string {
	switch s {
	case "":
		return directory.NoKey
	case "profile":
		return ""
	}
	return s
}

func userDevice(ctx context.Context, t Terminal, f userFlags) error {
	if len(f.user.Devices) != 1 {
		return wrongUse("name one --device")
	}
	if f.patch == (directory.DevicePatch{}) {
		return wrongUse("say what to change: --device-display, --device-interworking, --device-profile or --device-unmute-key")
	}
	id := f.user.Devices[0].ID
	if f.patch.Profile != nil {
		if err := f.checkProfiles(*f.patch.Profile); err != nil {
			return err
		}
	}
	return withPeople(ctx, t, f.config, func(p admin.People) error {
		d, err := p.PatchDevice(ctx, f.name, id, f.patch)
		if err == nil {
			_, _ = fmt.Fprintf(t.Out, "device %s of %s is changed\n%s\n", id, f.name, clickToAnswer(f.name, id, d.Interworking))
		}
		return err
	})
}

// clickToAnswer says whether the user can answer on the phone from the browser.
func clickToAnswer(user, device string, on bool) string {
	if on {
		return fmt.Sprintf("  Click-to-Answer is on: %s can answer on it from the browser. "+
			"`ringsplash user device %s --device %s --device-interworking=false` switches it off",
			user, user, device)
	}
	return fmt.Sprintf("  Click-to-Answer is off: %s cannot answer on it from the browser. "+
		"`ringsplash user device %s --device %s --device-interworking`, or Your phones on the user's page, switches it on",
		user, user, device)
}

func userUnpair(ctx context.Context, t Terminal, f userFlags) error {
	if len(f.user.Devices) != 1 {
		return wrongUse("name one --device")
	}
	return withPeople(ctx, t, f.config, func(p admin.People) error { return p.Unpair(ctx, f.name, f.user.Devices[0].ID) })
}

func devicesInWords(devices []directory.Device) string {
	words := make([]string, 0, len(devices))
	for _, d := range devices {
		var notes []string
		if d.Primary {
			notes = append(notes, "primary")
		}
		if d.Interworking {
			notes = append(notes, "interworking")
		}
		switch d.UnmuteKey {
		case "":
		case directory.NoKey:
			notes = append(notes, "no un-mute key")
		default:
			notes = append(notes, "un-mute key "+d.UnmuteKey)
		}
		if d.Instance == "" {
			notes = append(notes, "no phone yet")
		}
		word := d.ID
		if len(notes) > 0 {
			word += " (" + strings.Join(notes, ", ") + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}
