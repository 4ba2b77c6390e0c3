// Package sdp is session descriptions (RFC 8866) and what two sides agree on by
// them (RFC 3264). It is pure: text and values in, text and values out.
package sdp

import (
	"errors"
	"fmt"
)

// Errors of the package; compare with errors.Is.
var (
	// ErrNoCodec: the two sides share no audio codec (488).
	ErrNoCodec = errors.New("media: no common codec")
	// ErrBad: the session description cannot be read or used (488). Those
	// below are its usual kinds, each with a remedy of its own.
	ErrBad = errors.New("media: bad session description")
	// ErrNoAudio: no m-line of it is audio that is in use.
	ErrNoAudio = fmt.Errorf("%w: no audio in use", ErrBad)
	// ErrSecureOnly: its audio is offered over SRTP and nothing else.
	ErrSecureOnly = fmt.Errorf("%w: encrypted audio only", ErrBad)
	// ErrTransport: its audio goes over something that is neither RTP nor SRTP.
	ErrTransport = fmt.Errorf("%w: unknown transport", ErrBad)
	// ErrHostName: it names a host where an address belongs.
	ErrHostName = fmt.Errorf("%w: host name", ErrBad)
	// ErrMulticast: it wants the sound sent to a group of hosts.
	ErrMulticast = fmt.Errorf("%w: multicast", ErrBad)
)

// Bad is an ErrBad with its reason.
func Bad(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrBad}, args...)...)
}
