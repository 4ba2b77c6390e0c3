package policy

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
)

// What a record is of.
const (
	eventDecision = "decision"
	eventGrants   = "grants"   // somebody changed what he allows
	eventUnmute   = "unmute"   // an owner un-muted his phone
	eventVoid     = "void"     // an allow that came too late and was not used
	eventHeard    = "heard"    // another node changed grants
	eventOff      = "off"      // interworking was switched off, or automatic answers with Device ""
	eventRestored = "restored" // the store had older grants, which were replaced
	eventForeign  = "foreign"  // a record in the store that this installation did not write
	eventRepaired = "repaired" // a damaged end was put aside
	eventBroken   = "broken"   // the former file was damaged and put aside
	eventMissing  = "missing"  // the file does not have the end that the store knows of
)

// Record is one line of the audit file and, for decisions, one item in the store.
type Record struct {
	// Seq counts the lines of the file, from 1.
	Seq uint64 `json:"seq"`
	ID  string `json:"id"` // ULID
	// Time is when it was decided, UTC.
	Time  time.Time `json:"time"`
	Event string    `json:"event"`
	Node  string    `json:"node"`
	Owner string    `json:"owner,omitempty"`
	// Requester is the canonical address; Authenticated how it was proven, ""
	// when it was only claimed; Evidence what there was in any case.
	Requester     string `json:"requester"`
	Authenticated string `json:"authenticated"`
	Evidence      string `json:"evidence,omitempty"`
	Level         Level  `json:"level"`
	Kind          Kind   `json:"kind"`
	Device        string `json:"device"`
	Instance      string `json:"instance,omitempty"`
	Call          string `json:"call,omitempty"`
	Require       bool   `json:"require,omitempty"`
	Allow         bool   `json:"allow"`
	Grant         string `json:"grant"`
	Reason        string `json:"reason"`
	// By is who changed the grants to Grants, or how the owner un-muted.
	By     string  `json:"by,omitempty"`
	Grants *Grants `json:"grants,omitempty"`
	// Epoch is that of Grants, or of what was switched off: of two changes the
	// one with the higher is newer.
	Epoch uint64 `json:"epoch,omitempty"`
	// Void is the ID of the allow that was not used.
	Void string `json:"void,omitempty"`
	// Key is that of a foreign record.
	Key string `json:"key,omitempty"`
	// Prev is the hash of the line before, "" in the first one.
	Prev string `json:"prev"`
}

// dated gives a record its id and the time.
func (b *Book) dated(r Record) *Record {
	now := b.cfg.Now()
	r.ID, r.Time = newID(now), now.UTC()
	return &r
}

func newID(at time.Time) string {
	id, err := ulid.New(ulid.Timestamp(at), rand.Reader)
	if err != nil { // a clock beyond the year 10889
		id = ulid.MustNew(ulid.MaxTime(), rand.Reader)
	}
	return id.String()
}

// A line ends in its own hash: the SHA-256 of the record's JSON without that
// member. The next line names it as prev, which makes the chain.
const (
	hashMember = `,"hash":"`
	hashTail   = len(hashMember) + sha256.Size*2 + len(`"}`)
	lineMax    = 1 << 20
)

// seal makes the line of a record, newline included, and its hash.
func seal(r *Record) (line []byte, hash string, err error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(body)
	hash = hex.EncodeToString(sum[:])
	line = append(body[:len(body)-1], hashMember...)
	line = append(line, hash...)
	return append(line, '"', '}', '\n'), hash, nil
}

var errLine = errors.New("the line is not a whole record")

// unseal reads one line without its newline and checks its own hash.
func unseal(line []byte) (r Record, hash string, err error) {
	cut := len(line) - hashTail
	if cut < 2 || !bytes.HasPrefix(line[cut:], []byte(hashMember)) || !bytes.HasSuffix(line, []byte(`"}`)) {
		return r, "", errLine
	}
	hash = string(line[cut+len(hashMember) : len(line)-2])
	body := append(bytes.Clone(line[:cut]), '}')
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != hash {
		return r, "", fmt.Errorf("%w: its hash is wrong", errLine)
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return r, "", fmt.Errorf("%w: %w", errLine, err)
	}
	return r, hash, nil
}
