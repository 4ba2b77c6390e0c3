package browser

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"ringsplash/chat"
	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/store"
)

const (
	importPath    = "/api/v1/directory/import"
	queryBytesMax = 200
)

// getEntries is GET /api/v1/directory?q=&friends=&after=&limit=, by display name.
func (s *Server) getEntries(c echo.Context) error {
	query := directory.EntryQuery{Words: c.QueryParam("q"), After: c.QueryParam("after")}
	switch c.QueryParam("friends") {
	case "true":
		query.Friends = true
	case "", "false":
	default:
		return refuse(http.StatusBadRequest, "bad_query", "problem.bad_friends")
	}
	if len(query.Words) > queryBytesMax {
		return refuse(http.StatusBadRequest, "bad_query", "problem.long_query")
	}
	var err error
	if query.Limit, err = limitOf(c); err != nil {
		return err
	}
	page, err := s.conf.People.Entries(c.Request().Context(), loginOf(c).User, query)
	if errors.Is(err, directory.ErrInvalid) {
		return refuse(http.StatusBadRequest, "bad_query", "problem.bad_after")
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct {
		Entries []directory.Entry `json:"entries"`
		Total   int               `json:"total"`
		// Next is what to ask for as after; left out on the last page.
		Next string `json:"next,omitempty"`
	}{page.Entries, page.Total, page.Next})
}

// postEntry is POST /api/v1/directory.
func (s *Server) postEntry(c echo.Context) error {
	var in directory.EntryDraft
	if err := readJSON(c, &in); err != nil {
		return err
	}
	e, err := s.conf.People.AddEntry(c.Request().Context(), loginOf(c).User, in)
	if err != nil {
		return entryProblem(err)
	}
	c.Response().Header().Set(echo.HeaderLocation, "/api/v1/directory/"+e.ID)
	return showEntry(c, http.StatusCreated, e)
}

// getEntry is GET /api/v1/directory/{id}.
func (s *Server) getEntry(c echo.Context) error {
	e, err := s.conf.People.Entry(c.Request().Context(), loginOf(c).User, c.Param("id"))
	if err != nil {
		return err
	}
	return showEntry(c, http.StatusOK, e)
}

