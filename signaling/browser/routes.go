package browser

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// routes builds the router. openapi.yaml describes every route; a test keeps
// the two equal.
func (s *Server) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.answerError
	// Without this Echo believes X-Forwarded-For from anyone.
	e.IPExtractor = echo.ExtractIPDirect()
	if len(s.conf.TrustedProxies) > 0 {
		e.IPExtractor = echo.ExtractIPFromXFFHeader(trustOnly(s.conf.TrustedProxies)...)
	}
	e.Use(s.nameRequest, s.logRequest, s.secureHeaders, s.recoverRequest, s.checkHost, s.checkOrigin, s.cors(), limitBody(), s.pages)

	e.GET("/ws", s.upgrade)
	e.GET("/healthz", s.healthz)
	e.GET("/readyz", s.readyz)
	e.GET("/metrics", s.serveMetrics)
	e.GET("/api/v1/openapi.yaml", s.serveOpenAPI)
	e.POST(loginPath, s.logIn)
	e.DELETE(loginPath, s.logOut, s.authenticate)
	e.POST("/api/v1/embed-tokens", s.postEmbedToken)
	e.GET("/api/v1/me", s.getMe, s.authenticate)
	e.PATCH("/api/v1/me", s.patchMe, s.authenticate)
	e.GET("/api/v1/history", s.getHistory, s.authenticate)
	e.GET("/api/v1/calls", s.getCalls, s.identify)
	e.POST("/api/v1/calls", s.postCall, s.identify, s.ofUser)
	e.GET("/api/v1/calls/:id", s.getCall, s.identify, s.ofUser)
	for _, do := range restCommands {
		e.POST("/api/v1/calls/:id/"+do, s.commandCall(do), s.identify, s.ofUser)
	}
	e.GET("/api/v1/events", s.getEvents, s.identify, s.ofUser)
	e.GET("/api/v1/messages", s.getMessages, s.identify, s.ofReader, s.needChat)
	e.POST("/api/v1/messages", s.postMessage, s.identify, s.ofReader, s.needChat)
	e.DELETE("/api/v1/messages", s.deleteMessages, s.identify, s.ofReader, s.needChat)
	e.GET("/api/v1/messages/search", s.searchMessages, s.identify, s.ofReader, s.needChat)
	e.GET("/api/v1/users", s.getUsers, s.identify, s.ofAdmin)
	e.POST("/api/v1/users", s.postUser, s.identify, s.ofAdmin)
	e.GET("/api/v1/users/:name", s.getUser, s.identify, s.ofAdmin)
	e.PATCH("/api/v1/users/:name", s.patchUser, s.identify, s.ofAdmin)
	e.DELETE("/api/v1/users/:name", s.deleteUser, s.identify, s.ofAdmin)
	e.GET("/api/v1/devices", s.getDevices, s.authenticate)
	e.PATCH("/api/v1/devices/:id", s.patchDevice, s.authenticate)
	e.POST("/api/v1/devices/:id/test", s.testDevice, s.authenticate)
	e.GET("/api/v1/policy", s.getPolicy, s.authenticate, s.needPolicy, s.needInterworking)
	e.PUT("/api/v1/policy", s.putPolicy, s.authenticate, s.needPolicy, s.needInterworking)
	e.POST("/api/v1/policy/simulate", s.simulatePolicy, s.authenticate, s.needPolicy)
	e.GET("/api/v1/policy/decisions", s.getDecisions, s.authenticate, s.needPolicy)
	e.GET("/api/v1/people", s.getPeople, s.authenticate)
	e.GET("/api/v1/directory", s.getEntries, s.authenticate)
	e.POST("/api/v1/directory", s.postEntry, s.authenticate)
	e.POST(importPath, s.importEntries, s.authenticate)
	e.GET("/api/v1/directory/export", s.exportEntries, s.authenticate)
	e.GET("/api/v1/directory/:id", s.getEntry, s.authenticate)
	e.PUT("/api/v1/directory/:id", s.putEntry, s.authenticate)
	e.DELETE("/api/v1/directory/:id", s.deleteEntry, s.authenticate)
	return e
}

