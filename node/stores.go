package node

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"ringsplash/admin"
	"ringsplash/config"
	"ringsplash/directory"
	"ringsplash/store"
	"ringsplash/token"
)

// OpenStore opens the store the configuration names. It blocks for I/O.
func OpenStore(ctx context.Context, cfg config.Config, log *slog.Logger) (store.Store, error) {
	if cfg.Redis != "" {
		return store.OpenRedis(ctx, cfg.Redis, log)
	}
	return store.OpenBolt(cfg.Data, log)
}

func (n *Node) openStore(ctx context.Context) error {
	if err := os.MkdirAll(n.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	s, err := waitStore(ctx, n.cfg, n.log)
	if err != nil {
		return err
	}
	if n.store, err = sealed(ctx, n.cfg, s, n.log); err != nil {
		return err
	}
	n.onClose(func(context.Context) error { return n.store.Close() })
	return nil
}

func (n *Node) openDirectory(ctx context.Context) error {
	var err error
	if n.directory, err = directory.Open(ctx, n.store, n.cfg.Domain, n.log); err != nil {
		return err
	}
	n.onClose(func(context.Context) error { return n.directory.Close() })
	if err := n.directory.Sync(ctx, n.users()); err != nil {
		return fmt.Errorf("take over the users of the configuration file: %w", err)
	}
	return nil
}

// openAdmin lets the commands of this machine in, now that what they switch off
// is on record.
func (n *Node) openAdmin(context.Context) error {
	a, err := admin.Listen(n.cfg.Data, admin.Local{Directory: n.directory, APIKeys: token.Keys{Store: n.store}}, n.log)
	if err != nil {
		return err
	}
	n.onClose(func(context.Context) error { return a.Close() })
	return nil
}

// users are those of the configuration file.
func (n *Node) users() []directory.NewUser {
	var out []directory.NewUser
	for _, u := range n.cfg.Users {
		one := directory.NewUser{Password: u.Password}
		one.User = directory.User{Name: u.Name, Number: u.Number, Display: u.Display, Admin: u.Admin}
		for _, d := range u.Devices {
			one.Devices = append(one.Devices, directory.NewDevice{
				ID: d.ID, Display: d.Display, SIPPassword: d.SIPPassword, Interworking: d.Interworking, Profile: d.Profile,
				UnmuteKey: string(d.UnmuteKey),
			})
		}
		out = append(out, one)
	}
	return out
}
