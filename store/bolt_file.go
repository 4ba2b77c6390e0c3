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
	// bbolt makes a database of a file that is not there, or empty.
	if info, e := os.Stat(path); e == nil && info.Size() > 0 {
		err = f.checkPages()
	}
	if err == nil {
		f.db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: boltLockWait, NoSync: live, FreelistType: bbolt.FreelistMapType})
	}
	return f, err
}

// checkPages reads all of the file: our walk, and then bbolt's own check, which
// knows more and is safe on what the walk has passed. It opens the file for
// reading only, when bbolt looks at nothing but the meta pages.
func (f *boltFile) checkPages() (err error) {
	db, err := bbolt.Open(f.path, 0o600, &bbolt.Options{Timeout: boltLockWait, ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.Begin(false)
	if err != nil {
		return err
	}
	// Not db.View, which would not end the transaction before a panic closes
	// the file.
	defer func() { _ = tx.Rollback() }()
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := walkBolt(file, info.Size(), tx); err != nil {
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
				f.log.Error("a store file broke while it was in use and is not touched any more; calls go on, but nothing is kept and "+
					"nothing answers by itself. Stop the gateway, put a backup in its place and start again", "file", f.path, "fault", p)
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
