package story

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"ringsplash/gateway/machine"
)

// archive keeps stories that nothing is added to any more, each in one piece:
// thousands of small texts that live for an hour, scattered among what calls
// leave behind, would keep many times their own memory from being given back.
// Under Book.mu.
type archive struct {
	of    map[machine.CallID]archived
	order []machine.CallID // oldest first
	bytes int
	work  bytes.Buffer
}

// archived is one story: its id, its head and its events, a line each.
type archived struct {
	text  string
	ended time.Time
}

// archivedHead is a story without its events.
type archivedHead struct {
	Story
	Users [2]string `json:"users"`
}

// archivedEvent is an event with what Story does not show.
type archivedEvent struct {
	Event
	For machine.Audience `json:"for"`
}

func (a *archive) put(t *draft) {
	events := make([]archivedEvent, len(t.Events))
	for i, e := range t.Events {
		events[i] = archivedEvent{e, e.side}
	}
	head := archivedHead{t.Story, t.users}
	head.Events = nil
	a.work.Reset()
	a.work.WriteString(string(t.ID) + "\n")
	lines := json.NewEncoder(&a.work)
	if lines.Encode(head) != nil || lines.Encode(events) != nil {
		return // texts and numbers: it never fails
	}
	one := archived{a.work.String(), *t.Ended}
	id, _, _ := strings.Cut(one.text, "\n") // a part of the text, not a piece of its own
	a.of[machine.CallID(id)] = one
	a.order = append(a.order, machine.CallID(id))
	a.bytes += len(one.text)
}

// get is the story of a call as it was put away, nil for none.
func (a *archive) get(id machine.CallID) *draft {
	one, ok := a.of[id]
	if !ok {
		return nil
	}
	_, text, _ := strings.Cut(one.text, "\n")
	lines := json.NewDecoder(strings.NewReader(text))
	var head archivedHead
	var events []archivedEvent
	if lines.Decode(&head) != nil || lines.Decode(&events) != nil {
		return nil
	}
	t := &draft{Story: head.Story, users: head.Users}
	for _, e := range events {
		e.side = e.For
		t.Events = append(t.Events, e.Event)
	}
	return t
}

// newest are the heads of so many stories, the newest first.
func (a *archive) newest(limit int) (out []Story) {
	for _, id := range slices.Backward(a.order) {
		if len(out) >= limit {
			break
		}
		_, text, _ := strings.Cut(a.of[id].text, "\n")
		var head archivedHead
		if json.NewDecoder(strings.NewReader(text)).Decode(&head) == nil {
			out = append(out, head.Story)
		}
	}
	return out
}

// prune forgets the oldest until the bounds hold.
func (a *archive) prune(now time.Time) {
	for len(a.order) > 0 {
		id := a.order[0]
		if len(a.order) <= maxCount && a.bytes <= maxTotal && now.Sub(a.of[id].ended) < maxAge {
			return
		}
		a.bytes -= len(a.of[id].text)
		delete(a.of, id)
		a.order[0] = ""
		a.order = a.order[1:]
	}
}
