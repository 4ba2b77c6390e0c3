package browser

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
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

// ownOrigin tells whether an Origin is ours or listed.
func (s *Server) ownOrigin(r *http.Request, origin string) bool {
	clean, err := cleanOrigin(origin)
	if err != nil {
		return false
	}
	scheme := "http"
	if s.secure(r) {
		scheme = "https"
	}
	own := scheme + "://" + withoutDefaultPort(scheme, strings.ToLower(r.Host))
	return clean == own || slices.Contains(s.conf.EmbedOrigins, clean)
}

// checkOrigin keeps other sites' pages from acting in a user's name: the
// second bar beside SameSite. Programs send no Origin and no cookie of a
// browser; they may pass, except to /ws, whose every client sends one.
func (s *Server) checkOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		socket := r.URL.Path == "/ws"
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
			if !socket {
				return next(c)
			}
		}
		origins := r.Header.Values(echo.HeaderOrigin)
		if len(origins) == 1 && s.ownOrigin(r, origins[0]) {
			return next(c)
		}
		if len(origins) == 0 && !socket && !foreignSite(r) {
			return next(c)
		}
		return refuse(http.StatusForbidden, "wrong_origin",
			"The request came from a page of another site, or did not say from which. Open the phone at its own address, or ask the administrator to list the site under http.embed_origins.")
	}
}

func foreignSite(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site != "" && site != "same-origin" && site != "none"
}
