//go:build !unix

package media

import "time"

// flush writes what is left, waiting 20 ms at most. Caller holds mu.
func (l *tcpLink) flush() {
	if len(l.left) == 0 || l.err != nil {
		return
	}
	_ = l.tcp.SetWriteDeadline(time.Now().Add(tickEvery))
	n, err := l.tcp.Write(l.left)
	l.left = l.left[n:]
	if err != nil && n > 0 {
		l.err = err
		l.close()
	}
}
