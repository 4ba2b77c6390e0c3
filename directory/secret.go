package directory

import (
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // digest authentication still has it (RFC 7616 3.3)
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"

	"github.com/alexedwards/argon2id"
)

// passwordCost is argon2id with 19 MiB and two passes: strong enough for a
// log-in, and small enough that a burst of log-ins does not eat the memory of
// the calls.
var passwordCost = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

var hashesAtOnce = runtime.NumCPU()

// digestSecrets makes the HA1 of a device's password under both names the
// phone may use, for both algorithms (RFC 7616 3.4.2).
func digestSecrets(user, device, realm, password string) []HA1 {
	var secrets []HA1
	for _, name := range []string{user, user + "~" + device} {
		text := []byte(name + ":" + realm + ":" + password)
		m, s := md5.Sum(text), sha256.Sum256(text) //nolint:gosec // see the import
		secrets = append(secrets,
			HA1{Name: name, Algorithm: "MD5", Hex: hex.EncodeToString(m[:]), Device: device},
			HA1{Name: name, Algorithm: "SHA-256", Hex: hex.EncodeToString(s[:]), Device: device})
	}
	return secrets
}

// verifier checks the password of a user of the configuration file. The file
// holds the password, so storing a hash would only add a place to steal it
// from, and hashing hundreds of them would slow every start. It lives as long
// as the process.
type verifier struct {
	key [32]byte
	sum [32]byte
}

func newVerifier(password string) verifier {
	var v verifier
	_, _ = rand.Read(v.key[:]) // never fails: it ends the program instead
	v.sum = v.digest(password)
	return v
}

func (v verifier) digest(password string) (sum [32]byte) {
	mac := hmac.New(sha256.New, v.key[:])
	mac.Write([]byte(password))
	copy(sum[:], mac.Sum(nil))
	return sum
}

func (v verifier) fits(password string) bool {
	sum := v.digest(password)
	return hmac.Equal(sum[:], v.sum[:])
}

// CheckPassword returns the user when name and password fit, else ErrPassword.
// It takes the same time for a name nobody has. It uses the processor for some
// ten milliseconds and waits while others do.
func (d *Directory) CheckPassword(ctx context.Context, name, password string) (User, error) {
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		return User{}, ctx.Err()
	}
	d.mu.RLock()
	p, known := d.people[name]
	v, fixed := d.fixed[name]
	d.mu.RUnlock()
	hash := d.decoy
	if known && p.user.Hash != "" {
		hash = p.user.Hash
	}
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return User{}, fmt.Errorf("directory: the stored password of %s is not readable, set it again: %w", name, err)
	}
	switch {
	case !known:
		return User{}, ErrPassword
	case p.user.Fixed:
		match = fixed && v.fits(password)
	case p.user.Hash == "":
		match = false
	}
	if !match {
		return User{}, ErrPassword
	}
	return p.user.User, nil
}

func (d *Directory) hash(password string) (string, error) {
	d.slots <- struct{}{}
	defer func() { <-d.slots }()
	h, err := argon2id.CreateHash(password, d.cost)
	if err != nil {
		return "", fmt.Errorf("directory: hash a password: %w", err)
	}
	return h, nil
}
