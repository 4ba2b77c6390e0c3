package node

import (
	"context"

	"ringsplash/chat"
	"ringsplash/config"
	"ringsplash/policy"
	"ringsplash/signaling/sipua/registrar"
)

// openPolicy opens the audit file. What it gives decides nothing before the
// gateway asks.
func (n *Node) openPolicy(context.Context) error {
	name, err := nodeName(n.cfg.Data)
	if err != nil {
		return err
	}
	c := policy.Config{Store: n.store, People: n.directory, AuditDir: n.cfg.Data, Node: name, Log: n.log}
	c.FoldUserCase = n.cfg.Policy.FoldUserCase
	for _, g := range n.cfg.Policy.Forbid {
		c.Forbid = append(c.Forbid, policy.Group(g))
	}
	if c.PhoneHosts, err = phoneHosts(n.cfg.Trunks); err != nil {
		return err
	}
	if n.policy, err = policy.New(c); err != nil {
		return err
	}
	n.directory.Switched = n.policy.Switched
	n.store.Watch(n.policy.Foreign)
	n.decisions = &decisions{Book: n.policy}
	n.onClose(func(context.Context) error { return n.policy.Close() })
	return nil
}

// signers are whose signatures on callers count.
func (n *Node) signers() (*registrar.Signers, error) {
	id := n.cfg.SIP.Identity
	var files []registrar.SignerFile
	for info, file := range id.Signers {
		files = append(files, registrar.SignerFile{Info: info, Cert: file})
	}
	return registrar.LoadSigners(files, id.NumberCA)
}

// openChat opens the users' messages.
func (n *Node) openChat(ctx context.Context) error {
	name, err := nodeName(n.cfg.Data)
	if err != nil {
		return err
	}
	m := n.cfg.Messages
	n.chat, err = chat.Open(ctx, chat.Config{
		Store: n.store, People: n.directory, Node: name, FromOutside: m.FromOutside, Keep: m.Keep,
		Friend: n.policy.Friend, TellRead: m.TellRead,
	}, n.log)
	if err != nil {
		return err
	}
	n.onClose(func(context.Context) error { return n.chat.Close() })
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
