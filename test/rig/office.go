package rig

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/icholy/digest"

	"ringsplash/directory"
	"ringsplash/location"
	"ringsplash/store"
)

// Quiet is a log that nobody reads.
var Quiet = slog.New(slog.DiscardHandler)

// Office is where Alice and Bob are known, for tests of the SIP side alone: a
// store, a directory, and where their phones are.
type Office struct {
	Store  store.Store
	Users  *directory.Directory
	Places *Places
}

// NewOffice opens one.
func NewOffice(t testing.TB) *Office {
	t.Helper()
	ctx := context.Background()
	s, err := store.OpenBolt(t.TempDir(), Quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	users, err := directory.Open(ctx, s, Domain, Quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = users.Close() })
	for _, u := range []User{Alice, Bob} {
		add := directory.NewUser{User: directory.User{Name: u.Name, Number: u.Number, Display: u.Display}, Password: u.Password()}
		for _, d := range u.Devices {
			add.Devices = append(add.Devices, directory.NewDevice{ID: d.ID, Display: d.Display, SIPPassword: u.SIPPassword(d.ID)})
		}
		if err := users.Put(ctx, add); err != nil {
			t.Fatal(err)
		}
	}
	return &Office{Store: s, Users: users, Places: &Places{}}
}

// Places keeps bindings in memory and can be told to fail.
type Places struct {
	mu   sync.Mutex
	list []location.Binding
	fail func(write string) error // asked before each write
}

// FailWith has each write ask fail first.
func (p *Places) FailWith(fail func(write string) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = fail
}

// Put replaces the binding with the same user, instance and reg-id.
func (p *Places) Put(_ context.Context, b location.Binding) error {
	return p.write("put "+b.Instance, func() { p.list = append(p.without(b.User, b.Instance, b.RegID), b) })
}

// Remove removes a binding.
func (p *Places) Remove(_ context.Context, user, instance string, regID int) error {
	return p.write("remove "+instance, func() { p.list = p.without(user, instance, regID) })
}

func (p *Places) without(user, instance string, regID int) []location.Binding {
	return slices.DeleteFunc(p.list, func(b location.Binding) bool {
		return b.User == user && b.Instance == instance && b.RegID == regID
	})
}

func (p *Places) write(what string, do func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		if err := p.fail(what); err != nil {
			return err
		}
	}
	do()
	return nil
}

// Of are the bindings of a user.
func (p *Places) Of(user string) []location.Binding {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []location.Binding
	for _, b := range p.list {
		if b.User == user {
			list = append(list, b)
		}
	}
	return list
}

// Authorize answers the first challenge of a SIP response, by the algorithm or
// any for "": a header line, "" when there is none. count is the nonce count.
func Authorize(t testing.TB, response, algorithm, method, uri, user, password string, count int) string {
	t.Helper()
	name, answer := "WWW-Authenticate", "Authorization: "
	if strings.HasPrefix(response, "SIP/2.0 407") {
		name, answer = "Proxy-Authenticate", "Proxy-Authorization: "
	}
	for line := range strings.SplitSeq(response, "\r\n") {
		n, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(strings.TrimSpace(n), name) {
			continue
		}
		challenge, err := digest.ParseChallenge(strings.TrimSpace(value))
		if err != nil {
			t.Fatal(err)
		}
		if algorithm != "" && challenge.Algorithm != algorithm {
			continue
		}
		credentials, err := digest.Digest(challenge, digest.Options{
			Method: method, URI: uri, Username: user, Password: password, Count: count,
		})
		if err != nil {
			t.Fatal(err)
		}
		return answer + credentials.String()
	}
	return ""
}
