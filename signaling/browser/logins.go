package browser

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ringsplash/directory"
	"ringsplash/store"
	"ringsplash/token"
)

// login is one log-in of a user in one browser. The browser holds a random
// token; only its hash is kept.
type login struct {
	hash string
	// key is the API key that acts for the user, nil for a log-in.
	key *token.Key

	V       int       `json:"v"`
	User    string    `json:"user"`
	Made    time.Time `json:"made"`
	Renewed time.Time `json:"renewed"`
	// Origin is the site whose token made the log-in, "" for one by password;
	// Framed tells that it is our page in a frame there, not a page of theirs.
	Origin string `json:"origin,omitempty"`
	Framed bool   `json:"framed,omitempty"`
}

// errNoLogin: the token is unknown, or its log-in is over.
var errNoLogin = errors.New("browser: not logged in")

// logins keeps the log-ins in the store.
type logins struct {
	store  store.Store
	people *directory.Directory
	// own bounds log-ins by password, embedded those by token.
	own, embedded bounds
	log           *slog.Logger

	// seen are log-ins found lately. With the store away they still count, so
	// that people in the middle of their work can reconnect.
	mu   sync.Mutex
	seen map[string]login
}

// bounds are how long a log-in lasts that nobody uses, and any.
type bounds struct{ idle, max time.Duration }

const maxSeen = 4096

func newLogins(c Config, log *slog.Logger) *logins {
	l := &logins{store: c.Store, people: c.People, log: log, seen: map[string]login{}}
	l.own, l.embedded = bounds{c.LoginIdle, c.LoginMax}, bounds{c.EmbedIdle, c.EmbedMax}
	return l
}

func (l *logins) bounds(one login) bounds {
	if one.Origin != "" {
		return l.embedded
	}
	return l.own
}

func loginKey(hash string) string { return "login/" + hash }

// open makes a log-in and its token. origin is the site whose page it is for, or
// in which ours is framed, "" for neither. It blocks for the store.
func (l *logins) open(ctx context.Context, user, origin string, framed bool) (text string, made login, err error) {
	text = token.Secret()
	now := time.Now().UTC()
	made = login{hash: token.Hash(text), V: 1, User: user, Made: now, Renewed: now, Origin: origin, Framed: framed}
	value, err := json.Marshal(made)
	if err != nil {
		return "", login{}, err
	}
	if _, err := l.store.Put(ctx, loginKey(made.hash), value, 0, l.bounds(made).idle); err != nil {
		return "", login{}, fmt.Errorf("browser: keep a log-in: %w", err)
	}
	l.remember(made)
	return text, made, nil
}

// find returns the log-in of a token and counts as use of it. It blocks for
// the store and returns errNoLogin or store.ErrAway.
func (l *logins) find(ctx context.Context, text string) (login, error) {
	if base64.RawURLEncoding.DecodedLen(len(text)) != token.SecretBytes {
		return login{}, errNoLogin
	}
	return l.use(ctx, token.Hash(text))
}

// use finds a log-in by its hash and prolongs it.
func (l *logins) use(ctx context.Context, hash string) (login, error) {
	item, err := l.store.Get(ctx, loginKey(hash))
	switch {
	case errors.Is(err, store.ErrNotFound):
		l.forget(hash)
		return login{}, errNoLogin
	case err != nil:
		if found, ok := l.lately(hash); ok {
			return found, nil
		}
		return login{}, fmt.Errorf("browser: look up a log-in: %w", err)
	}
	found := login{hash: hash}
	if err := json.Unmarshal(item.Value, &found); err != nil {
		return login{}, fmt.Errorf("browser: read a log-in: %w", err)
	}
	_, known := l.people.User(found.User)
	if !known || time.Since(found.Made) > l.bounds(found).max {
		return login{}, errNoLogin
	}
	// Once in a while is enough: 24 writes in an idle time, not one a request.
	if time.Since(found.Renewed) > l.bounds(found).idle/24 {
		found.Renewed = time.Now().UTC()
		l.prolong(ctx, found, item.Version)
	}
	l.remember(found)
	return found, nil
}

// prolong writes the log-in with a new time to live. Losing a race means that
// another request did it; a log-in just deleted is not brought back.
func (l *logins) prolong(ctx context.Context, found login, version store.Version) {
	value, err := json.Marshal(found)
	if err == nil {
		_, err = l.store.Put(ctx, loginKey(found.hash), value, version, l.bounds(found).idle)
	}
	if err != nil && !errors.Is(err, store.ErrConflict) {
		l.log.Warn("a log-in could not be prolonged", "user", found.User, "err", err)
	}
}

// close ends a log-in. It blocks for the store.
func (l *logins) close(ctx context.Context, hash string) error {
	l.forget(hash)
	if err := l.store.Delete(ctx, loginKey(hash), store.AnyVersion); err != nil {
		return fmt.Errorf("browser: end a log-in: %w", err)
	}
	return nil
}

// closeOthers ends every log-in of a user but one and returns their hashes.
func (l *logins) closeOthers(ctx context.Context, user, keep string) (ended []string, err error) {
	all, err := l.of(ctx, user)
	for _, hash := range all {
		if hash == keep {
			continue
		}
		if err := l.close(ctx, hash); err != nil {
			return ended, err
		}
		ended = append(ended, hash)
	}
	return ended, err
}

// of are the hashes of a user's log-ins. It blocks for the store.
func (l *logins) of(ctx context.Context, user string) (hashes []string, err error) {
	for item, err := range store.All(ctx, l.store, "login/") {
		if err != nil {
			return hashes, fmt.Errorf("browser: find a user's log-ins: %w", err)
		}
		var found login
		if json.Unmarshal(item.Value, &found) == nil && found.User == user {
			hashes = append(hashes, item.Key[len("login/"):])
		}
	}
	return hashes, nil
}

func (l *logins) remember(found login) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) >= maxSeen {
		for hash := range l.seen { // any one: it only has to stay bounded
			delete(l.seen, hash)
			break
		}
	}
	l.seen[found.hash] = found
}

func (l *logins) forget(hash string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.seen, hash)
}

func (l *logins) lately(hash string) (login, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok := l.seen[hash]
	ok = ok && time.Since(found.Renewed) < l.bounds(found).idle && time.Since(found.Made) < l.bounds(found).max
	return found, ok
}
