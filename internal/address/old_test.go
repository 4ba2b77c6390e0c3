package address_test

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"ringsplash/internal/address"
)

// FuzzOld compares each function with the one it takes the place of, byte for
// byte: the forms are keys in the store.
func FuzzOld(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		same := func(what string, got, want any) {
			if got != want {
				t.Fatalf("%s of %q: %q, was %q", what, text, got, want)
			}
		}
		compareParsed(text, same)
		same("PlainUser", address.PlainUser(text), sipuaUser(text))
		same("PlainNumber", address.PlainNumber(text), sipuaNumber(text))
		same("PlainNumber", address.PlainNumber(text), withoutSeparators(text))
		same("PlainHost", address.PlainHost(text), sipuaHost(text))
		scheme, user, host := address.Cut(text)
		oldScheme, oldUser, oldHost := cutAddress(text)
		same("scheme", scheme, oldScheme)
		same("user", user, oldUser)
		same("host", host, oldHost)
		same("HostOf", address.HostOf(text), uriHost(text))
		same("CutHost", address.CutHost(text), hostOf(text))
		dialled := text
		if isNumber(text) {
			dialled = cleanNumber(text)
		}
		same("Digits", address.Digits(text), dialled)
	})
}

// compareParsed compares what may refuse a text, and why.
func compareParsed(text string, same func(what string, got, want any)) {
	why := func(err error) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	a, err := address.Parse(text)
	was, oldErr := parseAddress(text)
	same("error", why(err), why(oldErr))
	same("Address", a, address.Address{
		Scheme: was.scheme, User: was.user, Number: was.number, Host: address.Host{Name: was.host.name, IP: was.host.ip},
	})
	if err == nil {
		same("String", a.String(), was.String())
	}
	canonical, err := address.Canonical(text)
	oldForm, oldErr := oldCanonical(text)
	same("Canonical", canonical+why(err), oldForm+why(oldErr))
	host, err := address.ParseHost(text)
	oldHost, oldErr := parseHost(text)
	same("Host", host, address.Host{Name: oldHost.name, IP: oldHost.ip})
	same("Host error", why(err), why(oldErr))
	user, err := address.User(text)
	oldUser, oldErr := canonicalUser(text)
	same("User", user+why(err), oldUser+why(oldErr))
	number, err := address.Number(text)
	oldNumber, oldErr := parseNumber(text)
	same("Number", number+why(err), oldNumber+why(oldErr))
}

// What follows is as it was in policy, signaling/sipua and gateway.

// addressMax bounds an address from outside, in bytes.
const addressMax = 512

var (
	errScheme    = errors.New("it begins with neither sip: nor sips: nor tel")
	errLong      = errors.New("it is longer than 512 bytes")
	errNoUser    = errors.New("there is nothing before the @")
	errTwoAts    = errors.New("there is more than one @")
	errEscape    = errors.New("after a % there must be two hexadecimal digits")
	errCharacter = errors.New("it has spaces, quotes, angle brackets or characters that cannot be shown")
)

// address is an address of record or a telephone number in the one form it is
// compared in: RFC 3261 URIs without port, parameters, password and headers,
// escapes of unreserved characters undone, host in lower case; RFC 3966 numbers
// without visual separators.
type oldAddress struct {
	scheme string // sip, sips or tel
	user   string // "" for a whole domain
	host   host
	number string // of tel, with its parameters: "+15551234;ext=12"
}

func (a oldAddress) String() string {
	switch {
	case a.scheme == "tel":
		return "tel:" + a.number
	case a.user == "":
		return a.scheme + ":" + a.host.String()
	}
	return a.scheme + ":" + a.user + "@" + a.host.String()
}

// oldCanonical is the one way to write an address of record ("sip:bob@example.com")
// or a telephone number ("tel:+15551234"), for keys and for comparing. The user
// part keeps its case (RFC 3261 19.1.4). The error says what is wrong.
func oldCanonical(text string) (string, error) {
	a, err := parseAddress(text)
	if err != nil {
		return "", err
	}
	return a.String(), nil
}

// parseAddress reads a sip, sips or tel URI.
func parseAddress(text string) (oldAddress, error) {
	if len(text) > addressMax {
		return oldAddress{}, errLong
	}
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme = strings.ToLower(scheme); scheme {
	case "sip", "sips":
		return parseSIP(scheme, rest)
	case "tel":
		number, err := parseNumber(rest)
		return oldAddress{scheme: scheme, number: number}, err
	}
	return oldAddress{}, errScheme
}

// parseSIP reads what follows the scheme (RFC 3261 19.1.1). An @ inside the
// user part, a parameter or a header must be escaped, so there is one at most.
func parseSIP(scheme, rest string) (oldAddress, error) {
	a := oldAddress{scheme: scheme}
	if userinfo, after, ok := strings.Cut(rest, "@"); ok {
		if strings.Contains(after, "@") {
			return oldAddress{}, errTwoAts
		}
		user, _, _ := strings.Cut(userinfo, ":") // then comes the password
		var err error
		if a.user, err = canonicalUser(user); err != nil {
			return oldAddress{}, err
		}
		if a.user == "" {
			return oldAddress{}, errNoUser
		}
		rest = after
	}
	if i := strings.IndexAny(rest, ";?"); i >= 0 {
		rest = rest[:i]
	}
	var err error
	a.host, err = parseHost(rest)
	if err != nil {
		return oldAddress{}, err
	}
	return a, nil
}

