package policy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"time"
)

const (
	auditQueue = 1024 // records that may wait for the disk
	auditBatch = 256  // records that share one write and one sync
)

var errAuditClosed = errors.New("policy: the audit file is closed")

// audit is the node's append-only file. One goroutine owns it; records that
// arrive while it syncs share the next sync.
type audit struct {
	node string
	log  *slog.Logger
	in   chan waiting
	stop chan struct{}
	done chan struct{}

	// Owned by the goroutine.
	file *os.File
	end  chain // what is known to be on the disk
	// trim: the file may have more than end, from a write that failed.
	trim bool
	sync func() error // file.Sync, or a test's
	// wrote is told the end after each write that is on the disk.
	wrote func(chain)
}

// waiting is a record whose maker waits until it is durable.
type waiting struct {
	record *Record
	done   chan error
}

// newAudit opens the node's audit file, whose end the store knows as known.
// What its lines say of grants goes into the ledger.
func (b *Book) newAudit(known chain) (*audit, error) {
	o, err := openAudit(b.cfg.AuditDir, known, b.ledger.take)
	if err != nil {
		return nil, err
	}
	a := &audit{
		node: b.cfg.Node, log: b.cfg.Log, file: o.file, end: o.end, sync: o.file.Sync, wrote: b.head.note,
		in: make(chan waiting, auditQueue), stop: make(chan struct{}), done: make(chan struct{}),
	}
	now := b.cfg.Now()
	for _, note := range o.notes {
		b.cfg.Log.Warn("the audit file was not whole", "what", note.Event, "reason", note.Reason)
	}
	if err := a.begin(o.notes, &b.ledger, now); err != nil {
		_ = o.file.Close()
		return nil, err
	}
	a.wrote(a.end)
	go a.run()
	return a, nil
}

// begin writes what was found at the start. What the ledger knows may come from
// a part that was put aside, so then it is written anew: the next start reads
// this file only.
func (a *audit) begin(notes []*Record, l *ledger, now time.Time) error {
	if len(notes) == 0 {
		return nil
	}
	for batch := range slices.Chunk(append(notes, l.records()...), auditBatch) {
		var lines []waiting
		for _, r := range batch {
			r.ID, r.Time = newID(now), now.UTC()
			lines = append(lines, waiting{record: r})
		}
		if err := a.write(lines); err != nil {
			return err
		}
	}
	return nil
}

// append writes the record and waits until it is on the disk. When ctx ends
// first the record may still be written later.
func (a *audit) append(ctx context.Context, r *Record) error {
	w := waiting{r, make(chan error, 1)}
	select {
	case <-a.stop:
		return errAuditClosed
	default:
	}
	select {
	case a.in <- w:
	case <-a.done:
		return errAuditClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-w.done:
		return err
	case <-a.done:
		select {
		case err := <-w.done:
			return err
		default:
			return errAuditClosed
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// later queues a record nobody waits for; it tells whether there was room.
func (a *audit) later(r *Record) bool {
	select {
	case a.in <- waiting{r, make(chan error, 1)}:
		return true
	default:
		return false
	}
}

// close writes what waits and closes the file.
func (a *audit) close() error {
	close(a.stop)
	<-a.done
	return a.file.Close()
}

func (a *audit) run() {
	defer close(a.done)
	for {
		select {
		case w := <-a.in:
			a.commit(w)
		case <-a.stop:
			for len(a.in) > 0 {
				a.commit(<-a.in)
			}
			return
		}
	}
}

// commit writes w and all that wait behind it with one sync.
func (a *audit) commit(w waiting) {
	batch := []waiting{w}
	for len(a.in) > 0 && len(batch) < auditBatch {
		batch = append(batch, <-a.in)
	}
	err := a.guarded(batch)
	if err != nil {
		a.log.Error("the audit file cannot be written; nothing answers by itself until it can", "err", err)
	}
	for _, w := range batch {
		w.done <- err
	}
}

func (a *audit) guarded(batch []waiting) (err error) {
	defer func() {
		if r := recover(); r != nil {
			a.trim = true
			err = fmt.Errorf("policy: write the audit file: panic: %v", r)
			a.log.Error("the audit file's writer panicked", "panic", r, "stack", string(debug.Stack()))
		}
	}()
	return a.write(batch)
}

// write appends the batch as a whole or not at all: after a failure the file is
// cut back before the next record.
func (a *audit) write(batch []waiting) error {
	if a.trim {
		if err := a.file.Truncate(a.end.size); err != nil {
			return fmt.Errorf("policy: cut the audit file back: %w", err)
		}
		a.trim = false
	}
	end, text := a.end, []byte(nil)
	for _, w := range batch {
		w.record.Seq, w.record.Prev, w.record.Node = end.seq+1, end.hash, a.node
		line, hash, err := seal(w.record)
		if err != nil {
			return fmt.Errorf("policy: write an audit record: %w", err)
		}
		text = append(text, line...)
		end = chain{end.seq + 1, hash, end.size + int64(len(line))}
	}
	a.trim = true
	if _, err := a.file.Write(text); err != nil {
		return fmt.Errorf("policy: write the audit file: %w", err)
	}
	if err := a.sync(); err != nil {
		return fmt.Errorf("policy: sync the audit file: %w", err)
	}
	a.end, a.trim = end, false
	a.wrote(end)
	return nil
}

// Foreign records that the store has a record which this installation did not
// write, and which therefore counts for nothing. It does not block.
func (b *Book) Foreign(key string) {
	const found = "a record in the store was not written by this installation and is not believed; find out who can write there"
	b.cfg.Log.Error(found, "key", key)
	r := Record{Event: eventForeign, Key: key, Reason: "This installation did not write it, so it is not believed."}
	if !b.audit.later(b.dated(r)) {
		b.cfg.Log.Error("the audit queue is full; a foreign record is in the log only", "key", key)
	}
}
