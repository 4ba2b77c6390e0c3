package console

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"ringsplash/admin"
	"ringsplash/config"
	"ringsplash/directory"
	"ringsplash/node"
	"ringsplash/store"
	"ringsplash/token"
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
	if len(args) == 0 {
		_, _ = fmt.Fprint(t.Err, userUsage)
		return wrongUse("name a command after user")
	}
	commands := map[string]func(context.Context, Terminal, userFlags) error{
		"add": userAdd, "device": userDevice, "passwd": userPasswd, "unpair": userUnpair, "list": userList, "remove": userRemove,
		"forget-sip-passwords": userForget, "seal": userSeal,
	}
	do, ok := commands[args[0]]
	switch {
	case args[0] == "help" || args[0] == "-h" || args[0] == "--help":
		_, _ = fmt.Fprint(t.Out, userUsage)
		return nil
	case !ok:
		_, _ = fmt.Fprint(t.Err, userUsage)
		return wrongUse("there is no command user %q", args[0])
	}
	f, err := parseUser(t, args[0], args[1:])
	if err != nil {
		return err
	}
	return do(ctx, t, f)
}

// parseUser takes flags before and after the name.
func parseUser(t Terminal, name string, args []string) (userFlags, error) {
	var f userFlags
	flags := flag.NewFlagSet("user "+name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
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
	var words []string
	for rest := args; ; {
		if err := flags.Parse(rest); err != nil {
			out := t.Err
			if errors.Is(err, flag.ErrHelp) {
				out = t.Out
			}
			_, _ = fmt.Fprint(out, userUsage)
			return f, asUsage(err)
		}
		if flags.NArg() == 0 {
			break
		}
		words, rest = append(words, flags.Arg(0)), flags.Args()[1:]
	}
	want := 1
	if slices.Contains([]string{"list", "forget-sip-passwords", "seal"}, name) {
		want = 0
	}
	if len(words) != want {
		_, _ = fmt.Fprint(t.Err, userUsage)
		return f, wrongUse("user %s takes %d name, not %d", name, want, len(words))
	}
	if want == 1 {
		f.name, f.user.Name = words[0], words[0]
	}
	return f, nil
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
	return withPeople(ctx, t, f, func(p admin.People) error {
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
			_, _ = fmt.Fprintf(t.Out, "device %s registers as sip:%s@%s, user name %s or %s~%s\n", d.ID, f.name, domain, f.name, f.name,
				d.ID)
			_, _ = fmt.Fprintln(t.Out, clickToAnswer(f.name, d.ID, d.Interworking))
		}
		return nil
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
	return withPeople(ctx, t, f, func(p admin.People) error {
		d, err := p.PatchDevice(ctx, f.name, id, f.patch)
		if err == nil {
			_, _ = fmt.Fprintf(t.Out, "device %s of %s is changed\n%s\n", id, f.name, clickToAnswer(f.name, id, d.Interworking))
		}
		return err
	})
}

func userPasswd(ctx context.Context, t Terminal, f userFlags) error {
	if len(f.user.Devices) > 1 {
		return wrongUse("name one --device at a time")
	}
	return withPeople(ctx, t, f, func(p admin.People) error {
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

func userUnpair(ctx context.Context, t Terminal, f userFlags) error {
	if len(f.user.Devices) != 1 {
		return wrongUse("name one --device")
	}
	return withPeople(ctx, t, f, func(p admin.People) error { return p.Unpair(ctx, f.name, f.user.Devices[0].ID) })
}

func userRemove(ctx context.Context, t Terminal, f userFlags) error {
	return withPeople(ctx, t, f, func(p admin.People) error { return p.Remove(ctx, f.name) })
}

func userList(ctx context.Context, t Terminal, f userFlags) error {
	return withPeople(ctx, t, f, func(p admin.People) error {
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

// administration is what the subcommands reach: users and API keys.
type administration interface {
	admin.People
	admin.Keys
}

// withPeople finds the users: at the node that runs, else in the store.
func withPeople(ctx context.Context, t Terminal, f userFlags, do func(admin.People) error) error {
	return withAdministration(ctx, t, f.config, func(a administration) error { return do(a) })
}

func withAdministration(ctx context.Context, t Terminal, file string, do func(administration) error) error {
	cfg, err := config.Load(file)
	if err != nil {
		return err
	}
	running, err := admin.Dial(cfg.Data)
	if err == nil {
		return do(running)
	}
	if !errors.Is(err, admin.ErrNotRunning) {
		return err
	}
	return withStore(ctx, t, cfg, func(s store.Store, log *slog.Logger) error {
		d, err := directory.Open(ctx, s, cfg.Domain, log)
		if err != nil {
			return err
		}
		return errors.Join(do(admin.Local{Directory: d, APIKeys: token.Keys{Store: s}}), d.Close())
	})
}

func withStore(ctx context.Context, t Terminal, cfg config.Config, do func(store.Store, *slog.Logger) error) error {
	log := newLog(t.Err, config.Log{Level: "warn", Format: "text"})
	s, err := node.OpenSealed(ctx, cfg, log)
	if err != nil {
		return err
	}
	return errors.Join(do(s, log), s.Close())
}

func userForget(ctx context.Context, t Terminal, f userFlags) error {
	cfg, err := stopped(f, "its domain is changed")
	if err != nil {
		return err
	}
	return withStore(ctx, t, cfg, func(s store.Store, _ *slog.Logger) error {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		n, err := directory.ForgetSIPPasswords(ctx, s, cfg.Domain)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(t.Out, "the domain is %s; %d devices need a new SIP password\n", cfg.Domain, n)
		return nil
	})
}

func userSeal(ctx context.Context, t Terminal, f userFlags) error {
	cfg, err := stopped(f, "its records are sealed")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	n, err := node.Reseal(ctx, cfg, newLog(t.Err, config.Log{Level: "warn", Format: "text"}))
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(t.Out, "%d records were sealed; every gateway on this store needs the file %s\n", n,
		filepath.Join(cfg.Data, store.KeyName))
	return nil
}

// stopped is the configuration of a gateway that does not run.
func stopped(f userFlags, before string) (config.Config, error) {
	cfg, err := config.Load(f.config)
	if err != nil {
		return cfg, err
	}
	switch _, err := admin.Dial(cfg.Data); {
	case err == nil:
		return cfg, errors.New("the gateway runs; stop it before " + before)
	case !errors.Is(err, admin.ErrNotRunning):
		return cfg, err
	}
	return cfg, nil
}
