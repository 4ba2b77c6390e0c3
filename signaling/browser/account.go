package browser

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"ringsplash/directory"
)

// The cookie that carries the token of a log-in. It has no expiry of its own:
// the gateway decides. Over TLS its name keeps hosts of the same domain, and
// pages read over plain HTTP, from setting it (RFC 6265bis 4.1.3.2).
const (
	plainCookie = "ringsplash"
	hostCookie  = "__Host-" + plainCookie
)

func (s *Server) cookieName(r *http.Request) string {
	if s.secure(r) {
		return hostCookie
	}
	return plainCookie
}

const (
	loginKeyInContext = "login"
	loginPath         = "/api/v1/login"
)

func loginOf(c echo.Context) login {
	l, _ := c.Get(loginKeyInContext).(login)
	return l
}

var notLoggedIn = refuse(http.StatusUnauthorized, "not_logged_in", "problem.not_logged_in")

// authenticate lets only logged-in users through.
func (s *Server) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		found, err := s.loggedIn(c)
		if err != nil {
			return err
		}
		c.Set(loginKeyInContext, found)
		if r := c.Request(); !safeMethod(r.Method) && r.URL.Path != loginPath && s.right(found) == openNever {
			return says(http.StatusForbidden, "not_trusted", notTrusted(found.Origin))
		}
		return next(c)
	}
}

func (s *Server) loggedIn(c echo.Context) (login, error) {
	r := c.Request()
	bearer := bearerOf(r)
	text := bearer
	if bearer == "" {
		cookie, err := c.Cookie(s.cookieName(r))
		if err != nil {
			return login{}, notLoggedIn
		}
		text = cookie.Value
	}
	found, err := s.logins.find(r.Context(), text)
	if errors.Is(err, errNoLogin) || err == nil && !s.belongs(r, found, bearer != "") {
		return login{}, notLoggedIn
	}
	return found, err
}

// belongs tells whether a log-in may be used here: one by password by its
// cookie, one by token by its bearer and from the pages it was made for. A
// program that sends no Origin is no page.
func (s *Server) belongs(r *http.Request, l login, byBearer bool) bool {
	if byBearer != (l.Origin != "") {
		return false
	}
	if !s.fromOthers(r) {
		return true
	}
	origin, err := cleanOrigin(r.Header.Get(echo.HeaderOrigin))
	return err == nil && !l.Framed && origin == l.Origin
}

func safeMethod(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

var userName = regexp.MustCompile(`^[a-z0-9._-]{1,64}$`)

const (
	maxPassword = 1024 // bytes
	minPassword = 8    // characters
)

// logIn is POST /api/v1/login.
func (s *Server) logIn(c echo.Context) error {
	var in struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	name := strings.ToLower(strings.TrimSpace(in.Name))
	user, err := s.checkPassword(c, name, in.Password)
	if err != nil {
		s.metrics.login(err)
		return err
	}
	if err := s.endFormer(c, user.Name); err != nil {
		return err
	}
	token, made, err := s.logins.open(c.Request().Context(), user.Name, "", false)
	if err != nil {
		return err
	}
	s.metrics.login(nil)
	c.Set(loginKeyInContext, made)
	s.setCookie(c, token, 0)
	return c.JSON(http.StatusOK, struct {
		Name string `json:"name"`
	}{user.Name})
}

// endFormer ends the log-in this browser had as somebody else: its tabs are
// about to lose the cookie and must not go on as that user.
func (s *Server) endFormer(c echo.Context, user string) error {
	former, err := s.loggedIn(c)
	if err != nil || former.User == user {
		return nil // none, or one that just runs out
	}
	if err := s.logins.close(c.Request().Context(), former.hash); err != nil {
		return err
	}
	s.endLogin(former.hash)
	return nil
}

// checkPassword answers alike, in words and in time, whether the user exists
// or not. It blocks for the check, which is made to be slow.
func (s *Server) checkPassword(c echo.Context, name, password string) (directory.User, error) {
	wrong := refuse(http.StatusUnauthorized, "wrong_login", "problem.wrong_login")
	if !userName.MatchString(name) || len(password) > maxPassword {
		name, password = "", "" // takes the usual time, fits nobody
	}
	source := sourceOf(c)
	if wait := s.slow.take(name, source, time.Now()); wait > 0 {
		s.log.Warn("log-ins are slowed", "user", name, "from", c.RealIP())
		return directory.User{}, refuse(http.StatusTooManyRequests, "too_many_attempts", "problem.too_many_attempts").after(wait)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), 5*time.Second)
	defer cancel()
	user, err := s.conf.People.CheckPassword(ctx, name, password)
	switch {
	case errors.Is(err, directory.ErrPassword):
		s.log.Info("a log-in was refused", "user", name, "from", c.RealIP())
		return directory.User{}, wrong
	case errors.Is(err, context.DeadlineExceeded):
		return directory.User{}, refuse(http.StatusServiceUnavailable, "overload", "problem.too_many_logins").after(5 * time.Second)
	case err != nil:
		return directory.User{}, err
	}
	s.slow.right(name, source, time.Now())
	return user, nil
}

