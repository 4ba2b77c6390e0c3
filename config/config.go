// Package config reads the configuration file: strict YAML, every fault named
// with its line and its remedy.
package config

import (
	"cmp"
	"net/netip"
	"time"

	"ringsplash/token"
)

// Config is the whole configuration. Default gives the values of keys that
// the file leaves out. The tag "example" is what a fault shows as a right
// value; it is there where the form of a value can be wrong.
type Config struct {
	// Domain is the host of every AOR here, and the digest realm.
	Domain string `yaml:"domain"`
	// Data is the folder of the embedded store, the audit file and admin.sock.
	// A relative one is taken from the configuration file's folder.
	Data string `yaml:"data"`
	// Redis is the URL of a Redis that replaces the embedded store, "" for none.
	Redis string `yaml:"redis"`
	// RedisWait is how long a start waits for a Redis that does not answer yet.
	RedisWait time.Duration `yaml:"redis_wait" example:"30s"`

	HTTP  HTTP  `yaml:"http"`
	SIP   SIP   `yaml:"sip"`
	Media Media `yaml:"media"`
	// Users are those of the file; it wins for the users it names.
	Users  []User  `yaml:"users"`
	Trunks []Trunk `yaml:"trunks"`
	// Hooks are the servers that are told of users' calls.
	Hooks []Hook `yaml:"hooks"`
	// Profiles is a file of the administrator's own phone profiles (the form
	// of gateway/profile/profiles.yaml), "" for none.
	Profiles string `yaml:"profiles"`
	// Emergency maps emergency numbers to the trunk that takes them.
	Emergency map[string]string `yaml:"emergency" example:"{\"112\": pbx}"`
	Policy    Policy            `yaml:"policy"`
	Presence  Presence          `yaml:"presence"`
	Directory Directory         `yaml:"directory"`
	// MaxCalls is how many calls one user may have at a time.
	MaxCalls int `yaml:"max_calls" example:"8"`
	// Outside bounds what one user may call by trunks and to foreign domains.
	Outside  Outside  `yaml:"outside"`
	Messages Messages `yaml:"messages"`
	// MaxAllCalls is how many calls this node takes at a time.
	MaxAllCalls int    `yaml:"max_all_calls" example:"1000"`
	Limits      Limits `yaml:"limits"`
	Timers      Timers `yaml:"timers"`
	Log         Log    `yaml:"log"`

	// lines tells where a key stands in the file: "users[0].name" -> 12.
	lines map[string]int
}

// Limits bound the process.
type Limits struct {
	// Memory is what the process may use, 0 for what its control group does.
	Memory Size `yaml:"memory" example:"256MiB"`
}

