package media

// tabSide is the browsers' side of the loop: the WebRTC socket and what reads it.
type tabSide struct{}

// open binds the socket of all browsers. It is called once, by Listen, and
// starts its goroutines by l.run.
func (t *tabSide) open(*Loop) error { return nil }

// close frees the socket so that its readers return; Loop.Close then waits for
// them. The tab ends are closed already. It is called once.
func (t *tabSide) close() error { return nil }
