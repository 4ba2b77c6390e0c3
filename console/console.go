// Package console is what a terminal sees of ringsplash: commands, flags,
// signals and sentences.
package console

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"

	"ringsplash/config"
)

// Exit codes.
const (
	exitOK    = 0
	exitFault = 1 // what was asked for could not be done
	exitUsage = 2 // it was not asked for rightly
)

const usage = `ringsplash is a browser softphone gateway.

  ringsplash serve --config FILE   run the gateway until SIGTERM or Ctrl-C
  ringsplash demo                  run a demonstration on this computer, no phone needed
  ringsplash user ...              add, list, change and remove users ("ringsplash user" tells more)
  ringsplash apikey ...            add, list and remove keys for servers of sites that embed the phone
  ringsplash splash FILE.wav       make a sound of yours the tone of automatic answers
  ringsplash check --config FILE   name every fault of a configuration, with its remedy
  ringsplash version               print the version
  ringsplash help                  print this

Every setting is explained in ringsplash.example.yaml.
Exit codes: 0 done, 1 could not be done, 2 wrong use.
`

// Terminal is what a command reads and writes.
type Terminal struct {
	In       *os.File
	Out, Err io.Writer
	Version  string // of this program
}

// Run carries out one command line and returns the exit code. It blocks until
// the command is done; serve and demo are done when a signal or ctx ends them.
func Run(ctx context.Context, t Terminal, args []string) int {
	err := command(ctx, t, args)
	if err == nil || errors.Is(err, flag.ErrHelp) { // the flag set has printed it
		return exitOK
	}
	_, _ = fmt.Fprintf(t.Err, "ringsplash: %v\n", err)
	if errors.Is(err, errUsage) {
		return exitUsage
	}
	return exitFault
}

func command(ctx context.Context, t Terminal, args []string) error {
	if len(args) == 0 {
		_, _ = fmt.Fprint(t.Err, usage)
		return wrongUse("name a command")
	}
	switch name, rest := args[0], args[1:]; name {
	case "serve":
		cfg, _, err := loadFor(t, "serve", rest)
		if err != nil {
			return err
		}
		ctx, again, stop := untilSignals(ctx)
		defer stop()
		return serve(ctx, again, t, cfg)
	case "demo":
		if err := parseFlags(newFlags(t, "demo", ""), rest); err != nil {
			return err
		}
		ctx, stop := untilSignal(ctx)
		defer stop()
		return demoRun(ctx, t)
	case "user":
		return userCommand(ctx, t, rest)
	case "apikey":
		return apikeyCommand(ctx, t, rest)
	case "splash":
		return splashCommand(ctx, t, rest)
	case "check":
		return check(ctx, t, rest)
	case "version", "--version":
		_, _ = fmt.Fprintf(t.Out, "ringsplash %s %s %s/%s\n", t.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return nil
	case "help", "--help", "-h":
		_, _ = fmt.Fprint(t.Out, usage)
		return nil
	default:
		_, _ = fmt.Fprint(t.Err, usage)
		return wrongUse("there is no command %q", name)
	}
}

func newLog(w io.Writer, l config.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.Level)) // checked by config
	opt := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}
