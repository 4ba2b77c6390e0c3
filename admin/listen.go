package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ringsplash/directory"
	"ringsplash/token"
)

const (
	socketName = "admin.sock"
	bodyLimit  = 64 << 10
	closeWait  = 2 * time.Second
)

// ErrRunning: a node has its socket in that data folder already.
var ErrRunning = errors.New("admin: another node runs in this data folder")

// Server answers the subcommands. Whoever can open the socket may do
// everything: it belongs to the user who runs the node, mode 0600.
type Server struct {
	path    string
	http    *http.Server
	serving sync.WaitGroup
}

// Listen serves on dir/admin.sock until Close. A socket that a node left
// behind when it crashed is replaced. ErrRunning: a node answers there.
func Listen(dir string, people Local, log *slog.Logger) (*Server, error) {
	path := filepath.Join(dir, socketName)
	if err := removeStale(path); err != nil {
		return nil, err
	}
	l, err := listenPrivately(dir, path)
	if err != nil {
		const text = "admin: listen on %s: %w; if the path is longer than 100 bytes choose a shorter \"data\" folder"
		return nil, fmt.Errorf(text, path, err)
	}
	s := &Server{path: path, http: &http.Server{
		Handler: routes(people, log), ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
	}}
	s.serving.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the administration socket ended; \"ringsplash user\" does not work until a restart", "err", err)
		}
	})
	return s, nil
}

// Close answers what is being asked, waits for it, and removes the socket.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	s.serving.Wait()
	if rerr := os.Remove(s.path); rerr != nil && !errors.Is(rerr, os.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	return err
}

func removeStale(path string) error {
	conn, err := net.Dial("unix", path)
	if err == nil {
		_ = conn.Close()
		return fmt.Errorf("%w: it answers on %s; stop it, or give this one another \"data\" folder", ErrRunning, path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("admin: remove the socket that was left behind: %w", err)
	}
	return nil
}

// listenPrivately makes the socket in a folder nobody else can enter and moves
// it into place once its mode is right, so that it is never open to others.
func listenPrivately(dir, path string) (net.Listener, error) {
	tmp, err := os.MkdirTemp(dir, ".s")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	hidden := filepath.Join(tmp, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: hidden})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	if err = os.Chmod(hidden, 0o600); err == nil {
		err = os.Rename(hidden, path)
	}
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// secret is the body of a request that sets a password.
type secret struct {
	Password string `json:"password"`
}

// problem is the body of an answer that says no (RFC 9457 3.1).
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

func routes(people Local, log *slog.Logger) http.Handler {
	m := router{http.NewServeMux(), log}
	m.serve("GET /domain", "", func(r *http.Request) (any, error) { return people.Domain(r.Context()) })
	m.serve("GET /users", "", func(r *http.Request) (any, error) { return people.List(r.Context()) })
	m.serve("PUT /users/{name}", "user added", with(func(r *http.Request, u directory.NewUser) (any, error) {
		u.Name = r.PathValue("name")
		return nil, people.Add(r.Context(), u)
	}))
	m.serve("DELETE /users/{name}", "user removed", func(r *http.Request) (any, error) {
		return nil, people.Remove(r.Context(), r.PathValue("name"))
	})
	m.serve("PUT /users/{name}/password", "password set", with(func(r *http.Request, s secret) (any, error) {
		return nil, people.SetPassword(r.Context(), r.PathValue("name"), s.Password)
	}))
	m.serveDevices(people)
	m.serveKeys(people)
	return m
}

func (m router) serveDevices(people Local) {
	m.serve("PUT /users/{name}/devices/{device}/password", "SIP password set", with(func(r *http.Request, s secret) (any, error) {
		return nil, people.SetSIPPassword(r.Context(), r.PathValue("name"), r.PathValue("device"), s.Password)
	}))
	change := func(r *http.Request, p directory.DevicePatch) (any, error) {
		return people.PatchDevice(r.Context(), r.PathValue("name"), r.PathValue("device"), p)
	}
	m.serve("PATCH /users/{name}/devices/{device}", "device changed", with(change))
	m.serve("DELETE /users/{name}/devices/{device}/pairing", "device unpaired", func(r *http.Request) (any, error) {
		return nil, people.Unpair(r.Context(), r.PathValue("name"), r.PathValue("device"))
	})
}

func (m router) serveKeys(people Local) {
	m.serve("GET /apikeys", "", func(r *http.Request) (any, error) { return people.Keys(r.Context()) })
	m.serve("PUT /apikeys/{name}", "API key added", with(func(r *http.Request, a token.Access) (any, error) {
		text, err := people.AddKey(r.Context(), r.PathValue("name"), a)
		return keyText{text}, err
	}))
	m.serve("DELETE /apikeys/{name}", "API key removed", func(r *http.Request) (any, error) {
		return nil, people.RemoveKey(r.Context(), r.PathValue("name"))
	})
}

// router turns functions into routes: an error becomes a problem, a change
// becomes one line of the log.
type router struct {
	*http.ServeMux
	log *slog.Logger
}

func (m router) serve(pattern, did string, do func(r *http.Request) (any, error)) {
	m.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
		v, err := do(r)
		if err != nil {
			refuse(w, err)
			return
		}
		if did != "" {
			m.log.Info(did, "name", r.PathValue("name"), "device", r.PathValue("device"))
		}
		answer(w, v)
	})
}

// with reads the request's body for do.
func with[T any](do func(*http.Request, T) (any, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		var in T
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			return nil, fmt.Errorf("%w: the request: %w", directory.ErrInvalid, err)
		}
		return do(r, in)
	}
}

func answer(w http.ResponseWriter, v any) {
	if v == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, err error) {
	p := problem{Code: codeOf(err), Detail: err.Error()}
	p.Status = cmp.Or(codes[p.Code].status, http.StatusInternalServerError)
	p.Title = http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
