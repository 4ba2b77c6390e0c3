package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ringsplash/store"
)

const domainKey = "directory/domain"

type domainRecord struct {
	V      int    `json:"v"`
	Domain string `json:"domain"`
}

// CheckDomain returns a *DomainError (an ErrDomain) when the store's SIP passwords were made for
// another domain. HA1 contains the realm, so they would all be wrong. It
// writes nothing.
func CheckDomain(ctx context.Context, s store.Store, domain string) error {
	was, _, err := storedDomain(ctx, s)
	if err != nil || was == "" || was == domain {
		return err
	}
	users, err := s.Scan(ctx, "user/", "", 1)
	if err != nil {
		return fmt.Errorf("directory: read users: %w", err)
	}
	if len(users) == 0 {
		return nil
	}
	return &DomainError{Was: was, Now: domain}
}

// StoredDevices are the devices that a store has, whoever wrote them. It blocks
// for the store and writes nothing.
func StoredDevices(ctx context.Context, s store.Store) (devices []Device, err error) {
	err = scan(ctx, s, "device/", func(it store.Item) error {
		r, err := readDevice(it)
		devices = append(devices, r.Device)
		return err
	})
	return devices, err
}

// DomainError is the ErrDomain with its two domains.
type DomainError struct{ Was, Now string }

// Problem says what is wrong, for people.
func (e *DomainError) Problem() string {
	return fmt.Sprintf("the stored SIP passwords were made for the domain %q and cannot work in %q", e.Was, e.Now)
}

// Remedy says what to do.
func (e *DomainError) Remedy() string {
	return fmt.Sprintf("put \"domain: %s\" back, or run \"ringsplash user forget-sip-passwords\" and set the SIP passwords again "+
		"with \"ringsplash user passwd NAME --device ID\" (those in the configuration file are set by themselves)", e.Was)
}

func (e *DomainError) Error() string {
	return ErrDomain.Error() + ": " + e.Problem() + "; " + e.Remedy()
}

// Is makes it an ErrDomain.
func (e *DomainError) Is(target error) bool { return target == ErrDomain }

// ForgetSIPPasswords drops every stored SIP password and makes domain the
// store's domain, so that Open accepts it. It returns how many devices need a
// new password. No node may run on the store meanwhile.
func ForgetSIPPasswords(ctx context.Context, s store.Store, domain string) (int, error) {
	dropped := 0
	err := scan(ctx, s, "device/", func(it store.Item) error {
		r, err := readDevice(it)
		if err != nil || len(r.Secrets) == 0 {
			return err
		}
		r.Secrets = nil
		dropped++
		return putDevice(ctx, s, r)
	})
	if err != nil {
		return dropped, err
	}
	return dropped, putDomain(ctx, s, domain, store.AnyVersion)
}

// claimDomain makes domain the store's domain when it has none or nobody in it.
func claimDomain(ctx context.Context, s store.Store, domain string) error {
	if domain == "" {
		return because(ErrInvalid, "the domain is empty")
	}
	if err := CheckDomain(ctx, s, domain); err != nil {
		return err
	}
	was, version, err := storedDomain(ctx, s)
	if err != nil || was == domain {
		return err
	}
	err = putDomain(ctx, s, domain, version)
	if errors.Is(err, store.ErrConflict) { // another node started at the same moment
		return CheckDomain(ctx, s, domain)
	}
	return err
}

func storedDomain(ctx context.Context, s store.Store) (string, store.Version, error) {
	it, err := s.Get(ctx, domainKey)
	if errors.Is(err, store.ErrNotFound) {
		return "", 0, nil
	}
	if err != nil {
		return "", 0, fmt.Errorf("directory: read the domain: %w", err)
	}
	var r domainRecord
	if err := json.Unmarshal(it.Value, &r); err != nil {
		return "", 0, fmt.Errorf("directory: %s is not readable: %w", domainKey, err)
	}
	return r.Domain, it.Version, nil
}

func putDomain(ctx context.Context, s store.Store, domain string, ifVersion store.Version) error {
	return put(ctx, s, domainKey, domainRecord{V: recordVersion, Domain: domain}, ifVersion, "the domain")
}
