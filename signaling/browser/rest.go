package browser

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
	"ringsplash/store"
)

// instant is a time on the wire: UTC, RFC 3339, always three decimals.
type instant time.Time

const instantForm = "2006-01-02T15:04:05.000Z"

func (t instant) MarshalJSON() ([]byte, error) {
	return []byte(`"` + time.Time(t).UTC().Format(instantForm) + `"`), nil
}

func instantOf(t *time.Time) *instant {
	if t == nil {
		return nil
	}
	i := instant(*t)
	return &i
}

// historyView is one row of GET /api/v1/history.
type historyView struct {
	directory.HistoryEntry
	Start          instant           `json:"start"`
	Answered       *instant          `json:"answered,omitempty"`
	End            instant           `json:"end"`
	ReasonSentence sentence.Sentence `json:"reasonSentence,omitzero"`
}

var ulidForm = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{26}$`)

const (
	listPage    = 50 // rows of a list, when nothing else is asked for
	listPageMax = 200
)

// pageOf reads before and limit, which every list kept by ULID takes.
func pageOf(c echo.Context) (before string, limit int, err error) {
	before = c.QueryParam("before")
	if before != "" && !ulidForm.MatchString(before) {
		return "", 0, refuse(http.StatusBadRequest, "bad_query", "problem.bad_before")
	}
	limit, err = limitOf(c)
	return before, limit, err
}

// limitOf is how many rows of a list are asked for.
func limitOf(c echo.Context) (int, error) {
	text := c.QueryParam("limit")
	if text == "" {
		return listPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > listPageMax {
		return 0, refuse(http.StatusBadRequest, "bad_query", "problem.bad_limit")
	}
	return n, nil
}

// getHistory is GET /api/v1/history?before=&limit=, newest first.
func (s *Server) getHistory(c echo.Context) error {
	before, limit, err := pageOf(c)
	if err != nil {
		return err
	}
	entries, err := s.conf.People.History(c.Request().Context(), loginOf(c).User, before, limit)
	if err != nil {
		return err
	}
	page := struct {
		History []historyView `json:"history"`
		// Next is what to ask for as before; left out on the last page.
		Next string `json:"next,omitempty"`
	}{History: make([]historyView, 0, len(entries))}
	for _, e := range entries {
		row := historyView{HistoryEntry: e, Start: instant(e.Start), Answered: instantOf(e.Answered), End: instant(e.End)}
		row.ReasonSentence = machine.Recognise(e.Reason)
		page.History = append(page.History, row)
	}
	if len(entries) == limit {
		page.Next = entries[limit-1].ID
	}
	return c.JSON(http.StatusOK, page)
}

func (s *Server) getDevices(c echo.Context) error {
	return c.JSON(http.StatusOK, struct {
		Devices []gateway.DeviceView `json:"devices"`
	}{listOf(s.conf.Gateway.Devices(loginOf(c).User))})
}

// patchDevice is PATCH /api/v1/devices/{id}; members left out stay as they are.
func (s *Server) patchDevice(c echo.Context) error {
	var patch directory.DevicePatch
	if err := readJSON(c, &patch); err != nil {
		return err
	}
	user := loginOf(c).User
	changed, err := s.conf.People.PatchDevice(c.Request().Context(), user, c.Param("id"), patch)
	if err != nil {
		return err
	}
	for _, d := range s.conf.Gateway.Devices(user) {
		if d.ID == changed.ID {
			return c.JSON(http.StatusOK, d)
		}
	}
	return directory.ErrNotFound // removed a moment ago
}

// testFor bounds a test of a deskphone: all methods, none of which works.
const testFor = 2 * time.Minute

// testDevice is POST /api/v1/devices/{id}/test.
func (s *Server) testDevice(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), testFor)
	defer cancel()
	// It takes longer than a request of ours usually may.
	deadline := http.NewResponseController(c.Response())
	_ = deadline.SetReadDeadline(time.Time{})
	_ = deadline.SetWriteDeadline(time.Now().Add(testFor + 10*time.Second))
	result, err := s.conf.Gateway.TestPhone(ctx, loginOf(c).User, c.Param("id"))
	var refused *machine.CommandError
	if errors.As(err, &refused) {
		return says(statusOf(refused.Code), refused.Code, refused.Sentence)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, result)
}

//go:embed openapi.yaml
var openAPI []byte

func (s *Server) serveOpenAPI(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml", openAPI)
}

type statusView struct {
	Status string `json:"status"`
}

// healthz says that the process runs.
func (s *Server) healthz(c echo.Context) error { return c.JSON(http.StatusOK, statusView{"ok"}) }

// readyz says that the node can take people and calls: not shutting down, not
// full, store there.
func (s *Server) readyz(c echo.Context) error {
	if s.conf.Room != nil {
		if cause := s.conf.Room(); cause != "" {
			o := cause.Outcome()
			return says(http.StatusServiceUnavailable, string(cause), cause.Sentence(machine.Caller)).after(o.RetryAfter)
		}
	}
	if s.sockets.closing() {
		return refuse(http.StatusServiceUnavailable, "shutting_down", "problem.node_stopping")
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), time.Second)
	defer cancel()
	if _, err := s.conf.Store.Get(ctx, "login/-"); err != nil && !errors.Is(err, store.ErrNotFound) {
		return storeAway()
	}
	return c.JSON(http.StatusOK, statusView{"ready"})
}