// putEntry is PUT /api/v1/directory/{id}: all of an entry, when it is still as
// the client saw it. The id in the body is taken and ignored, so that what was
// got can be put.
func (s *Server) putEntry(c echo.Context) error {
	var in struct {
		directory.EntryDraft
		ID      string         `json:"id"`
		Version *store.Version `json:"version"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	version, err := entryVersion(c, in.Version)
	if err != nil {
		return err
	}
	e, err := s.conf.People.PutEntry(c.Request().Context(), loginOf(c).User, c.Param("id"), version, in.EntryDraft)
	if err != nil {
		return entryProblem(err)
	}
	return showEntry(c, http.StatusOK, e)
}

// deleteEntry is DELETE /api/v1/directory/{id}; without If-Match, whatever its
// version is.
func (s *Server) deleteEntry(c echo.Context) error {
	version := uint64(0)
	if c.Request().Header.Get("If-Match") != "" {
		var err error
		if version, err = entryVersion(c, nil); err != nil {
			return err
		}
	}
	if err := s.conf.People.RemoveEntry(c.Request().Context(), loginOf(c).User, c.Param("id"), version); err != nil {
		return entryProblem(err)
	}
	return c.NoContent(http.StatusNoContent)
}

// entryVersion is the version of an entry that the client saw, 0 for any.
func entryVersion(c echo.Context, inBody *store.Version) (uint64, error) {
	version, err := seenVersion(c.Request().Header.Get("If-Match"), inBody)
	switch {
	case err != nil:
		return 0, err
	case version == store.AnyVersion:
		return 0, nil
	case version == 0: // entries begin with 1
		return 0, policyConflict()
	}
	return uint64(version), nil
}

func showEntry(c echo.Context, status int, e directory.Entry) error {
	c.Response().Header().Set("ETag", `"`+strconv.FormatUint(e.Version, 10)+`"`)
	return c.JSON(status, e)
}

// entryProblem words what a change of an entry can fail with.
func entryProblem(err error) error {
	if errors.Is(err, directory.ErrChanged) || errors.Is(err, store.ErrConflict) {
		return policyConflict()
	}
	return err
}

// importEntries is POST /api/v1/directory/import with a vCard or CSV file as
// its body.
func (s *Server) importEntries(c echo.Context) error {
	read := s.conf.People.ImportCSV
	kind, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	switch kind {
	case "text/vcard", "text/x-vcard":
		read = s.conf.People.ImportVCard
	case "text/csv":
	default:
		return refuse(http.StatusUnsupportedMediaType, "not_importable", "problem.not_importable")
	}
	file, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, directory.ImportMax))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return refuse(http.StatusRequestEntityTooLarge, "too_large", "problem.file_too_large")
	case err != nil:
		return refuse(http.StatusBadRequest, "cut_off", "problem.cut_off")
	}
	result, err := read(c.Request().Context(), loginOf(c).User, bytes.NewReader(file))
	if err != nil {
		return entryProblem(err)
	}
	return c.JSON(http.StatusOK, result)
}

// exportEntries is GET /api/v1/directory/export?format=vcard|csv.
func (s *Server) exportEntries(c echo.Context) error {
	write, kind, name := s.conf.People.ExportVCard, "text/vcard; charset=utf-8", "directory.vcf"
	switch c.QueryParam("format") {
	case "vcard":
	case "csv":
		write, kind, name = s.conf.People.ExportCSV, "text/csv; charset=utf-8; header=present", "directory.csv"
	default:
		return refuse(http.StatusBadRequest, "bad_query", "problem.bad_format")
	}
	var file bytes.Buffer // so that a store that goes away leaves no half of it
	if err := write(c.Request().Context(), loginOf(c).User, &file); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, kind, file.Bytes())
}

// queryPeer reads with, which names the other side of a conversation.
func queryPeer(c echo.Context) (string, error) {
	with := c.QueryParam("with")
	if with == "" || len(with) > 512 || !printable(with, false) {
		return "", refuse(http.StatusBadRequest, "bad_query", "problem.no_with")
	}
	return with, nil
}

// needChat refuses where no messages are kept.
func (s *Server) needChat(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.conf.Chat == nil {
			return refuse(http.StatusNotImplemented, "not_available", "problem.no_messages")
		}
		return next(c)
	}
}

// getMessages is GET /api/v1/messages?with=&before=&after=&limit=, newest first.
func (s *Server) getMessages(c echo.Context) error {
	with, err := queryPeer(c)
	if err != nil {
		return err
	}
	before, limit, err := pageOf(c)
	if err != nil {
		return err
	}
	after := c.QueryParam("after")
	if after != "" && !ulidForm.MatchString(after) {
		return refuse(http.StatusBadRequest, "bad_query", "problem.bad_before")
	}
	list, err := s.conf.Chat.List(c.Request().Context(), loginOf(c).User, with, before, after, limit)
	if err != nil {
		return err
	}
	page := struct {
		Messages []messageView `json:"messages"`
		// Next is what to ask for as before; left out on the last page.
		Next string `json:"next,omitempty"`
	}{Messages: make([]messageView, 0, len(list))}
	for _, m := range list {
		page.Messages = append(page.Messages, messageOf(m))
	}
	if len(list) == limit {
		page.Next = list[limit-1].ID
	}
	return c.JSON(http.StatusOK, page)
}

// postMessage is POST /api/v1/messages: the command message.
func (s *Server) postMessage(c echo.Context) error {
	result, err := s.command(c, "message")
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, result)
}

// deleteMessages is DELETE /api/v1/messages?with=: the user's own copies.
func (s *Server) deleteMessages(c echo.Context) error {
	with, err := queryPeer(c)
	if err != nil {
		return err
	}
	if err := s.conf.Chat.Forget(c.Request().Context(), loginOf(c).User, with); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// searchFor bounds a search that must read all messages first.
const searchFor = 20 * time.Second

// searchMessages is GET /api/v1/messages/search?q=&limit=, newest first.
func (s *Server) searchMessages(c echo.Context) error {
	limit, err := limitOf(c)
	if err != nil {
		return err
	}
	q := c.QueryParam("q")
	switch {
	case len(q) > queryBytesMax:
		return refuse(http.StatusBadRequest, "bad_query", "problem.long_query")
	case strings.TrimSpace(q) == "":
		return refuse(http.StatusBadRequest, "bad_query", "problem.no_search")
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), searchFor)
	defer cancel()
	found, err := s.conf.Chat.Search(ctx, loginOf(c).User, q, limit)
	if err != nil {
		return err
	}
	type hit struct {
		With chat.Party `json:"with"`
		messageView
	}
	page := struct {
		Messages []hit `json:"messages"`
	}{Messages: make([]hit, 0, len(found))}
	for _, f := range found {
		page.Messages = append(page.Messages, hit{f.With, messageOf(f.Message)})
	}
	return c.JSON(http.StatusOK, page)
}

// getPeople is GET /api/v1/people: users of this gateway.
func (s *Server) getPeople(c echo.Context) error {
	query := c.QueryParam("q")
	if len(query) > queryBytesMax {
		return refuse(http.StatusBadRequest, "bad_query", "problem.long_query")
	}
	found, err := s.conf.Gateway.People(c.Request().Context(), loginOf(c).User, query)
	if err != nil {
		return err
	}
	list := struct {
		People []personView `json:"people"`
	}{[]personView{}}
	for _, p := range found {
		list.People = append(list.People, personView{p, stateView{p.Presence, setInstant(p.Presence.Since)}})
	}
	return c.JSON(http.StatusOK, list)
}

// personView is a gateway.PersonView with its time in the form of the wire.
type personView struct {
	gateway.PersonView
	Presence stateView `json:"presence"`
}

type stateView struct {
	gateway.StateView
	Since *instant `json:"since,omitempty"`
}
