package address

import "strings"

// User gives one user part one spelling: escapes of unreserved characters are
// undone, what may not stand there as it is is escaped, in upper case (RFC 3261
// 19.1.2, 19.1.4).
func User(text string) (string, error) {
	plain := true
	for i := range len(text) {
		plain = plain && allowedInUser(text[i])
	}
	if plain {
		return text, nil
	}
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case allowedInUser(c):
			b.WriteByte(c)
		case c == '%':
			if !escaped(text[i:]) {
				return "", errEscape
			}
			b.WriteByte(c)
		case c <= ' ' || c == 0x7f || strings.IndexByte(`"<>`, c) >= 0:
			return "", errCharacter
		default:
			const digits = "0123456789ABCDEF"
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return PlainUser(b.String()), nil
}

// PlainUser undoes the escapes of unreserved characters (RFC 3261 25.1) and
// writes the others in upper case, so that one user has one spelling. Anything
// else stays as it is.
func PlainUser(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if !escaped(text[i:]) {
			b.WriteByte(text[i])
			continue
		}
		if c := byte(unhex(text[i+1])<<4 | unhex(text[i+2])); unreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteString(strings.ToUpper(text[i : i+3]))
		}
		i += 2
	}
	return b.String()
}

// escaped tells whether text begins with an escaped character.
func escaped(text string) bool {
	return len(text) > 2 && text[0] == '%' && unhex(text[1]) >= 0 && unhex(text[2]) >= 0
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
