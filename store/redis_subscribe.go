package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// Subscribe keeps its own loop rather than go-redis' channel, which connects
// again without a word about what was lost meanwhile.
func (r *redisStore) Subscribe(ctx context.Context, topic string) (<-chan Message, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, fmt.Errorf("%w: it is closed", ErrAway)
	}
	ctx, cancel := context.WithCancel(ctx)
	stopWithStore := context.AfterFunc(r.life, cancel)
	end := func() { stopWithStore(); cancel() }
	ps, err := r.listen(ctx, topic)
	if err != nil {
		end()
		return nil, err
	}
	q, out := newQueue(topic), make(chan Message)
	r.subs.Go(func() {
		defer end()
		r.keepListening(ctx, ps, topic, q)
	})
	r.subs.Go(func() {
		defer close(out)
		q.run(ctx, out)
	})
	return out, nil
}

// listen subscribes and waits for the server's word that it did.
func (r *redisStore) listen(ctx context.Context, topic string) (*redis.PubSub, error) {
	ps := r.client.Subscribe(ctx)
	_, err := run(ctx, r, "subscribe "+topic, func(ctx context.Context) (any, error) {
		if err := ps.Subscribe(ctx, r.channel(topic)); err != nil {
			return nil, err
		}
		return ps.ReceiveTimeout(ctx, redisWait)
	})
	if err != nil {
		_ = ps.Close()
		return nil, err
	}
	return ps, nil
}

// keepListening queues messages until ctx ends, and after each new connection
// the word that some may be missing.
func (r *redisStore) keepListening(ctx context.Context, ps *redis.PubSub, topic string, q *queue) {
	for {
		err := receive(ctx, ps, topic, q)
		if ctx.Err() != nil {
			return
		}
		r.breaker.trip(err)
		r.log.Warn("the subscription at Redis broke; connecting again", "topic", topic, "err", err)
		for ps = nil; ps == nil; {
			select {
			case <-time.After(redisAgain):
			case <-ctx.Done():
				return
			}
			ps, _ = r.listen(ctx, topic)
		}
		r.log.Info("the subscription at Redis is back", "topic", topic)
		q.lose()
	}
}

// receive queues messages until the connection breaks or does not answer a
// ping, and closes it.
func receive(ctx context.Context, ps *redis.PubSub, topic string, q *queue) error {
	defer context.AfterFunc(ctx, func() { _ = ps.Close() })()
	defer func() { _ = ps.Close() }()
	asked := false
	for {
		m, err := ps.ReceiveTimeout(ctx, redisPing)
		var late net.Error
		switch {
		case err == nil:
			asked = false
			switch m := m.(type) {
			case *redis.Message:
				q.add(Message{Topic: topic, Data: []byte(m.Payload)})
			case *redis.Subscription: // go-redis has connected anew by itself
				q.lose()
			}
		case errors.As(err, &late) && late.Timeout() && !asked:
			asked = true
			if err := ps.Ping(ctx); err != nil {
				return err
			}
		default:
			return err
		}
	}
}
