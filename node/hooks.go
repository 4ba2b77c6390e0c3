package node

import (
	"context"
	"time"

	"ringsplash/signaling/browser"
	"ringsplash/signaling/hook"
)

// tellFor is how long the last events may take when the node stops.
const tellFor = 2 * time.Second

// openHooks starts what tells other servers of calls. It is closed after the
// gateway, whose last calls end when that closes.
func (n *Node) openHooks() error {
	c := hook.Config{Call: browser.EncodeCall}
	for _, h := range n.cfg.Hooks {
		c.Targets = append(c.Targets, hook.Target(h))
	}
	var err error
	if n.hooks, err = hook.New(c, n.log); err != nil {
		return err
	}
	n.onClose(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, tellFor)
		defer cancel()
		return n.hooks.Close(ctx)
	})
	return nil
}
