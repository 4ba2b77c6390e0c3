package console

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"ringsplash/token"
)

const apikeyUsage = `usage: ringsplash apikey COMMAND --config FILE

  apikey add NAME [--right RIGHT]... [--user USER]...
                        make an API key and print it; it is not shown again
  apikey list           list the API keys
  apikey remove NAME    make an API key useless at once

Rights:
  embed   ask for tokens that log users in on a site that embeds the phone
          (POST /api/v1/embed-tokens); what a key may that is given no right
  calls   see and command the calls of the users named by --user (* for everybody)
  open    with calls: answer on their deskphones, and un-mute
  admin   see all calls; add, change and remove users

A key with embed may ask for any user: keep it on that site's server alone.
`

func apikeyCommand(ctx context.Context, t Terminal, args []string) error {
	if len(args) == 0 {
		_, _ = fmt.Fprint(t.Err, apikeyUsage)
		return wrongUse("name a command after apikey")
	}
	commands := map[string]struct {
		names int
		do    func(ctx context.Context, t Terminal, a administration, name string, access token.Access) error
	}{"add": {1, apikeyAdd}, "list": {0, apikeyList}, "remove": {1, apikeyRemove}}
	command, ok := commands[args[0]]
	switch {
	case args[0] == "help" || args[0] == "-h" || args[0] == "--help":
		_, _ = fmt.Fprint(t.Out, apikeyUsage)
		return nil
	case !ok:
		_, _ = fmt.Fprint(t.Err, apikeyUsage)
		return wrongUse("there is no command apikey %q", args[0])
	}
	file, access, words, err := parseAPIKey(t, args[0] == "add", args[1:])
	if err != nil {
		return err
	}
	if len(words) != command.names {
		_, _ = fmt.Fprint(t.Err, apikeyUsage)
		return wrongUse("apikey %s takes %d name, not %d", args[0], command.names, len(words))
	}
	name := ""
	if len(words) > 0 {
		name = words[0]
	}
	return withAdministration(ctx, t, file, func(a administration) error { return command.do(ctx, t, a, name, access) })
}

// parseAPIKey takes flags before and after the name.
func parseAPIKey(t Terminal, adds bool, args []string) (file string, access token.Access, words []string, err error) {
	flags := flag.NewFlagSet("apikey", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&file, "config", "ringsplash.yaml", "")
	if adds {
		flags.Func("right", "", func(s string) error { access.Rights = append(access.Rights, token.Right(s)); return nil })
		flags.Func("user", "", func(s string) error { access.Users = append(access.Users, s); return nil })
	}
	for rest := args; ; {
		if err := flags.Parse(rest); err != nil {
			out := t.Err
			if errors.Is(err, flag.ErrHelp) {
				out = t.Out
			}
			_, _ = fmt.Fprint(out, apikeyUsage)
			return "", access, nil, asUsage(err)
		}
		if flags.NArg() == 0 {
			return file, access, words, nil
		}
		words, rest = append(words, flags.Arg(0)), flags.Args()[1:]
	}
}

// apikeyAdd prints the key alone on standard output, for scripts.
func apikeyAdd(ctx context.Context, t Terminal, a administration, name string, access token.Access) error {
	text, err := a.AddKey(ctx, name, access)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(t.Err, "This is the API key %s. It is not shown again:\n", name)
	_, _ = fmt.Fprintln(t.Out, text)
	return nil
}

func apikeyRemove(ctx context.Context, _ Terminal, a administration, name string, _ token.Access) error {
	return a.RemoveKey(ctx, name)
}

func apikeyList(ctx context.Context, t Terminal, a administration, _ string, _ token.Access) error {
	keys, err := a.Keys(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(t.Out, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tMADE\tRIGHTS\tUSERS")
	for _, k := range keys {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.Name, k.Made.Format(time.RFC3339), inWords(k.Rights), inWords(k.Users))
	}
	return w.Flush()
}

func inWords[T ~string](list []T) string {
	words := make([]string, 0, len(list))
	for _, v := range list {
		words = append(words, string(v))
	}
	return strings.Join(words, ", ")
}
