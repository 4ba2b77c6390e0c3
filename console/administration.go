package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"ringsplash/admin"
	"ringsplash/config"
	"ringsplash/directory"
	"ringsplash/node"
	"ringsplash/store"
	"ringsplash/token"
)

// withPeople finds the users and API keys: at the node that runs, else in the store.
func withPeople(ctx context.Context, t Terminal, file string, do func(admin.People) error) error {
	cfg, err := config.Load(file)
	if err != nil {
		return err
	}
	running, err := admin.Dial(cfg.Data)
	if err == nil {
		return do(running)
	}
	if !errors.Is(err, admin.ErrNotRunning) {
		return err
	}
	return withStore(ctx, t, cfg, func(s store.Store, log *slog.Logger) error {
		d, err := directory.Open(ctx, s, cfg.Domain, log)
		if err != nil {
			return err
		}
		return errors.Join(do(admin.Local{Directory: d, APIKeys: token.Keys{Store: s}}), d.Close())
	})
}

func withStore(ctx context.Context, t Terminal, cfg config.Config, do func(store.Store, *slog.Logger) error) error {
	log := newLog(t.Err, config.Log{Level: "warn", Format: "text"})
	s, err := node.OpenSealed(ctx, cfg, log)
	if err != nil {
		return err
	}
	return errors.Join(do(s, log), s.Close())
}

func userForget(ctx context.Context, t Terminal, f userFlags) error {
	cfg, err := stopped(f, "its domain is changed")
	if err != nil {
		return err
	}
	return withStore(ctx, t, cfg, func(s store.Store, _ *slog.Logger) error {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		n, err := directory.ForgetSIPPasswords(ctx, s, cfg.Domain)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(t.Out, "the domain is %s; %d devices need a new SIP password\n", cfg.Domain, n)
		return nil
	})
}

func userSeal(ctx context.Context, t Terminal, f userFlags) error {
	cfg, err := stopped(f, "its records are sealed")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	n, err := node.Reseal(ctx, cfg, newLog(t.Err, config.Log{Level: "warn", Format: "text"}))
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(t.Out, "%d records were sealed; every gateway on this store needs the file %s\n", n,
		filepath.Join(cfg.Data, store.KeyName))
	return nil
}

// stopped is the configuration of a gateway that does not run.
func stopped(f userFlags, before string) (config.Config, error) {
	cfg, err := config.Load(f.config)
	if err != nil {
		return cfg, err
	}
	switch _, err := admin.Dial(cfg.Data); {
	case err == nil:
		return cfg, errors.New("the gateway runs; stop it before " + before)
	case !errors.Is(err, admin.ErrNotRunning):
		return cfg, err
	}
	return cfg, nil
}
