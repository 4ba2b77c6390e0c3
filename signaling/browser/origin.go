package browser

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// trusts tells whether the connection comes from a proxy that may say whom it
// speaks for.
func (s *Server) trusts(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && slices.ContainsFunc(s.conf.TrustedProxies, func(p netip.Prefix) bool {
		return p.Contains(peer.Addr().Unmap())
	})
}

// secure tells whether the browser speaks TLS, to us or to our proxy.
func (s *Server) secure(r *http.Request) bool {
	return r.TLS != nil || (s.trusts(r) && r.Header.Get(echo.HeaderXForwardedProto) == "https")
}

// own is the origin of our own pages, as this request sees it.
func (s *Server) own(r *http.Request) string {
	scheme := "http"
	if s.secure(r) {
		scheme = "https"
	}
	return scheme + "://" + withoutDefaultPort(scheme, strings.ToLower(r.Host))
}

// ownOrigin tells whether an Origin is ours or listed.
func (s *Server) ownOrigin(r *http.Request, origin string) bool {
	clean, err := cleanOrigin(origin)
	return err == nil && (clean == s.own(r) || s.listed(clean) != nil)
}

// fromOthers tells whether the request comes from a page of another site,
// listed or not. Our cookie means nothing there: sites of one domain send it
// to each other.
func (s *Server) fromOthers(r *http.Request) bool {
	origin := r.Header.Get(echo.HeaderOrigin)
	if origin == "" {
		return false
	}
	clean, err := cleanOrigin(origin)
	return err != nil || clean != s.own(r)
}

// cors lets scripts of listed sites read the REST interface, with a bearer and
// never with a cookie.
func (s *Server) cors() echo.MiddlewareFunc {
	return middleware.CORSWithConfig(middleware.CORSConfig{
		Skipper: func(c echo.Context) bool {
			return !strings.HasPrefix(c.Request().URL.Path, "/api/") || !s.fromOthers(c.Request())
		},
		AllowOriginFunc: func(origin string) (bool, error) {
			clean, err := cleanOrigin(origin)
			return err == nil && s.listed(clean) != nil, nil
		},
		AllowMethods:  []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowHeaders:  []string{echo.HeaderAuthorization, echo.HeaderContentType, "If-Match"},
		ExposeHeaders: []string{"ETag", echo.HeaderRetryAfter},
		MaxAge:        600,
	})
}

// checkOrigin keeps other sites' pages from acting in a user's name: the
// second bar beside SameSite. Programs send no Origin and no cookie of a
// browser; they may pass, except to /ws, whose every client sends one.
func (s *Server) checkOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		socket := r.URL.Path == "/ws"
		if safeMethod(r.Method) && !socket {
			return next(c)
		}
		origins := r.Header.Values(echo.HeaderOrigin)
		if r.URL.Path == loginPath && r.Method == http.MethodPost && len(origins) > 0 && s.fromOthers(r) {
			return refuse(http.StatusForbidden, "wrong_origin", "problem.login_from_elsewhere")
		}
		if len(origins) == 1 && s.ownOrigin(r, origins[0]) {
			return next(c)
		}
		if len(origins) == 0 && !socket && !foreignSite(r) {
			return next(c)
		}
		return refuse(http.StatusForbidden, "wrong_origin", "problem.wrong_origin")
	}
}

func foreignSite(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site != "" && site != "same-origin" && site != "none"
}

// checkHost refuses requests for a host that is not this gateway. A page of
// another site whose name was re-pointed at our address (DNS rebinding) is
// given away by its Host header alone: to its browser we are that site.
func (s *Server) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.named(c.Request().Host) {
			return next(c)
		}
		return refuse(http.StatusMisdirectedRequest, "wrong_host", "problem.wrong_host")
	}
}

// NamedOnly is checkHost for a handler that the server does not serve itself.
func (s *Server) NamedOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.named(r.Host) {
			http.Error(w, "this host is not the gateway; ask by an address, or list the name under http.names",
				http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// named tells whether a Host header (RFC 9110 7.2) means this gateway. An
// address always does, since only names can be re-pointed; so does no host at
// all, which no browser sends.
func (s *Server) named(header string) bool {
	host := hostOf(header)
	if host == "" || host == "localhost" {
		return true
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	for _, name := range s.conf.Names {
		if below, ok := strings.CutPrefix(name, "*"); ok && strings.HasSuffix(host, below) || name == host {
			return true
		}
	}
	return s.pair.Names(host)
}

// hostOf is the host of a Host header or an address to listen on: lower case,
// without port, brackets and final dot.
func hostOf(header string) string {
	host := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
