package gateway

import (
	"context"
	"sync"
	"time"

	"ringsplash/gateway/machine"
)

// asks are the commands that wait for a call's reply.
type asks struct {
	mu   sync.Mutex
	last uint64
	open map[uint64]chan<- *machine.CommandError
}

func (a *asks) add(answer chan<- *machine.CommandError) uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil {
		a.open = map[uint64]chan<- *machine.CommandError{}
	}
	a.last++
	a.open[a.last] = answer
	return a.last
}

func (a *asks) remove(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, id)
}

// answer never blocks: the channel has room for the one reply.
func (a *asks) answer(id uint64, err *machine.CommandError) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.open[id]; c != nil {
		delete(a.open, id)
		c <- err
	}
}

// ask posts a command to a call and waits for its reply, at most a second.
func (g *Gateway) ask(ctx context.Context, c *Call, a machine.Asked) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	answer := make(chan *machine.CommandError, 1)
	a.ID = g.asks.add(answer)
	defer g.asks.remove(a.ID)
	if !c.box.Post(a) {
		return machine.Refuse("ended", machine.Words.Say("command.ended"))
	}
	select {
	case err := <-answer:
		if err != nil {
			return err
		}
		return nil
	case <-ctx.Done():
		return denied("fault", "command.timeout")
	}
}

// reply hands the outcome to the one who waits. 0 means nobody does.
func (g *Gateway) reply(id uint64, err *machine.CommandError) { g.asks.answer(id, err) }
