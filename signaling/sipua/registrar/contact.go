package registrar

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

const contactsMax = 10

// ContactOurs refuses a Contact that leads back here: what is sent to it
// would come to us as somebody else's.
var ContactOurs = &message.Refusal{Status: sip.StatusBadRequest, Phrase: "Contact Leads To This Gateway"}

// contact is one Contact of a REGISTER.
type contact struct {
	uri      string
	instance string
	// declared tells that the phone named the instance id itself.
	declared bool
	regID    int           // 0 for none
	expires  time.Duration // 0 removes the binding
}

// contacts are those of a request: a list, or all of them ("Contact: *").
type contacts struct {
	list []contact
	all  bool
	// outbound tells that a reg-id takes part (RFC 5626 6).
	outbound bool
}

// readContacts reads the Contacts of a REGISTER (RFC 3261 10.2 and 10.3).
// outbound tells whether the request asks for RFC 5626.
func (a *Access) readContacts(req *sip.Request, outbound bool) (contacts, *message.Refusal) {
	var cs contacts
	headers := req.GetHeaders("Contact")
	if len(headers) > contactsMax {
		return cs, message.BadRequest("Too Many Contacts")
	}
	expires, named := headerExpires(req)
	seen := map[string]bool{}
	for _, h := range headers {
		ch, ok := h.(*sip.ContactHeader)
		if !ok {
			return cs, message.BadRequest("Malformed Contact")
		}
		if ch.Address.Wildcard {
			if len(headers) > 1 || !named || expires != 0 {
				return cs, message.BadRequest("Contact * Needs Expires 0 and No Other Contact") // RFC 3261 10.2.2
			}
			cs.all = true
			return cs, nil
		}
		c, r := a.readContact(req, ch, expires, outbound)
		if r != nil {
			return cs, r
		}
		if key := c.instance + "/" + strconv.Itoa(c.regID); seen[key] && !c.declared {
			c.instance = contactInstance(ch.Address) // one phone, several addresses
		} else if seen[key] {
			return cs, message.BadRequest("Two Contacts of One Instance")
		}
		seen[c.instance+"/"+strconv.Itoa(c.regID)] = true
		cs.list = append(cs.list, c)
		cs.outbound = cs.outbound || c.regID > 0
	}
	return cs, cs.oneFlow()
}

// oneFlow refuses a flow that is registered together with another contact
// (RFC 5626 6): only removals may go with it.
func (cs contacts) oneFlow() *message.Refusal {
	kept := 0
	for _, c := range cs.list {
		if c.expires > 0 {
			kept++
		}
	}
	if cs.outbound && kept > 1 {
		return message.BadRequest("A Contact With reg-id Must Be Alone")
	}
	return nil
}

func (a *Access) readContact(req *sip.Request, h *sip.ContactHeader, expires time.Duration, outbound bool) (contact,
	*message.Refusal,
) {
	if h.Address.Scheme != "sip" && h.Address.Scheme != "sips" {
		return contact{}, message.BadRequest("Contact Is Not a SIP Address")
	}
	uri, err := message.ParseURI(h.Address.String())
	if err != nil || !message.ValidHost(uri.Host) {
		return contact{}, message.BadRequest("Malformed Contact")
	}
	if a.cfg.Ourselves != nil && a.cfg.Ourselves(uri) {
		return contact{}, ContactOurs
	}
	params, err := contactParams(h.Params)
	if err != nil {
		return contact{}, message.BadRequest("Malformed Contact")
	}
	c := contact{uri: uri.String(), expires: expires, instance: declaredInstance(params)}
	c.declared = c.instance != ""
	if !c.declared {
		c.instance = guessedInstance(uri, params, headerText(req, "User-Agent"), headerText(req, "x-nt-GUID"))
	}
	for _, p := range params {
		if p.Name != "expires" {
			continue
		}
		if seconds, err := strconv.ParseUint(p.Value, 10, 32); err == nil { // else as if it were not there
			c.expires = time.Duration(seconds) * time.Second
		}
	}
	if c.declared && outbound { // else reg-id is ignored (RFC 5626 6)
		if c.regID, err = flowID(params); err != nil {
			return contact{}, message.BadRequest("Malformed reg-id")
		}
	}
	return a.boundExpires(c)
}

// flowID reads reg-id, 1 to 2^31-1 (RFC 5626 11.1); 0 when there is none.
func flowID(params []message.Param) (int, error) {
	for _, p := range params {
		if p.Name != "reg-id" {
			continue
		}
		n, err := strconv.ParseInt(p.Value, 10, 32)
		if err != nil || n < 1 {
			return 0, message.ErrParams
		}
		return int(n), nil
	}
	return 0, nil
}

// boundExpires applies the shortest and longest registration (RFC 3261 10.3 step 7).
func (a *Access) boundExpires(c contact) (contact, *message.Refusal) {
	if c.expires > 0 && c.expires < a.cfg.MinExpires {
		return c, &message.Refusal{
			Status: sip.StatusIntervalToBrief, Phrase: "Interval Too Brief",
			Headers: []sip.Header{sip.NewHeader("Min-Expires", message.Seconds(a.cfg.MinExpires))},
		}
	}
	if c.expires < 0 { // none named
		c.expires = a.cfg.MaxExpires
	}
	c.expires = min(c.expires, a.cfg.MaxExpires)
	return c, nil
}

// headerExpires reads the Expires header; -1 and false when there is none or
// it is malformed.
func headerExpires(req *sip.Request) (time.Duration, bool) {
	n, err := strconv.ParseUint(headerText(req, "Expires"), 10, 32)
	if err != nil {
		return -1, false
	}
	return time.Duration(n) * time.Second, true
}

// contactParams reads the Contact parameters anew: sipgo cuts them at
// separators inside quotes too.
func contactParams(h sip.HeaderParams) ([]message.Param, error) {
	var parts []string
	for _, kv := range h {
		if kv.V == "" {
			parts = append(parts, kv.K)
			continue
		}
		parts = append(parts, kv.K+"="+kv.V)
	}
	return message.ParseParams(strings.Join(parts, ";"), ';')
}
