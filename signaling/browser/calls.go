package browser

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/story"
	"ringsplash/internal/sentence"
	"ringsplash/token"
)

// restCommands are the commands of the WebSocket that the REST interface has
// as well: what needs no page. POST /api/v1/calls/{id}/{one of them}.
var restCommands = []string{"answer", "decline", "hangup", "hold", "resume", "mute", "unmute", "transfer", "move", "digits"}

// restCommand is the body of a command, without what the path says.
type restCommand struct {
	To          string         `json:"to"`
	From        string         `json:"from"`
	Intercom    bool           `json:"intercom"`
	On          string         `json:"on"`
	Version     uint64         `json:"version"`
	With        machine.CallID `json:"with"`
	Digits      string         `json:"digits"`
	RemoveGrant bool           `json:"removeGrant"`
	Text        string         `json:"text"`
	Key         string         `json:"key"`
}

// readCommand reads and checks the body of a command as docs/protocol.md has
// its fields. version may be left out: who sends one request for one call saw it.
func readCommand(c echo.Context, do string) (gateway.Command, error) {
	var in restCommand
	if c.Request().ContentLength != 0 {
		if err := readJSON(c, &in); err != nil {
			return gateway.Command{}, err
		}
	}
	cmd := gateway.Command{
		Do: do, Call: machine.CallID(c.Param("id")), To: in.To, From: in.From, Intercom: in.Intercom,
		On: in.On, Version: in.Version, With: in.With, Digits: in.Digits, RemoveGrant: in.RemoveGrant,
		Text: in.Text, Key: in.Key,
	}
	r := rules[do]
	for _, name := range []string{"to", "from", "intercom", "on", "version", "with", "digits", "removeGrant", "text", "key"} {
		if has(cmd, name) && !slices.Contains(r.needs, name) && !slices.Contains(r.may, name) {
			return cmd, refuse(http.StatusBadRequest, "bad_request", "problem.foreign_member", "member", name, "do", do)
		}
	}
	for _, name := range r.needs {
		if name != "version" && !has(cmd, name) {
			return cmd, refuse(http.StatusBadRequest, "bad_request", "problem.missing_member", "member", name, "do", do)
		}
	}
	if checkFields(cmd) != nil {
		return cmd, refuse(http.StatusBadRequest, "bad_request", "problem.bad_member")
	}
	return cmd, nil
}

// postCall is POST /api/v1/calls: a call from one of the user's deskphones,
// which rings first.
func (s *Server) postCall(c echo.Context) error {
	result, err := s.command(c, "call")
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/api/v1/calls/"+string(result.Call))
	return c.JSON(http.StatusCreated, result)
}

// commandCall is POST /api/v1/calls/{id}/{do}.
func (s *Server) commandCall(do string) echo.HandlerFunc {
	return func(c echo.Context) error {
		result, err := s.command(c, do)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, result)
	}
}

// command carries a command out as the WebSocket does.
func (s *Server) command(c echo.Context, do string) (gateway.Result, error) {
	l := loginOf(c)
	cmd, err := readCommand(c, do)
	switch {
	case err != nil:
	case !s.pace.Admit(l.User, time.Now()):
		err = says(http.StatusTooManyRequests, "overload", tooFast.Sentence).after(time.Second)
	case opens(cmd) && s.right(l) == openNever:
		err = says(http.StatusForbidden, "forbidden", s.mayNotOpen(l))
	}
	if err != nil {
		return gateway.Result{}, err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), commandWait)
	defer cancel()
	result, err := s.conf.Gateway.Do(ctx, l.User, cmd)
	if err == nil {
		s.metrics.commands.WithLabelValues(do, "ok").Inc()
		return result, nil
	}
	refused, known := errorOf(do, err)
	if !known && s.base.Err() == nil {
		s.log.Error("a command failed", "do", do, "call", cmd.Call, "user", l.User, "request", requestID(c), "err", err)
	}
	s.metrics.commands.WithLabelValues(do, refused.Code).Inc()
	return gateway.Result{}, says(statusOf(refused.Code), refused.Code, refused.Sentence)
}

