package store

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

const boltLockWait = 500 * time.Millisecond

// boltFile is one file of the embedded store. bbolt reads it through a memory
// map, so a part of the file that is gone is a fault of the processor and
// broken pages are a panic: here both become an error.
type boltFile struct {
	db   *bbolt.DB
	path string
	log  *slog.Logger
	// broken is set by the first fault. Nothing touches the file after it: a
	// write would spread the damage, and bbolt may still hold its write lock.
	broken atomic.Bool
}

// openBoltFile opens a file and checks every page of it: a crash of the machine
// or a careless copy may have left pages that only show to be broken when they
// are read. The list of free pages is kept in the file, because rebuilding it
// from broken pages makes bbolt panic where it cannot be recovered.
func openBoltFile(path string, live bool, log *slog.Logger) (f *boltFile, err error) {
	f = &boltFile{path: path, log: log}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is broken: %v", p)
		}
		if err == nil {
			return
		}
		if f.db != nil {
			_ = f.db.Close()
		}
		f = nil
	}()
	f.db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: boltLockWait, NoSync: live, FreelistType: bbolt.FreelistMapType})
	if err == nil {
		err = f.checkPages()
	}
	return f, err
}

// checkPages compares the length of the file with what its meta page says, and
// reads all of it: the values, then the tree and the list of free pages.
func (f *boltFile) checkPages() error {
	info, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	tx, err := f.db.Begin(false)
	if err != nil {
		return err
	}
	// Not db.View, which would not end the transaction before a panic closes
	// the file.
	defer func() { _ = tx.Rollback() }()
	if tx.Size() > info.Size() {
		return fmt.Errorf("the file is cut off: it has %d bytes of %d", info.Size(), tx.Size())
	}
	err = tx.ForEach(func(space []byte, bucket *bbolt.Bucket) error {
		return bucket.ForEach(func(_, v []byte) error {
			if len(v) < prefixLen {
				return fmt.Errorf("a value in %q is too short", space)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	var first error
	for fault := range tx.Check() { // to the end, or its goroutine would stay
		if first == nil {
			first = fmt.Errorf("its pages do not hold together: %w", fault)
		}
	}
	return first
}

func (f *boltFile) view(fn func(*bbolt.Tx) error) error {
	return f.guarded(func() error { return f.db.View(fn) })
}

func (f *boltFile) update(fn func(*bbolt.Tx) error) error {
	return f.guarded(func() error { return f.db.Update(fn) })
}

// guarded makes a fault or a panic of do the last use of the file.
func (f *boltFile) guarded(do func() error) (err error) {
	if f.broken.Load() {
		return f.brokenError()
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			if f.broken.CompareAndSwap(false, true) {
				f.log.Error("a store file broke while it was in use and is not touched any more; calls go on, but nothing is kept and nothing answers by itself. "+
					"Stop the gateway, put a backup in its place and start again", "file", f.path, "fault", p)
			}
			err = f.brokenError()
		}
	}()
	return do()
}

func (f *boltFile) brokenError() error {
	return fmt.Errorf("%w: %s is broken; put a backup in its place and start again", ErrAway, filepath.Base(f.path))
}

// close syncs the file and closes it, unless it is broken: then its lock goes
// with the process.
func (f *boltFile) close() error {
	if f.broken.Load() {
		return nil
	}
	return errors.Join(f.db.Sync(), f.db.Close())
}
