package browser

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"ringsplash/gateway"
	"ringsplash/token"
)

// storyView is a gateway.Story with its times in the form of the wire.
type storyView struct {
	gateway.Story
	Began    instant     `json:"began"`
	Answered *instant    `json:"answered,omitempty"`
	Ended    *instant    `json:"ended,omitempty"`
	Events   []eventView `json:"events"`
}

type eventView struct {
	gateway.StoryEvent
	At instant `json:"at"`
}

func storyOf(s gateway.Story) storyView {
	v := storyView{
		Story: s, Began: instant(s.Began), Answered: instantOf(s.Answered), Ended: instantOf(s.Ended),
		Events: make([]eventView, 0, len(s.Events)),
	}
	for _, e := range s.Events {
		v.Events = append(v.Events, eventView{StoryEvent: e, At: instant(e.At)})
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
	story, ok := s.conf.Gateway.Story(c.Request().Context(), loginOf(c).User, s.isAdmin(c), gateway.CallID(c.Param("id")))
	if !ok {
		return refuse(http.StatusNotFound, "not_found", "problem.no_such_call")
	}
	return c.JSON(http.StatusOK, storyOf(story))
}

// callHead is one row of GET /api/v1/calls.
type callHead struct {
	ID       gateway.CallID   `json:"id"`
	State    string           `json:"state"`
	From     gateway.PeerView `json:"from"`
	To       gateway.PeerView `json:"to"`
	Began    instant          `json:"began"`
	Answered *instant         `json:"answered,omitempty"`
	Ended    *instant         `json:"ended,omitempty"`
	Cause    gateway.Cause    `json:"cause,omitempty"`
	Reason   string           `json:"reason,omitempty"`
}

// getCalls is GET /api/v1/calls?limit=: the calls of this node that run or
// ended within the last hour, for administrators.
func (s *Server) getCalls(c echo.Context) error {
	if !s.isAdmin(c) {
		return refuse(http.StatusForbidden, "forbidden", "problem.calls_not_yours")
	}
	limit := historyPage
	if text := c.QueryParam("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > historyPageMax {
			return refuse(http.StatusBadRequest, "bad_query", "problem.bad_limit")
		}
		limit = n
	}
	page := struct {
		Calls []callHead `json:"calls"`
	}{Calls: []callHead{}}
	for _, s := range s.conf.Gateway.Stories(limit) {
		page.Calls = append(page.Calls, callHead{
			ID: s.ID, State: s.State, From: s.From, To: s.To, Began: instant(s.Began), Answered: instantOf(s.Answered),
			Ended: instantOf(s.Ended), Cause: s.Cause, Reason: s.Reason,
		})
	}
	return c.JSON(http.StatusOK, page)
}
