package daemon

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/ledger"
	"exhibit/internal/store"
)

// Created says what Create made.
type Created struct {
	Store      string `json:"store"`
	Key        string `json:"key"`
	KeyCreated bool   `json:"key_created"`
	// Verifier is the public half of the key, by which an auditor pins the log.
	Verifier string `json:"verifier"`
}

// Create makes the store and, when there is none, its key. It never overwrites either.
func Create(cfg *config.Config, at time.Time, simulated bool) (Created, error) {
	res := Created{Store: cfg.Store, Key: cfg.Key}
	key, err := readKey(cfg.Key)
	if errors.Is(err, fs.ErrNotExist) {
		if key, err = writeKey(cfg.Key, originOf(cfg.Store)); err == nil {
			res.KeyCreated = true
		}
	}
	if err != nil {
		return res, err
	}
	res.Verifier = key.Verifier()
	s, err := store.Create(cfg.Store, store.CreateOptions{Key: key, At: at, Simulated: simulated})
	if err != nil {
		return res, err
	}
	return res, s.Close()
}

// originOf names a new log: the machine and the file, so that two logs are never taken for one.
func originOf(path string) string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	return "exhibit." + host + "/" + filepath.Base(path)
}

func readKey(path string) (*ledger.Key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	key, err := ledger.ParseKey(text)
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", path, err)
	}
	return key, nil
}

// writeKey makes a key and keeps it where only the user may read it. A file that exists is never touched.
func writeKey(path, origin string) (*ledger.Key, error) {
	key, err := ledger.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, err
	}
	if err := writeOnce(path, key.Marshal()); err != nil {
		return nil, fmt.Errorf("create key: %w", err)
	}
	return key, nil
}

// writeOnce writes a file that must not exist, for the user alone and through to the disk. A file that could not be
// finished is taken away.
func writeOnce(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
