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
	"ringsplash/internal/sentence"
	"ringsplash/store"
)

// problem is an error for the client (RFC 9457). Its type is left out, which
// means "about:blank"; code tells programs what detail tells people.
type problem struct {
	Title    string            `json:"title"`
	Status   int               `json:"status"`
	Detail   string            `json:"detail"`
	Code     string            `json:"code"`
	Sentence sentence.Sentence `json:"sentence,omitzero"`
	// Request is the id of the request in the log.
	Request string `json:"request,omitempty"`
	// Errors are the single faults of a body, when several can be told.
	Errors []memberFault `json:"errors,omitempty"`

	retryAfter time.Duration // for the Retry-After header, 0 for none
}

// memberFault is one fault of a body: the JSON pointer of the member, and the
// sentence (the example of RFC 9457 3).
type memberFault struct {
	Pointer        string            `json:"pointer"`
	Detail         string            `json:"detail"`
	DetailSentence sentence.Sentence `json:"detailSentence,omitzero"`
}

func (p *problem) Error() string { return p.Code + ": " + p.Detail }

// refuse makes a problem of a sentence in Words, which says what happened, why,
// and what to do next.
func refuse(status int, code, say string, args ...any) *problem {
	return says(status, code, Words.Say(say, args...))
}

func says(status int, code string, s sentence.Sentence) *problem {
	return &problem{Title: http.StatusText(status), Status: status, Detail: s.Text, Code: code, Sentence: s}
}

func (p *problem) after(d time.Duration) *problem {
	p.retryAfter = d
	return p
}

func storeAway() *problem {
	return refuse(http.StatusServiceUnavailable, "store_away", "problem.store_away").after(5 * time.Second)
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
		return refuse(http.StatusNotFound, "not_found", "problem.not_found")
	case errors.Is(err, directory.ErrInvalid):
		return refuse(http.StatusUnprocessableEntity, "not_valid", "problem.not_valid", "fault", reasonOf(err, directory.ErrInvalid))
	case errors.Is(err, directory.ErrExists):
		return refuse(http.StatusConflict, "exists", "problem.exists", "fault", reasonOf(err, directory.ErrExists))
	case errors.Is(err, directory.ErrFixed):
		return refuse(http.StatusConflict, "fixed", "problem.fixed")
	}
	return nil
}

// reasonOf is what follows the kind in an error of the directory.
func reasonOf(err, kind error) any {
	text := strings.TrimPrefix(err.Error(), kind.Error()+": ")
	if r := (*directory.Refused)(nil); errors.As(err, &r) && r.Sentence.Text == text {
		return r.Sentence
	}
	return text
}

// problemOfStatus words the errors that Echo itself makes.
func problemOfStatus(status int) *problem {
	switch status {
	case http.StatusNotFound:
		return refuse(status, "not_found", "problem.no_address")
	case http.StatusMethodNotAllowed:
		return refuse(status, "method_not_allowed", "problem.method_not_allowed")
	case http.StatusRequestEntityTooLarge:
		return refuse(status, "too_large", "problem.too_large")
	case http.StatusUnsupportedMediaType:
		return refuse(status, "not_json", "problem.not_json")
	case http.StatusInternalServerError:
		return nil
	}
	return refuse(status, "refused", "problem.refused", "why", strings.ToLower(http.StatusText(status)))
}

// answerError is Echo's error hook: every error leaves as problem JSON.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := problemOf(err)
	if p == nil {
		s.log.Error("a request failed", "request", requestID(c), "path", c.Path(), "err", err)
		p = refuse(http.StatusInternalServerError, "fault", "problem.fault")
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
		s.log.Debug("an error answer could not be written", "request", body.Request, "err", err)
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
	return refuse(http.StatusBadRequest, "bad_json", "problem.bad_json", "fault", strings.TrimPrefix(err.Error(), "json: "))
}
