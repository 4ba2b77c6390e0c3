package wire

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ringsplash/internal/keypair"
	"ringsplash/signaling/sipua/message"
)

// StreamTimers bound what a peer may keep a TCP or TLS connection waiting. The
// zero value of each means the default beside it.
type StreamTimers struct {
	Handshake time.Duration // TLS; default 5 s
	First     time.Duration // from connecting to the first message; default 30 s
	Message   time.Duration // from its first byte to its last; default 10 s
	// Idle closes a connection that sends nothing, not even a keep-alive. A
	// phone without keep-alives speaks once a registration; default 70 min.
	Idle time.Duration
	// Ping is how often we send a keep-alive on connections of our own, and
	// how long its answer may take where earlier ones were answered (RFC 5626
	// 4.4.1); default 30 s.
	Ping time.Duration
}

func (t StreamTimers) withDefaults() StreamTimers {
	t.Handshake = cmp.Or(t.Handshake, 5*time.Second)
	t.First = cmp.Or(t.First, 30*time.Second)
	t.Message = cmp.Or(t.Message, 10*time.Second)
	t.Idle = cmp.Or(t.Idle, 70*time.Minute)
	t.Ping = cmp.Or(t.Ping, 30*time.Second)
	return t
}

var (
	errNotSIP  = errors.New("what came is not SIP")
	errTooLong = errors.New("a message above 32 KiB")
)

// stream is one TCP or TLS connection. It hands sipgo whole messages, one a
// Read, so that deadlines, sizes and keep-alives are judged here: sipgo itself
// waits and collects without end. One goroutine reads.
type stream struct {
	net.Conn
	key    message.Flow
	timers StreamTimers
	certs  *keypair.Pair
	server *tls.Conn // not yet shaken hands, else nil
	gone   func(*stream)
	unread func(data []byte, no *message.Refusal) []byte // answers what cannot be read
	close  sync.Once
	done   chan struct{} // closed with the connection
	served chan struct{} // closed when sipgo reads it (connections of our own)
	dialed bool
	opened time.Time

	// domains are those of the peer's verified certificate (RFC 5922 7.1),
	// leaf the certificate's name check. Written before the first message.
	domains []string
	proves  func(host string) bool

	// Only the reading goroutine:
	buf     []byte    // of the message that is coming
	due     int       // bytes at the front that go to sipgo
	scanned int       // bytes in which no end of the headers was found
	began   time.Time // when the message began
	spoke   bool      // a whole message came before
	lost    bool      // nobody knows where the next message begins

	pinged, ponged atomic.Int64 // Unix nanoseconds; 0 for never
}

// Read returns one whole message, or the rest of it when b is too short. A
// second call may follow only when the first has returned.
func (s *stream) Read(b []byte) (int, error) {
	if err := s.greet(); err != nil {
		return 0, err
	}
	if s.lost {
		return 0, io.EOF
	}
	for s.due == 0 {
		if err := s.frame(); err != nil {
			switch {
			case errors.Is(err, errTooLong):
				s.refuse()
			case errors.Is(err, errNotSIP):
				s.unreadable("First Line Not Readable")
			}
			return 0, io.EOF // sipgo closes
		}
		if s.due > 0 {
			break
		}
		if err := s.fill(); err != nil {
			s.unreadable("Message Ends Too Early")
			return 0, io.EOF
		}
	}
	n := copy(b, s.buf[:s.due])
	s.due -= n
	s.buf = append(s.buf[:0], s.buf[n:]...)
	if s.due == 0 {
		s.scanned, s.spoke, s.began = 0, true, time.Now()
		if len(s.buf) == 0 && cap(s.buf) > 8192 {
			s.buf = nil // one long message must not cost for the hour to come
		}
	}
	return n, nil
}

// greet does the TLS handshake of an accepted connection.
func (s *stream) greet() error {
	if s.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.timers.Handshake)
	defer cancel()
	if err := s.server.HandshakeContext(ctx); err != nil {
		return err
	}
	s.learn(proven(s.server.ConnectionState(), s.certs))
	s.server = nil
	return nil
}

// learn takes what the peer's certificate proves, nil for none.
func (s *stream) learn(leaf *x509.Certificate) {
	if leaf == nil {
		return
	}
	s.proves = func(host string) bool { return leaf.VerifyHostname(host) == nil }
	s.domains = message.Domains(leaf)
}

