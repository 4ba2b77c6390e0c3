package registrar

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/address"
	"ringsplash/signaling/sipua/message"
)

const instanceMax = 200

// A MAC address as phones write it: 12 hexadecimal digits, alone or in pairs.
var macAddress = regexp.MustCompile(`(?i)\b(?:[0-9a-f]{12}|[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})\b`)

// ntGUID is the value of an x-nt-GUID header: hexadecimal digits, perhaps in
// groups and braces.
var ntGUID = regexp.MustCompile(`(?i)^\{?[0-9a-f][0-9a-f-]{7,63}\}?$`)

// declaredInstance is the instance id of a Contact's +sip.instance parameter
// (RFC 5626 4.1) without quotes and angle brackets, "" when there is none.
func declaredInstance(params []message.Param) string {
	for _, p := range params {
		if p.Name != "+sip.instance" {
			continue
		}
		id := strings.TrimSpace(p.Value)
		id = strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">")
		if id == "" || len(id) > instanceMax || message.CleanText(id) != id || strings.ContainsAny(id, " \"<>\\/") {
			return ""
		}
		if len(id) > 9 && strings.EqualFold(id[:9], "urn:uuid:") {
			id = strings.ToLower(id) // UUIDs are equal without regard to case (RFC 4122 3)
		}
		return id
	}
	return ""
}

// guessedInstance tells one phone from another that declares no instance id:
// a MAC address in its User-Agent or Contact, its x-nt-GUID, else its Contact.
func guessedInstance(uri sip.Uri, params []message.Param, userAgent, guid string) string {
	texts := []string{userAgent, uri.User}
	for _, kv := range uri.UriParams {
		texts = append(texts, kv.V)
	}
	for _, p := range params {
		texts = append(texts, p.Value)
	}
	for _, text := range texts {
		if mac := findMAC(text); mac != "" {
			return "mac:" + mac
		}
	}
	if guid = strings.TrimSpace(guid); ntGUID.MatchString(guid) {
		return "guid:" + strings.ToLower(strings.Trim(guid, "{}"))
	}
	return contactInstance(uri)
}

// findMAC finds a hardware address in text and returns its 12 digits. Numbers
// of 12 digits are rather telephone numbers, and addresses that are random or
// for groups belong to no phone (IEEE 802: the two low bits of the first byte).
func findMAC(text string) string {
	for _, found := range macAddress.FindAllString(text, 4) {
		mac := strings.ToLower(strings.NewReplacer(":", "", "-", "").Replace(found))
		first, err := strconv.ParseUint(mac[:2], 16, 8)
		if err == nil && first&3 == 0 && strings.ContainsAny(mac, "abcdef") {
			return mac
		}
	}
	return ""
}

// contactInstance stands for a phone by where it says it listens.
func contactInstance(uri sip.Uri) string {
	port := uri.Port
	if port == 0 {
		if port = 5060; uri.Scheme == "sips" {
			port = 5061
		}
	}
	id := fmt.Sprintf("contact:%s@%s:%d", address.PlainUser(uri.User), address.PlainHost(uri.Host), port)
	if len(id) > instanceMax || strings.Contains(id, "/") {
		id = "contact:" + hash(algSHA256, id)[:32]
	}
	return id
}
