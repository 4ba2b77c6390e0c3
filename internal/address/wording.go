package address

import "ringsplash/internal/sentence"

// Words is the English of why a text is no address. They are parts of
// sentences: the caller says what was not done.
var Words = sentence.Table{
	"address.bad_context":    "the phone-context is neither a domain nor the beginning of a number with +",
	"address.bad_domain":     "the domain has characters or empty parts that no domain has",
	"address.bad_escape":     "after a % there must be two hexadecimal digits",
	"address.bad_idn":        "the domain is no valid international domain name",
	"address.bad_ip":         "the text in square brackets is no IPv6 address",
	"address.bad_number":     "it is no telephone number; write it like +15551234",
	"address.bad_parameters": "the parameters of the number are not readable",
	"address.bad_port":       "the port is not a number",
	"address.bad_text":       "it has spaces, quotes, angle brackets or characters that cannot be shown",
	"address.bad_top": "what stands last in the domain must begin with a letter, as in example.com, or the whole must be an " +
		"IP address",
	"address.local_number": "a number without + means another phone in every place; write it with +, or as number@domain",
	"address.no_scheme":    "it begins with neither sip: nor sips: nor tel",
	"address.no_user":      "there is nothing before the @",
	"address.too_long":     "it is longer than 512 bytes",
	"address.two_ats":      "there is more than one @",
}
