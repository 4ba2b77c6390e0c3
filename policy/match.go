package policy

import (
	"strconv"
	"strings"

	"ringsplash/internal/address"
	"ringsplash/internal/sentence"
)

var (
	errEmpty    = Words.Say("address.empty")
	errName     = Words.Say("address.with_name")
	errStar     = Words.Say("address.bad_star")
	errPassword = Words.Say("address.with_password")
	errNobody   = Words.Say("address.nobody")
)

// anonymousHost is the host of callers who withhold their identity (RFC 3323
// 4.1.1.3).
const anonymousHost = "anonymous.invalid"

// entry is one line of the allowed addresses: a person, a telephone number, all
// users of a domain or of an IP address, or with any all sub-domains.
type entry struct {
	address.Address
	any bool
}

// String is how the entry is kept and shown.
func (e entry) String() string {
	text := e.Address.String()
	if e.Scheme == "tel" {
		return text
	}
	prefix := ""
	if e.Scheme == "sips" {
		prefix = "sips:"
	}
	switch {
	case e.any:
		return prefix + "*." + e.Host.Name
	case e.User == "" && prefix == "" && e.Host.IP.Is6():
		return e.Host.IP.String()
	}
	return prefix + strings.TrimPrefix(text, e.Scheme+":")
}

// parseEntry reads what a person wrote: user@domain, domain, *.domain, an IPv4
// or IPv6 address, +number, or any of them as URI.
func parseEntry(text string) (entry, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return entry{}, errEmpty
	case strings.ContainsAny(text, `<>"`):
		return entry{}, errName
	}
	head, rest, _ := strings.Cut(text, ":")
	switch head = strings.ToLower(head); {
	case head == "tel" && rest != "":
		return parseTel(rest)
	case head == "sip" && rest != "", head == "sips" && rest != "":
		return parsePlace(head, rest)
	case strings.HasPrefix(text, "+") && !strings.Contains(text, "@"):
		return parseTel(text)
	}
	return parsePlace("sip", text)
}

func parseTel(text string) (entry, error) {
	number, err := address.Number(text)
	return entry{Address: address.Address{Scheme: "tel", Number: number}}, err
}

func parsePlace(scheme, text string) (entry, error) {
	e := entry{}
	before, after, hasUser := strings.Cut(text, "@")
	switch {
	case hasUser && strings.Contains(before, ":"):
		return entry{}, errPassword
	case hasUser && (before == "*" || strings.HasPrefix(after, "*")):
		return entry{}, errStar
	case !hasUser && strings.HasPrefix(text, "*"):
		text, e.any = strings.CutPrefix(text, "*.")
		if !e.any || strings.Contains(text, "*") {
			return entry{}, errStar
		}
	}
	var err error
	if e.Address, err = address.Parse(scheme + ":" + text); err != nil {
		return entry{}, err
	}
	if e.any && e.Host.Name == "" {
		return entry{}, errStar
	}
	if e.Host.Name == anonymousHost {
		return entry{}, errNobody
	}
	return e, nil
}

// matches tells whether id is one of those the entry names. An entry without
// sips: takes both schemes; one with it takes only itself. A name never equals
// an IP address, and a domain never a telephone number.
func (e entry) matches(id address.Address, foldUser bool) bool {
	if e.Scheme == "tel" || id.Scheme == "tel" {
		return e.Scheme == id.Scheme && e.Number == id.Number
	}
	if e.Scheme == "sips" && id.Scheme != "sips" {
		return false
	}
	if e.User != "" && e.User != id.User && !(foldUser && strings.EqualFold(e.User, id.User)) {
		return false
	}
	if e.any {
		// The dot is the label boundary: evilexample.com is not example.com's.
		return len(id.Host.Name) > len(e.Host.Name)+1 && strings.HasSuffix(id.Host.Name, "."+e.Host.Name)
	}
	return e.Host == id.Host
}

// Malformed is an address that cannot be allowed, with the reason.
type Malformed struct {
	// Index is its place in the list, from 0.
	Index int
	Entry string
	// Sentence tells a person what is wrong and what to write.
	Sentence sentence.Sentence
}

// MalformedError lists every malformed address of a change.
type MalformedError struct{ Addresses []Malformed }

func (e *MalformedError) Error() string {
	sentences := make([]string, len(e.Addresses))
	for i, m := range e.Addresses {
		sentences[i] = m.Sentence.Text
	}
	return strings.Join(sentences, " ")
}

func malformed(i int, text string, err error) Malformed {
	shown := strings.ToValidUTF8(text, "?")
	if len(shown) > 80 {
		shown = strings.ToValidUTF8(shown[:80], "") + "..."
	}
	return Malformed{i, text, Words.Say("problem.address", "address", strconv.Quote(shown), "fault", err)}
}
