package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"ringsplash/directory"
)

// ErrNotRunning: no node has its socket in that data folder.
var ErrNotRunning = errors.New("admin: no node runs in this data folder")

const askWait = 30 * time.Second

// Client is People in the node that runs.
type Client struct{ http *http.Client }

var _ People = (*Client)(nil)

// Dial finds the node that runs in the data folder dir. ErrNotRunning: there
// is none, also when one crashed and left its socket behind.
func Dial(dir string) (*Client, error) {
	path := filepath.Join(dir, socketName)
	conn, err := net.Dial("unix", path)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, ErrNotRunning
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("admin: %s belongs to another user; run this as the user that runs the node: %w", path, err)
	case err != nil:
		return nil, fmt.Errorf("admin: the node cannot be reached: %w", err)
	}
	_ = conn.Close()
	return &Client{http: &http.Client{Timeout: askWait, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		},
	}}}, nil
}

// Domain is the domain the node serves.
func (c *Client) Domain(ctx context.Context) (string, error) {
	var domain string
	err := c.do(ctx, http.MethodGet, nil, &domain, "domain")
	return domain, err
}

// List returns everybody, sorted by name.
func (c *Client) List(ctx context.Context) ([]Person, error) {
	var people []Person
	err := c.do(ctx, http.MethodGet, nil, &people, "users")
	return people, err
}

// Add makes a user with his devices.
func (c *Client) Add(ctx context.Context, u directory.NewUser) error {
	return c.do(ctx, http.MethodPut, u, nil, "users", u.Name)
}

// SetPassword changes a log-in password.
func (c *Client) SetPassword(ctx context.Context, name, password string) error {
	return c.do(ctx, http.MethodPut, secret{password}, nil, "users", name, "password")
}

// SetSIPPassword changes a device's SIP password.
func (c *Client) SetSIPPassword(ctx context.Context, name, device, password string) error {
	return c.do(ctx, http.MethodPut, secret{password}, nil, "users", name, "devices", device, "password")
}

// PatchDevice changes a device.
func (c *Client) PatchDevice(ctx context.Context, name, device string, p directory.DevicePatch) (directory.Device, error) {
	var d directory.Device
	err := c.do(ctx, http.MethodPatch, p, &d, "users", name, "devices", device)
	return d, err
}

// Unpair frees a device for another phone.
func (c *Client) Unpair(ctx context.Context, name, device string) error {
	return c.do(ctx, http.MethodDelete, nil, nil, "users", name, "devices", device, "pairing")
}

// Remove deletes a user.
func (c *Client) Remove(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, nil, nil, "users", name)
}

// do asks the node and reads its answer into out, which may be nil.
func (c *Client) do(ctx context.Context, method string, in, out any, path ...string) error {
	address := "http://admin"
	for _, step := range path {
		if step == "" || step == "." || step == ".." {
			return fmt.Errorf("%w: the name %q cannot be used", directory.ErrInvalid, step)
		}
		address += "/" + url.PathEscape(step)
	}
	body, err := json.Marshal(in)
	var req *http.Request
	if err == nil {
		req, err = http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	}
	if err != nil {
		return fmt.Errorf("admin: ask the node: %w", err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("admin: the node does not answer: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= 300 {
		return said(res)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("admin: the node's answer is not readable; is it another version? %w", err)
	}
	return nil
}

func said(res *http.Response) error {
	var p problem
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil || p.Detail == "" {
		return fmt.Errorf("admin: the node answers %s; is it another version?", res.Status)
	}
	return &remoteError{text: p.Detail, is: codes[p.Code].is}
}
