//go:build unix

package media

import (
	"math"
	"syscall"
)

// spareFiles are open files kept for everything that is not an RTP socket.
const spareFiles = 512

// filePairs is for how many pairs of sockets the process may open files.
func filePairs() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt
	}
	files := int(min(limit.Cur, math.MaxInt32))
	return max(files-spareFiles, files/2) / 2
}
