package config

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

func (k *checker) users() {
	names, numbers := map[string]bool{}, map[string]string{}
	for i, u := range k.cfg.Users {
		key := fmt.Sprintf("users[%d]", i)
		k.unique(key+".name", u.Name, names, nameRule)
		if u.Number != "" {
			if !numberForm.MatchString(u.Number) {
				k.fault(key+".number", numberRule, "%q is not a number", u.Number)
			} else if other, taken := numbers[u.Number]; taken {
				k.fault(key+".number", "give one of them another", "%s has the number %s too", other, u.Number)
			}
			numbers[u.Number] = u.Name
		}
		if u.Password == "" {
			k.fault(key+".password", secretRule, "%s has no password", u.Name)
		}
		k.text(key+".display", u.Display)
		k.devices(key, u)
	}
}

func (k *checker) devices(key string, u User) {
	ids, secrets := map[string]bool{}, map[string]string{}
	for i, d := range u.Devices {
		key := fmt.Sprintf("%s.devices[%d]", key, i)
		k.unique(key+".id", d.ID, ids, nameRule)
		if d.ID == "browser" {
			k.fault(key+".id", "take another", "\"browser\" means a browser tab")
		}
		switch other, same := secrets[d.SIPPassword]; {
		case d.SIPPassword == "":
			k.fault(key+".sip_password", secretRule, "device %s has no SIP password", d.ID)
		case same:
			// A phone that registers as "alice" is told apart by its password.
			k.fault(key+".sip_password", "give each device its own",
				"device %s has the same SIP password, so the phones cannot be told apart", other)
		}
		secrets[d.SIPPassword] = d.ID
		if d.Profile != "" && !nameForm.MatchString(d.Profile) {
			k.fault(key+".profile", nameRule+"; \"auto\" finds it by itself", "%q is not the name of a profile", d.Profile)
		}
		k.text(key+".display", d.Display)
	}
}

func (k *checker) unique(key, name string, seen map[string]bool, rule string) {
	switch {
	case name == "":
		k.fault(key, rule, "the name is missing")
	case !nameForm.MatchString(name):
		k.fault(key, rule, "%q is not a name", name)
	case seen[name]:
		k.fault(key, "rename or remove one of the two", "%q is there twice", name)
	}
	seen[name] = true
}

// text refuses what cannot be put into a SIP header or on a screen.
func (k *checker) text(key, s string) {
	if len(s) > 200 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }) {
		k.fault(key, "write one line of at most 200 bytes", "this cannot be shown on a phone")
	}
}

func (k *checker) trunks() {
	names := map[string]bool{}
	for i, t := range k.cfg.Trunks {
		key := fmt.Sprintf("trunks[%d]", i)
		k.unique(key+".name", t.Name, names, nameRule)
		if _, err := t.URI(); err != nil {
			k.fault(key+".address", "write it like sip:192.0.2.20:5060", "%q: %v", t.Address, err)
		}
		k.trunkWay(key, t)
		if t.Register.User != "" && t.Register.Password == "" {
			k.fault(key+".register.password", secretRule, "the trunk %s has no password for %s", t.Name, t.Register.User)
		}
		if t.TrustUDP && !t.TrustIdentity {
			k.fault(key+".trust_udp", "set trust_identity too, or remove it", "trust_udp does nothing without trust_identity")
		}
		for j, p := range t.Prefixes {
			k.prefix(fmt.Sprintf("%s.prefixes[%d]", key, j), p)
		}
	}
	for number, trunk := range k.cfg.Emergency {
		key := "emergency." + number
		if !numberForm.MatchString(number) {
			k.fault(key, numberRule, "%q is not a number", number)
		}
		if !names[trunk] {
			k.fault(key, "name one of trunks", "there is no trunk %q", trunk)
		}
	}
}

// trunkWay is how the trunk is reached.
func (k *checker) trunkWay(key string, t Trunk) {
	k.oneOf(key+".transport", t.Transport, "udp", "tcp", "tls")
	if t.Transport != "udp" && !k.listens(t.Transport) {
		k.fault(key+".transport", fmt.Sprintf("add %s://ADDRESS:PORT to sip.listen", t.Transport),
			"the trunk cannot call back: nothing listens for %s", t.Transport)
	}
	k.roots(key+".ca", t.CA)
	if t.Ping < time.Second || t.Ping > time.Hour {
		k.fault(key+".ping", "write 1s to 1h", "%s is out of range", t.Ping)
	}
}

func (k *checker) hooks() {
	for i, h := range k.cfg.Hooks {
		key := fmt.Sprintf("hooks[%d]", i)
		u, err := url.Parse(h.URL)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" {
			k.fault(key+".url", "write it like https://crm.example/calls", "%q is not an address to tell", h.URL)
		}
		if h.Secret == "" {
			k.fault(key+".secret", "write one that the server knows too, or ${NAME} to take it from the environment",
				"nothing signs what is told, so anybody could tell it")
		}
		for j, name := range h.Users {
			if !nameForm.MatchString(name) {
				k.fault(fmt.Sprintf("%s.users[%d]", key, j), nameRule, "%q is not the name of a user", name)
			}
		}
	}
}

func (k *checker) prefix(key string, p Prefix) {
	if p.Match != "" && !numberForm.MatchString(p.Match) {
		k.fault(key+".match", numberRule, "%q is not the beginning of a number", p.Match)
	}
	if p.Add != "" && !numberForm.MatchString(p.Add) {
		k.fault(key+".add", numberRule, "%q cannot be put before a number", p.Add)
	}
	if p.Strip < 0 || p.Strip > len(p.Match) {
		k.fault(key+".strip", fmt.Sprintf("write 0 to %d, the length of match", len(p.Match)), "%d digits cannot be taken off %q",
			p.Strip, p.Match)
	}
}
