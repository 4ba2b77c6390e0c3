package directory

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What a user can set of his presence; "" leaves it to what his devices tell.
const (
	SetAvailable = "available"
	SetBusy      = "busy"
	SetAway      = "away"
	// SetDND: no device of his rings, and no phone of his answers by itself for
	// anybody else.
	SetDND = "dnd"
	// SetInvisible shows him as offline.
	SetInvisible = "invisible"
)

// Who may see a user's presence, from many to none.
const (
	VisibleDomain  = "domain"
	VisibleFriends = "friends"
	VisibleNobody  = "nobody"
)

// visibility is from many to none. "" narrows nothing.
var visibility = []string{"", VisibleDomain, VisibleFriends, VisibleNobody}

// Narrower is the one of two choices that fewer people see.
func Narrower(a, b string) string {
	return visibility[max(slices.Index(visibility, a), slices.Index(visibility, b), 0)]
}

// Presence is what a user set of what others see of him.
type Presence struct {
	Set  string `json:"set,omitempty"`
	Note string `json:"note,omitempty"`
	// Until ends Set and Note by itself; zero for never.
	Until time.Time `json:"until,omitzero"`
	// Visible narrows who may see him; "" narrows nothing.
	Visible string `json:"visible,omitempty"`
}

// At is what of it holds at that time.
func (p Presence) At(now time.Time) Presence {
	if !p.Until.IsZero() && !now.Before(p.Until) {
		return Presence{Visible: p.Visible}
	}
	return p
}

// PresencePatch changes what a user set; nil fields stay, but that a new Set
// or Note without an Until has no end.
type PresencePatch struct {
	Set     *string    `json:"set,omitempty"`
	Note    *string    `json:"note,omitempty"`
	Until   *time.Time `json:"until,omitempty"`
	Visible *string    `json:"visible,omitempty"`
}

// SetPresence changes what the user set, also for a user of the configuration
// file, which has no say in it. It blocks for the store. ErrNotFound: no such
// user. ErrInvalid: something in it cannot be used; nothing is changed then.
func (d *Directory) SetPresence(ctx context.Context, user string, p PresencePatch) error {
	now := time.Now()
	if err := p.check(now); err != nil {
		return err
	}
	return d.editUser(ctx, user, func(r *userRecord) error {
		next := r.Presence.At(now)
		if p.Set != nil || p.Note != nil {
			next.Until = time.Time{}
		}
		set(&next.Set, p.Set)
		if p.Note != nil {
			next.Note = strings.TrimSpace(Legible(*p.Note))
		}
		set(&next.Visible, p.Visible)
		if p.Until != nil {
			next.Until = p.Until.UTC().Truncate(time.Millisecond)
		}
		if next.Set == "" && next.Note == "" {
			next.Until = time.Time{}
		}
		r.Presence = next
		return nil
	})
}

func (p PresencePatch) check(now time.Time) error {
	sets := []string{"", SetAvailable, SetBusy, SetAway, SetDND, SetInvisible}
	switch {
	case p.Set != nil && !slices.Contains(sets, *p.Set):
		return invalid("presence.bad_set", "set", strconv.Quote(shorten(*p.Set, 60)))
	case p.Visible != nil && !slices.Contains(visibility, *p.Visible):
		return invalid("presence.bad_visible", "visible", strconv.Quote(shorten(*p.Visible, 60)))
	case p.Until != nil && !p.Until.After(now):
		return invalid("presence.past")
	case p.Note == nil:
		return nil
	}
	if len(*p.Note) > presenceNoteMax {
		return invalid("entry.long_note", "most", presenceNoteMax)
	}
	if !utf8.ValidString(*p.Note) || strings.ContainsFunc(*p.Note, unicode.IsControl) {
		return invalid("entry.bad_note")
	}
	return nil
}

// presenceNoteMax is how many bytes a note of a presence may have.
const presenceNoteMax = 200
