package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ringsplash/admin"
	"ringsplash/config"
	"ringsplash/directory"
	"ringsplash/node"
)

// check names every fault of a configuration, one a line.
func check(ctx context.Context, c console, args []string) error {
	flags := newFlags(c, "check", "--config FILE")
	file := flags.String("config", "ringsplash.yaml", "the configuration `FILE`")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	cfg, err := config.Load(*file)
	if err != nil {
		return err
	}
	var faults []config.Fault
	if fault := checkDomain(ctx, cfg); fault != nil {
		faults = append(faults, *fault)
	}
	if _, err := node.Splash(cfg); err != nil {
		faults = append(faults, config.Fault{Line: cfg.Line("media.splash"), Key: "media.splash", Problem: err.Error(), Remedy: "run ringsplash splash FILE.wav, or write normal"})
	}
	now := time.Now()
	faults = append(faults, checkProfiles(cfg)...)
	faults = append(faults, cfg.Exposed()...)
	faults = append(faults, cfg.Certificates(now)...)
	faults = append(faults, cfg.Machine(ctx, isRunning(cfg), now)...)
	if cfg.Redis != "" {
		tellShared(ctx, c, cfg)
	}
	if len(faults) > 0 {
		return config.InOrder(*file, faults)
	}
	_, _ = fmt.Fprintf(c.out, "%s is good\n", *file)
	return nil
}

// tellShared says what several gateways on one Redis have in common, and which
// others live there now.
func tellShared(ctx context.Context, c console, cfg config.Config) {
	_, _ = fmt.Fprintf(c.out, "note: %s\n", node.Shared)
	s, err := node.OpenStore(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return // checkDomain has told
	}
	defer func() { _ = s.Close() }()
	others, err := node.OtherNodes(ctx, s, node.Name(cfg.Data))
	if err == nil && len(others) > 0 {
		_, _ = fmt.Fprintf(c.out, "note: other gateways live on this Redis now: %s\n", strings.Join(others, ", "))
	}
}

// checkProfiles names the deskphones whose profile there is not: they would be
// asked as phones that nobody knows.
func checkProfiles(cfg config.Config) []config.Fault {
	profiles, err := node.Profiles(cfg)
	if err != nil {
		return []config.Fault{{Line: cfg.Line("profiles"), Key: "profiles", Problem: err.Error(), Remedy: "correct the file; gateway/profiles.yaml shows the form"}}
	}
	names := append(profiles.Names(), "auto")
	var faults []config.Fault
	for i, u := range cfg.Users {
		for j, d := range u.Devices {
			if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, d.Profile) }) {
				continue
			}
			key := fmt.Sprintf("users[%d].devices[%d].profile", i, j)
			faults = append(faults, config.Fault{
				Line: cfg.Line(key), Key: key, Problem: fmt.Sprintf("there is no profile %q, so the phone would be asked as an unknown one", d.Profile),
				Remedy: "write auto, or one of " + strings.Join(profiles.Names(), ", "),
			})
		}
	}
	return faults
}

// isRunning tells whether a node runs on this data folder.
func isRunning(cfg config.Config) bool {
	_, err := admin.Dial(cfg.Data)
	return err == nil
}

// checkDomain compares the domain with the one the stored SIP passwords were
// made for. It makes no store where there is none.
func checkDomain(ctx context.Context, cfg config.Config) *config.Fault {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := compareDomain(ctx, cfg)
	var changed *directory.DomainError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &changed):
		return &config.Fault{Line: cfg.Line("domain"), Key: "domain", Problem: changed.Problem(), Remedy: changed.Remedy()}
	case cfg.Redis != "":
		return &config.Fault{Line: cfg.Line("redis"), Key: "redis", Problem: "the store cannot be used: " + err.Error(), Remedy: "start it, or correct its address"}
	}
	return &config.Fault{Line: cfg.Line("data"), Key: "data", Problem: "the store cannot be used: " + err.Error(), Remedy: "correct that, or name another folder"}
}

func compareDomain(ctx context.Context, cfg config.Config) error {
	running, err := admin.Dial(cfg.Data)
	if err == nil {
		was, err := running.Domain(ctx)
		if err == nil && was != cfg.Domain {
			err = &directory.DomainError{Was: was, Now: cfg.Domain}
		}
		return err
	}
	if !errors.Is(err, admin.ErrNotRunning) {
		return err
	}
	if cfg.Redis == "" {
		if _, err := os.Stat(filepath.Join(cfg.Data, "ringsplash.db")); errors.Is(err, os.ErrNotExist) {
			return nil
		}
	}
	s, err := node.OpenStore(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(directory.CheckDomain(ctx, s, cfg.Domain), s.Close())
}