// canonicalUser gives one user one spelling: escapes of unreserved characters
// are undone, what may not stand there as it is is escaped, in upper case
// (RFC 3261 19.1.2, 19.1.4).
func canonicalUser(text string) (string, error) {
	plain := true
	for i := range len(text) {
		plain = plain && allowedInUser(text[i])
	}
	if plain {
		return text, nil
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case allowedInUser(c):
			b.WriteByte(c)
		case c == '%':
			if i+2 >= len(text) || unhex(text[i+1]) < 0 || unhex(text[i+2]) < 0 {
				return "", errEscape
			}
			if d := byte(unhex(text[i+1])<<4 | unhex(text[i+2])); unreserved(d) {
				b.WriteByte(d)
			} else {
				escape(&b, d)
			}
			i += 2
		case c <= ' ' || c == 0x7f || strings.IndexByte(`"<>`, c) >= 0:
			return "", errCharacter
		default:
			escape(&b, c)
		}
	}
	return b.String(), nil
}

func escape(b *strings.Builder, c byte) {
	const digits = "0123456789ABCDEF"
	b.Write([]byte{'%', digits[c>>4], digits[c&15]})
}

// unhex is the value of a hexadecimal digit, -1 for anything else.
func unhex(c byte) int {
	if c >= 'A' && c <= 'F' {
		c |= 0x20
	}
	return strings.IndexByte("0123456789abcdef", c)
}

// allowedInUser: unreserved and user-unreserved (RFC 3261 25.1).
func allowedInUser(c byte) bool { return unreserved(c) || strings.IndexByte("&=+$,;?/", c) >= 0 }

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0
}

var (
	errHost = errors.New("the domain has characters or empty parts that no domain has")
	errTop  = errors.New("what stands last in the domain must begin with a letter, as in example.com, or the whole must be an IP " +
		"address")
	errIP   = errors.New("the text in square brackets is no IPv6 address")
	errPort = errors.New("the port is not a number")
	errIDN  = errors.New("the domain is no valid international domain name")
)

// host is a domain in A-labels and lower case, or an IP address; one of the
// two is zero.
type host struct {
	name string
	ip   netip.Addr
}

func (h host) String() string {
	switch {
	case h.name != "":
		return h.name
	case h.ip.Is6():
		return "[" + h.ip.String() + "]"
	}
	return h.ip.String()
}

// parseHost reads "host", "host:port", "[IPv6]:port" or an IPv6 address without
// brackets; the port is dropped. IPv4 in IPv6 becomes IPv4, zones go.
func parseHost(text string) (host, error) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		inner, port, ok := strings.Cut(inner, "]")
		ip, err := netip.ParseAddr(inner)
		if !ok || err != nil || !ip.Is6() {
			return host{}, errIP
		}
		return host{ip: plainIP(ip)}, checkPort(port)
	}
	if ip, err := netip.ParseAddr(text); err == nil {
		return host{ip: plainIP(ip)}, nil
	}
	name, port, ok := strings.Cut(text, ":")
	if ok {
		if err := checkPort(":" + port); err != nil {
			return host{}, err
		}
		if ip, err := netip.ParseAddr(name); err == nil {
			return host{ip: plainIP(ip)}, nil
		}
	}
	name, err := domainName(name)
	return host{name: name}, err
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
		ascii, err := idna.Lookup.ToASCII(name)
		if err != nil {
			return "", errIDN
		}
		name = ascii
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
	if strings.HasPrefix(name, "xn--") || strings.Contains(name, ".xn--") {
		return true
	}
	for i := range len(name) {
		if name[i] >= 0x80 {
			return true
		}
	}
	return false
}

