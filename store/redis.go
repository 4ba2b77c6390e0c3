package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// redisWait bounds each call, so that a Redis that hangs is found away
	// well within 300 ms.
	redisWait    = 200 * time.Millisecond
	redisLate    = redisWait / 2 // whoever waited so long in vain found it away too
	redisPing    = time.Second   // quiet time after which a subscription is tested
	redisAgain   = 200 * time.Millisecond
	redisPrefix  = "ringsplash:"
	redisAnyMark = "*"
)

func init() { redis.SetLogger(silent{}) }

// silent keeps go-redis from writing lines of its own: each failure comes back
// as an error too.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// redisStore is the driver for several nodes. A key is a HASH with the version
// in "v" and the value in "d"; beside it each space has a ZSET of its keys for
// ordered scans, and one by expiry from which dead keys are cleaned. The space
// is the hash tag, so that a script's keys are on one server of a cluster.
type redisStore struct {
	client *redis.Client
	// asker has a connection of its own, for the breaker's question: a pool
	// with too much to do is no server that is away.
	asker *redis.Client
	log   *slog.Logger
	stop  context.CancelFunc
	life  context.Context
	subs  sync.WaitGroup
	// breaker is asked before each call.
	breaker breaker
	lives   atomic.Uint64

	mu     sync.Mutex
	closed bool

	meeting sync.Mutex
	server  string // the run_id of the server met last
}

// OpenRedis connects to redis://host:port/db. It fails with ErrAway when the
// server does not answer. Afterwards every call ends within 200 ms, and the
// calls after one that found the server away end at once, with ErrAway, until
// it is back.
func OpenRedis(ctx context.Context, url string, log *slog.Logger) (Store, error) {
	opt, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("store: the Redis address is not valid (write redis://host:6379/0): %w", err)
	}
	// Failing at once is better than retrying inside: callers have calls to
	// ring, and a repeated write would not be the same write.
	opt.MaxRetries, opt.DialerRetries = -1, 1
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout, opt.PoolTimeout = redisWait, redisWait, redisWait, redisWait
	opt.ContextTimeoutEnabled = true
	opt.Protocol = 2 // no push messages: nothing here uses them
	opt.DisableIdentity = true
	opt.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	r := &redisStore{log: log}
	opt.OnConnect = r.meet
	r.client = redis.NewClient(opt)
	// A copy: NewClient fills in what it is given.
	alone := *opt
	r.asker = redis.NewClient(&alone)
	r.life, r.stop = context.WithCancel(context.Background())
	r.breaker = breaker{ask: r.ask, life: r.life, log: log}
	if err := r.greet(ctx); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// greet finds out whether the server is there, and whether it keeps what it
// is given.
func (r *redisStore) greet(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	info, err := r.asker.Info(limited, "persistence").Result()
	if err != nil {
		return fmt.Errorf("%w: %w; start Redis or correct its address", ErrAway, err)
	}
	if strings.Contains(info, "aof_enabled:0") {
		r.log.Warn("Redis does not write what it is given to disk at once; set \"appendonly yes\" there, or a crash loses users")
	}
	return nil
}

// Close ends subscriptions and pending calls.
func (r *redisStore) Close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	r.mu.Unlock()
	r.stop()
	r.breaker.close()
	err := errors.Join(r.client.Close(), r.asker.Close())
	r.subs.Wait()
	return err
}

// ask is one round trip, for the breaker.
func (r *redisStore) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	return r.asker.Ping(ctx).Err()
}

var errBreaker = errors.New("it did not answer before, and is asked again on the side")

// run makes one call within redisWait, or none while the breaker is open.
// Whatever goes wrong at the server is ErrAway: whether a write was done is not
// known then.
func run[T any](ctx context.Context, r *redisStore, what string, call func(context.Context) (T, error)) (T, error) {
	if r.breaker.isOpen(ctx) && ctx.Err() == nil {
		var none T
		return none, fmt.Errorf("%w: %s: %w", ErrAway, what, errBreaker)
	}
	limited, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	began := time.Now()
	v, err := call(limited)
	// The connection's deadline may be the caller's, and be noticed first.
	late := passed(ctx) || errors.Is(ctx.Err(), context.DeadlineExceeded)
	switch {
	case err == nil || errors.Is(err, redis.Nil):
		return v, nil
	case late && time.Since(began) >= redisLate:
		r.breaker.trip(err)
		return v, context.DeadlineExceeded
	case late:
		return v, context.DeadlineExceeded
	case ctx.Err() != nil:
		return v, ctx.Err()
	}
	// What the server itself refuses came in time.
	if refused := redis.Error(nil); !errors.As(err, &refused) {
		r.breaker.trip(err)
	}
	return v, fmt.Errorf("%w: %s: %w", ErrAway, what, err)
}

func passed(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}

func redisKey(space, rest string) string { return redisPrefix + "{" + space + "}/" + rest }
func redisIndex(space string) string     { return redisPrefix + "{" + space + "}" }
func redisExpiry(space string) string    { return redisPrefix + "{" + space + "}:expiry" }

func (r *redisStore) Get(ctx context.Context, key string) (Item, error) {
	space, rest, err := cutKey(key)
	if err != nil {
		return Item{}, err
	}
	fields, err := run(ctx, r, key, func(ctx context.Context) ([]any, error) {
		return r.client.HMGet(ctx, redisKey(space, rest), "v", "d").Result()
	})
	if err != nil {
		return Item{}, err
	}
	if len(fields) != 2 || fields[0] == nil {
		return Item{}, keyError(ErrNotFound, key)
	}
	return redisItem(key, fields[0], fields[1])
}

