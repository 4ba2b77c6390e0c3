package config

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringsplash/internal/keypair"
	"ringsplash/token"
)

var (
	nameForm   = regexp.MustCompile(`^[a-z0-9._-]{1,64}$`)
	numberForm = regexp.MustCompile(`^[0-9*#+]{1,32}$`)
	domainForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
)

const (
	// leastMemory is what a gateway with a few calls needs.
	leastMemory Size = 128 << 20
	nameRule         = "use a-z, 0-9, dot, underscore and minus, at most 64"
	numberRule       = "use digits, *, # and +, at most 32"
	secretRule       = "write it, or ${NAME} to take it from the environment"
	domainRule       = "write a host name in lower case, such as example.test"
)

// checker collects faults.
type checker struct {
	cfg    *Config
	faults []Fault
}

func (k *checker) fault(key, remedy, problem string, args ...any) {
	k.faults = append(k.faults, Fault{Line: k.cfg.Line(key), Key: key, Problem: fmt.Sprintf(problem, args...), Remedy: remedy})
}

// Check says what is wrong with the values, in no special order. It reads the
// files that tls names and opens nothing else.
func (c Config) Check() []Fault {
	k := &checker{cfg: &c}
	k.general()
	k.http()
	k.sip()
	k.media()
	k.users()
	k.trunks()
	k.hooks()
	k.timers()
	return k.faults
}

func (k *checker) general() {
	c := k.cfg
	switch {
	case c.Domain == "":
		k.fault("domain", domainRule, "the domain is missing; phones register as sip:NAME@DOMAIN")
	case !domainForm.MatchString(c.Domain):
		k.fault("domain", domainRule, "%q is not a domain", c.Domain)
	}
	if c.Data == "" {
		k.fault("data", "name a folder, such as ./data", "the data folder is missing")
	}
	if c.Redis != "" {
		u, err := url.Parse(c.Redis)
		if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" && u.Scheme != "unix" {
			// Without the value: it may have a password in it.
			k.fault("redis", "write it like redis://host:6379/0, or \"\" for the embedded store", "this is not the address of a Redis")
		}
	}
	if c.RedisWait < 0 || c.RedisWait > time.Hour {
		k.fault("redis_wait", "write 0s to 1h", "%s is out of range", c.RedisWait)
	}
	if c.Profiles != "" {
		k.file("profiles", c.Profiles)
	}
	if c.MaxCalls < 1 {
		k.fault("max_calls", "write 1 or more", "%d calls a user is none", c.MaxCalls)
	}
	if c.MaxAllCalls < 1 {
		k.fault("max_all_calls", "write 1 or more", "%d calls is none", c.MaxAllCalls)
	}
	if c.Limits.Memory != 0 && c.Limits.Memory < leastMemory {
		remedy := "write " + leastMemory.String() + " or more, or leave it out"
		k.fault("limits.memory", remedy, "%s is too little for a gateway", c.Limits.Memory)
	}
	if c.Outside.Calls < 1 || c.Outside.Hourly < 1 {
		k.fault("outside", "write calls and hourly as 1 or more; without trunks and sip.allow_domains nobody calls outside",
			"%d outside calls at a time and %d an hour are none", c.Outside.Calls, c.Outside.Hourly)
	}
	k.oneOf("messages.from_outside", c.Messages.FromOutside, "nobody", "friends", "everyone")
	if c.Messages.Keep < time.Hour {
		k.fault("messages.keep", "write 1h or more, such as 8760h for a year", "%s is too short to read a message", c.Messages.Keep)
	}
	for i, grant := range c.Policy.Forbid {
		k.oneOf(fmt.Sprintf("policy.forbid[%d]", i), grant, "public", "friends", "directory", "addresses")
	}
	k.oneOf("presence.visible", c.Presence.Visible, "domain", "friends", "nobody")
	k.oneOf("presence.pickup", c.Presence.Pickup, "domain", "friends", "nobody")
	k.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", c.Log.Format, "text", "json")
}

func (k *checker) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		k.fault(key, "write one of "+strings.Join(allowed, ", "), "%q is not known", value)
	}
}