// fill waits for more bytes of the peer.
func (s *stream) fill() error {
	until := time.Now().Add(s.timers.Idle)
	switch {
	case len(s.buf) > 0:
		until = s.began.Add(s.timers.Message)
	case !s.spoke && !s.dialed:
		until = s.opened.Add(s.timers.First)
	}
	if err := s.SetReadDeadline(until); err != nil {
		return err
	}
	if len(s.buf) == 0 {
		defer func() { s.began = time.Now() }()
	}
	s.buf = slices.Grow(s.buf, 4096)
	n, err := s.Conn.Read(s.buf[len(s.buf):cap(s.buf)])
	s.buf = s.buf[:len(s.buf)+n]
	if n > 0 {
		return nil
	}
	return err
}

// frame looks for a whole message at the front of buf: due stays 0 while there
// is none.
func (s *stream) frame() error {
	if err := s.skipKeepAlives(); err != nil {
		return err
	}
	if line := bytes.IndexByte(s.buf, '\n'); s.scanned == 0 && line >= 0 && !message.NamesSIP(s.buf[:line]) {
		return errNotSIP
	}
	end := message.HeadEnd(s.buf[s.scanned:])
	if end < 0 {
		s.scanned = max(0, len(s.buf)-3)
		if len(s.buf) >= message.MaxSize {
			return errTooLong
		}
		return nil
	}
	end += s.scanned
	s.scanned = end - 3 // where it is found again while the body comes
	head, body, ok := message.Measured(s.buf[:end])
	if len(head) != end {
		s.buf = slices.Replace(s.buf, 0, end, head...)
	}
	switch {
	case !ok:
		s.due, s.lost = len(head), true
	case len(head)+body >= message.MaxSize:
		return errTooLong
	case len(s.buf) >= len(head)+body:
		s.due = len(head) + body
	}
	return nil
}

// unreadable answers what came of a message that is not read further: its first
// line is none, or the peer closed its side or took too long.
func (s *stream) unreadable(phrase string) {
	if answer := s.unread(s.buf, message.BadRequest(phrase)); answer != nil {
		_, _ = s.Write(answer)
	}
}

// skipKeepAlives takes CRLFs between messages and answers pings (RFC 5626
// 3.5.1). LF or CR alone before a message means nothing; a CR at the end waits
// for its LF.
func (s *stream) skipKeepAlives() error {
	n, pairs := 0, 0
	for rest := s.buf; len(rest) > 0; rest = s.buf[n:] {
		if bytes.HasPrefix(rest, []byte("\r\n")) {
			n, pairs = n+2, pairs+1
		} else if rest[0] == '\n' || rest[0] == '\r' && len(rest) > 1 {
			n++
		} else {
			break
		}
	}
	if n > 0 {
		s.buf, s.scanned = append(s.buf[:0], s.buf[n:]...), 0
	}
	switch pairs {
	case 0:
		return nil
	case 1:
		s.ponged.Store(time.Now().UnixNano())
		return nil
	}
	_, err := s.Write([]byte("\r\n"))
	return err
}

// ping keeps the connection open through NATs. It reports whether the peer is
// there: one that answered before and does so no more is not.
func (s *stream) ping(now time.Time) bool {
	pinged, ponged := s.pinged.Load(), s.ponged.Load()
	if now.Sub(time.Unix(0, pinged)) < s.timers.Ping {
		return true
	}
	if pinged > 0 && ponged > 0 && ponged < pinged {
		return false
	}
	s.pinged.Store(now.UnixNano())
	_, err := s.Write([]byte("\r\n\r\n"))
	return err == nil
}

// refuse answers a message that is too long, if it can be answered, and lets
// the peer read that: closing at once would reset the connection.
func (s *stream) refuse() {
	answer := message.AnswerTooLarge(s.buf)
	if answer == nil {
		return
	}
	if _, err := s.Write(answer); err != nil {
		return
	}
	if half, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_ = s.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.CopyN(io.Discard, s.Conn, 8*message.MaxSize)
}

// Write closes the connection when it cannot write all of b in time: what
// would follow has no beginning.
func (s *stream) Write(b []byte) (int, error) {
	if err := s.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	n, err := s.Conn.Write(b)
	if err != nil {
		_ = s.Close()
	}
	return n, err
}

// Close may be called more than once.
func (s *stream) Close() error {
	err := net.ErrClosed
	s.close.Do(func() {
		close(s.done)
		s.gone(s)
		if t, ok := s.Conn.(*tls.Conn); ok {
			err = t.NetConn().Close() // its own Close would wait to say goodbye
			return
		}
		err = s.Conn.Close()
	})
	return err
}
