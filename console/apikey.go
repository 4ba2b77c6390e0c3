package console

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"ringsplash/admin"
	"ringsplash/token"
)

const apikeyUsage = `usage: ringsplash apikey COMMAND --config FILE

  apikey add NAME [--right RIGHT]... [--user USER]...
                        make an API key and print it; it is not shown again
  apikey list           list the API keys
  apikey remove NAME    make an API key useless at once

Rights:
  embed     ask for tokens that log users in on a site that embeds the phone
            (POST /api/v1/embed-tokens); what a key may that is given no right
  calls     see and command the calls of the users named by --user (* for everybody)
  messages  read, write and delete the messages of those users
  open      with calls: answer on their deskphones, and un-mute
  admin     see all calls; add, change and remove users

A key with embed may ask for any user: keep it on that site's server alone.
`

func apikeyCommand(ctx context.Context, t Terminal, args []string) error {
	command, err := choose(t, "apikey", apikeyUsage, args, map[string]struct {
		names int
		do    func(ctx context.Context, t Terminal, a admin.People, name string, access token.Access) error
	}{"add": {1, apikeyAdd}, "list": {0, apikeyList}, "remove": {1, apikeyRemove}})
	if err != nil {
		return err
	}
	var access token.Access
	flags := flag.NewFlagSet("apikey "+args[0], flag.ContinueOnError)
	file := flags.String("config", "ringsplash.yaml", "")
	if args[0] == "add" {
		flags.Func("right", "", func(s string) error { access.Rights = append(access.Rights, token.Right(s)); return nil })
		flags.Func("user", "", func(s string) error { access.Users = append(access.Users, s); return nil })
	}
	name, err := parseNamed(t, flags, apikeyUsage, command.names, args[1:])
	if err != nil {
		return err
	}
	return withPeople(ctx, t, *file, func(a admin.People) error { return command.do(ctx, t, a, name, access) })
}

// apikeyAdd prints the key alone on standard output, for scripts.
func apikeyAdd(ctx context.Context, t Terminal, a admin.People, name string, access token.Access) error {
	text, err := a.AddKey(ctx, name, access)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(t.Err, "This is the API key %s. It is not shown again:\n", name)
	_, _ = fmt.Fprintln(t.Out, text)
	return nil
}

func apikeyRemove(ctx context.Context, _ Terminal, a admin.People, name string, _ token.Access) error {
	return a.RemoveKey(ctx, name)
}

func apikeyList(ctx context.Context, t Terminal, a admin.People, _ string, _ token.Access) error {
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
