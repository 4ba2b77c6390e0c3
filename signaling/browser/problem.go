package browser

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"ringsplash/directory"
	"ringsplash/store"
)

// problem is an error for the client (RFC 9457). Its type is left out, which
// means "about:blank"; code tells programs what detail tells people.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	// Request is the id of the request in the log.
	Request string `json:"request,omitempty"`
	// Errors are the single faults of a body, when several can be told.
	Errors []memberFault `json:"errors,omitempty"`

	retryAfter time.Duration // for the Retry-After header, 0 for none
}

// memberFault is one fault of a body: the JSON pointer of the member, and the
// sentence (the example of RFC 9457 3).
type memberFault struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

func (p *problem) Error() string { return p.Code + ": " + p.Detail }

// refuse makes a problem. The detail says what happened, why, and what to do next.
func refuse(status int, code, detail string) *problem {
	return &problem{Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

func (p *problem) after(d time.Duration) *problem {
	p.retryAfter = d
	return p
}

func storeAway() *problem {
	return refuse(http.StatusServiceUnavailable, "store_away",
		"The gateway cannot reach its store, so this could not be looked up or changed. Try again in a few seconds.").after(
		5 * time.Second)
}

// problemOf turns any error into what the client is told; nil stands for a
// fault of ours, which is logged and not shown.
func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var h *echo.HTTPError
	if errors.As(err, &h) {
		return problemOfStatus(h.Code)
	}
	switch {
	case errors.Is(err, store.ErrAway):
		return storeAway()
	case errors.Is(err, directory.ErrNotFound):
		return refuse(http.StatusNotFound, "not_found", "There is nothing with this name. Fetch the list again and choose from it.")
	case errors.Is(err, directory.ErrInvalid):
		return refuse(http.StatusUnprocessableEntity, "not_valid", "The change was not made: "+
			strings.TrimPrefix(err.Error(), directory.ErrInvalid.Error()+": ")+". Correct the value and send it again.")
	case errors.Is(err, directory.ErrExists):
		_, why, _ := strings.Cut(err.Error(), directory.ErrExists.Error()+": ")
		return refuse(http.StatusConflict, "exists", "Nothing was changed: "+why+".")
	case errors.Is(err, directory.ErrFixed):
		return refuse(http.StatusConflict, "fixed",
			"The configuration file of the gateway sets this, so it cannot be changed here. Ask the administrator to change the file.")
	}
	return nil
}

// problemOfStatus words the errors that Echo itself makes.
func problemOfStatus(status int) *problem {
	switch status {
	case http.StatusNotFound:
		return refuse(status, "not_found", "This address does not exist. The interface is described at /api/v1/openapi.yaml.")
	case http.StatusMethodNotAllowed:
		return refuse(status, "method_not_allowed", "This address does not know this method. The Allow header names those it knows.")
	case http.StatusRequestEntityTooLarge:
		return refuse(status, "too_large", "The request is over 64 KiB, more than any request here needs. Send less.")
	case http.StatusUnsupportedMediaType:
		return refuse(status, "not_json", "The body must be JSON. Send it with Content-Type: application/json.")
	case http.StatusInternalServerError:
		return nil
	}
	return refuse(status, "refused", "The request was refused: "+strings.ToLower(http.StatusText(status))+
		". See /api/v1/openapi.yaml for what is expected.")
}

// answerError is Echo's error hook: every error leaves as problem JSON.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := problemOf(err)
	if p == nil {
		s.log.Error("a request failed", "request", requestID(c), "path", c.Path(), "error", err)
		p = refuse(http.StatusInternalServerError, "fault",
			"The gateway made an error. Try again; if it happens again, tell the administrator the request id.")
	}
	body := *p // problems may be shared; the request id is this one's
	body.Request = requestID(c)
	h := c.Response().Header()
	if p.retryAfter > 0 {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(int((p.retryAfter+time.Second-1)/time.Second)))
	}
	h.Set(echo.HeaderContentType, "application/problem+json")
	c.Response().WriteHeader(p.Status)
	if c.Request().Method == http.MethodHead {
		return
	}
	if err := json.NewEncoder(c.Response()).Encode(body); err != nil {
		s.log.Debug("an error answer could not be written", "request", body.Request, "error", err)
	}
}

// readJSON reads the request's body, which must be one JSON object with known
// members only, into v.
func readJSON(c echo.Context, v any) error {
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || (kind != "application/json" && kind != "application/merge-patch+json") {
		return echo.ErrUnsupportedMediaType
	}
	dec := json.NewDecoder(c.Request().Body)
	dec.DisallowUnknownFields()
	err = dec.Decode(v)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = errors.New("there is more after the object")
		}
	}
	var h *echo.HTTPError // the body limit speaks through the reader
	if errors.As(err, &h) {
		return h
	}
	return refuse(http.StatusBadRequest, "bad_json", "The body is not the JSON object that belongs here ("+
		strings.TrimPrefix(err.Error(), "json: ")+"). Compare it with /api/v1/openapi.yaml.")
}
