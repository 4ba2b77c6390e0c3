package console

import (
	"context"
	"errors"
	"time"

	"ringsplash/config"
	"ringsplash/node"
)

// closeFor bounds an orderly stop once calls are drained.
const closeFor = 8 * time.Second

// serve runs the gateway until ctx ends; then it lets calls go on until
// timers.drain is over or again ends.
func serve(ctx, again context.Context, t Terminal, cfg config.Config) error {
	log := newLog(t.Err, cfg.Log)
	node.LimitMemory(cfg, log)
	n, err := node.Start(ctx, cfg, node.Options{Version: t.Version}, log)
	if err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			log.Info("stopped before the start was over", "err", err)
			return nil
		}
		return err
	}
	<-ctx.Done()
	limit, cancel := context.WithTimeout(again, cfg.Timers.Drain)
	n.Drain(limit)
	cancel()
	log.Info("closing")
	return closeNode(n)
}

func closeNode(n *node.Node, more ...func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeFor)
	defer cancel()
	var errs []error
	for _, f := range more {
		errs = append(errs, f())
	}
	return errors.Join(append(errs, n.Close(ctx))...)
}
