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

// VerifyAudit reads an audit file and checks that every line is whole and names
// the one before it. ErrChain (wrapped) names the first line that does not. An
// unfinished last line is an error as well; the node cuts it off at its start.
// It blocks for the disk.
func VerifyAudit(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("policy: open the audit file: %w", err)
	}
	defer func() { _ = f.Close() }()
	_, err = readChain(f)
	return err
}

// readChain follows the chain from the first line. On errTorn and ErrChain the
// chain returned ends where the good part does.
func readChain(r io.Reader) (chain, error) {
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
		if fault := good.follow(line, whole); fault != nil {
			return good, tornOr(lines, line, whole, fault, good.seq+1)
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
func (c *chain) follow(line []byte, whole bool) error {
	if !whole {
		return errLine
	}
	r, hash, err := unseal(line)
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
func tornOr(rest *bufio.Reader, line []byte, whole bool, fault error, seq uint64) error {
	for {
		if whole && json.Valid(line) {
			return fmt.Errorf("%w at line %d: %w", ErrChain, seq, fault)
		}
		if !whole && len(line) <= lineMax {
			return errTorn
		}
		var err error
		if line, whole, err = readLine(rest); err != nil {
			return fmt.Errorf("policy: read the audit file: %w", err)
		}
	}
}

// openAudit opens or makes the audit file in dir and brings its end into order.
// notes are records of what had to be done, to be written first.
func openAudit(dir string) (f *os.File, end chain, notes []*Record, err error) {
	path := filepath.Join(dir, AuditName)
	for {
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return nil, end, nil, fmt.Errorf("policy: open the audit file: %w", err)
		}
		end, err = readChain(f)
		switch {
		case err == nil:
			return f, end, notes, syncFolder(dir)
		case errors.Is(err, errTorn):
			note, err := cutTail(f, end)
			if err != nil {
				_ = f.Close()
				return nil, end, nil, err
			}
			return f, end, append(notes, note), syncFolder(dir)
		case !errors.Is(err, ErrChain) || len(notes) > 0:
			_ = f.Close()
			return nil, end, nil, err
		}
		_ = f.Close()
		// It is evidence, so it is kept as it is; the chain begins anew, and
		// says so in its first line.
		note, err := putAside(path, err)
		if err != nil {
			return nil, end, nil, err
		}
		notes = append(notes, note)
	}
}

func cutTail(f *os.File, end chain) (*Record, error) {
	info, err := f.Stat()
	if err == nil {
		err = f.Truncate(end.size)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return nil, fmt.Errorf("policy: cut the unfinished end of the audit file: %w", err)
	}
	return &Record{Event: eventRepaired, Reason: fmt.Sprintf(
		"%d bytes of an unfinished record were cut off the end; whatever it was of had not been acted upon.", info.Size()-end.size)}, nil
}

func putAside(path string, fault error) (*Record, error) {
	aside := path + ".broken"
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, os.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s.broken-%d", path, n)
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
