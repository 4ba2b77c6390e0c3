package console

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"text/tabwriter"
	"unicode/utf8"

	"ringsplash/admin"
	"ringsplash/config"
	"ringsplash/directory"
	"ringsplash/node"
)

const userUsage = `usage: ringsplash user COMMAND --config FILE

  user add NAME [--number N] [--display TEXT] [--admin]
           [--device ID [--device-display TEXT] [--device-interworking] [--device-profile NAME]
            [--device-unmute-key KEY]]...
                                     add a user and deskphones; --device-... belong to the --device before them
  user device NAME --device ID [--device-display TEXT] [--device-interworking[=false]] [--device-profile NAME]
           [--device-unmute-key KEY]
                                     change a deskphone; interworking lets its user answer on it from the browser;
                                     KEY, one of 0-9 * # A-D, un-mutes it after it answered by itself: none for no
                                     key, profile for its profile's. A phone without a profile needs Test my deskphone too
  user passwd NAME                   set the log-in password
  user passwd NAME --device ID       set the SIP password of a deskphone
  user unpair NAME --device ID       let the next phone with the device's password take its place
  user list                          list users and deskphones
  user remove NAME                   remove a user with devices, history and grants
  user forget-sip-passwords          after a change of domain: drop the SIP passwords made for the old one
  user seal                          after record.key was lost, or a Redis backup from before it: trust the
                                     records in the store as they are, and seal them with this gateway's key

Passwords are asked for on the terminal. --password-stdin and --password-file FILE
read them instead, a line each: the log-in password first, then one for each --device.
A running gateway is changed while it runs; without one the store is changed directly.
`

// userFlags are those of all user commands; each command uses some.
type userFlags struct {
	config       string
	passwordFile string
	stdin        bool
	name         string
	user         directory.NewUser
	patch        directory.DevicePatch
}

func userCommand(ctx context.Context, t Terminal, args []string) error {
	do, err := choose(t, "user", userUsage, args, map[string]func(context.Context, Terminal, userFlags) error{
		"add": userAdd, "device": userDevice, "passwd": userPasswd, "unpair": userUnpair, "list": userList, "remove": userRemove,
		"forget-sip-passwords": userForget, "seal": userSeal,
	})
	if err != nil {
		return err
	}
	f, err := parseUser(t, args[0], args[1:])
	if err != nil {
		return err
	}
	return do(ctx, t, f)
}

func parseUser(t Terminal, name string, args []string) (userFlags, error) {
	var f userFlags
	flags := flag.NewFlagSet("user "+name, flag.ContinueOnError)
	flags.StringVar(&f.config, "config", "ringsplash.yaml", "")
	flags.StringVar(&f.passwordFile, "password-file", "", "")
	flags.BoolVar(&f.stdin, "password-stdin", false, "")
	flags.Func("device", "", func(id string) error {
		f.user.Devices = append(f.user.Devices, directory.NewDevice{ID: id})
		return nil
	})
	switch name {
	case "add":
		addFlags(flags, &f.user)
	case "device":
		patchFlags(flags, &f.patch)
	}
	names := 1
	if slices.Contains([]string{"list", "forget-sip-passwords", "seal"}, name) {
		names = 0
	}
	var err error
	f.name, err = parseNamed(t, flags, userUsage, names, args)
	f.user.Name = f.name
	return f, err
}

func addFlags(flags *flag.FlagSet, u *directory.NewUser) {
	flags.StringVar(&u.Number, "number", "", "")
	flags.StringVar(&u.Display, "display", "", "")
	flags.BoolVar(&u.Admin, "admin", false, "")
	last := func(set func(*directory.NewDevice)) error {
		if len(u.Devices) == 0 {
			return errors.New("it must come after the --device it belongs to")
		}
		set(&u.Devices[len(u.Devices)-1])
		return nil
	}
	flags.Func("device-display", "", func(s string) error { return last(func(d *directory.NewDevice) { d.Display = s }) })
	flags.Func("device-profile", "", func(s string) error { return last(func(d *directory.NewDevice) { d.Profile = s }) })
	flags.Func("device-unmute-key", "",
		func(s string) error { return last(func(d *directory.NewDevice) { d.UnmuteKey = keyOf(s) }) })
	flags.BoolFunc("device-interworking", "", func(s string) error {
		return last(func(d *directory.NewDevice) { d.Interworking = s == "true" })
	})
}

