package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"ringsplash/directory"
	"ringsplash/store"
)

const (
	// foldedMax bounds the folded texts of all users, in bytes; who searched
	// longest ago is forgotten.
	foldedMax = 64 << 20
	rowBytes  = 48 // what a row takes besides its text
)

// fold is the text of all messages of a user without case and accents, for
// searching. A scan of the store would be too slow for that.
type fold struct {
	rows  []row // by id
	bytes int
	used  uint64
}

type row struct{ peer, id, text string }

func (f *fold) size() int {
	if f == nil {
		return 0
	}
	return f.bytes
}

// Found is a message that a search found, with its conversation.
type Found struct {
	With Party `json:"with"`
	Message
}

// List returns at most limit messages of a conversation, the newest first, older
// than before and newer than after ("" for no bound). It blocks for the store.
func (b *Book) List(ctx context.Context, user, with, before, after string, limit int) ([]Message, error) {
	peer, _ := b.peer(user, with)
	m, _, err := b.marks(ctx, user, peer)
	if err != nil {
		return nil, err
	}
	from := ""
	if before != "" {
		from = messageKey(user, peer, before)
	}
	items, err := b.cfg.Store.Scan(ctx, conversationKey(user, peer), from, limit)
	if err != nil {
		return nil, wrap(err, "read the messages", user)
	}
	out := make([]Message, 0, len(items))
	for _, it := range items {
		r, err := readRecord(it)
		if err != nil {
			return nil, err
		}
		if r.ID <= after {
			break
		}
		out = append(out, m.shown(r))
	}
	return out, nil
}

// Search returns the newest messages of a user that have all words of the query;
// case and accents do not count. The first search of a user who is followed reads
// all of his messages into memory, the later ones look there; who is not followed
// waits each time. It blocks for the store.
func (b *Book) Search(ctx context.Context, user, query string, limit int) ([]Found, error) {
	words := strings.Fields(directory.Folder()(query))
	if len(words) == 0 {
		return nil, nil
	}
	f, err := b.foldOf(ctx, user)
	if err != nil {
		return nil, err
	}
	out := []Found{}
	known := map[string]marks{}
	for _, hit := range slices.Backward(f) {
		if len(out) == limit {
			break
		}
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(hit.text, w) }) {
			continue
		}
		it, err := b.cfg.Store.Get(ctx, messageKey(user, hit.peer, hit.id))
		if errors.Is(err, store.ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, wrap(err, "read a message", user)
		}
		r, err := readRecord(it)
		if err != nil {
			return nil, err
		}
		m, there := known[hit.peer]
		if !there {
			if m, _, err = b.marks(ctx, user, hit.peer); err != nil {
				return nil, err
			}
			known[hit.peer] = m
		}
		b.mu.Lock()
		out = append(out, Found{b.people[user].called(b, hit.peer, r), m.shown(r)})
		b.mu.Unlock()
	}
	return out, nil
}

// foldOf is the folded text of a user, read from the store when it is not in
// memory.
func (b *Book) foldOf(ctx context.Context, user string) ([]row, error) {
	b.mu.Lock()
	if p := b.people[user]; p != nil && p.fold != nil {
		b.searches++
		p.fold.used = b.searches
		rows := p.fold.rows
		b.mu.Unlock()
		return rows, nil
	}
	b.mu.Unlock()
	defer b.reading(user)()
	f := &fold{}
	lower := directory.Folder()
	for it, err := range store.All(ctx, b.cfg.Store, "message/"+user+"/") {
		if err != nil {
			return nil, wrap(err, "read the messages", user)
		}
		r, err := readRecord(it)
		if err != nil {
			return nil, err
		}
		f.add(row{peerOf(it.Key), r.ID, lower(r.Text)})
	}
	slices.SortFunc(f.rows, func(x, y row) int { return cmp.Compare(x.id, y.id) })
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.people[user]; p != nil && p.loaded && f.bytes <= foldedMax {
		b.searches++
		f.used = b.searches
		p.fold = f
		b.folded += f.bytes
		b.trimFolds()
	}
	return f.rows, nil
}

func (f *fold) add(r row) {
	f.rows = append(f.rows, r)
	f.bytes += rowBytes + len(r.text)
}

// trimFolds forgets those that were used longest ago. Under mu.
func (b *Book) trimFolds() {
	for b.folded > foldedMax {
		var oldest *person
		for _, p := range b.people {
			if p.fold != nil && (oldest == nil || p.fold.used < oldest.fold.used) {
				oldest = p
			}
		}
		b.unload(oldest)
	}
}

// unload forgets a user's folded text. Under mu.
func (b *Book) unload(p *person) {
	b.folded -= p.fold.size()
	p.fold = nil
}

// grown adds the newest message of a conversation to the folded text. When more
// than that one may be new, the next search reads all anew. Under mu.
func (b *Book) grown(p *person, was, c *conversation) {
	if p.fold == nil {
		return
	}
	newest := ""
	if n := len(p.fold.rows); n > 0 {
		newest = p.fold.rows[n-1].id
	}
	one := was == nil && c.second == "" || was != nil && c.second == was.last.ID
	switch {
	case newest == c.last.ID: // it was read with the others
	case newest > c.last.ID || !one || c.last.ID <= c.marks.UpTo:
		b.unload(p)
	default:
		before := p.fold.bytes
		p.fold.add(row{c.peer, c.last.ID, directory.Folder()(c.last.Text)})
		b.folded += p.fold.bytes - before
		b.trimFolds()
	}
}
