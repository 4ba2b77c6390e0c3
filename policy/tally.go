package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ringsplash/internal/address"
	"ringsplash/store"
)

// tallyLife is the time the limits of third-party automatic answers look back.
const tallyLife = time.Hour

// tally is when somebody's automatic answers of the last hour were, in ms since
// 1970. It is kept in the store, so that the limits hold over all nodes and
// over a restart; it costs two round trips more, for third parties that would
// be let in only.
type tally struct {
	key     string
	times   []int64
	version store.Version
}

type tallyRecord struct {
	V     int     `json:"v"`
	Times []int64 `json:"times"`
}

// requesterKey names the limit that an automatic answer counts against: that of
// what was proved. A claimed address is anybody's to write: claiming many must
// not give many limits, nor claiming another's use that one up.
func requesterKey(who Identity) string {
	name := "nobody" // all of whom nothing is known share one limit
	switch canonical, err := address.Canonical(who.Address); {
	case anonymous(who):
	case who.Verified() && err == nil:
		name = canonical
	case len(domainOf(who)) > 0:
		name = domainOf(who)[0].String() // whoever its certificate stands for
	case who.Trunk != "":
		name = "trunk " + who.Trunk
	}
	// Nobody gets a second limit by capitals or by sips:.
	if after, secure := strings.CutPrefix(name, "sips:"); secure {
		name = "sip:" + after
	}
	return "rate/open-by/" + strings.ToLower(name)
}

func ownerKey(owner string) string { return "rate/open-of/" + owner }

func (b *Book) tally(ctx context.Context, key string, now time.Time) (tally, error) {
	t := tally{key: key}
	item, err := b.cfg.Store.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return t, nil
	}
	if err != nil {
		return t, fmt.Errorf("policy: count automatic answers: %w", err)
	}
	var r tallyRecord
	if err := json.Unmarshal(item.Value, &r); err != nil {
		return t, fmt.Errorf("policy: %s is not readable: %w", key, err)
	}
	t.version = item.Version
	for _, at := range r.Times {
		if at > now.Add(-tallyLife).UnixMilli() {
			t.times = append(t.times, at)
		}
	}
	return t, nil
}

// add counts one more. store.ErrConflict: another node was quicker.
func (b *Book) add(ctx context.Context, t tally, now time.Time) error {
	value, err := json.Marshal(tallyRecord{recordVersion, append(t.times, now.UnixMilli())})
	if err != nil {
		return err
	}
	_, err = b.cfg.Store.Put(ctx, t.key, value, t.version, tallyLife)
	return err
}
