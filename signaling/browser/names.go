package browser

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"
)

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
