package browser

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"ringsplash/token"
)

// identify lets through a logged-in user or the holder of an API key. What
// either may do is for ofUser, ofAdmin and the handlers to say.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		found, err := s.holder(c)
		if err != nil {
			return err
		}
		c.Set(loginKeyInContext, found)
		return next(c)
	}
}

func (s *Server) holder(c echo.Context) (login, error) {
	if !token.IsKey(bearerOf(c.Request())) {
		return s.loggedIn(c)
	}
	key, err := s.checkAPIKey(c)
	return login{key: &key}, err
}

// ofUser lets an API key through to the calls of one of its users: the one
// that the query names, or its only one.
func (s *Server) ofUser(next echo.HandlerFunc) echo.HandlerFunc {
	return s.withRight(token.RightCalls, refuse(http.StatusForbidden, "forbidden", "problem.key_no_calls"), next)
}

// ofReader is the same for his messages.
func (s *Server) ofReader(next echo.HandlerFunc) echo.HandlerFunc {
	return s.withRight(token.RightMessages, refuse(http.StatusForbidden, "forbidden", "problem.key_no_messages"), next)
}

func (s *Server) withRight(right token.Right, without *problem, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		l := loginOf(c)
		if l.key == nil {
			return next(c)
		}
		if !l.key.May(right) {
			return without
		}
		l.User = c.QueryParam("user")
		if l.User == "" && len(l.key.Users) == 1 && l.key.Users[0] != token.Everybody {
			l.User = l.key.Users[0]
		}
		if l.User == "" {
			return refuse(http.StatusBadRequest, "bad_query", "problem.key_of_several")
		}
		if _, ok := s.conf.People.User(l.User); !ok || !l.key.For(l.User) { // the same, so that users cannot be tried out
			return refuse(http.StatusForbidden, "forbidden", "problem.key_of_others")
		}
		c.Set(loginKeyInContext, l)
		return next(c)
	}
}

// ofAdmin lets administrators and API keys with that right through.
func (s *Server) ofAdmin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !s.isAdmin(c) {
			return refuse(http.StatusForbidden, "forbidden", "problem.not_admin")
		}
		return next(c)
	}
}