// checkProfiles refuses profiles that the configuration does not have.
func (f userFlags) checkProfiles(names ...string) error {
	if len(names) == 0 {
		return nil
	}
	cfg, err := config.Load(f.config)
	if err != nil {
		return err
	}
	profiles, err := node.Profiles(cfg)
	if err != nil {
		return err
	}
	for _, name := range names {
		if problem, remedy := unknownProfile(profiles, name); problem != "" {
			return fmt.Errorf("%s; write %s", problem, remedy)
		}
	}
	return nil
}

func warnOfShort(t Terminal, whose, password string) {
	if n := utf8.RuneCountInString(password); n < config.FewestCharacters {
		_, _ = fmt.Fprintf(t.Err, "warning: the %s has %d characters, which is soon guessed; %d or more are better\n", whose, n,
			config.FewestCharacters)
	}
}

func userAdd(ctx context.Context, t Terminal, f userFlags) error {
	var profiles []string
	for _, d := range f.user.Devices {
		profiles = append(profiles, d.Profile)
	}
	if err := f.checkProfiles(profiles...); err != nil {
		return err
	}
	return withPeople(ctx, t, f.config, func(p admin.People) error {
		secrets, err := openPasswords(t, f.passwordFile, f.stdin)
		if err != nil {
			return err
		}
		defer func() { _ = secrets.close() }()
		if f.user.Password, err = secrets.next("log-in password of " + f.name); err != nil {
			return err
		}
		warnOfShort(t, "log-in password of "+f.name, f.user.Password)
		for i := range f.user.Devices {
			d := &f.user.Devices[i]
			if d.SIPPassword, err = secrets.next("SIP password of device " + d.ID); err != nil {
				return err
			}
			warnOfShort(t, "SIP password of device "+d.ID, d.SIPPassword)
		}
		if err := p.Add(ctx, f.user); err != nil {
			return err
		}
		domain, err := p.Domain(ctx)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(t.Out, "added %s: sip:%s@%s\n", f.name, f.name, domain)
		for _, d := range f.user.Devices {
			const registers = "device %[1]s registers as sip:%[2]s@%[3]s, user name %[2]s or %[2]s~%[1]s\n"
			_, _ = fmt.Fprintf(t.Out, registers, d.ID, f.name, domain)
			_, _ = fmt.Fprintln(t.Out, clickToAnswer(f.name, d.ID, d.Interworking))
		}
		return nil
	})
}

func userPasswd(ctx context.Context, t Terminal, f userFlags) error {
	if len(f.user.Devices) > 1 {
		return wrongUse("name one --device at a time")
	}
	return withPeople(ctx, t, f.config, func(p admin.People) error {
		secrets, err := openPasswords(t, f.passwordFile, f.stdin)
		if err != nil {
			return err
		}
		defer func() { _ = secrets.close() }()
		if len(f.user.Devices) == 0 {
			word, err := secrets.next("new log-in password of " + f.name)
			if err != nil {
				return err
			}
			warnOfShort(t, "log-in password of "+f.name, word)
			return p.SetPassword(ctx, f.name, word)
		}
		device := f.user.Devices[0].ID
		word, err := secrets.next("new SIP password of device " + device)
		if err != nil {
			return err
		}
		warnOfShort(t, "SIP password of device "+device, word)
		return p.SetSIPPassword(ctx, f.name, device, word)
	})
}

func userRemove(ctx context.Context, t Terminal, f userFlags) error {
	return withPeople(ctx, t, f.config, func(p admin.People) error { return p.Remove(ctx, f.name) })
}

func userList(ctx context.Context, t Terminal, f userFlags) error {
	return withPeople(ctx, t, f.config, func(p admin.People) error {
		people, err := p.List(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(t.Out, 0, 8, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "NAME\tNUMBER\tDISPLAY\tFROM\tDEVICES")
		for _, person := range people {
			from := "store"
			if person.Fixed {
				from = "file"
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", person.Name, person.Number, person.Display, from, devicesInWords(person.Devices))
		}
		return w.Flush()
	})
}
