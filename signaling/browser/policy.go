package browser

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/internal/address"
	"ringsplash/internal/sentence"
	"ringsplash/policy"
	"ringsplash/store"
)

// policyView is the body of GET and PUT /api/v1/policy.
type policyView struct {
	policy.Grants
	// Forbid are the groups the administrator does not let anybody allow. It
	// is taken and ignored in a PUT, so that what was got can be put.
	Forbid []policy.Group `json:"forbid"`
	// Count is taken and ignored as well.
	Count grantCount `json:"count"`
}

// grantCount says how many people the groups have, and what is in force.
type grantCount struct {
	Friends   int `json:"friends"`
	Directory int `json:"directory"`
	// Addresses and Domains are what may open a phone now, each counted once,
	// leaving out everybody else in the case of allowPublic.
	Addresses int `json:"addresses"`
	Domains   int `json:"domains"`
}

// needPolicy lets nothing through on a gateway without grants.
func (s *Server) needPolicy(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.conf.Policy == nil {
			return refuse(http.StatusServiceUnavailable, "not_set_up", "problem.no_policy")
		}
		return next(c)
	}
}

// needInterworking lets a user through who has a phone that may answer by
// itself: without one there is nothing to grant.
func (s *Server) needInterworking(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !slices.ContainsFunc(s.conf.Gateway.Devices(loginOf(c).User), interworking) {
			return refuse(http.StatusForbidden, "no_interworking", "problem.no_interworking")
		}
		return next(c)
	}
}

// getPolicy is GET /api/v1/policy.
func (s *Server) getPolicy(c echo.Context) error {
	g, err := s.conf.Policy.Get(c.Request().Context(), loginOf(c).User)
	if err != nil {
		return err
	}
	return s.showPolicy(c, g)
}

func (s *Server) showPolicy(c echo.Context, g policy.Grants) error {
	count, err := s.countGrants(c.Request().Context(), loginOf(c).User, g)
	if err != nil {
		return err
	}
	c.Response().Header().Set("ETag", `"`+strconv.FormatUint(uint64(g.Version), 10)+`"`)
	return c.JSON(http.StatusOK, policyView{g, listOf(s.conf.Policy.Forbidden()), count})
}

// countGrants counts the people of the groups and what is in force.
func (s *Server) countGrants(ctx context.Context, user string, g policy.Grants) (grantCount, error) {
	friends, others, err := s.conf.People.Addresses(ctx, user)
	if err != nil {
		return grantCount{}, err
	}
	count := grantCount{Friends: friends.Entries, Directory: friends.Entries + others.Entries}
	forbidden := s.conf.Policy.Forbidden()
	inForce := func(allowed bool, group policy.Group) bool { return allowed && !slices.Contains(forbidden, group) }
	wholeDirectory := inForce(g.AllowDirectory, policy.Directory)
	one := map[string]bool{}
	if wholeDirectory || inForce(g.AllowFriends, policy.Friends) {
		for _, address := range friends.Addresses {
			one[address] = true
		}
	}
	if wholeDirectory {
		for _, address := range others.Addresses {
			one[address] = true
		}
	}
	if inForce(g.AllowAddresses, policy.Addresses) {
		for _, address := range g.Addresses {
			if single, domain := singleAddress(address); domain {
				count.Domains++
			} else {
				one[single] = true
			}
		}
	}
	count.Addresses = len(one)
	return count, nil
}

// singleAddress brings an allowed address into the form of the directory;
// domain tells that it stands for all users of a name.
func singleAddress(allowed string) (address string, domain bool) {
	place := strings.TrimPrefix(allowed, "sips:")
	if _, err := netip.ParseAddr(strings.Trim(place, "[]")); err == nil || strings.HasPrefix(place, "tel:") {
		return allowed, false
	}
	if !strings.Contains(place, "@") {
		return "", true
	}
	if place == allowed {
		allowed = "sip:" + allowed
	}
	return allowed, false
}

