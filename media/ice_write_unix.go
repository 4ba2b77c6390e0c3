//go:build unix

package media

import (
	"errors"
	"syscall"
)

// flush writes what is left as far as the kernel takes it. Caller holds mu.
func (l *tcpLink) flush() {
	if len(l.left) == 0 || l.err != nil {
		return
	}
	if l.try == nil {
		l.try = l.tryWrite // made once: a new one would be an allocation a packet
	}
	if err := l.raw.Write(l.try); err != nil {
		l.err = err
	}
	if l.err != nil {
		l.close()
	}
}

// tryWrite writes once and never waits. Caller holds mu.
func (l *tcpLink) tryWrite(fd uintptr) bool {
	n, err := syscall.Write(int(fd), l.left)
	switch {
	case n > 0:
		l.left = l.left[n:]
	case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR):
	default:
		l.err = err
	}
	return true
}
