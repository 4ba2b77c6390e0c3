//go:build !unix

package media

import "math"

// filePairs is for how many pairs of sockets the process may open files.
func filePairs() int { return math.MaxInt }
