package sipua

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// This file reads what sipgo leaves as text. Everything here takes input from
// strangers; fuzz_test.go feeds it noise.

const sdpType = "application/sdp"

// sdpOf finds the session description of a message: the body, or the part of a
// multipart body (RFC 5621). It is nil when there is none; an error tells that
// the body is of a kind we cannot take (415).
func sdpOf(m sip.Message) ([]byte, error) {
	body := m.Body()
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	if e := strings.ToLower(headerValue(m, "Content-Encoding")); e != "" && e != "identity" {
		return nil, fmt.Errorf("content encoding %q is not supported", e)
	}
	return sdpIn(headerValue(m, "Content-Type"), body)
}

func sdpIn(declared string, body []byte) ([]byte, error) {
	if declared == "" && bytes.HasPrefix(body, []byte("v=0")) {
		return body, nil
	}
	kind, params, err := mime.ParseMediaType(declared)
	if err != nil {
		return nil, fmt.Errorf("content type %q cannot be read", declared)
	}
	if kind == sdpType {
		return body, nil
	}
	if !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" {
		return nil, fmt.Errorf("content type %q is not supported", kind)
	}
	for r := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		part, err := r.NextRawPart()
		if err != nil {
			return nil, fmt.Errorf("no %s part in the %s body", sdpType, kind)
		}
		if t, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err == nil && t == sdpType {
			return io.ReadAll(part)
		}
	}
}

// dtmfDigit reads the body of an INFO: application/dtmf-relay
// ("Signal=5\r\nDuration=160") or application/dtmf ("5"). ok is false when it
// holds no digit.
func dtmfDigit(kind string, body []byte) (digit byte, ok bool) {
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
