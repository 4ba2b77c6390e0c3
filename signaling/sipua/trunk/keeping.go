package trunk

import "time"

const (
	minRetry = 2 * time.Second
	maxRetry = time.Minute
	// movedRetry is how soon we register at another address of a trunk, where
	// we are not registered: often enough.
	movedRetry = time.Second
)

// keeping is where a registration of ours stands.
type keeping struct {
	granted  time.Duration // how long the present one lasts, 0 when there is none
	failures int           // since it was granted
	wait     time.Duration // until the next REGISTER
}

// happening is what the next step of a registration depends on.
type happening int

const (
	ended     happening = iota // whoever wanted it wants it no more
	due                        // the wait is over
	granted                    // the registrar took it
	refused                    // it did not, or did not answer
	flowLost                   // the connection it was bound to is gone
	elsewhere                  // the trunk is at another address
)

// next is the state after what happened. lasts is how long a granted
// registration lasts; chance, from 0 to 1, spreads the tries of many.
func (k keeping) next(h happening, lasts time.Duration, chance float64) keeping {
	switch h {
	case granted:
		return keeping{granted: lasts, wait: lasts - lasts/6} // a sixth of the time for tries that fail
	case refused, flowLost:
		longest := min(minRetry<<min(k.failures, 10), maxRetry)
		k.wait = longest/2 + time.Duration(chance*float64(longest/2))
		k.failures++
	case elsewhere:
		k.wait = movedRetry
	}
	return k
}
