package browser

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ringsplash/chat"
	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/policy"
	"ringsplash/store"
	"ringsplash/token"
)

// Config of a Server. Gateway, People, Store and Page are needed; every
// other zero value takes the default in brackets.
type Config struct {
	Gateway Gateway
	People  *directory.Directory
	// Store keeps the log-ins, under login/<hash>.
	Store store.Store
	// Policy keeps what users allow [none: the routes under /policy refuse].
	Policy *policy.Book
	// Chat keeps the users' messages [none: the routes under /messages refuse].
	Chat *chat.Book
	// Page serves the web client: every path that nothing else owns.
	Page http.Handler
	// Extra mounts more pages: the key is a path without trailing slash
	// ("/demo") and gets everything at and below it [none].
	Extra map[string]http.Handler
	// Metrics are counters of other packages for /metrics [none].
	Metrics prometheus.Gatherer
	// Room tells why the node takes no new calls now, "" when it does; /readyz
	// says so [it always does].
	Room func() machine.Cause
	// Build is the id of the embedded web client, as in welcome.
	Build string
	// EmbedOrigins are the sites that may embed the phone [none].
	EmbedOrigins []EmbedOrigin
	// Mint makes and takes their tokens, for API keys of APIKeys [none: tokens
	// are refused].
	Mint    *token.Mint
	APIKeys *token.Keys
	// CertFile and KeyFile make the server speak TLS only; both are read
	// again when they change [none: plain HTTP].
	CertFile, KeyFile string
	// Names are the hosts that browsers call us by, besides localhost, addresses
	// and the names of the certificate; *.example.test means all below one.
	Names []string
	// TrustedProxies may say in X-Forwarded-For and X-Forwarded-Proto whom
	// they speak for. They must pass the Host header on [none].
	TrustedProxies []netip.Prefix

	TabGone   time.Duration // silence after which a socket is dropped [10 s]
	PingEvery time.Duration // between pings on a socket, at most 2/5 of TabGone [4 s]
	HelloWait time.Duration // from the upgrade to the hello [5 s]

	Heartbeat time.Duration // between comments on an event stream [15 s]

	LoginIdle  time.Duration // a log-in nobody uses ends after this [12 h]
	LoginMax   time.Duration // every log-in ends after this [30 days]
	LoginCheck time.Duration // how often the log-ins of open sockets are checked [30 s]
	// EmbedIdle and EmbedMax are the same for log-ins by token, which are
	// renewed by another token [10 min, 1 h].
	EmbedIdle, EmbedMax time.Duration

	// CommandRate is how many commands a socket may send a second in the long
	// run, CommandBurst how many at once [30, 300].
	CommandRate, CommandBurst int
	// SocketsPerUser bounds the sockets of one user [32].
	SocketsPerUser int
}

func (c *Config) validate() error {
	if c.Gateway == nil || c.People == nil || c.Store == nil || c.Page == nil {
		return errors.New("browser: Gateway, People, Store and Page must be set")
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return errors.New("browser: http.tls needs both cert and key, or neither")
	}
	for i, site := range c.EmbedOrigins {
		clean, err := cleanOrigin(site.Origin)
		if err != nil {
			return err
		}
		c.EmbedOrigins[i].Origin = clean
	}
	for i, name := range c.Names {
		c.Names[i] = hostOf(name)
	}
	for path := range c.Extra {
		if !strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/") {
			return fmt.Errorf("browser: extra path %q must begin and not end with a slash", path)
		}
	}
	c.PingEvery = cmp.Or(c.PingEvery, 4*time.Second)
	c.TabGone = cmp.Or(c.TabGone, 10*time.Second)
	// A live socket must have answered twice before it could count as silent.
	c.PingEvery = min(c.PingEvery, c.TabGone*2/5)
	c.HelloWait = cmp.Or(c.HelloWait, 5*time.Second)
	c.Heartbeat = cmp.Or(c.Heartbeat, 15*time.Second)
	c.LoginIdle = cmp.Or(c.LoginIdle, 12*time.Hour)
	c.LoginMax = cmp.Or(c.LoginMax, 30*24*time.Hour)
	c.LoginCheck = cmp.Or(c.LoginCheck, 30*time.Second)
	c.EmbedIdle = cmp.Or(c.EmbedIdle, 10*time.Minute)
	c.EmbedMax = cmp.Or(c.EmbedMax, time.Hour)
	c.CommandRate = cmp.Or(c.CommandRate, 30)
	c.CommandBurst = cmp.Or(c.CommandBurst, 300)
	c.SocketsPerUser = cmp.Or(c.SocketsPerUser, 32)
	return nil
}

// cleanOrigin brings an origin into the form browsers send (RFC 6454 6.2):
// lower case, no default port, no path.
func cleanOrigin(text string) (string, error) {
	u, err := url.Parse(strings.ToLower(strings.TrimSpace(text)))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("browser: %q is not an origin; write it like https://intranet.example", text)
	}
	return u.Scheme + "://" + withoutDefaultPort(u.Scheme, u.Host), nil
}

func withoutDefaultPort(scheme, host string) string {
	return strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[scheme])
}
