package browser

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/story"
)

var described = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(openapi3.NewLoader().Context)
})

var describedRoutes = sync.OnceValues(func() (routers.Router, error) {
	doc, err := described()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// checkedTransport fails a test whose answers are not as openapi.yaml says.
// Requests that were carried out must be as described as well.
type checkedTransport struct {
	t    *testing.T
	next http.RoundTripper
}

func (c checkedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	res, err := c.next.RoundTrip(r)
	if err != nil {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return res, err
	}
	if problem := c.check(r, sent, res, body); problem != nil {
		c.t.Errorf("%s %s answered %d, not as openapi.yaml says: %v", r.Method, r.URL.Path, res.StatusCode, problem)
	}
	return res, nil
}

func (c checkedTransport) check(r *http.Request, sent []byte, res *http.Response, body []byte) error {
	router, err := describedRoutes()
	if err != nil {
		return err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(sent))
	route, params, err := router.FindRoute(r)
	if err != nil {
		if isOurs(r.URL.Path) && res.StatusCode < 400 && r.Method != http.MethodOptions {
			return fmt.Errorf("the route is not described: %w", err)
		}
		return nil // a page, or a route that does not exist
	}
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
	if res.StatusCode < 300 {
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			return err
		}
	}
	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: res.StatusCode, Header: res.Header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: options,
	})
}

func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	t.Parallel()
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	var want, have []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			want = append(want, method+" "+path)
		}
	}
	for _, route := range newRig(t, nil).srv.echo.Routes() {
		parts := strings.Split(route.Path, "/")
		for i, p := range parts {
			if name, ok := strings.CutPrefix(p, ":"); ok {
				parts[i] = "{" + name + "}"
			}
		}
		have = append(have, route.Method+" "+strings.Join(parts, "/"))
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(want, have) {
		t.Errorf("openapi.yaml has\n%s\nthe router has\n%s", strings.Join(want, "\n"), strings.Join(have, "\n"))
	}
}

// The members of a described object are those of the Go type that makes it.
func TestOpenAPIDescribesEveryMember(t *testing.T) {
	t.Parallel()
	doc, err := described()
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"Me": accountView{}, "OwnPresence": ownPresence{}, "Person": personView{},
		"HistoryEntry": historyView{}, "Device": gateway.DeviceView{}, "PhoneTest": gateway.PhoneTest{},
		"Problem": problem{},
		"Entry":   directory.Entry{}, "Imported": directory.Imported{}, "Rejected": directory.Rejected{},
		"Policy": policyView{}, "GrantCount": grantCount{}, "Decision": decisionView{}, "EmbedToken": embedToken{},
		"Story": storyView{}, "StoryLeg": story.Leg{}, "StoryEvent": eventView{}, "MediaCounters": story.MediaCounters{},
		"CallHead": callHead{}, "User": userView{}, "UserDevice": ownDeviceView{}, "Peer": machine.PeerView{},
	} {
		schema := doc.Components.Schemas[name].Value
		var want, have []string
		for member := range schema.Properties {
			if !slices.Contains(schema.Required, member) {
				member += "?"
			}
			want = append(want, member)
		}
		for _, m := range membersOf(reflect.TypeOf(v)) {
			have = append(have, m.name+m.mark())
		}
		slices.Sort(want)
		slices.Sort(have)
		if !slices.Equal(want, have) {
			t.Errorf("%s: openapi.yaml has %v, the code has %v", name, want, have)
		}
	}
}

func TestOpenAPIIsServed(t *testing.T) {
	t.Parallel()
	a := newRig(t, nil).browser().send("GET", "/api/v1/openapi.yaml", nil)
	if a.status != http.StatusOK || !bytes.Equal(a.body, openAPI) {
		t.Errorf("answered %d with %d bytes", a.status, len(a.body))
	}
}

// The check itself must be able to fail.
func TestOpenAPICheckSeesAWrongAnswer(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/api/v1/me", nil)
	res := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}}
	c := checkedTransport{t: t}
	good := `{"name":"a","number":"","display":"","address":"sip:a@b","admin":false,"fixed":false,` +
		`"doNotDisturb":false,"whileBusy":"ring","presence":{"set":"","note":"","visible":"domain","state":"offline"}}`
	if err := c.check(r, nil, res, []byte(good)); err != nil {
		t.Errorf("a right answer was refused: %v", err)
	}
	if c.check(r, nil, res, []byte(`{"name":1}`)) == nil {
		t.Error("a wrong answer was let through")
	}
}
