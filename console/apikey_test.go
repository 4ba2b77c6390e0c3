package console

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAPIKeyCommands are the same with a node that runs and without one.
func TestAPIKeyCommands(t *testing.T) {
	t.Parallel()
	for _, running := range []bool{false, true} {
		name := map[bool]string{false: "store", true: "node"}[running]
		t.Run(name, func(t *testing.T) {
			conf, _ := file(t, "")
			if running {
				start(t, conf)
			}
			do := func(args ...string) result {
				return ringsplash(t, "", append(append([]string{"apikey"}, args...), "--config", conf)...)
			}
			r := do("add", "intranet")
			require.Zero(t, r.code, "%+v", r)
			require.Regexp(t, `^rsk_intranet~[A-Za-z0-9_-]{43}\n$`, r.out, "the key alone, for scripts")
			require.Contains(t, r.err, "not shown again")
			r = do("add", "intranet")
			require.Equal(t, exitFault, r.code)
			require.Contains(t, r.err, "exists already: API key intranet")
			require.Contains(t, do("add", "No Name").err, "a-z")
			require.Equal(t, exitUsage, do("add").code)
			require.Equal(t, exitUsage, do("rename", "intranet").code)
			require.Regexp(t, `^NAME +MADE +RIGHTS +USERS\nintranet +20[^ ]+ +embed +\n$`, do("list").out)
			for problem, args := range map[string][]string{
				"name the users": {"--right", "calls"}, "give both": {"--right", "open", "--user", "alice"}, "no right": {"--right", "all"},
				"for the rights calls and messages only": {"--user", "alice"},
				"not the name of a user":                 {"--right", "calls", "--user", "No Name"},
			} {
				require.Contains(t, do(append([]string{"add", "crm"}, args...)...).err, problem)
			}
			require.Zero(t, do("add", "crm", "--right", "calls", "--right", "open", "--user", "alice", "--user", "bob").code)
			require.Regexp(t, `crm +20[^ ]+ +calls, open +alice, bob\n`, do("list").out)
			require.Zero(t, do("remove", "crm").code)
			require.Equal(t, exitUsage, do("list", "--right", "calls").code)
			require.Zero(t, do("remove", "intranet").code)
			r = do("remove", "intranet")
			require.Equal(t, exitFault, r.code)
			require.Contains(t, r.err, "not found: API key intranet")
			require.Equal(t, "NAME  MADE  RIGHTS  USERS\n", do("list").out)
		})
	}
}
