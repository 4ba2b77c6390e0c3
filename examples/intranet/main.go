// Intranet is a small web site that embeds the phone: it logs people in, asks
// the gateway for tokens with its API key, and shows colleagues with links that
// call. Copy from it what your own site needs; README.md tells how to run it.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed pages
var pages embed.FS

var templates = template.Must(template.ParseFS(pages, "pages/*.html"))

// site is the intranet. Its log-ins live as long as the process.
type site struct {
	gateway string // origin of the gateway, such as https://phone.example
	origin  string // of this site, as the gateway lists it
	apikey  string
	people  map[string]string // password by name
	quiet   bool              // keep the microphone from the frame
	client  http.Client
	logins  sync.Map // name by cookie
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "`address` to listen on")
	gateway := flag.String("gateway", "http://localhost:8080", "`origin` of the gateway")
	origin := flag.String("origin", "", "`origin` of this site, as people open it (default http://LISTEN)")
	people := flag.String("people", "alice=wonderland,bob=builder",
		"`NAME=PASSWORD,...` of the people here, named as on the gateway")
	quiet := flag.Bool("no-microphone", false, "keep the microphone from the phone, to see what it says")
	flag.Parse()
	apikey := os.Getenv("RINGSPLASH_APIKEY")
	if apikey == "" {
		log.Fatal("set RINGSPLASH_APIKEY to what `ringsplash apikey add intranet` printed")
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	s := &site{
		gateway: strings.TrimSuffix(*gateway, "/"), origin: *origin, apikey: apikey, people: map[string]string{},
		quiet: *quiet, client: http.Client{Timeout: 10 * time.Second},
	}
	if s.origin == "" {
		s.origin = "http://" + l.Addr().String()
	}
	for pair := range strings.SplitSeq(*people, ",") {
		name, password, _ := strings.Cut(pair, "=")
		s.people[name] = password
	}
	log.Printf("open %s; the gateway must list it under http.embed_origins", s.origin)
	if err := serve(l, s.routes()); err != nil {
		log.Fatal(err)
	}
}

// serve answers until SIGTERM or Ctrl-C.
func serve(l net.Listener, h http.Handler) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	ended := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer ended()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page("home.html"))
	mux.HandleFunc("GET /own", s.page("own.html"))
	mux.HandleFunc("POST /login", s.logIn)
	mux.HandleFunc("POST /logout", s.logOut)
	mux.HandleFunc("GET /phone-token", s.phoneToken)
	mux.HandleFunc("GET /pages/{file}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pages, "pages/"+r.PathValue("file"))
	})
	return s.secure(mux)
}

// secure shows what a strict content policy must let through for the phone:
// its script and, for embed.js, its frame; for client.js its socket.
func (s *site) secure(next http.Handler) http.Handler {
	socket := strings.Replace(s.gateway, "http", "ws", 1)
	policy := fmt.Sprintf("default-src 'none'; script-src 'self' %[1]s; frame-src %[1]s; connect-src 'self' %[1]s %[2]s; "+
		"style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for "+
		"'script'", s.gateway, socket)
	microphone := fmt.Sprintf("microphone=(self %q)", s.gateway)
	if s.quiet {
		microphone = "microphone=()"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Permissions-Policy", microphone)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

const cookie = "intranet"

// who is the name of whoever asks, "" before the log-in.
func (s *site) who(r *http.Request) string {
	c, err := r.Cookie(cookie)
	if err != nil {
		return ""
	}
	name, _ := s.logins.Load(c.Value)
	who, _ := name.(string)
	return who
}

func (s *site) page(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := s.who(r)
		if who == "" {
			_ = templates.ExecuteTemplate(w, "login.html", nil)
			return
		}
		_ = templates.ExecuteTemplate(w, name, struct{ Name, Gateway string }{who, s.gateway})
	}
}

func (s *site) logIn(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("name")
	password, known := s.people[name]
	if !known || subtle.ConstantTimeCompare([]byte(password), []byte(r.PostFormValue("password"))) != 1 {
		w.WriteHeader(http.StatusForbidden)
		_ = templates.ExecuteTemplate(w, "login.html", "Name or password is wrong.")
		return
	}
	id := rand.Text()
	s.logins.Store(id, name)
	http.SetCookie(w, &http.Cookie{
		Name: cookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(s.origin, "https:"),
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *site) logOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookie); err == nil {
		s.logins.Delete(c.Value)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// phoneToken is all that an embedding site must add: for the person who is
// logged in here, and nobody else, it asks the gateway for a token.
func (s *site) phoneToken(w http.ResponseWriter, r *http.Request) {
	who := s.who(r)
	if who == "" {
		http.Error(w, "you are not logged in at the intranet; log in again", http.StatusUnauthorized)
		return
	}
	token, err := s.askToken(r.Context(), who)
	if err != nil {
		log.Printf("no phone token for %s: %v", who, err)
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	_, _ = io.WriteString(w, token)
}

func (s *site) askToken(ctx context.Context, user string) (string, error) {
	body, err := json.Marshal(map[string]string{"user": user, "origin": s.origin})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.gateway+"/api/v1/embed-tokens", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.apikey)
	res, err := s.client.Do(req)
	if err != nil {
		return "", fmt.Errorf("the phone gateway does not answer: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct{ Token, Detail string }
	if err := json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&answer); err != nil {
		return "", fmt.Errorf("the phone gateway answers %s and no JSON", res.Status)
	}
	if answer.Token == "" {
		return "", errors.New(answer.Detail) // says what to set up
	}
	return answer.Token, nil
}