// limitBody bounds what a request may carry; an import has its own bound.
func limitBody() echo.MiddlewareFunc {
	skip := func(c echo.Context) bool { return c.Path() == importPath }
	return middleware.BodyLimitWithConfig(middleware.BodyLimitConfig{Limit: "64K", Skipper: skip})
}

func trustOnly(proxies []netip.Prefix) []echo.TrustOption {
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		addr := p.Masked().Addr()
		options = append(options, echo.TrustIPRange(&net.IPNet{IP: addr.AsSlice(), Mask: net.CIDRMask(p.Bits(), addr.BitLen())}))
	}
	return options
}

// isOurs tells the paths that routes own from those of pages.
func isOurs(path string) bool {
	switch path {
	case "/ws", "/healthz", "/readyz", "/metrics", "/api":
		return true
	}
	return strings.HasPrefix(path, "/api/")
}

// pages hands every path that is not ours to the web client or to an extra
// mount. It runs as middleware, so that pages get the same headers and log
// line, and so that they do not hide a 405 of ours.
func (s *Server) pages(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		path := c.Request().URL.Path
		deadline := http.NewResponseController(c.Response())
		if isOurs(path) {
			// Answers of ours are small: whoever does not take one in this
			// time is not reading. The upgrade takes the deadline off again.
			_ = deadline.SetWriteDeadline(time.Now().Add(30 * time.Second))
			return next(c)
		}
		// The connection may have carried an answer of ours before.
		_ = deadline.SetWriteDeadline(time.Time{})
		page := s.conf.Page
		for mount, extra := range s.conf.Extra {
			if path == mount || strings.HasPrefix(path, mount+"/") {
				page = extra
			}
		}
		page.ServeHTTP(c.Response(), c.Request())
		return nil
	}
}

const requestKey = "request"

func requestID(c echo.Context) string {
	id, _ := c.Get(requestKey).(string)
	return id
}

// nameRequest gives every request an id of ours; one the client sent is not
// believed, since it goes into the log.
func (s *Server) nameRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := rand.Text()[:13]
		c.Set(requestKey, id)
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

// logRequest writes one line for each request: the path, never the query.
func (s *Server) logRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		if err := next(c); err != nil {
			s.answerError(err, c)
		}
		r, w := c.Request(), c.Response()
		log := s.log.Info
		if !strings.HasPrefix(r.URL.Path, "/api/") && w.Status < 400 {
			log = s.log.Debug // pages, probes and scrapes are many and all alike
		}
		l := loginOf(c)
		args := []any{
			"method", r.Method, "path", r.URL.Path, "status", w.Status, "bytes", w.Size,
			"took", time.Since(start).Round(time.Microsecond), "from", c.RealIP(), "user", l.User, "request", requestID(c),
		}
		if l.key != nil {
			args = append(args, "apikey", l.key.Name)
		}
		log("request", args...)
		return nil
	}
}

func (s *Server) recoverRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				s.log.Error("a request panicked", "request", requestID(c), "path", c.Path(), "panic", r, "stack", string(debug.Stack()))
				err = echo.ErrInternalServerError
			}
		}()
		return next(c)
	}
}

const (
	// apiPolicy is for answers that are not pages at all.
	apiPolicy = "default-src 'none'; frame-ancestors 'none'"
	// pagePolicy is for pages that set no policy of their own.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
		"media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; " +
		"form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
	permissions = "microphone=(self), camera=(self), speaker-selection=(self), hid=(self), geolocation=()"
)

// secureHeaders sets what every answer carries; pages may set stricter or
// other values over it.
func (s *Server) secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Frame-Options", "DENY") // for what does not know frame-ancestors
		if isOurs(c.Request().URL.Path) {
			h.Set("Content-Security-Policy", apiPolicy)
			h.Set("Cache-Control", "no-store")
		}
		if s.secure(c.Request()) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}
