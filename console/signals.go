package console

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

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