func (k *checker) http() {
	h := k.cfg.HTTP
	k.tcpAddress("http.listen", h.Listen, "127.0.0.1:8080")
	if h.Metrics != "" {
		k.tcpAddress("http.metrics", h.Metrics, "127.0.0.1:9090")
	}
	k.certificate("http.tls", h.TLS.Cert, h.TLS.Key)
	for i, o := range h.EmbedOrigins {
		u, err := url.Parse(o.Origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" || u.RawQuery != "" ||
			u.Fragment != "" || u.User != nil {
			k.fault(fmt.Sprintf("http.embed_origins[%d].origin", i), "write scheme and host only, such as https://intranet.example",
				"%q is not an origin", o.Origin)
		}
	}
	for i, name := range h.Names {
		if !domainForm.MatchString(strings.TrimPrefix(name, "*.")) {
			k.fault(fmt.Sprintf("http.names[%d]", i),
				"write a host in lower case without scheme and port, such as phone.example.test, or *.example.test for all below one",
				"%q is not the name of a host", name)
		}
	}
	k.embedKeys()
}

func (k *checker) embedKeys() {
	ids := map[string]bool{}
	for i, e := range k.cfg.HTTP.EmbedKeys {
		key := fmt.Sprintf("http.embed_keys[%d]", i)
		k.unique(key+".id", e.ID, ids, nameRule)
		k.oneOf(key+".algorithm", e.Algorithm, token.Algorithms...)
		if !slices.Contains(token.Algorithms, e.Algorithm) {
			continue
		}
		if _, err := e.Read(); err != nil {
			const remedy = "write the public key as a block of text (public_key: |), as openssl pkey -pubout prints it"
			k.fault(key+".public_key", remedy, "%v", err)
		}
	}
}

func (k *checker) tcpAddress(key, text, example string) {
	host, port, err := net.SplitHostPort(text)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || strings.ContainsAny(host, "/ ") {
		k.fault(key, "write it like "+example, "%q is not an address and a port", text)
	}
}

// certificate wants both files or none, and that they can be read.
func (k *checker) certificate(key, cert, private string) {
	if (cert == "") != (private == "") {
		k.fault(key, "set both, or none for no TLS", "one of cert and key is missing")
		return
	}
	k.file(key+".cert", cert)
	k.file(key+".key", private)
	if cert == "" || len(k.faults) > 0 && strings.HasPrefix(k.faults[len(k.faults)-1].Key, key) {
		return
	}
	if _, err := tls.LoadX509KeyPair(cert, private); err != nil {
		k.fault(key+".cert", "name a PEM certificate and the PEM key that belongs to it", "%v", err)
	}
}

// roots wants a file of certificates, or none.
func (k *checker) roots(key, path string) {
	before := len(k.faults)
	k.file(key, path)
	if path == "" || len(k.faults) > before {
		return
	}
	if _, err := keypair.Roots(path); err != nil {
		k.fault(key, "name a PEM file of certificates", "%s has no certificate in it", path)
	}
}

func (k *checker) listens(transport string) bool {
	return slices.ContainsFunc(k.cfg.SIP.Listen, func(l SIPListen) bool { return l.Transport == transport })
}

func (k *checker) file(key, path string) {
	if path == "" {
		return
	}
	f, err := os.Open(path)
	if err != nil {
		k.fault(key, "correct the path, or let the user that runs ringsplash read it", "%v", err)
		return
	}
	_ = f.Close()
}

func (k *checker) sip() {
	s := k.cfg.SIP
	if len(s.Listen) == 0 {
		k.fault("sip.listen", "write it like [\"udp://127.0.0.1:5060\"]", "there is no address to listen on, so no phone can register")
	}
	seen := map[SIPListen]bool{}
	for i, l := range s.Listen {
		key := fmt.Sprintf("sip.listen[%d]", i)
		switch {
		case !l.Addr.IsValid():
			k.fault(key, "write it like udp://127.0.0.1:5060", "the address is missing")
		case l.Addr.Addr().IsUnspecified():
			k.fault(key, "name each address", "%s cannot be written into Contact and Via", l.Addr.Addr())
		case seen[l] && l.Addr.Port() != 0:
			k.fault(key, "remove one of the two", "%s is there twice", l)
		case l.Transport == "tls" && s.TLS.Cert == "":
			k.fault(key, "set sip.tls.cert and sip.tls.key", "TLS needs a certificate")
		}
		seen[l] = true
	}
	k.certificate("sip.tls", s.TLS.Cert, s.TLS.Key)
	k.roots("sip.tls.client_ca", s.TLS.ClientCA)
	k.identity(s.Identity)
	for i, d := range s.AllowDomains {
		if !domainForm.MatchString(d) {
			k.fault(fmt.Sprintf("sip.allow_domains[%d]", i), domainRule, "%q is not a domain", d)
		}
	}
}

func (k *checker) media() {
	m := k.cfg.Media
	if len(m.Listen) == 0 {
		k.fault("media.listen", "write it like [\"192.0.2.10\"]", "there is no address for sound")
	}
	ours := map[netip.Addr]bool{}
	for i, a := range m.Listen {
		ours[a] = true
		if a.IsValid() && a.IsUnspecified() {
			k.fault(fmt.Sprintf("media.listen[%d]", i), "name each address", "%s cannot be written into SDP", a)
		}
	}
	for _, l := range k.cfg.SIP.Listen {
		ours[l.Addr.Addr()] = true
	}
	for from, to := range m.Public {
		key := "media.public." + from.String()
		if !ours[from] {
			k.fault(key, "add it to media.listen, or remove it here", "%s is not an address we listen on", from)
		}
		if from.Is4() != to.Is4() {
			k.fault(key, "map IPv4 to IPv4 and IPv6 to IPv6", "%s and %s are not of one kind", from, to)
		}
	}
	if m.WebRTCPort < 0 || m.WebRTCPort > 65535 {
		k.fault("media.webrtc_port", "write 1 to 65535, or 0 for a port of the kernel's choice", "%d is not a port", m.WebRTCPort)
	}
	k.ports(m)
	k.oneOf("media.splash", m.Splash, "quiet", "normal", "loud", "own")
	for i, s := range m.ICEServers {
		k.iceServer(fmt.Sprintf("media.ice_servers[%d]", i), s)
	}
}

func (k *checker) ports(m Media) {
	r := m.RTPPorts
	if r == (PortRange{}) {
		return
	}
	switch {
	case r.Low < 1024 || r.High > 65535 || r.Low > r.High:
		k.fault("media.rtp_ports", "write it like 10000-19999: from 1024 to 65535, low before high", "%s is not a range of ports", r)
	case r.High-r.Low < 3:
		k.fault("media.rtp_ports", "give two ports for each leg at least", "%s is too few for one call", r)
	case m.WebRTCPort >= r.Low && m.WebRTCPort <= r.High:
		k.fault("media.rtp_ports", "move one of the two", "%s has media.webrtc_port %d in it", r, m.WebRTCPort)
	}
	for _, l := range k.cfg.SIP.Listen {
		if p := int(l.Addr.Port()); l.Transport == "udp" && p >= r.Low && p <= r.High {
			k.fault("media.rtp_ports", "move one of the two", "%s has the port of %s in it", r, l)
		}
	}
}

func (k *checker) iceServer(key string, s ICEServer) {
	if len(s.URLs) == 0 {
		k.fault(key+".urls", "write it like [\"turn:turn.example:3478\"]", "the server has no address")
	}
	for i, u := range s.URLs {
		scheme, rest, _ := strings.Cut(u, ":")
		if !slices.Contains([]string{"stun", "stuns", "turn", "turns"}, scheme) || rest == "" || strings.HasPrefix(rest, "//") {
			k.fault(fmt.Sprintf("%s.urls[%d]", key, i), "write it like stun:host:3478 or turn:host:3478",
				"%q is not a STUN or TURN server", u)
		}
		if strings.HasPrefix(scheme, "turn") && (s.Username == "" || s.Credential == "") {
			k.fault(key, "set username and credential", "a TURN server needs both")
		}
	}
}

func (k *checker) timers() {
	t := k.cfg.Timers
	for _, row := range []struct {
		key              string
		value, low, high time.Duration
	}{
		{"ring", t.Ring, time.Second, time.Hour},
		{"first_1xx", t.First1xx, 100 * time.Millisecond, time.Minute},
		{"cancel_wait", t.CancelWait, 100 * time.Millisecond, 32 * time.Second},
		{"auto_answer", t.AutoAnswer, 100 * time.Millisecond, time.Minute},
		{"key_wait", t.KeyWait, 100 * time.Millisecond, time.Minute},
		{"muted_limit", t.MutedLimit, time.Second, 24 * time.Hour},
		{"unmute_wait", t.UnmuteWait, time.Second, time.Hour},
		{"tab_gone", t.TabGone, 5 * time.Second, 10 * time.Minute},
		{"drain", t.Drain, 0, 24 * time.Hour},
		{"sip_t1", t.SIPT1, 10 * time.Millisecond, 5 * time.Second},
		{"session_min", t.SessionMin, time.Second, time.Hour},
		{"session", t.Session, t.SessionMin, 24 * time.Hour},
		{"media_lost", t.MediaLost, time.Second, time.Hour},
	} {
		if row.value < row.low || row.value > row.high {
			k.fault("timers."+row.key, fmt.Sprintf("write %s to %s", row.low, row.high), "%s is out of range", row.value)
		}
	}
}
