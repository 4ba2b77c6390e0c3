package chat

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"ringsplash/internal/sentence"
	"ringsplash/store"
)

// State is what became of a message.
type State string

// States of a message. One that the user got is Delivered, or Read.
const (
	Sent      State = "sent"      // it is kept
	Delivered State = "delivered" // a tab showed that it has it, or a phone or far end said 200
	Read      State = "read"      // the conversation was open and visible
	Failed    State = "failed"    // it is given up, with a cause
)

// Message is one message as one of its two users sees it.
type Message struct {
	ID    string    `json:"id"` // ULID
	Time  time.Time `json:"time"`
	Mine  bool      `json:"mine"`
	Text  string    `json:"text"`
	State State     `json:"state"`
	// Cause is why it failed.
	Cause         string            `json:"cause,omitempty"`
	CauseSentence sentence.Sentence `json:"causeSentence,omitzero"`
	// Unproven: nothing shows that it comes from who is named.
	Unproven bool `json:"unproven,omitempty"`
}

// record is the value of message/<user>/<peer>/<id>: one user's copy.
type record struct {
	V int `json:"v"`
	Message
	// Display is the name that came with a message from outside.
	Display string `json:"display,omitempty"`
	// Key is what the client calls it, Ref what the far end does: doubles are
	// known by them.
	Key string `json:"key,omitempty"`
	Ref string `json:"ref,omitempty"`
	// Stranger: it came from outside, from nobody that the user calls a friend.
	Stranger bool `json:"stranger,omitempty"`
	// Wants are the receipts that the far end asked for.
	Wants Receipts `json:"wants,omitzero"`

	version store.Version
}

const recordVersion = 1

// conversationKey is the prefix of a user's copies with one peer. The peer's
// address is escaped, for it may hold a slash.
func conversationKey(user, peer string) string {
	return "message/" + user + "/" + url.PathEscape(peer) + "/"
}

// messageKey sorts the newest first.
func messageKey(user, peer, id string) string {
	return conversationKey(user, peer) + store.Downward(id)
}

// peerOf is whose conversation the key of a message is in.
func peerOf(key string) string {
	part := strings.Split(key, "/")
	peer, _ := url.PathUnescape(part[2])
	return peer
}

func readRecord(it store.Item) (record, error) {
	var r record
	if err := json.Unmarshal(it.Value, &r); err != nil {
		return r, fmt.Errorf("chat: %s is not readable: %w", it.Key, err)
	}
	r.version = it.Version
	return r, nil
}

// ids makes ULIDs that only grow on this node.
type ids struct {
	mu      sync.Mutex
	entropy *ulid.MonotonicEntropy
	last    ulid.ULID
}

// next is an id of now that is larger than all before and than after ("" for
// none), so that the order of ids is the order of a conversation.
func (i *ids) next(now time.Time, after string) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.entropy == nil {
		i.entropy = ulid.Monotonic(rand.Reader, 0)
	}
	ms := max(ulid.Timestamp(now), i.last.Time())
	if last, err := ulid.ParseStrict(after); err == nil {
		ms = max(ms, last.Time()+1)
	}
	id, err := ulid.New(ms, i.entropy)
	if err != nil {
		return "", fmt.Errorf("chat: make an id: %w", err)
	}
	i.last = id
	return id.String(), nil
}

// timeOf is when the id was made.
func timeOf(id string) time.Time {
	u, err := ulid.ParseStrict(strings.ToUpper(id))
	if err != nil {
		return time.Time{}
	}
	return ulid.Time(u.Time()).UTC()
}
