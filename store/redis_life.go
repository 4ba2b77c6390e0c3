package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Life changes with every other server process that answers: each new
// connection asks for its name before it is used, so a call that came after a
// restart never has the life of before.
func (r *redisStore) Life() uint64 { return r.lives.Load() }

// meet is called with each new connection.
func (r *redisStore) meet(ctx context.Context, conn *redis.Conn) error {
	info, err := conn.Info(ctx, "server").Result()
	if err != nil {
		return fmt.Errorf("ask for the server's name: %w", err)
	}
	name := infoField(info, "run_id")
	r.meeting.Lock() // not mu: Subscribe holds it while it connects
	defer r.meeting.Unlock()
	if name != r.server || name == "" {
		r.server = name
		r.lives.Add(1)
	}
	return nil
}

// infoField is a member of what INFO says.
func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
