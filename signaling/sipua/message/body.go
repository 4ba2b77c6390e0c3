package message

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// SDPType is the media type of a session description (RFC 4566).
const SDPType = "application/sdp"

// SDP finds the session description of a message: the body, or the part of a
// multipart body (RFC 5621). It is nil when there is none; an error tells that
// the body is of a kind we cannot take (415).
func SDP(m sip.Message) ([]byte, error) {
	body := m.Body()
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	if e := strings.ToLower(Header(m, "Content-Encoding")); e != "" && e != "identity" {
		return nil, fmt.Errorf("content encoding %q is not supported", e)
	}
	return sdpIn(Header(m, "Content-Type"), body)
}

func sdpIn(declared string, body []byte) ([]byte, error) {
	if declared == "" && bytes.HasPrefix(body, []byte("v=0")) {
		return body, nil
	}
	kind, params, err := mime.ParseMediaType(declared)
	if err != nil {
		return nil, fmt.Errorf("content type %q cannot be read", declared)
	}
	if kind == SDPType {
		return body, nil
	}
	if !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" {
		return nil, fmt.Errorf("content type %q is not supported", kind)
	}
	for r := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		part, err := r.NextRawPart()
		if err != nil {
			return nil, fmt.Errorf("no %s part in the %s body", SDPType, kind)
		}
		if t, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err == nil && t == SDPType {
			return io.ReadAll(part)
		}
	}
}

// Digit reads the body of an INFO: application/dtmf-relay
// ("Signal=5\r\nDuration=160") or application/dtmf ("5"). ok is false when it
// holds no digit.
func Digit(kind string, body []byte) (digit byte, ok bool) {
	text := string(body)
	if kind == "application/dtmf-relay" {
		signal := ""
		for line := range strings.Lines(text) {
			name, v, found := strings.Cut(line, "=")
			if found && strings.EqualFold(strings.TrimSpace(name), "signal") {
				signal = v
				break
			}
		}
		text = signal
	}
	switch text = strings.ToUpper(strings.TrimSpace(text)); {
	case len(text) == 1 && strings.Contains("0123456789*#ABCD", text):
		return text[0], true
	case text == "10": // some phones send the event number (RFC 4733 3.2)
		return '*', true
	case text == "11":
		return '#', true
	}
	return 0, false
}
