package console

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
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

// untilSignal ends with the first SIGTERM or Ctrl-C; a second one ends the
// process at once.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// untilSignals gives a context that ends with the first SIGTERM or Ctrl-C, and
// one that ends with the second; a third ends the process at once.
func untilSignals(ctx context.Context) (first, second context.Context, stop func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	first, endFirst := context.WithCancel(ctx)
	second, endSecond := context.WithCancel(context.WithoutCancel(ctx))
	var watch sync.WaitGroup
	quit := make(chan struct{})
	watch.Go(func() {
		defer signal.Stop(signals)
		for _, end := range []context.CancelFunc{endFirst, endSecond} {
			select {
			case <-signals:
				end()
			case <-quit:
				return
			}
		}
	})
	return first, second, func() {
		close(quit)
		watch.Wait()
		endFirst()
		endSecond()
	}
}
