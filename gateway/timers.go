package gateway

import "time"

// ranOut is Expired as a timer posts it: it may have been stopped before the
// call comes to it.
type ranOut struct {
	timer  string
	number int
}

// arm stops a timer and, if start is true, starts it anew.
func (c *Call) arm(timer string, start bool, after time.Duration) {
	if t := c.timers[timer]; t != nil {
		t.Stop()
		delete(c.timers, timer)
	}
	c.armed[timer]++
	if start {
		due := ranOut{timer, c.armed[timer]}
		c.timers[timer] = time.AfterFunc(after, func() { c.post(due) })
	}
}
