package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Exposed says what makes a gateway that starts useless or unsafe to people on
// the network: passwords that are guessed at once, plain HTTP beyond this
// machine, sound where nobody reaches it.
func (c Config) Exposed() []Fault {
	k := &checker{cfg: &c}
	k.reach()
	k.redis()
	k.passwords()
	return k.faults
}

// reach compares where people come in with where their sound goes.
func (k *checker) reach() {
	c := k.cfg
	web := !onThisMachine(c.HTTP.Listen)
	if web && c.HTTP.TLS.Cert == "" && len(c.HTTP.TrustedProxies) == 0 {
		k.fault("http.listen", "set http.tls, or put a proxy with HTTPS in front and list it under http.trusted_proxies, or listen "+
			"on 127.0.0.1",
			"over plain HTTP at %s browsers of other computers give the page no microphone, and passwords can be read on the way",
			c.HTTP.Listen)
	}
	phones := slices.ContainsFunc(c.SIP.Listen, func(l SIPListen) bool { return l.Addr.IsValid() && !l.Addr.Addr().IsLoopback() })
	deaf := len(c.Media.Listen) > 0 && !slices.ContainsFunc(c.Media.Listen, func(a netip.Addr) bool { return !a.IsLoopback() })
	if deaf && (web || phones || len(c.HTTP.TrustedProxies) > 0) {
		who := "phones come in"
		if web || len(c.HTTP.TrustedProxies) > 0 {
			who = "browsers come in"
		}
		k.fault("media.listen", "list this machine's address there, such as [\"192.0.2.10\"]",
			"%s from other computers, but their sound is awaited on this machine alone (%s), so nobody hears anything", who,
			c.Media.Listen[0])
	}
}

// redis names a store that others reach without a password.
func (k *checker) redis() {
	c := k.cfg
	u, err := url.Parse(c.Redis)
	if c.Redis == "" || err != nil || u.Scheme == "unix" {
		return
	}
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	near := host == "localhost" || host == "" || err == nil && addr.IsLoopback()
	_, secret := u.User.Password()
	switch {
	case !secret && near:
		k.fault("redis", "set requirepass in redis.conf and write redis://:PASSWORD@host:6379/0, such as \"${REDIS_URL}\"",
			"this Redis is used without a password, so every program of this machine reads and harms users, grants and log-ins")
	case !secret:
		k.fault("redis", "set requirepass in redis.conf and write rediss://:PASSWORD@host:6379/0, such as \"${REDIS_URL}\"",
			"this Redis is on the network and used without a password, so whoever reaches it reads and harms users, grants and log-ins")
	case !near && u.Scheme != "rediss":
		k.fault("redis", "write rediss:// (TLS), or bring Redis to this machine",
			"the password of this Redis and all it keeps go over the network in clear")
	}
}

// onThisMachine tells whether only programs of this machine reach the address.
func onThisMachine(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil || host == "localhost" {
		return true // Check has told about what is no address
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

const (
	// FewestCharacters is how long a password should be at least.
	FewestCharacters = 8
	passwordRule     = "take a long one of its own, such as `openssl rand -base64 18` prints"
)

// published are passwords that stand in our documents and in the demo.
var published = []string{"ringsplash", "alice-desk", "bob-desk", "and me", "password"}

// passwords names those that need no guessing. None is ever shown.
func (k *checker) passwords() {
	for i, u := range k.cfg.Users {
		key := fmt.Sprintf("users[%d]", i)
		k.password(key+".password", u.Password, u.Name, u.Number)
		for j, d := range u.Devices {
			k.password(fmt.Sprintf("%s.devices[%d].sip_password", key, j), d.SIPPassword, u.Name, u.Number, d.ID)
		}
	}
	for i, t := range k.cfg.Trunks {
		k.placeholder(fmt.Sprintf("trunks[%d].register.password", i), t.Register.Password)
	}
	for i, h := range k.cfg.Hooks {
		k.password(fmt.Sprintf("hooks[%d].secret", i), h.Secret)
		if u, err := url.Parse(h.URL); err == nil && u.Scheme == "http" && !onThisMachine(net.JoinHostPort(u.Hostname(), "80")) {
			k.fault(fmt.Sprintf("hooks[%d].url", i), "write https://", "over plain HTTP everybody on the way reads who calls whom")
		}
	}
	for i, s := range k.cfg.Media.ICEServers {
		k.placeholder(fmt.Sprintf("media.ice_servers[%d].credential", i), s.Credential)
	}
}

// password judges one that we ask for; near is what a guesser tries first.
func (k *checker) password(key, value string, near ...string) {
	switch n := utf8.RuneCountInString(value); {
	case value == "", k.placeholder(key, value): // Check tells about none at all
	case slices.ContainsFunc(near, func(s string) bool { return s != "" && strings.EqualFold(s, value) }):
		k.fault(key, passwordRule, "the password is the name or the number it belongs to")
	case n < FewestCharacters:
		k.fault(key, passwordRule, "the password has %d characters, fewer than %d, so it is soon guessed", n, FewestCharacters)
	}
}

// placeholder names a password that was copied from our documents.
func (k *checker) placeholder(key, value string) bool {
	plain := strings.ToLower(value)
	squeezed := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(plain)
	if !strings.Contains(squeezed, "changeme") && !slices.Contains(published, plain) {
		return false
	}
	k.fault(key, passwordRule, "the password stands in the example file or the demo, where everybody reads it")
	return true
}
