package browser

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"ringsplash/gateway"
	"ringsplash/internal/sentence"
	"ringsplash/token"
)

// EmbedOrigin is a site that may embed the phone. Scripts of a trusted one may
// open microphones of deskphones (I11).
type EmbedOrigin struct {
	Origin  string
	Trusted bool
}

// listed is the entry of an origin under http.embed_origins, nil when there is
// none.
func (s *Server) listed(origin string) *EmbedOrigin {
	i := slices.IndexFunc(s.conf.EmbedOrigins, func(e EmbedOrigin) bool { return e.Origin == origin })
	if i < 0 {
		return nil
	}
	return &s.conf.EmbedOrigins[i]
}

// right is what a log-in may do with the microphones of deskphones (I11).
type right string

const (
	openAlways  right = "always"
	openGesture right = "gesture" // the page asks for a click inside itself
	openNever   right = "never"
)

// right is looked up each time: the list may be another one after a restart.
func (s *Server) right(l login) right {
	if l.key != nil && !l.key.May(token.RightOpen) {
		return openNever
	}
	if l.Origin == "" {
		return openAlways
	}
	if e := s.listed(l.Origin); e != nil && e.Trusted {
		return openAlways
	}
	if l.Framed {
		return openGesture
	}
	return openNever
}

// opens tells whether a command opens, or may open, a deskphone's microphone.
func opens(c gateway.Command) bool {
	switch c.Do {
	case "unmute":
		return true
	case "answer", "move":
		return c.On != "browser"
	}
	return false
}

// mayNotOpen says why a log-in that never opens a microphone does not.
func (s *Server) mayNotOpen(l login) sentence.Sentence {
	if l.key != nil {
		return Words.Say("problem.key_may_not_open")
	}
	return notTrusted(l.Origin)
}

func notTrusted(origin string) sentence.Sentence {
	return Words.Say("problem.not_trusted", "origin", origin)
}

// postEmbedToken is POST /api/v1/embed-tokens: a token for one user and one
// origin, for the server of an embedding site.
func (s *Server) postEmbedToken(c echo.Context) error {
	key, err := s.checkAPIKey(c)
	if err != nil {
		return err
	}
	if s.conf.Mint == nil {
		return noKeys()
	}
	if !key.May(token.RightEmbed) {
		return refuse(http.StatusForbidden, "forbidden", "problem.key_no_tokens")
	}
	var in struct {
		User   string `json:"user"`
		Origin string `json:"origin"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	origin, err := cleanOrigin(in.Origin)
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, "not_valid", "problem.bad_origin")
	}
	if !s.ownOrigin(c.Request(), origin) {
		return originNotListed(http.StatusUnprocessableEntity, origin)
	}
	if _, ok := s.conf.People.User(in.User); !ok {
		return refuse(http.StatusUnprocessableEntity, "no_such_user", "problem.no_such_user")
	}
	text, expires, err := s.conf.Mint.Make(c.Request().Context(), in.User, origin)
	if err != nil {
		return err
	}
	s.log.Info("an embed token was made", "user", in.User, "origin", origin, "apikey", key.Name, "request", requestID(c))
	return c.JSON(http.StatusCreated, embedToken{text, instant(expires), in.User, origin})
}

// embedToken is the answer of POST /api/v1/embed-tokens.
type embedToken struct {
	Token   string  `json:"token"`
	Expires instant `json:"expires"`
	User    string  `json:"user"`
	Origin  string  `json:"origin"`
}

func originNotListed(status int, origin string) *problem {
	return refuse(status, "origin_not_listed", "problem.origin_not_listed", "origin", origin)
}

// checkAPIKey slows guessing like that of passwords.
func (s *Server) checkAPIKey(c echo.Context) (token.Key, error) {
	wrong := refuse(http.StatusUnauthorized, "wrong_key", "problem.wrong_key")
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, "Bearer") // removed again by a right key
	if s.conf.APIKeys == nil {
		return token.Key{}, noKeys()
	}
	key, err := s.conf.APIKeys.Check(c.Request().Context(), bearerOf(c.Request()))
	if errors.Is(err, token.ErrKey) {
		s.log.Info("an API key was refused", "from", c.RealIP(), "request", requestID(c))
		// Only wrong keys pay: a server may ask for many tokens at once.
		source := sourceOf(c)
		if wait := s.slow.take("an API key from "+source.String(), source, time.Now()); wait > 0 {
			return token.Key{}, refuse(http.StatusTooManyRequests, "too_many_attempts", "problem.too_many_keys").after(wait)
		}
		return token.Key{}, wrong
	}
	if err != nil {
		return token.Key{}, err
	}
	c.Response().Header().Del(echo.HeaderWWWAuthenticate)
	return key, nil
}

func noKeys() *problem {
	return refuse(http.StatusServiceUnavailable, "not_available", "problem.no_keys")
}

// bearerOf is the token of the Authorization header (RFC 6750 2.1), or "".
func bearerOf(r *http.Request) string {
	scheme, text, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(text)
}