// validLabel tolerates underscores, which private domains have.
func validLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		c := label[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

var (
	errNumber  = errors.New("it is no telephone number; write it like +15551234")
	errLocal   = errors.New("a number without + means another phone in every place; write it with +, or as number@domain")
	errParam   = errors.New("the parameters of the number are not readable")
	errContext = errors.New("the phone-context is neither a domain nor the beginning of a number with +")
)

// parseNumber reads what follows "tel:" (RFC 3966 3): the number without visual
// separators, in lower case, then its parameters sorted by name. A local number
// needs its phone-context, for it is another phone elsewhere (5.1.5).
func parseNumber(text string) (string, error) {
	digits, rest, has := strings.Cut(strings.ToLower(text), ";")
	digits = withoutSeparators(digits)
	global := strings.HasPrefix(digits, "+")
	if !validNumber(digits) {
		return "", errNumber
	}
	var params []string
	if has {
		for param := range strings.SplitSeq(rest, ";") {
			name, value, _ := strings.Cut(param, "=")
			value, err := paramValue(name, value)
			if err != nil {
				return "", err
			}
			if value != "" {
				name += "=" + value
			}
			params = append(params, name)
		}
	}
	slices.Sort(params)
	context := false
	for i, param := range params {
		name, _, _ := strings.Cut(param, "=")
		context = context || name == "phone-context"
		if i > 0 && strings.HasPrefix(params[i-1]+"=", name+"=") {
			return "", errParam // twice the same
		}
	}
	if context == global {
		return "", errLocal
	}
	return strings.Join(append([]string{digits}, params...), ";"), nil
}

func paramValue(name, value string) (string, error) {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "", errParam
	}
	switch name {
	case "ext":
		value = withoutSeparators(value)
		if value == "" || strings.Trim(value, "0123456789") != "" {
			return "", errParam
		}
	case "phone-context":
		if strings.HasPrefix(value, "+") {
			value = withoutSeparators(value)
			if !validNumber(value) {
				return "", errContext
			}
			return value, nil
		}
		name, err := domainName(value)
		if err != nil {
			return "", errContext
		}
		return name, nil
	default:
		for i := range len(value) {
			if c := value[i]; !unreserved(c) && strings.IndexByte("%[]/:&+$", c) < 0 {
				return "", errParam
			}
		}
	}
	return value, nil
}

func withoutSeparators(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.() ", r) {
			return -1
		}
		return r
	}, s)
}

// validNumber: "+" and digits, or a local number, which may have more (RFC 3966
// 3, global-number-digits and local-number-digits).
func validNumber(s string) bool {
	allowed := "0123456789abcdef*#"
	if after, global := strings.CutPrefix(s, "+"); global {
		s, allowed = after, "0123456789"
	}
	return s != "" && len(s) <= 32 && strings.Trim(s, allowed) == ""
}

// sipuaUser decodes the escapes of unreserved characters (RFC 3261 25.1)
// and writes the others in upper case, so that one user has one spelling.
func sipuaUser(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
			b.WriteByte(s[i])
			continue
		}
		if c := byte(unhex(s[i+1])<<4 | unhex(s[i+2])); unreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteString(strings.ToUpper(s[i : i+3]))
		}
		i += 2
	}
	return b.String()
}

// sipuaNumber removes the visual separators of a telephone number (RFC 3966 5.1.1).
func sipuaNumber(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.() ", r) {
			return -1
		}
		return r
	}, s)
}

// Host is the one way we write a host: lower case, without a final dot,
// IDNs as A-labels, IPv6 in brackets in its shortest form without zone, and
// IPv4 in IPv6 as IPv4.
func sipuaHost(host string) string {
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		if ip = ip.Unmap().WithZone(""); ip.Is6() {
			return "[" + ip.String() + "]"
		}
		return ip.String()
	}
	host = strings.TrimSuffix(host, ".")
	for i := range len(host) {
		if host[i] >= 0x80 {
			if ascii, err := idna.Lookup.ToASCII(host); err == nil {
				return ascii
			}
			break
		}
	}
	return strings.ToLower(host)
}

// cutAddress splits "sip:bob@host:5060;x=y", "tel:+44 1" or a bare name or
// number into scheme, user and host. The host loses its port.
func cutAddress(text string) (scheme, user, host string) {
	text = strings.TrimSpace(text)
	if open := strings.IndexByte(text, '<'); open >= 0 {
		text = strings.TrimSuffix(text[open+1:], ">")
	}
	scheme = "sip"
	for _, s := range []string{"sips", "sip", "tel"} {
		if len(text) > len(s) && strings.EqualFold(text[:len(s)], s) && text[len(s)] == ':' {
			scheme, text = s, text[len(s)+1:]
			break
		}
	}
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		user, host = text[:at], hostOf(text[at+1:])
	} else {
		user = text
	}
	user, _, _ = strings.Cut(user, ";")
	user, _, _ = strings.Cut(user, ":") // a password, never used
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	return scheme, user, host
}

// uriHost is the host of a SIP URI that may have no user part.
func uriHost(uri string) string {
	uri = strings.TrimPrefix(strings.TrimPrefix(uri, "sips:"), "sip:")
	if at := strings.LastIndexByte(uri, '@'); at >= 0 {
		uri = uri[at+1:]
	}
	return hostOf(uri)
}

func hostOf(text string) string {
	text, _, _ = strings.Cut(text, ";")
	text, _, _ = strings.Cut(text, "?")
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().String()
	}
	if strings.HasPrefix(text, "[") {
		return strings.Trim(text, "[]")
	}
	text, _, _ = strings.Cut(text, ":")
	return strings.ToLower(strings.TrimSuffix(text, "."))
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789+*#-. ()/") == ""
}

// cleanNumber removes what people write between digits.
func cleanNumber(s string) string {
	return strings.NewReplacer("-", "", ".", "", " ", "", "(", "", ")", "", "/", "").Replace(s)
}
