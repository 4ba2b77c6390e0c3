package node

import (
	"context"

	"ringsplash/config"
	"ringsplash/directory"
	"ringsplash/policy"
)

// people is the directory as policy asks it.
type people struct{ *directory.Directory }

// Known asks the personal directory, when there is one.
func (p people) Known(ctx context.Context, user, address string) (friend, known bool, err error) {
	if d, ok := any(p.Directory).(interface {
		Known(ctx context.Context, user, address string) (friend, known bool, err error)
	}); ok {
		return d.Known(ctx, user, address)
	}
	return false, false, nil
}

// openPolicy opens the audit file. What it gives decides nothing before the
// gateway asks.
func (n *Node) openPolicy(context.Context) error {
	name, err := nodeName(n.cfg.Data)
	if err != nil {
		return err
	}
	c := policy.Config{Store: n.store, People: people{n.directory}, AuditDir: n.cfg.Data, Node: name, Log: n.log}
	for _, g := range n.cfg.Policy.Forbid {
		c.Forbid = append(c.Forbid, policy.Group(g))
	}
	if c.PhoneHosts, err = phoneHosts(n.cfg.Trunks); err != nil {
		return err
	}
	if n.policy, err = policy.New(c); err != nil {
		return err
	}
	n.onClose(func(context.Context) error { return n.policy.Close() })
	return nil
}

// phoneHosts are the hosts of the trunks whose word on callers counts.
func phoneHosts(trunks []config.Trunk) ([]string, error) {
	var out []string
	for _, t := range trunks {
		if !t.TrustIdentity {
			continue
		}
		uri, err := t.URI()
		if err != nil {
			return nil, err
		}
		out = append(out, uri.Host)
	}
	return out, nil
}
