package directory

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"ringsplash/store"
)

// historyLife is how long a past call is kept.
const historyLife = 400 * 24 * time.Hour

type historyRecord struct {
	V int `json:"v"`
	HistoryEntry
}

// AddHistory keeps a past call. An empty ID is made from Start. Adding an
// entry again with its ID replaces it.
// Only the newest historyRows of a user are kept, historyStrangers of them of
// strangers. It blocks for I/O.
func (d *Directory) AddHistory(ctx context.Context, user string, h HistoryEntry) error {
	_, err := d.ReplaceHistory(ctx, user, "", h)
	return err
}

// ReplaceHistory is AddHistory of an entry in the place of the one with the id
// old ("" for none). It returns the new one's id.
func (d *Directory) ReplaceHistory(ctx context.Context, user, old string, h HistoryEntry) (id string, err error) {
	if h.ID == "" {
		at := h.Start
		if at.IsZero() {
			at = time.Now()
		}
		id, err := ulid.New(ulid.Timestamp(at), rand.Reader)
		if err != nil {
			return "", because(ErrInvalid, "history entry of %s: %v", user, err)
		}
		h.ID = id.String()
	}
	key, err := historyKey(user, h.ID)
	if err != nil {
		return "", err
	}
	value, err := json.Marshal(historyRecord{V: recordVersion, HistoryEntry: h})
	if err == nil {
		_, err = d.store.Put(ctx, key, value, store.AnyVersion, historyLife)
	}
	if err != nil {
		return "", fmt.Errorf("directory: write history of %s: %w", user, err)
	}
	if old == "" {
		d.lists.grew(ctx, d, user, h.Stranger)
		return h.ID, nil
	}
	if key, err = historyKey(user, old); err != nil {
		return "", err
	}
	if err := d.store.Delete(ctx, key, store.AnyVersion); err != nil {
		return "", fmt.Errorf("directory: replace a row in the history of %s: %w", user, err)
	}
	return h.ID, nil
}

// History returns at most limit past calls, newest first, older than the
// entry whose id is before ("" for the newest).
func (d *Directory) History(ctx context.Context, user, before string, limit int) ([]HistoryEntry, error) {
	after := ""
	if before != "" {
		var err error
		if after, err = historyKey(user, before); err != nil {
			return nil, err
		}
	}
	items, err := d.store.Scan(ctx, "history/"+user+"/", after, limit)
	if err != nil {
		return nil, fmt.Errorf("directory: read history of %s: %w", user, err)
	}
	entries := make([]HistoryEntry, 0, len(items))
	for _, it := range items {
		var r historyRecord
		if err := json.Unmarshal(it.Value, &r); err != nil {
			return nil, fmt.Errorf("directory: %s is not readable: %w", it.Key, err)
		}
		entries = append(entries, r.HistoryEntry)
	}
	return entries, nil
}

func historyKey(user, id string) (string, error) {
	if !nameForm.MatchString(user) {
		return "", because(ErrNotFound, "user %q", user)
	}
	if _, err := ulid.ParseStrict(id); err != nil {
		return "", because(ErrInvalid, "history id %q is no ULID", id)
	}
	return "history/" + user + "/" + store.Downward(strings.ToUpper(id)), nil
}
