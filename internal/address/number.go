package address

import (
	"slices"
	"strings"
)

var (
	errNumber  = Words.Say("address.bad_number")
	errLocal   = Words.Say("address.local_number")
	errParam   = Words.Say("address.bad_parameters")
	errContext = Words.Say("address.bad_context")
)

// Number reads what follows "tel:" (RFC 3966 3): the number without visual
// separators, in lower case, then its parameters sorted by name. A local number
// needs its phone-context, for it is another phone elsewhere (5.1.5).
func Number(text string) (string, error) {
	digits, rest, has := strings.Cut(strings.ToLower(text), ";")
	digits = PlainNumber(digits)
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
		value = PlainNumber(value)
		if value == "" || strings.Trim(value, "0123456789") != "" {
			return "", errParam
		}
	case "phone-context":
		if strings.HasPrefix(value, "+") {
			value = PlainNumber(value)
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

// PlainNumber is a number without its visual separators (RFC 3966 5.1.1).
func PlainNumber(s string) string {
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