// logOut is DELETE /api/v1/login.
func (s *Server) logOut(c echo.Context) error {
	hash := loginOf(c).hash
	if err := s.logins.close(c.Request().Context(), hash); err != nil {
		return err
	}
	s.endLogin(hash)
	s.setCookie(c, "", -1)
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) setCookie(c echo.Context, token string, maxAge int) {
	c.SetCookie(&http.Cookie{
		Name: s.cookieName(c.Request()), Value: token, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.secure(c.Request()),
	})
}

// accountView is GET /api/v1/me.
type accountView struct {
	Name    string `json:"name"`
	Number  string `json:"number"`
	Display string `json:"display"`
	Address string `json:"address"`
	Admin   bool   `json:"admin"`
	// Fixed: the configuration file names the user, so only it changes who he is.
	Fixed        bool `json:"fixed"`
	DoNotDisturb bool `json:"doNotDisturb"`
	// WhileBusy is ring or hold.
	WhileBusy string      `json:"whileBusy"`
	Presence  ownPresence `json:"presence"`
}

func (s *Server) getMe(c echo.Context) error {
	user, ok := s.conf.People.User(loginOf(c).User)
	if !ok {
		return notLoggedIn // removed a moment ago
	}
	return c.JSON(http.StatusOK, accountView{
		Name: user.Name, Number: user.Number, Display: user.Display, Address: "sip:" + user.Name + "@" + s.conf.People.Domain(),
		Admin: user.Admin, Fixed: user.Fixed, DoNotDisturb: user.DoNotDisturb, WhileBusy: cmp.Or(user.WhileBusy, directory.BusyRing),
		Presence: ownPresenceOf(s.conf.Gateway.OwnPresence(user.Name)),
	})
}

// patchMe is PATCH /api/v1/me: choices, and a new password, which ends the
// user's other log-ins. A password that is refused changes nothing at all.
func (s *Server) patchMe(c echo.Context) error {
	var in struct {
		Password        *string                 `json:"password"`
		CurrentPassword string                  `json:"currentPassword"`
		WhileBusy       *string                 `json:"whileBusy"`
		DoNotDisturb    *bool                   `json:"doNotDisturb"`
		Presence        directory.PresencePatch `json:"presence"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if in.Password != nil {
		if err := s.changePassword(c, *in.Password, in.CurrentPassword); err != nil {
			return err
		}
	}
	if in.WhileBusy != nil {
		if err := s.conf.People.SetWhileBusy(c.Request().Context(), loginOf(c).User, *in.WhileBusy); err != nil {
			return err
		}
	}
	if in.DoNotDisturb != nil {
		if err := s.conf.People.SetDoNotDisturb(c.Request().Context(), loginOf(c).User, *in.DoNotDisturb); err != nil {
			return err
		}
	}
	if in.Presence != (directory.PresencePatch{}) {
		if err := s.conf.People.SetPresence(c.Request().Context(), loginOf(c).User, in.Presence); err != nil {
			return err
		}
	}
	return s.getMe(c)
}

func (s *Server) changePassword(c echo.Context, password, current string) error {
	if err := goodPassword(password); err != nil {
		return err
	}
	me, ctx := loginOf(c), c.Request().Context()
	if _, err := s.checkPassword(c, me.User, current); err != nil {
		var p *problem
		if errors.As(err, &p) && p.Code == "wrong_login" {
			return refuse(http.StatusForbidden, "wrong_password", "problem.wrong_password")
		}
		return err
	}
	if err := s.conf.People.SetPassword(ctx, me.User, password); err != nil {
		return err
	}
	return s.endOthers(ctx, me.User, me.hash)
}

func goodPassword(password string) error {
	if utf8.RuneCountInString(password) < minPassword || len(password) > maxPassword {
		return refuse(http.StatusUnprocessableEntity, "not_valid", "problem.bad_password")
	}
	return nil
}

// endOthers ends every log-in of a user but one, "" for none.
func (s *Server) endOthers(ctx context.Context, user, keep string) error {
	ended, err := s.logins.closeOthers(ctx, user, keep)
	for _, hash := range ended {
		s.endLogin(hash)
	}
	return err
}
