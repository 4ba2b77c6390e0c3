package console

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
	"ringsplash/gateway/profile"
	"ringsplash/node"
)

// check names every fault of a configuration, one a line.
func check(ctx context.Context, t Terminal, args []string) error {
	cfg, file, err := loadFor(t, "check", args)
	if err != nil {
		return err
	}
	var faults []config.Fault
	var devices []directory.Device // of the store
	if err := readStore(ctx, cfg, &devices); err != nil {
		faults = append(faults, storeFault(cfg, err))
	}
	if _, err := node.Splash(cfg); err != nil {
		faults = append(faults, faultOf(cfg, "media.splash", err.Error(), "run ringsplash splash FILE.wav, or write normal"))
	}
	now := time.Now()
	faults = append(faults, checkProfiles(cfg, devices)...)
	faults = append(faults, cfg.Exposed()...)
	faults = append(faults, cfg.Certificates(now)...)
	faults = append(faults, cfg.Machine(ctx, isRunning(cfg), now)...)
	if cfg.Redis != "" {
		tellShared(ctx, t, cfg)
	}
	if len(faults) > 0 {
		return config.InOrder(file, faults)
	}
	_, _ = fmt.Fprintf(t.Out, "%s is good\n", file)
	return nil
}

// tellShared says what several gateways on one Redis have in common, and which
// others live there now.
func tellShared(ctx context.Context, t Terminal, cfg config.Config) {
	_, _ = fmt.Fprintf(t.Out, "note: %s\n", node.Shared)
	s, err := node.OpenStore(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return // readStore has told
	}
	defer func() { _ = s.Close() }()
	others, err := node.OtherNodes(ctx, s, node.Name(cfg.Data))
	if err == nil && len(others) > 0 {
		_, _ = fmt.Fprintf(t.Out, "note: other gateways live on this Redis now: %s\n", strings.Join(others, ", "))
	}
}

// checkProfiles names the deskphones, of the file and of the store, whose profile
// there is not: they would be asked as phones that nobody knows.
func checkProfiles(cfg config.Config, stored []directory.Device) []config.Fault {
	profiles, err := node.Profiles(cfg)
	if err != nil {
		return []config.Fault{faultOf(cfg, "profiles", err.Error(), "correct the file; gateway/profile/profiles.yaml shows the form")}
	}
	var faults []config.Fault
	for i, u := range cfg.Users {
		for j, d := range u.Devices {
			key := fmt.Sprintf("users[%d].devices[%d].profile", i, j)
			if problem, remedy := unknownProfile(profiles, d.Profile); problem != "" {
				faults = append(faults, faultOf(cfg, key, problem, "write "+remedy))
			}
		}
	}
	for _, d := range stored {
		if problem, remedy := unknownProfile(profiles, d.Profile); problem != "" && !cfgHas(cfg, d.User) {
			remedy = fmt.Sprintf("run ringsplash user device %s --device %s --device-profile with %s", d.User, d.ID, remedy)
			faults = append(faults, config.Fault{Key: "device " + d.ID + " of " + d.User, Problem: problem, Remedy: remedy})
		}
	}
	return faults
}

func cfgHas(cfg config.Config, user string) bool {
	return slices.ContainsFunc(cfg.Users, func(u config.User) bool { return u.Name == user })
}

// unknownProfile says that there is no profile of the name, and what there is;
// "" for one that there is.
func unknownProfile(profiles *profile.Profiles, name string) (problem, remedy string) {
	is := func(known string) bool { return strings.EqualFold(known, name) }
	if name == "" || slices.ContainsFunc(append(profiles.Names(), "auto"), is) {
		return "", ""
	}
	return fmt.Sprintf("there is no profile %q, so the phone would be asked as an unknown one", name),
		"auto, or one of " + strings.Join(profiles.Names(), ", ")
}

// isRunning tells whether a node runs on this data folder.
func isRunning(cfg config.Config) bool {
	_, err := admin.Dial(cfg.Data)
	return err == nil
}

func faultOf(cfg config.Config, key, problem, remedy string) config.Fault {
	return config.Fault{Line: cfg.Line(key), Key: key, Problem: problem, Remedy: remedy}
}

// storeFault words what readStore found.
func storeFault(cfg config.Config, err error) config.Fault {
	var changed *directory.DomainError
	switch {
	case errors.As(err, &changed):
		return faultOf(cfg, "domain", changed.Problem(), changed.Remedy())
	case cfg.Redis != "":
		return faultOf(cfg, "redis", "the store cannot be used: "+err.Error(), "start it, or correct its address")
	}
	return faultOf(cfg, "data", "the store cannot be used: "+err.Error(), "correct that, or name another folder")
}

// readStore compares the domain with the one the stored SIP passwords were made
// for, and reads the devices. It makes no store where there is none.
func readStore(ctx context.Context, cfg config.Config, devices *[]directory.Device) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	running, err := admin.Dial(cfg.Data)
	if err == nil {
		was, err := running.Domain(ctx)
		if err == nil && was != cfg.Domain {
			err = &directory.DomainError{Was: was, Now: cfg.Domain}
		}
		people, listErr := running.List(ctx)
		for _, p := range people {
			*devices = append(*devices, p.Devices...)
		}
		return errors.Join(err, listErr)
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
	*devices, err = directory.StoredDevices(ctx, s)
	return errors.Join(directory.CheckDomain(ctx, s, cfg.Domain), err, s.Close())
}
