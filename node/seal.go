package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"ringsplash/config"
	"ringsplash/policy"
	"ringsplash/store"
)

// sealMarkKey is where the store names the key its records are sealed with.
const sealMarkKey = "installation/key"

type sealMark struct {
	V           int    `json:"v"`
	Fingerprint string `json:"fingerprint"`
}

// takingName is a file beside the key while the records of before are sealed,
// and after that was cut short. It is not in the store, where a foreign hand
// could have its own records sealed by it.
const takingName = store.KeyName + ".taking"

// OpenSealed opens the store with the installation's key. The first time, it
// makes the key and seals what is there. It blocks for I/O.
func OpenSealed(ctx context.Context, cfg config.Config, log *slog.Logger) (*store.Sealed, error) {
	s, err := OpenStore(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	return sealed(ctx, cfg, s, log)
}

// sealed closes s when the key does not fit.
func sealed(ctx context.Context, cfg config.Config, s store.Store, log *slog.Logger) (*store.Sealed, error) {
	out, err := seal(ctx, cfg, s, log)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return out, nil
}

func seal(ctx context.Context, cfg config.Config, s store.Store, log *slog.Logger) (*store.Sealed, error) {
	mark, version, err := readMark(ctx, s)
	if err != nil {
		return nil, err
	}
	key, made, err := installationKey(cfg.Data, mark.Fingerprint == "")
	if err != nil {
		return nil, err
	}
	out, err := store.NewSealed(s, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(cfg.Data, store.KeyName), err)
	}
	taking := exists(cfg.Data, takingName)
	switch mark.Fingerprint {
	case out.Fingerprint():
		if !taking {
			return out, nil
		}
	case "":
		// A key made just now is for the records of before only where a gateway
		// ran before: a new one on Redis is given its key by hand.
		upgrade := made && exists(cfg.Data, policy.AuditName)
		if err := mayTakeOver(ctx, cfg, out, upgrade || taking); err != nil {
			return nil, err
		}
	default:
		return nil, keyError(cfg.Data)
	}
	return out, takeOver(ctx, cfg.Data, s, out, version, log)
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

// mayTakeOver says why the records of a store that names no key are not to be
// sealed as they are. trusted: they are this data folder's own.
func mayTakeOver(ctx context.Context, cfg config.Config, out *store.Sealed, trusted bool) error {
	bare, others, err := out.Foreign(ctx)
	switch {
	case err != nil:
		return err
	case others > 0:
		return keyError(cfg.Data)
	case bare > 0 && !trusted && cfg.Redis != "":
		// The embedded store is as safe as the key, so there it can only be a
		// backup.
		return fmt.Errorf("%d records in Redis are not sealed by this installation (a backup from before it had a key, or a foreign "+
			"hand); when you trust them, run \"ringsplash user seal\", else empty that database", bare)
	}
	return nil
}

// Reseal makes the store this installation's: it seals every record as it is,
// whoever wrote it, and returns how many. No node may run on the store. It
// blocks for I/O.
func Reseal(ctx context.Context, cfg config.Config, log *slog.Logger) (int, error) {
	s, err := OpenStore(ctx, cfg, log)
	if err != nil {
		return 0, err
	}
	n, err := reseal(ctx, cfg, s, log)
	return n, errors.Join(err, s.Close())
}

func reseal(ctx context.Context, cfg config.Config, s store.Store, log *slog.Logger) (int, error) {
	key, _, err := installationKey(cfg.Data, true)
	if err != nil {
		return 0, err
	}
	out, err := store.NewSealed(s, key)
	if err != nil {
		return 0, err
	}
	bare, others, err := out.Foreign(ctx)
	if err != nil {
		return 0, err
	}
	return bare + others, takeOver(ctx, cfg.Data, s, out, store.AnyVersion, log)
}

// takeOver claims the store for the key of out, and seals what is there.
func takeOver(ctx context.Context, data string, s store.Store, out *store.Sealed, version store.Version, log *slog.Logger) error {
	taking := filepath.Join(data, takingName)
	if err := writeSynced(taking, nil); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("note that the records of before are being sealed: %w", err)
	}
	err := writeMark(ctx, s, sealMark{V: 1, Fingerprint: out.Fingerprint()}, version)
	if errors.Is(err, store.ErrConflict) {
		_ = os.Remove(taking)
		return errors.New("another gateway is taking over this store just now; copy its " + store.KeyName +
			" into this data folder and start again")
	}
	if err != nil {
		return err
	}
	n, err := out.TakeOver(ctx)
	if err != nil {
		return fmt.Errorf("seal the records of before: %w", err)
	}
	if n > 0 {
		log.Info("the records of before are sealed with the key of this installation now; people log in once more", "records", n)
	}
	return os.Remove(taking)
}

func keyError(data string) error {
	return fmt.Errorf("the records in this store are sealed with the key of another data folder; copy its %s to %s (mode 0600). "+
		"When it is lost, stop all gateways, run \"ringsplash user seal\", which trusts the records as they are, and copy the key "+
		"made then to the others",
		store.KeyName, filepath.Join(data, store.KeyName))
}

func readMark(ctx context.Context, s store.Store) (sealMark, store.Version, error) {
	item, err := s.Get(ctx, sealMarkKey)
	if errors.Is(err, store.ErrNotFound) {
		return sealMark{}, 0, nil
	}
	if err != nil {
		return sealMark{}, 0, fmt.Errorf("read whose records the store has: %w", err)
	}
	var mark sealMark
	if err := json.Unmarshal(item.Value, &mark); err != nil {
		return sealMark{}, 0, fmt.Errorf("%s in the store is not readable: %w", sealMarkKey, err)
	}
	return mark, item.Version, nil
}

func writeMark(ctx context.Context, s store.Store, mark sealMark, version store.Version) error {
	value, err := json.Marshal(mark)
	if err != nil {
		return err
	}
	if _, err = s.Put(ctx, sealMarkKey, value, version, 0); err != nil {
		return fmt.Errorf("write whose records the store has: %w", err)
	}
	return nil
}

// installationKey reads the key from the data folder, or makes it when that is
// allowed. It is on the disk when it returns.
func installationKey(dir string, mayMake bool) (key []byte, made bool, err error) {
	path := filepath.Join(dir, store.KeyName)
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		key, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil || len(key) != store.SealKeyBytes {
			const text = "%s is not a key of this program (%d bytes in hexadecimal); copy it again from another gateway or a backup"
			return nil, false, fmt.Errorf(text, path, store.SealKeyBytes)
		}
		return key, false, nil
	case !errors.Is(err, os.ErrNotExist):
		return nil, false, fmt.Errorf("the key of the installation: %w", err)
	case !mayMake:
		return nil, false, keyError(dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, false, fmt.Errorf("data folder: %w", err)
	}
	key = make([]byte, store.SealKeyBytes)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	if err := writeSynced(path, []byte(hex.EncodeToString(key)+"\n")); err != nil {
		return nil, false, fmt.Errorf("keep the key of the installation: %w", err)
	}
	return key, true, nil
}

// writeSynced writes a new file that is on the disk when it returns.
func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
