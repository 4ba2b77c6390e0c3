package console

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"ringsplash/config"
)

// loadFor reads "--config FILE" and the file.
func loadFor(t Terminal, name string, args []string) (cfg config.Config, file string, err error) {
	flags := newFlags(t, name, "--config FILE")
	flags.StringVar(&file, "config", "ringsplash.yaml", "the configuration `FILE`")
	if err := parseFlags(flags, args); err != nil {
		return cfg, file, err
	}
	cfg, err = config.Load(file)
	return cfg, file, err
}

func newFlags(t Terminal, name, synopsis string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(t.Err)
	flags.Usage = func() {
		_, _ = fmt.Fprintf(t.Err, "usage: ringsplash %s\n", strings.TrimSpace(name+" "+synopsis))
		flags.PrintDefaults()
	}
	return flags
}

// parseFlags takes no words besides the flags.
func parseFlags(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return asUsage(err)
	}
	if flags.NArg() > 0 {
		flags.Usage()
		return wrongUse("%q is one word too many", flags.Arg(0))
	}
	return nil
}

// choose gives the command of a group, user or apikey, that the first word
// names. Asked for help it prints the usage and returns flag.ErrHelp.
func choose[C any](t Terminal, group, usage string, args []string, commands map[string]C) (command C, err error) {
	if len(args) == 0 {
		_, _ = fmt.Fprint(t.Err, usage)
		return command, wrongUse("name a command after %s", group)
	}
	command, ok := commands[args[0]]
	switch {
	case args[0] == "help" || args[0] == "-h" || args[0] == "--help":
		_, _ = fmt.Fprint(t.Out, usage)
		return command, flag.ErrHelp
	case !ok:
		_, _ = fmt.Fprint(t.Err, usage)
		return command, wrongUse("there is no command %s %q", group, args[0])
	}
	return command, nil
}

// parseNamed takes flags before and after the name, where the command has one.
func parseNamed(t Terminal, flags *flag.FlagSet, usage string, names int, args []string) (name string, err error) {
	flags.SetOutput(io.Discard)
	var words []string
	for rest := args; ; {
		if err := flags.Parse(rest); err != nil {
			out := t.Err
			if errors.Is(err, flag.ErrHelp) {
				out = t.Out
			}
			_, _ = fmt.Fprint(out, usage)
			return "", asUsage(err)
		}
		if flags.NArg() == 0 {
			break
		}
		words, rest = append(words, flags.Arg(0)), flags.Args()[1:]
	}
	if len(words) != names {
		_, _ = fmt.Fprint(t.Err, usage)
		return "", wrongUse("%s takes %d name, not %d", flags.Name(), names, len(words))
	}
	return strings.Join(words, ""), nil
}

func asUsage(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return fmt.Errorf("%w: %w", errUsage, err)
}

func wrongUse(format string, a ...any) error {
	return fmt.Errorf("%w: %s", errUsage, fmt.Sprintf(format, a...))
}

// errUsage marks an error of the one who typed the command.
var errUsage = errors.New("wrong use")
