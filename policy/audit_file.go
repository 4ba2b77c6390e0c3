package policy

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// AuditName is the name of a node's audit file in its data folder.
const AuditName = "audit.jsonl"

// chain is the end of the good part of an audit file.
type chain struct {
	seq  uint64
	hash string
	size int64 // bytes up to here
}

// ErrChain: the audit file was changed or damaged; it is not only its last line
// that is unfinished.
var ErrChain = errors.New("policy: the audit file is damaged")

// errTorn: what follows the good part is a record that was being written when
// the process or the machine ended.
var errTorn = errors.New("policy: the last line of the audit file is unfinished")

// readChain follows the chain from the first line. On errTorn and ErrChain the
// chain returned ends where the good part does. each is given every record
// that is whole, with its hash, also those behind a damage.
func readChain(r io.Reader, each func(*Record, string)) (chain, error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	var good chain
	for {
		line, whole, err := readLine(lines)
		if err != nil {
			return good, fmt.Errorf("policy: read the audit file: %w", err)
		}
		if len(line) == 0 && !whole {
			return good, nil
		}
		if fault := good.follow(line, whole, each); fault != nil {
			return good, tornOr(lines, line, whole, fault, good.seq+1, each)
		}
	}
}

// readLine returns a line without its newline; whole is false at the end of the file.
func readLine(r *bufio.Reader) (line []byte, whole bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], true, nil
		case errors.Is(err, io.EOF):
			return line, false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, err
		case len(line) > lineMax:
			return line, false, nil // no record of ours is that long
		}
	}
}

// follow takes the next line into the chain, or says why it does not fit.
func (c *chain) follow(line []byte, whole bool, each func(*Record, string)) error {
	if !whole {
		return errLine
	}
	r, hash, err := unseal(line)
	if err == nil {
		each(&r, hash)
	}
	switch {
	case err != nil:
		return err
	case r.Prev != c.hash:
		return errors.New("it does not follow the line before it")
	case r.Seq != c.seq+1:
		return errors.New("its number is not the next one")
	}
	*c = chain{r.Seq, hash, c.size + int64(len(line)) + 1}
	return nil
}

// tornOr tells an unfinished end from damage: an unfinished write leaves no
// whole object and no record behind it.
func tornOr(rest *bufio.Reader, line []byte, whole bool, fault error, seq uint64, each func(*Record, string)) error {
	verdict := errTorn
	for {
		if whole && json.Valid(line) && verdict == errTorn {
			verdict = fmt.Errorf("%w at line %d: %w", ErrChain, seq, fault)
		}
		if !whole && len(line) <= lineMax {
			return verdict
		}
		var err error
		if line, whole, err = readLine(rest); err != nil {
			return fmt.Errorf("policy: read the audit file: %w", err)
		}
		if r, hash, err := unseal(line); whole && err == nil {
			each(&r, hash)
		}
	}
}

// opened is an audit file that is in order.
type opened struct {
	file *os.File
	end  chain
	// notes are records of what had to be done, to be written first.
	notes []*Record
}

// openAudit opens or makes the audit file in dir, puts aside what is damaged,
// and compares its end with known, the one in the store. Each whole record goes
// to take, also those put aside.
func openAudit(dir string, known chain, take func(*Record)) (o opened, err error) {
	path := filepath.Join(dir, AuditName)
	var at string // the hash of line known.seq
	each := func(r *Record, hash string) {
		take(r)
		if r.Seq == known.seq {
			at = hash
		}
	}
	var kept []*Record // from a file that is put aside
	for {
		o.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return o, fmt.Errorf("policy: open the audit file: %w", err)
		}
		o.end, err = readChain(o.file, each)
		if errors.Is(err, errTorn) {
			var note *Record
			note, err = cutTail(o.file, path, o.end, known)
			o.notes = append(o.notes, note)
		}
		if err == nil {
			if note := o.end.against(known, at); note != nil && len(kept) == 0 {
				o.notes = append(o.notes, note)
			}
			return o, syncFolder(dir)
		}
		_ = o.file.Close()
		if !errors.Is(err, ErrChain) || len(kept) > 0 {
			return o, err
		}
		// It is evidence, so it is kept as it is; the chain begins anew, and
		// says so in its first line.
		note, err := putAside(path, err)
		if err != nil {
			return o, err
		}
		kept = append(kept, note)
		o.notes = append(o.notes, note)
	}
}

// against compares the end of the file with the one in the store, which is
// written behind it; at is the hash that the file has at that line. nil: all
// is there.
func (c chain) against(known chain, at string) *Record {
	reason := ""
	switch {
	case known.seq == 0 || c.seq >= known.seq && at == known.hash:
		return nil
	case c.seq == 0:
		reason = fmt.Sprintf("The file is gone or was emptied: the store knows of %d records in it.", known.seq)
	case c.seq < known.seq:
		const gone = "The last %d records are gone: the file ends at record %d, and the store knows of %d."
		reason = fmt.Sprintf(gone, known.seq-c.seq, c.seq, known.seq)
	default:
		reason = fmt.Sprintf("Record %d is not the one that the store knows of: this is another file.", known.seq)
	}
	return &Record{
		Event: eventMissing,
		Reason: reason + " What they were of can still be read in the store's copies for 90 days. Look for who changed the data " +
			"folder, or for a backup that was put there.",
	}
}

// cutTail puts what follows the good part into a file of its own. known is the
// end that the store has.
func cutTail(f *os.File, path string, end, known chain) (*Record, error) {
	aside, err := unusedName(path + ".tail")
	if err != nil {
		return nil, err
	}
	size, err := copyTail(f, aside, end.size)
	if err == nil {
		err = f.Truncate(end.size)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return nil, fmt.Errorf("policy: put the damaged end of the audit file aside: %w", err)
	}
	acted := "Whatever was being written there had not been acted upon."
	if known.seq > end.seq {
		acted = fmt.Sprintf("The store knows of %d records, so what was there may have been acted upon.", known.seq)
	}
	return &Record{Event: eventRepaired, Reason: fmt.Sprintf(
		"The end was damaged or unfinished: its %d bytes are kept as %s. %s", size, filepath.Base(aside), acted)}, nil
}

// copyTail writes what f has from an offset on to a new file, on the disk when
// it returns.
func copyTail(f *os.File, aside string, from int64) (int64, error) {
	out, err := os.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	size, err := io.Copy(out, io.NewSectionReader(f, from, 1<<62))
	if err == nil {
		err = out.Sync()
	}
	return size, errors.Join(err, out.Close())
}

// unusedName is name, or name-2, name-3 ... when that is taken.
func unusedName(name string) (string, error) {
	free := name
	for n := 2; ; n++ {
		if _, err := os.Lstat(free); errors.Is(err, os.ErrNotExist) {
			return free, nil
		} else if err != nil {
			return "", fmt.Errorf("policy: look at the data folder: %w", err)
		}
		free = fmt.Sprintf("%s-%d", name, n)
	}
}

func putAside(path string, fault error) (*Record, error) {
	aside, err := unusedName(path + ".broken")
	if err != nil {
		return nil, err
	}
	if err := os.Rename(path, aside); err != nil {
		return nil, fmt.Errorf("policy: put the damaged audit file aside: %w", err)
	}
	return &Record{Event: eventBroken, Reason: fmt.Sprintf(
		"The former file did not hold together (%s); it is kept as %s.", fault, filepath.Base(aside))}, nil
}

// syncFolder makes a new name in the folder last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("policy: open the data folder: %w", err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("policy: sync the data folder: %w", err)
	}
	return nil
}
