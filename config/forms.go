package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// UnmarshalText reads "udp://127.0.0.1:5060".
func (l *SIPListen) UnmarshalText(text []byte) error {
	transport, addr, ok := strings.Cut(string(text), "://")
	if !ok {
		return errors.New("the transport is missing")
	}
	if !slices.Contains([]string{"udp", "tcp", "tls"}, transport) {
		return fmt.Errorf("transport %q is not udp, tcp or tls", transport)
	}
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return fmt.Errorf("%q is not an IP address and a port", addr)
	}
	*l = SIPListen{Transport: transport, Addr: ap}
	return nil
}

func (l SIPListen) String() string { return l.Transport + "://" + l.Addr.String() }

// UnmarshalText reads "10000-19999", or "0" for ports of the kernel's choice.
func (r *PortRange) UnmarshalText(text []byte) error {
	low, high, ok := strings.Cut(string(text), "-")
	if !ok && strings.TrimSpace(low) == "0" {
		*r = PortRange{}
		return nil
	}
	a, errLow := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
	b, errHigh := strconv.ParseUint(strings.TrimSpace(high), 10, 16)
	if !ok || errLow != nil || errHigh != nil {
		return errors.New("this is not a range of ports")
	}
	*r = PortRange{Low: int(a), High: int(b)}
	return nil
}

func (r PortRange) String() string {
	if r == (PortRange{}) {
		return "0"
	}
	return fmt.Sprintf("%d-%d", r.Low, r.High)
}

// Size is a number of bytes.
type Size int64

// units of a Size, the largest first.
var units = []struct {
	name  string
	bytes Size
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}}

// UnmarshalText reads "256MiB" and "1GiB".
func (s *Size) UnmarshalText(text []byte) error {
	for _, u := range units {
		digits, ok := strings.CutSuffix(strings.TrimSpace(string(text)), u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 24)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", digits)
		}
		*s = Size(n) * u.bytes
		return nil
	}
	return errors.New("the unit is missing, MiB or GiB")
}

func (s Size) String() string {
	for _, u := range units {
		if s >= u.bytes && s%u.bytes == 0 {
			return strconv.FormatInt(int64(s/u.bytes), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// TrunkURI is a trunk's address taken apart.
type TrunkURI struct {
	Secure bool // sips:
	Host   string
	Port   int // 0 when the address names none
}

// URI takes the trunk's address apart. Load has checked that it can be.
func (t Trunk) URI() (TrunkURI, error) {
	scheme, rest, _ := strings.Cut(t.Address, ":")
	if scheme != "sip" && scheme != "sips" {
		return TrunkURI{}, errors.New("it has neither sip: nor sips: in front")
	}
	u, err := url.Parse("sip://" + rest)
	if err != nil || u.User != nil || u.Hostname() == "" || u.Path != "" || strings.ContainsAny(rest, ";?") {
		return TrunkURI{}, errors.New("it is not a host with or without a port")
	}
	out := TrunkURI{Secure: scheme == "sips", Host: u.Hostname()}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return TrunkURI{}, fmt.Errorf("%q is not a port", p)
		}
		out.Port = int(n)
	}
	return out, nil
}

// UnmuteKey is the key of a phone that un-mutes its microphone: one of 0-9 * #
// A-D, NoKey for none, "" for what the phone's profile says.
type UnmuteKey string

// NoKey is how an empty unmute_key is kept.
const NoKey UnmuteKey = "none"

// UnmarshalText reads a key; "" is none.
func (k *UnmuteKey) UnmarshalText(text []byte) error {
	switch s := string(text); {
	case s == "":
		*k = NoKey
	case len(s) == 1 && strings.Contains("0123456789*#ABCD", s):
		*k = UnmuteKey(s)
	default:
		return errors.New("this is no key of a phone: 0-9 * # A-D, or \"\" for none")
	}
	return nil
}
