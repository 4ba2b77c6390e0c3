package rig

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"
)

// Domain of every gateway under test.
const Domain = "example.test"

// Device is one deskphone in the configuration file. Its password is Password().
type Device struct {
	ID, Display  string
	Interworking bool
}

// User is one user in the configuration file. His password is Password().
type User struct {
	Name, Number, Display string
	Devices               []Device
}

// Password is what the user logs in with.
func (u User) Password() string { return u.Name + " likes long walks" }

// SIPPassword is what the deskphone named id registers with.
func (u User) SIPPassword(id string) string { return u.Name + "-" + id + "-secret" }

// Address is the user's AOR.
func (u User) Address() string { return "sip:" + u.Name + "@" + Domain }

// The users of a gateway under test, when Options names no others.
var (
	Alice = User{"alice", "1001", "Alice Archer", []Device{{"desk", "Desk phone", true}, {"lab", "Lab phone", false}}}
	Bob   = User{"bob", "1002", "Bob Baker", []Device{{"desk", "Desk phone", true}}}
	Carol = User{"carol", "1003", "Carol Cook", []Device{{"desk", "Desk phone", true}}}
)

// Options of a gateway under test; zero values are given.
type Options struct {
	// Users, by default Alice, Bob and Carol.
	Users []User
	// Trunks are items of the YAML list "trunks", each a flow mapping.
	Trunks []string
	// Everywhere makes it listen over UDP, TCP and TLS, on 127.0.0.1 and ::1,
	// with a certificate of Everywhere for both and for "localhost".
	Everywhere *CA
	// Also is one more address to listen at, for SIP over UDP and for sound.
	Also string
	// Redis is a redis:// URL; empty for the embedded store.
	Redis string
	// KeyOf is a gateway on the same Redis, whose key this one is given.
	KeyOf *Gateway
	// SIP is one more member of "sip": "allow_domains: [partner.example]".
	SIP string
	// Timers replace single timers: {"ring": "2s"}.
	Timers map[string]string
	// Memory is how many MiB the gateway's process may use, 0 for all there are.
	// A control group sees to it; without the right to make one, the gateway's own
	// limits.memory.
	Memory int
	// More are lines of YAML that go before all others: "max_calls: 500".
	More string
}

// yaml is the configuration file; every port in it is for the kernel to choose.
func (o Options) yaml(dir string) string {
	users := o.Users
	if users == nil {
		users = []User{Alice, Bob, Carol}
	}
	var b strings.Builder
	b.WriteString(o.More)
	fmt.Fprintf(&b, "\ndomain: %s\ndata: %q\nredis: %q\n", Domain, filepath.Join(dir, "data"), o.Redis)
	b.WriteString("http: {listen: \"127.0.0.1:0\"}\n")
	o.writeSockets(&b)
	b.WriteString("users:\n")
	for _, u := range users {
		fmt.Fprintf(&b, "  - name: %s\n    number: %q\n    display: %q\n    password: %q\n    devices:\n", u.Name, u.Number, u.Display,
			u.Password())
		for _, d := range u.Devices {
			fmt.Fprintf(&b, "      - {id: %s, display: %q, sip_password: %q, interworking: %v, profile: auto}\n",
				d.ID, d.Display, u.SIPPassword(d.ID), d.Interworking)
		}
	}
	for i, trunk := range o.Trunks {
		if i == 0 {
			b.WriteString("trunks:\n")
		}
		fmt.Fprintf(&b, "  - %s\n", trunk)
	}
	// A test that ends wants no calls to go on, and presses no key of a phone under test.
	timers := map[string]string{"drain": "0s", "key_wait": "500ms"}
	maps.Copy(timers, o.Timers)
	b.WriteString("timers:\n")
	for name, value := range timers {
		fmt.Fprintf(&b, "  %s: %s\n", name, value)
	}
	b.WriteString("log: {level: info, format: text}\n")
	return b.String()
}

func (o Options) writeSockets(b *strings.Builder) {
	if o.Everywhere == nil {
		sip, sound := `"udp://127.0.0.1:0"`, `"127.0.0.1"`
		if o.Also != "" {
			sip, sound = sip+`, "udp://`+o.Also+`:0"`, sound+`, "`+o.Also+`"`
		}
		fmt.Fprintf(b, "sip:\n  listen: [%s]\n  %s\n", sip, o.SIP)
		fmt.Fprintf(b, "media: {listen: [%s], webrtc_port: 0, rtp_ports: \"0\"}\n", sound)
		return
	}
	b.WriteString("sip:\n  listen:\n")
	for _, transport := range []string{"udp", "tcp", "tls"} {
		fmt.Fprintf(b, "    - %s://127.0.0.1:0\n    - %s://[::1]:0\n", transport, transport)
	}
	cert, key := o.Everywhere.Issue("gateway", 24*time.Hour, "127.0.0.1", "::1", "localhost", Domain)
	fmt.Fprintf(b, "  tls: {cert: %q, key: %q, client_ca: %q}\n  %s\n", cert, key, o.Everywhere.File, o.SIP)
	b.WriteString("media: {listen: [\"127.0.0.1\", \"::1\"], webrtc_port: 0, rtp_ports: \"0\"}\n")
}