func redisItem(key string, version, value any) (Item, error) {
	v, _ := version.(string)
	d, _ := value.(string)
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		return Item{}, fmt.Errorf("store: %s has version %q in Redis: %w", key, v, err)
	}
	return Item{Key: key, Value: []byte(d), Version: Version(n)}, nil
}

// putScript also takes some dead keys out of the space's indexes, more than a
// write can add, so that they stay bounded without anybody scanning.
var putScript = redis.NewScript(`
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local dead = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ms, 'LIMIT', 0, 4)
for _, member in ipairs(dead) do
  if redis.call('EXISTS', ARGV[5] .. member) == 0 then
    redis.call('ZREM', KEYS[2], member)
    redis.call('ZREM', KEYS[3], member)
  end
end
local version = redis.call('HGET', KEYS[1], 'v') or '0'
if ARGV[1] ~= '*' and ARGV[1] ~= version then return -1 end
redis.call('HSET', KEYS[1], 'd', ARGV[2])
version = redis.call('HINCRBY', KEYS[1], 'v', 1)
redis.call('ZADD', KEYS[2], 0, ARGV[4])
if ARGV[3] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('ZADD', KEYS[3], ms + ARGV[3], ARGV[4])
else
  redis.call('PERSIST', KEYS[1])
  redis.call('ZREM', KEYS[3], ARGV[4])
end
return version`)

func (r *redisStore) Put(ctx context.Context, key string, value []byte, ifVersion Version, ttl time.Duration) (Version, error) {
	space, rest, err := cutKey(key)
	if err != nil {
		return 0, err
	}
	ms := int64(0)
	if ttl > 0 {
		ms = max(1, ttl.Milliseconds())
	}
	version, err := r.script(ctx, putScript, key, space, rest, condition(ifVersion), value, ms, rest, redisKey(space, ""))
	if err != nil {
		return 0, err
	}
	return Version(version), nil
}

var deleteScript = redis.NewScript(`
local version = redis.call('HGET', KEYS[1], 'v') or '0'
if ARGV[1] ~= '*' and ARGV[1] ~= version then return -1 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[2])
return 0`)

func (r *redisStore) Delete(ctx context.Context, key string, ifVersion Version) error {
	space, rest, err := cutKey(key)
	if err != nil {
		return err
	}
	_, err = r.script(ctx, deleteScript, key, space, rest, condition(ifVersion), rest)
	return err
}

func condition(v Version) string {
	if v == AnyVersion {
		return redisAnyMark
	}
	return strconv.FormatUint(uint64(v), 10)
}

func (r *redisStore) script(ctx context.Context, s *redis.Script, key, space, rest string, args ...any) (int64, error) {
	n, err := run(ctx, r, key, func(ctx context.Context) (int64, error) {
		keys := []string{redisKey(space, rest), redisIndex(space), redisExpiry(space)}
		return s.Run(ctx, r.client, keys, args...).Int64()
	})
	if err == nil && n < 0 {
		err = keyError(ErrConflict, key)
	}
	return n, err
}

// scanScript takes keys that have expired out of the indexes on its way.
var scanScript = redis.NewScript(`
local found, from, limit = {}, ARGV[1], tonumber(ARGV[3])
while true do
  local members = redis.call('ZRANGEBYLEX', KEYS[1], from, ARGV[2], 'LIMIT', 0, limit)
  for _, member in ipairs(members) do
    local fields = redis.call('HMGET', ARGV[4] .. member, 'v', 'd')
    if fields[1] then
      found[#found + 1] = member
      found[#found + 1] = fields[1]
      found[#found + 1] = fields[2]
      if #found == 3 * limit then return found end
    else
      redis.call('ZREM', KEYS[1], member)
      redis.call('ZREM', KEYS[2], member)
    end
    from = '(' .. member
  end
  if #members < limit then return found end
end`)

func (r *redisStore) Scan(ctx context.Context, prefix, after string, limit int) ([]Item, error) {
	s, err := scanRange(prefix, after)
	if err != nil || s.empty || limit <= 0 {
		return nil, err
	}
	low, high := "["+s.from, "+"
	if s.exclusive {
		low = "(" + s.from
	}
	if s.rest != "" {
		high = "(" + s.rest + "\xff" // keys are UTF-8, which has no such byte
	}
	found, err := run(ctx, r, prefix, func(ctx context.Context) ([]any, error) {
		return scanScript.Run(ctx, r.client, []string{redisIndex(s.space), redisExpiry(s.space)},
			low, high, limit, redisKey(s.space, "")).Slice()
	})
	if err != nil {
		return nil, err
	}
	items := make([]Item, 0, len(found)/3)
	for ; len(found) >= 3; found = found[3:] {
		rest, _ := found[0].(string)
		it, err := redisItem(s.space+"/"+rest, found[1], found[2])
		if err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	return items, nil
}

// channel is the Redis channel of a topic. Channels are not kept apart by
// database number, so the name has it.
func (r *redisStore) channel(topic string) string {
	return redisPrefix + strconv.Itoa(r.client.Options().DB) + ":" + topic
}

func (r *redisStore) Publish(ctx context.Context, topic string, msg []byte) error {
	_, err := run(ctx, r, "publish "+topic, func(ctx context.Context) (int64, error) {
		return r.client.Publish(ctx, r.channel(topic), msg).Result()
	})
	return err
}
