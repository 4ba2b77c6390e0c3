package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"ringsplash/admin"
	"ringsplash/config"
	"ringsplash/directory"
)

// serve runs the gateway until ctx ends, and closes what it opened in the
// opposite order.
func serve(ctx context.Context, cfg config.Config, log *slog.Logger) (err error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	// undo closes what was opened, whatever happens; its fault is the answer
	// only when there is no other.
	undo := func(what string, f func() error) {
		if cerr := f(); cerr != nil {
			err = errors.Join(err, fmt.Errorf("close the %s: %w", what, cerr))
		}
	}
	s, err := openStore(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer undo("store", s.Close)
	d, err := directory.Open(ctx, s, cfg.Domain, log)
	if err != nil {
		return err
	}
	defer undo("directory", d.Close)
	if err := d.Sync(ctx, fileUsers(cfg.Users)); err != nil {
		return fmt.Errorf("take over the users of the configuration file: %w", err)
	}
	a, err := admin.Listen(cfg.Data, d, log)
	if err != nil {
		return err
	}
	defer undo("administration socket", a.Close)
	log.Info("ready", "domain", cfg.Domain, "users", len(d.Users()), "version", version)
	<-ctx.Done()
	log.Info("closing")
	return nil
}

// fileUsers are the users of the configuration file as the directory takes
// them.
func fileUsers(users []config.User) []directory.NewUser {
	out := make([]directory.NewUser, 0, len(users))
	for _, u := range users {
		n := directory.NewUser{User: directory.User{Name: u.Name, Number: u.Number, Display: u.Display, Admin: u.Admin}, Password: u.Password}
		for _, d := range u.Devices {
			n.Devices = append(n.Devices, directory.NewDevice{
				ID: d.ID, Display: d.Display, SIPPassword: d.SIPPassword, Interworking: d.Interworking, Profile: d.Profile,
			})
		}
		out = append(out, n)
	}
	return out
}

// demoRun serves alice and bob from a folder that is thrown away, on loopback
// and on ports of the kernel's choice.
func demoRun(ctx context.Context, c console) error {
	dir, err := os.MkdirTemp("", "ringsplash-demo")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg := config.Default()
	cfg.Domain, cfg.Data = "demo.ringsplash.test", filepath.Join(dir, "data")
	cfg.Users = []config.User{
		{Name: "alice", Number: "1001", Display: "Alice Archer", Password: "alice", Devices: []config.Device{
			{ID: "desk", Display: "Desk phone", SIPPassword: "alice-desk", Interworking: true, Profile: "auto"},
		}},
		{Name: "bob", Number: "1002", Display: "Bob Baker", Password: "bob"},
	}
	return serve(ctx, cfg, newLog(c.err, cfg.Log))
}
