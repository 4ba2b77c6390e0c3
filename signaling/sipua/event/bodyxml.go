package event

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"ringsplash/signaling/sipua/message"
)

const (
	// maxXML bounds an XML body that holds no text of people, in bytes;
	// maxDepth and maxTokens bound what the reader does with it.
	maxXML    = 4096
	maxDepth  = 8
	maxTokens = 256

	// defaultRefresh is how long a status without its own word holds (RFC 3994
	// 3.2); refreshes are at least leastRefresh apart and never above mostRefresh.
	defaultRefresh = 2 * time.Minute
	leastRefresh   = time.Minute
	mostRefresh    = 10 * time.Minute
)

// element is one element of an XML body: the local names of those around it and
// its own, and the text in it.
type element struct{ path, text string }

// elements reads a small XML body. What could make the reader work much
// is refused: declarations of a document type, depth, length.
func elements(body []byte) (list []element, err error) {
	if len(body) > maxXML {
		return nil, fmt.Errorf("%d bytes", len(body))
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = latin1
	var names []string
	var open []int
	for range maxTokens {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(list) > 0 {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(names) == maxDepth {
				return nil, errors.New("too deep")
			}
			names = append(names, t.Name.Local)
			open = append(open, len(list))
			list = append(list, element{path: strings.Join(names, "/")})
		case xml.EndElement:
			names, open = names[:len(names)-1], open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				list[open[len(open)-1]].text += string(t)
			}
		case xml.Directive:
			return nil, errors.New("a document type")
		}
	}
	return nil, errors.New("too many elements")
}

// latin1 reads the other encoding that phones declare.
func latin1(charset string, in io.Reader) (io.Reader, error) {
	if charset = strings.ToLower(charset); charset != "iso-8859-1" && charset != "us-ascii" {
		return nil, fmt.Errorf("the encoding %q", charset)
	}
	text, err := io.ReadAll(io.LimitReader(in, maxXML))
	runes := make([]rune, len(text))
	for i, c := range text {
		runes[i] = rune(c)
	}
	return strings.NewReader(string(runes)), err
}

// readComposing reads the status of RFC 3994 4. A state that is not known counts
// as idle.
func readComposing(body []byte) (*Typing, *message.Refusal) {
	list, err := elements(body)
	if err != nil || list[0].path != "isComposing" {
		return nil, message.BadRequest("isComposing Not Readable")
	}
	t, found := Typing{For: defaultRefresh}, false
	for _, e := range list {
		switch text := strings.TrimSpace(e.text); e.path {
		case "isComposing/state":
			t.On, found = text == "active", true
		case "isComposing/refresh":
			if n, err := strconv.ParseUint(text, 10, 16); err == nil {
				t.For = min(max(time.Duration(n)*time.Second, leastRefresh), mostRefresh)
			}
		}
	}
	if !found {
		return nil, message.BadRequest("isComposing Without A State")
	}
	return &t, nil
}

// writeComposing is the status of RFC 3994.
func writeComposing(on bool) []byte {
	state, refresh := "idle", ""
	if on {
		state, refresh = "active", fmt.Sprintf("<refresh>%d</refresh>", leastRefresh/time.Second)
	}
	return []byte(xml.Header + `<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>` + state +
		`</state><contenttype>text/plain</contenttype>` + refresh + "</isComposing>\r\n")
}

// readReceipt reads a notification of RFC 5438 11.
func readReceipt(body []byte) (*Receipt, *message.Refusal) {
	list, err := elements(body)
	if err != nil || list[0].path != "imdn" {
		return nil, message.BadRequest("IMDN Not Readable")
	}
	r := Receipt{State: ReceiptOther}
	for _, e := range list {
		switch e.path {
		case "imdn/message-id":
			r.ID = strings.TrimSpace(e.text)
		case "imdn/delivery-notification/status/delivered":
			r.State = ReceiptDelivered
		case "imdn/delivery-notification/status/failed":
			r.State = ReceiptFailed
		case "imdn/display-notification/status/displayed":
			r.State = ReceiptDisplayed
		}
	}
	if r.ID == "" || len(r.ID) > maxID || message.CleanText(r.ID) != r.ID {
		return nil, message.BadRequest("IMDN Names No Message")
	}
	return &r, nil
}

// writeReceipt is a notification about the text that its sender called id.
func writeReceipt(id string, state ReceiptState, when time.Time) []byte {
	part := "delivery-notification"
	if state == ReceiptDisplayed {
		part = "display-notification"
	}
	var named bytes.Buffer
	_ = xml.EscapeText(&named, []byte(id)) // into memory, which takes all
	return fmt.Appendf(nil, `%s<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>%s</message-id><datetime>%s</datetime>`+
		"<%s><status><%s/></status></%s></imdn>\r\n", xml.Header, named.Bytes(), when.UTC().Format(time.RFC3339), part, state, part)
}
