package address

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

var (
	errHost = Words.Say("address.bad_domain")
	errTop  = Words.Say("address.bad_top")
	errIP   = Words.Say("address.bad_ip")
	errPort = Words.Say("address.bad_port")
	errIDN  = Words.Say("address.bad_idn")
)

// Host is a domain in A-labels and lower case, or an IP address; one of the
// two is zero.
type Host struct {
	Name string
	IP   netip.Addr
}

func (h Host) String() string {
	switch {
	case h.Name != "":
		return h.Name
	case h.IP.Is6():
		return "[" + h.IP.String() + "]"
	}
	return h.IP.String()
}

// ParseHost reads "host", "host:port", "[IPv6]:port" or an IPv6 address without
// brackets; the port is dropped. IPv4 in IPv6 becomes IPv4, zones go.
func ParseHost(text string) (Host, error) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		inner, port, ok := strings.Cut(inner, "]")
		ip, err := netip.ParseAddr(inner)
		if !ok || err != nil || !ip.Is6() {
			return Host{}, errIP
		}
		return Host{IP: plainIP(ip)}, checkPort(port)
	}
	if ip, err := netip.ParseAddr(text); err == nil {
		return Host{IP: plainIP(ip)}, nil
	}
	name, port, ok := strings.Cut(text, ":")
	if ok {
		if err := checkPort(":" + port); err != nil {
			return Host{}, err
		}
		if ip, err := netip.ParseAddr(name); err == nil {
			return Host{IP: plainIP(ip)}, nil
		}
	}
	name, err := domainName(name)
	return Host{Name: name}, err
}

func plainIP(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }

func checkPort(text string) error {
	digits, ok := strings.CutPrefix(text, ":")
	if text == "" {
		return nil
	}
	if !ok || digits == "" || len(digits) > 5 || strings.Trim(digits, "0123456789") != "" {
		return errPort
	}
	return nil
}

// domainName brings a domain into the one form it is compared in: IDNA2008
// A-labels (RFC 5891), lower case, without a final dot.
func domainName(text string) (string, error) {
	name := strings.ToLower(strings.TrimSuffix(text, "."))
	if foreign(name) {
		labels, err := idna.Lookup.ToASCII(name)
		if err != nil {
			return "", errIDN
		}
		name = labels
	}
	if name == "" || len(name) > 253 {
		return "", errHost
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if !validLabel(label) {
			return "", errHost
		}
		last = label
	}
	// RFC 3261 25.1, toplabel: this keeps broken IPv4 addresses out.
	if last[0] < 'a' || last[0] > 'z' {
		return "", errTop
	}
	return name, nil
}

// foreign tells whether the name has to go through IDNA: it has U-labels, or
// A-labels that may be false ones.
func foreign(name string) bool {
	return strings.HasPrefix(name, "xn--") || strings.Contains(name, ".xn--") || !ascii(name)
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
}

// validLabel tolerates underscores, which private domains have.
func validLabel(label string) bool {
	return label != "" && len(label) <= 63 && label[0] != '-' && label[len(label)-1] != '-' &&
		strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// PlainHost writes a host in one way: lower case, without a final dot, IDNs as
// A-labels, IPv6 in brackets in its shortest form without zone, and IPv4 in
// IPv6 as IPv4.
func PlainHost(text string) string {
	if ip, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return Host{IP: plainIP(ip)}.String()
	}
	text = strings.TrimSuffix(text, ".")
	if !ascii(text) {
		if name, err := idna.Lookup.ToASCII(text); err == nil {
			return name
		}
	}
	return strings.ToLower(text)
}