// HTTP is where browsers come in.
type HTTP struct {
	Listen string `yaml:"listen" example:"127.0.0.1:8080"`
	TLS    TLS    `yaml:"tls"`
	// EmbedOrigins are the web sites that may embed the phone.
	EmbedOrigins []EmbedOrigin `yaml:"embed_origins"`
	// Names are the hosts that browsers call us by, besides Domain, localhost,
	// addresses, and the names of Listen and of the certificate.
	Names []string `yaml:"names" example:"[phone.example.test]"`
	// TrustedProxies are the networks of proxies in front of us: they may say
	// whom they speak for (X-Forwarded-For, X-Forwarded-Proto).
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies" example:"[\"127.0.0.1/32\"]"`
	// Metrics is an address where /metrics is served to whoever asks, "" for none.
	Metrics string `yaml:"metrics" example:"127.0.0.1:9090"`
	// EmbedKeys are the keys with which such sites may sign tokens themselves.
	EmbedKeys []EmbedKey `yaml:"embed_keys"`
}

// TLS names PEM files. Relative paths are taken from the configuration file's
// folder. Both empty: no TLS.
type TLS struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// EmbedOrigin is a web site that may embed the phone. A trusted one may also
// open microphones without a gesture inside the frame.
type EmbedOrigin struct {
	Origin  string `yaml:"origin" example:"https://intranet.example"`
	Trusted bool   `yaml:"trusted" example:"false"`
}

// EmbedKey is the public key of a site that signs its tokens itself. The key
// and no token says which algorithm is used.
type EmbedKey struct {
	ID        string `yaml:"id" example:"intranet"`
	Algorithm string `yaml:"algorithm" example:"EdDSA"` // EdDSA | ES256 | RS256
	// PublicKey is the key itself in PEM; it is no secret.
	PublicKey string `yaml:"public_key" example:"|"`
}

// Read takes the key from its text.
func (k EmbedKey) Read() (token.SigningKey, error) {
	return token.ParseSigningKey(k.ID, k.Algorithm, []byte(k.PublicKey))
}

// SIP is where phones and trunks come in.
type SIP struct {
	Listen []SIPListen `yaml:"listen" example:"[\"udp://127.0.0.1:5060\"]"`
	TLS    SIPTLS      `yaml:"tls"`
	// AllowDomains are foreign domains our users may call.
	AllowDomains []string `yaml:"allow_domains" example:"[partner.example]"`
	Identity     Identity `yaml:"identity"`
}

// Identity says whose signatures on callers count (RFC 8224). Nothing is
// fetched: what is not here proves nothing.
type Identity struct {
	// Signers maps the URL that a certificate is named by to its PEM file. A
	// URL that is not here may mean any of them.
	Signers map[string]string `yaml:"signers" example:"{\"https://partner.example/signer.pem\": partner.pem}"`
	// NumberCA is a PEM file of who signs the certificates that may sign for
	// telephone numbers, "" for none.
	NumberCA string `yaml:"number_ca"`
}

// SIPTLS is TLS with the CA that signs the client certificates of phones and
// trunks, "" for none.
type SIPTLS struct {
	Cert     string `yaml:"cert"`
	Key      string `yaml:"key"`
	ClientCA string `yaml:"client_ca"`
}

// SIPListen is one SIP socket. Port 0 lets the kernel choose.
type SIPListen struct {
	Transport string // udp | tcp | tls
	Addr      netip.AddrPort
}

// Media is where sound and pictures go.
type Media struct {
	// Listen are our addresses for RTP and WebRTC.
	Listen []netip.Addr `yaml:"listen" example:"[\"192.0.2.10\"]"`
	// Public maps an address of Listen (or of sip.listen) to the one that the
	// world sees.
	Public map[netip.Addr]netip.Addr `yaml:"public" example:"{\"10.0.0.10\": \"192.0.2.10\"}"`
	// LocalNets are the networks that reach Listen directly.
	LocalNets []netip.Prefix `yaml:"local_nets" example:"[\"10.0.0.0/8\"]"`
	// WebRTCPort is the one port, UDP and TCP, of all browsers. 0: chosen by
	// the kernel.
	WebRTCPort int `yaml:"webrtc_port" example:"8443"`
	// RTPPorts are those for phones and trunks; the zero range lets the
	// kernel choose.
	RTPPorts   PortRange   `yaml:"rtp_ports" example:"10000-19999"`
	ICEServers []ICEServer `yaml:"ice_servers"`
	// Splash is the tone that announces an automatic answer: quiet, normal,
	// loud, or own for what `ringsplash splash` put into the data folder.
	Splash string `yaml:"splash" example:"normal"`
}

// PortRange is from Low to High, both included.
type PortRange struct{ Low, High int }

// ICEServer is a STUN or TURN server for browsers (RFC 7064, RFC 7065).
type ICEServer struct {
	URLs       []string `yaml:"urls" example:"[\"turn:turn.example:3478\"]"`
	Username   string   `yaml:"username"`
	Credential string   `yaml:"credential"`
}

// User is a person of the configuration file.
type User struct {
	Name     string   `yaml:"name" example:"alice"`
	Number   string   `yaml:"number" example:"\"1001\""`
	Display  string   `yaml:"display" example:"Alice Archer"`
	Password string   `yaml:"password" example:"\"${ALICE_PASSWORD}\""`
	Admin    bool     `yaml:"admin" example:"false"`
	Devices  []Device `yaml:"devices"`
}

// Device is one deskphone of a user.
type Device struct {
	ID           string `yaml:"id" example:"desk"`
	Display      string `yaml:"display" example:"Desk phone"`
	SIPPassword  string `yaml:"sip_password" example:"\"${ALICE_DESK_PASSWORD}\""`
	Interworking bool   `yaml:"interworking" example:"true"`
	Profile      string `yaml:"profile" example:"auto"`
	// UnmuteKey is the phone's key that un-mutes.
	UnmuteKey UnmuteKey `yaml:"unmute_key" example:"\"*\""`
}

// Trunk is a PBX or carrier.
type Trunk struct {
	Name      string `yaml:"name" example:"pbx"`
	Address   string `yaml:"address" example:"\"sip:192.0.2.20:5060\""`
	Transport string `yaml:"transport" example:"udp"`
	// CA is a PEM file of who signs the trunk's certificate, "" for those the
	// system trusts. The certificate must name the host of Address.
	CA       string        `yaml:"ca"`
	Register TrunkRegister `yaml:"register"`
	Prefixes []Prefix      `yaml:"prefixes"`
	// Ping is how often the trunk is asked whether it is there (OPTIONS).
	Ping time.Duration `yaml:"ping" example:"30s"`
	// TrustIdentity takes the trunk's P-Asserted-Identity (RFC 3325) over TLS
	// and TCP; TrustUDP over UDP too, where the source can be forged.
	TrustIdentity bool `yaml:"trust_identity" example:"true"`
	TrustUDP      bool `yaml:"trust_udp" example:"false"`
	// MediaFrom are the networks the trunk's RTP comes from, when that is not
	// the address in its SDP.
	MediaFrom []netip.Prefix `yaml:"media_from" example:"[\"192.0.2.0/24\"]"`
	// Refer lets the trunk transfer our user in a call with it (REFER), to users
	// of ours and to itself.
	Refer bool `yaml:"refer" example:"false"`
}

// Hook is a server that is told what becomes of users' calls (a web hook).
type Hook struct {
	URL string `yaml:"url" example:"https://crm.example/calls"`
	// Secret signs what is sent: any text, or "whsec_" and base64.
	Secret string `yaml:"secret" example:"\"${HOOK_SECRET}\""`
	// Users are those whose calls it is told of; none: everybody's.
	Users []string `yaml:"users" example:"[alice]"`
}

// Outside are the limits of one user for calls by trunks and to foreign
// domains: at a time, and begun within an hour. Emergency numbers are free.
type Outside struct {
	Calls  int `yaml:"calls" example:"4"`
	Hourly int `yaml:"hourly" example:"60"`
}

// Messages are who may write to our users, and how long that is kept.
type Messages struct {
	// FromOutside: nobody, friends or everyone may write by trunks and from
	// foreign domains.
	FromOutside string `yaml:"from_outside" example:"friends"`
	// Keep is how long a message is kept.
	Keep time.Duration `yaml:"keep" example:"8760h"`
	// TellRead lets far ends that ask for it know that a message was read.
	TellRead bool `yaml:"tell_read" example:"false"`
}

// TrunkRegister are our credentials at the trunk. An empty user: no
// registration. An empty realm: whichever the trunk's own address asks for.
type TrunkRegister struct {
	User     string `yaml:"user"`
	Password string `yaml:"password"`
	Realm    string `yaml:"realm"`
}

// Prefix is one row of the dial plan: the longest Match wins, Strip digits are
// taken off the front, then Add is put there.
type Prefix struct {
	Match string `yaml:"match" example:"\"0\""`
	Strip int    `yaml:"strip" example:"1"`
	Add   string `yaml:"add" example:"\"+49\""`
}

// Policy are the administrator's ceilings on what users may allow.
type Policy struct {
	// Forbid lists the grants nobody may give: public, friends, directory,
	// addresses.
	Forbid []string `yaml:"forbid" example:"[public]"`
	// FoldUserCase takes Bob@example.com and bob@example.com for one person.
	FoldUserCase bool `yaml:"fold_user_case" example:"false"`
}

// Presence says who may see what users do.
type Presence struct {
	// Visible is the most people who see anybody: domain (all users here),
	// friends (those of his own list) or nobody. Each user can narrow it.
	Visible string `yaml:"visible" example:"domain"`
	// Pickup is who may take a call that rings a user, and see who calls him: domain
	// (all who may see him), friends (those of his own list) or nobody.
	Pickup string `yaml:"pickup" example:"friends"`
}

// Directory says whom users find.
type Directory struct {
	// Company lets them find all users here, not only their own entries.
	Company bool `yaml:"company" example:"true"`
}

// Timers of calls.
type Timers struct {
	Ring       time.Duration `yaml:"ring" example:"60s"`
	First1xx   time.Duration `yaml:"first_1xx" example:"3s"`
	CancelWait time.Duration `yaml:"cancel_wait" example:"1s"`
	AutoAnswer time.Duration `yaml:"auto_answer" example:"4s"`
	KeyWait    time.Duration `yaml:"key_wait" example:"8s"`
	MutedLimit time.Duration `yaml:"muted_limit" example:"120s"`
	UnmuteWait time.Duration `yaml:"unmute_wait" example:"60s"`
	TabGone    time.Duration `yaml:"tab_gone" example:"10s"`
	// Drain is how long running calls may go on when the gateway is stopped.
	Drain time.Duration `yaml:"drain" example:"60s"`
	// SIPT1 is the estimate of the round trip to phones and trunks (RFC 3261
	// 17.1.1.1).
	SIPT1 time.Duration `yaml:"sip_t1" example:"500ms"`
	// Session is the interval of the SIP session timer we ask for, SessionMin
	// the least we accept (RFC 4028).
	Session    time.Duration `yaml:"session" example:"30m"`
	SessionMin time.Duration `yaml:"session_min" example:"90s"`
	MediaLost  time.Duration `yaml:"media_lost" example:"30s"`
}

// Log says what is logged.
type Log struct {
	Level  string `yaml:"level" example:"info"`  // debug | info | warn | error
	Format string `yaml:"format" example:"text"` // text | json
}

// Default is the configuration of an empty file. It has no Domain, which a
// file must name. With fillIn, which does the same for the items of lists, it
// is the only place of defaults.
func Default() Config {
	sip := netip.MustParseAddrPort("127.0.0.1:5060")
	return Config{
		Data: "./data", RedisWait: 30 * time.Second,
		HTTP: HTTP{Listen: "127.0.0.1:8080"},
		SIP:  SIP{Listen: []SIPListen{{Transport: "udp", Addr: sip}, {Transport: "tcp", Addr: sip}}},
		Media: Media{
			Listen: []netip.Addr{sip.Addr()}, WebRTCPort: 8443, RTPPorts: PortRange{Low: 10000, High: 19999}, Splash: "normal",
		},
		MaxCalls: 8, MaxAllCalls: 1000,
		Outside:  Outside{Calls: 4, Hourly: 60},
		Messages: Messages{FromOutside: "friends", Keep: 365 * 24 * time.Hour},
		Presence: Presence{Visible: "domain", Pickup: "friends"}, Directory: Directory{Company: true},
		Timers: Timers{
			Ring: 60 * time.Second, First1xx: 3 * time.Second, CancelWait: time.Second,
			AutoAnswer: 4 * time.Second, KeyWait: 8 * time.Second, MutedLimit: 120 * time.Second,
			UnmuteWait: 60 * time.Second, TabGone: 10 * time.Second, Drain: 60 * time.Second,
			SIPT1: 500 * time.Millisecond, Session: 30 * time.Minute, SessionMin: 90 * time.Second, MediaLost: 30 * time.Second,
		},
		Log: Log{Level: "info", Format: "text"},
	}
}

func (c *Config) fillIn() {
	for i := range c.Users {
		u := &c.Users[i]
		u.Display = cmp.Or(u.Display, u.Name)
		for j := range u.Devices {
			d := &u.Devices[j]
			d.Display, d.Profile = cmp.Or(d.Display, d.ID), cmp.Or(d.Profile, "auto")
		}
	}
	for i := range c.Trunks {
		t := &c.Trunks[i]
		t.Transport, t.Ping = cmp.Or(t.Transport, "udp"), cmp.Or(t.Ping, 30*time.Second)
	}
}