// statusOf is the HTTP status of a refused command; what is not listed is in
// the way only now.
func statusOf(code string) int { return cmp.Or(statuses[code], http.StatusConflict) }

var statuses = map[string]int{
	"bad_request": http.StatusBadRequest, "no_such_call": http.StatusNotFound, "not_found": http.StatusNotFound,
	"forbidden": http.StatusForbidden, "overload": http.StatusServiceUnavailable, "trunk_down": http.StatusServiceUnavailable,
	"fault": http.StatusInternalServerError, "too_long": http.StatusRequestEntityTooLarge,
}

// storyView is a story.Story with its times in the form of the wire.
type storyView struct {
	story.Story
	Began    instant     `json:"began"`
	Answered *instant    `json:"answered,omitempty"`
	Ended    *instant    `json:"ended,omitempty"`
	Events   []eventView `json:"events"`
}

type eventView struct {
	story.Event
	At instant `json:"at"`
}

func storyOf(s story.Story) storyView {
	v := storyView{Story: s, Began: instant(s.Began), Answered: instantOf(s.Answered), Ended: instantOf(s.Ended)}
	v.Events = make([]eventView, 0, len(s.Events))
	for _, e := range s.Events {
		v.Events = append(v.Events, eventView{Event: e, At: instant(e.At)})
	}
	return v
}

// isAdmin tells whether an administrator asks. One whose log-in came by the
// token of another site is none: the site vouched for a user of a phone.
func (s *Server) isAdmin(c echo.Context) bool {
	if key := loginOf(c).key; key != nil {
		return key.May(token.RightAdmin)
	}
	user, ok := s.conf.People.User(loginOf(c).User)
	return ok && user.Admin && loginOf(c).Origin == ""
}

// getCall is GET /api/v1/calls/{id}: the story of a call.
func (s *Server) getCall(c echo.Context) error {
	story, ok := s.conf.Gateway.Story(c.Request().Context(), loginOf(c).User, s.isAdmin(c), machine.CallID(c.Param("id")))
	if !ok {
		return refuse(http.StatusNotFound, "not_found", "problem.no_such_call")
	}
	return c.JSON(http.StatusOK, storyOf(story))
}

// callHead is one row of GET /api/v1/calls.
type callHead struct {
	ID             machine.CallID    `json:"id"`
	State          string            `json:"state"`
	From           machine.PeerView  `json:"from"`
	To             machine.PeerView  `json:"to"`
	Began          instant           `json:"began"`
	Answered       *instant          `json:"answered,omitempty"`
	Ended          *instant          `json:"ended,omitempty"`
	Cause          machine.Cause     `json:"cause,omitempty"`
	Reason         string            `json:"reason,omitempty"`
	ReasonSentence sentence.Sentence `json:"reasonSentence,omitzero"`
}

// getCalls is GET /api/v1/calls?limit=: the calls of this node that run or
// ended within the last hour, for administrators.
func (s *Server) getCalls(c echo.Context) error {
	if !s.isAdmin(c) {
		return refuse(http.StatusForbidden, "forbidden", "problem.calls_not_yours")
	}
	limit, err := limitOf(c)
	if err != nil {
		return err
	}
	page := struct {
		Calls []callHead `json:"calls"`
	}{Calls: []callHead{}}
	for _, s := range s.conf.Gateway.Stories(limit) {
		page.Calls = append(page.Calls, callHead{
			ID: s.ID, State: s.State, From: s.From, To: s.To, Began: instant(s.Began), Answered: instantOf(s.Answered),
			Ended: instantOf(s.Ended), Cause: s.Cause, Reason: s.Reason, ReasonSentence: s.ReasonSentence,
		})
	}
	return c.JSON(http.StatusOK, page)
}
