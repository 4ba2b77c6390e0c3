package store

import (
	"errors"
	"fmt"
	"strings"
)

// cutKey takes "space/rest" apart.
func cutKey(key string) (space, rest string, err error) {
	space, rest, ok := strings.Cut(key, "/")
	if !ok || space == "" || rest == "" || strings.ContainsAny(space, "{}") {
		return "", "", fmt.Errorf("store: key %q is not of the form space/rest", key)
	}
	return space, rest, nil
}

// crockford are the digits of an ULID, in order.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Downward is an ULID with every digit replaced by its complement and all else
// left out: under such keys a scan, which goes upwards, gives the newest first.
func Downward(id string) string {
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune(crockford, r); i >= 0 {
			return rune(crockford[len(crockford)-1-i])
		}
		return -1
	}, id)
}

// span is where a scan runs inside a space.
type span struct {
	space     string
	rest      string // keys begin with it
	from      string // first key, without it when exclusive
	exclusive bool
	empty     bool // after lies behind the whole space
}

func scanRange(prefix, after string) (span, error) {
	space, rest, ok := strings.Cut(prefix, "/")
	if !ok || space == "" || strings.ContainsAny(space, "{}") {
		return span{}, fmt.Errorf("store: prefix %q does not name a whole space, such as \"user/\"", prefix)
	}
	r := span{space: space, rest: rest, from: rest}
	if after >= prefix {
		r.from, r.exclusive = strings.CutPrefix(after, space+"/")
		r.empty = !r.exclusive
	}
	return r, nil
}

// keyError adds the key to an error, which stays comparable.
func keyError(err error, key string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict), errors.Is(err, ErrAway):
		return fmt.Errorf("%w: %s", err, key)
	}
	return fmt.Errorf("store: %s: %w", key, err)
}