// putPolicy is PUT /api/v1/policy: all grants at once, when they are still as
// the client saw them.
func (s *Server) putPolicy(c echo.Context) error {
	var in struct {
		policyView
		Version *store.Version `json:"version"` // tells one that is not there from 0
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	var err error
	if in.Grants.Version, err = seenVersion(c.Request().Header.Get("If-Match"), in.Version); err != nil {
		return err
	}
	user := loginOf(c).User
	kept, err := s.conf.Policy.Put(c.Request().Context(), user, user, in.Grants)
	if err != nil {
		return policyProblem(err)
	}
	return s.showPolicy(c, kept)
}

// seenVersion is the version the client saw: its If-Match (RFC 9110 13.1.1),
// else the version in the body.
func seenVersion(match string, inBody *store.Version) (store.Version, error) {
	switch match = strings.TrimSpace(match); {
	case match == "*":
		return store.AnyVersion, nil
	case match == "" && inBody != nil && *inBody != store.AnyVersion:
		return *inBody, nil
	case match == "":
		return 0, refuse(http.StatusPreconditionRequired, "no_version", "problem.no_version")
	}
	n, err := strconv.ParseUint(strings.Trim(match, `"`), 10, 64)
	if err != nil || store.Version(n) == store.AnyVersion {
		return 0, policyConflict()
	}
	return store.Version(n), nil
}

func policyConflict() *problem {
	return refuse(http.StatusPreconditionFailed, "version_conflict", "problem.version_conflict")
}

// policyProblem words what a change of the grants can fail with.
func policyProblem(err error) error {
	var malformed *policy.MalformedError
	var ceiling *policy.CeilingError
	switch {
	case errors.Is(err, store.ErrConflict):
		return policyConflict()
	case errors.As(err, &malformed):
		p := refuse(http.StatusUnprocessableEntity, "bad_address", "problem.bad_address", "faults", malformed.Error())
		for _, m := range malformed.Addresses {
			p.Errors = append(p.Errors, memberFault{fmt.Sprintf("#/addresses/%d", m.Index), m.Sentence.Text, m.Sentence})
		}
		return p
	case errors.Is(err, policy.ErrTooMany):
		return refuse(http.StatusUnprocessableEntity, "too_many", "problem.too_many_addresses")
	case errors.As(err, &ceiling):
		return says(http.StatusForbidden, "forbidden_group", ceiling.Sentence())
	}
	return err
}

// simulatePolicy is POST /api/v1/policy/simulate: could this requester make my
// phone answer now, and why?
func (s *Server) simulatePolicy(c echo.Context) error {
	var in struct {
		Requester string `json:"requester"`
		Device    string `json:"device"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	user := loginOf(c).User
	requester, err := s.requesterAddress(in.Requester)
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, "bad_address", "problem.no_address_given", "text", strconv.Quote(in.Requester),
			"fault", err)
	}
	who := requester
	if own, err := address.Canonical(s.addressOf(user)); err == nil && requester == own {
		who = user // stands for his own tab
	}
	device, err := s.deviceOf(user, in.Device)
	if err != nil {
		return err
	}
	d := s.conf.Policy.Simulate(c.Request().Context(), who, user, device)
	return c.JSON(http.StatusOK, struct {
		Requester string `json:"requester"`
		Device    string `json:"device"`
		Allow     bool   `json:"allow"`
		Grant     string `json:"grant"`
		Reason    string `json:"reason"`

		ReasonSentence sentence.Sentence `json:"reasonSentence,omitzero"`
	}{requester, device, d.Allow, d.Grant, d.Reason.Text, d.Reason})
}

func (s *Server) addressOf(user string) string { return "sip:" + user + "@" + s.conf.People.Domain() }

// requesterAddress takes a name or number of ours, an address with or without
// scheme, or a number with +. Somebody of ours is taken by his name, as his
// log-in proves him.
func (s *Server) requesterAddress(text string) (string, error) {
	text = strings.TrimSpace(text)
	if !strings.ContainsAny(text, ":@") {
		local := "sip:" + url.PathEscape(strings.ToLower(text)) + "@" + s.conf.People.Domain()
		if name, _ := s.conf.People.UserAt(local); name != "" {
			return address.Canonical(s.addressOf(name))
		}
	}
	aor, err := s.foreignAddress(text)
	if err != nil {
		return "", err
	}
	if name, _ := s.conf.People.UserAt(aor); name != "" {
		return address.Canonical(s.addressOf(name))
	}
	return aor, nil
}

func (s *Server) foreignAddress(text string) (string, error) {
	scheme, _, _ := strings.Cut(strings.ToLower(text), ":")
	switch {
	case scheme == "sip" || scheme == "sips" || scheme == "tel":
	case strings.HasPrefix(text, "+") && !strings.Contains(text, "@"):
		text = "tel:" + text
	case !strings.Contains(text, "@"):
		return "", Words.Say("address.not_here")
	default:
		text = "sip:" + text
	}
	return address.Canonical(text)
}

// deviceOf is the phone that is asked about: the primary one, which comes
// first, when none is named.
func (s *Server) deviceOf(user, id string) (string, error) {
	for _, d := range s.conf.Gateway.Devices(user) {
		if id == "" || d.ID == id {
			return d.ID, nil
		}
	}
	return "", directory.ErrNotFound
}

// decisionView is one row of GET /api/v1/policy/decisions.
type decisionView struct {
	ID        string  `json:"id"`
	Time      instant `json:"time"`
	Owner     string  `json:"owner"`
	Requester string  `json:"requester"`
	// Authenticated is how the requester was proven, "" for not at all.
	Authenticated  string            `json:"authenticated"`
	Evidence       string            `json:"evidence"`
	Kind           policy.Kind       `json:"kind"`
	Device         string            `json:"device"`
	Call           string            `json:"call,omitempty"`
	Allow          bool              `json:"allow"`
	Grant          string            `json:"grant"`
	Reason         string            `json:"reason"`
	ReasonSentence sentence.Sentence `json:"reasonSentence,omitzero"`

	Node string `json:"node,omitempty"`
}

// getDecisions is GET /api/v1/policy/decisions?before=&limit=&user=, newest
// first. Only an administrator may name another user, or "*" for all.
func (s *Server) getDecisions(c echo.Context) error {
	before, limit, err := pageOf(c)
	if err != nil {
		return err
	}
	owners, err := s.ownersAsked(c)
	if err != nil {
		return err
	}
	found, err := s.conf.Policy.Decisions(c.Request().Context(), owners, before, limit)
	if err != nil {
		return err
	}
	page := struct {
		Decisions []decisionView `json:"decisions"`
		Next      string         `json:"next,omitempty"`
	}{Decisions: make([]decisionView, 0, len(found))}
	for _, r := range found {
		page.Decisions = append(page.Decisions, decisionView{
			ID: r.ID, Time: instant(r.Time), Owner: r.Owner, Requester: r.Requester, Authenticated: r.Authenticated, Evidence: r.Evidence,
			Kind: r.Kind, Device: r.Device, Call: r.Call, Allow: r.Allow, Grant: r.Grant, Reason: r.Reason, Node: r.Node,
			ReasonSentence: policy.Words.Recognise(r.Reason),
		})
	}
	if len(found) == limit {
		page.Next = found[limit-1].ID
	}
	return c.JSON(http.StatusOK, page)
}

// ownersAsked are the users whose decisions are asked for.
func (s *Server) ownersAsked(c echo.Context) ([]string, error) {
	own, other := loginOf(c).User, c.QueryParam("user")
	if other == "" || other == own {
		return []string{own}, nil
	}
	if !s.isAdmin(c) {
		return nil, refuse(http.StatusForbidden, "not_admin", "problem.decisions_not_yours")
	}
	if other == "*" {
		var all []string
		for _, u := range s.conf.People.Users() {
			all = append(all, u.Name)
		}
		return all, nil
	}
	if _, ok := s.conf.People.User(other); !ok {
		return nil, directory.ErrNotFound
	}
	return []string{other}, nil
}

func interworking(d gateway.DeviceView) bool { return d.Interworking }
