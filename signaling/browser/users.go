package browser

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"ringsplash/directory"
)

// userView is a user as administrators see him.
type userView struct {
	Name    string          `json:"name"`
	Number  string          `json:"number"`
	Display string          `json:"display"`
	Admin   bool            `json:"admin"`
	Fixed   bool            `json:"fixed"`
	Devices []ownDeviceView `json:"devices"`
}

// ownDeviceView is a deskphone as it was set up.
type ownDeviceView struct {
	ID           string `json:"id"`
	Display      string `json:"display"`
	Interworking bool   `json:"interworking"`
	Primary      bool   `json:"primary"`
	Profile      string `json:"profile"`
	// Paired: a phone has taken the place.
	Paired bool `json:"paired"`
}

func (s *Server) viewUser(u directory.User) userView {
	v := userView{Name: u.Name, Number: u.Number, Display: u.Display, Admin: u.Admin, Fixed: u.Fixed, Devices: []ownDeviceView{}}
	for _, d := range s.conf.People.Devices(u.Name) {
		v.Devices = append(v.Devices, ownDeviceView{
			ID: d.ID, Display: d.Display, Interworking: d.Interworking, Primary: d.Primary, Profile: d.Profile, Paired: d.Instance != "",
		})
	}
	return v
}

// getUsers is GET /api/v1/users, by name.
func (s *Server) getUsers(c echo.Context) error {
	list := struct {
		Users []userView `json:"users"`
	}{[]userView{}}
	for _, u := range s.conf.People.Users() {
		list.Users = append(list.Users, s.viewUser(u))
	}
	return c.JSON(http.StatusOK, list)
}

func (s *Server) getUser(c echo.Context) error { return s.showUser(c, http.StatusOK, c.Param("name")) }

func (s *Server) showUser(c echo.Context, status int, name string) error {
	u, ok := s.conf.People.User(name)
	if !ok {
		return directory.ErrNotFound
	}
	return c.JSON(status, s.viewUser(u))
}

// postUser is POST /api/v1/users.
func (s *Server) postUser(c echo.Context) error {
	var in struct {
		Name     string                `json:"name"`
		Number   string                `json:"number"`
		Display  string                `json:"display"`
		Admin    bool                  `json:"admin"`
		Password string                `json:"password"`
		Devices  []directory.NewDevice `json:"devices"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if err := goodPassword(in.Password); err != nil {
		return err
	}
	user := directory.User{Name: in.Name, Number: in.Number, Display: in.Display, Admin: in.Admin}
	made := directory.NewUser{User: user, Password: in.Password, Devices: in.Devices}
	if err := s.conf.People.Put(c.Request().Context(), made); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/api/v1/users/"+in.Name)
	return s.showUser(c, http.StatusCreated, in.Name)
}

// patchUser is PATCH /api/v1/users/{name}; members left out stay as they are.
// A new password ends the user's log-ins.
func (s *Server) patchUser(c echo.Context) error {
	var in struct {
		directory.UserPatch
		Password *string `json:"password"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if in.Password != nil {
		if err := goodPassword(*in.Password); err != nil {
			return err
		}
	}
	name, ctx := c.Param("name"), c.Request().Context()
	if _, err := s.conf.People.PatchUser(ctx, name, in.UserPatch); err != nil {
		return err
	}
	if in.Password != nil {
		if err := s.conf.People.SetPassword(ctx, name, *in.Password); err != nil {
			return err
		}
		if err := s.endOthers(ctx, name, loginOf(c).hash); err != nil {
			return err
		}
	}
	return s.showUser(c, http.StatusOK, name)
}

// deleteUser is DELETE /api/v1/users/{name}. His log-ins go with him, so that a
// later user of the name does not meet them.
func (s *Server) deleteUser(c echo.Context) error {
	name, ctx := c.Param("name"), c.Request().Context()
	if name == loginOf(c).User {
		return refuse(http.StatusConflict, "own_user", "problem.own_user")
	}
	open, err := s.logins.of(ctx, name)
	if err != nil {
		return err
	}
	if err := s.conf.People.Remove(ctx, name); err != nil { // with his log-ins
		return err
	}
	for _, hash := range open {
		s.logins.forget(hash)
		s.endLogin(hash)
	}
	return c.NoContent(http.StatusNoContent)
}
