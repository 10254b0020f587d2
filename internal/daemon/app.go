package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"exhibit/collectors"
	"exhibit/internal/catalog"
	"exhibit/internal/collect"
	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
	"exhibit/internal/store"
)

// Mode says what the store is opened for.
type Mode int

const (
	// Read opens the store beside other readers.
	Read Mode = iota
	// Write opens it alone, with its key.
	Write
)

// Options configure Open. All of them are needed.
type Options struct {
	Config *config.Config
	Mode   Mode
	Now    func() time.Time
	Getenv func(string) string
}

// App is an opened store with what is needed to collect into it, judge it and report on it. Its methods may be called
// from many goroutines; writers take turns.
type App struct {
	Config  *config.Config
	Store   *store.Store
	Catalog *catalog.Catalog

	key      *ledger.Key
	settings map[string]map[string]json.RawMessage // local values of params
	now      func() time.Time
	getenv   func(string) string
	turn     *turn
	// populations are the subject types whose subjects are events.
	populations map[string]bool
	text        *atomic.Pointer[keptText]
}

// ProviderNames lists what a source may be.
func ProviderNames() []string {
	var names []string
	for _, p := range collectors.All() {
		names = append(names, p.Name())
	}
	return names
}

// Schemas lists the schemas of all subject types.
func Schemas() []evidence.Schema {
	var out []evidence.Schema
	for _, p := range collectors.All() {
		for _, c := range p.Collectors() {
			out = append(out, c.Schema)
		}
	}
	return out
}

// Open opens the store that the configuration names and loads the catalog. It never creates a store; the error wraps
// store.ErrLocked when another process holds it.
func Open(o Options) (*App, error) {
	cat, err := LoadCatalog(o.Config)
	if err != nil {
		return nil, err
	}
	app := &App{Config: o.Config, Catalog: cat, now: o.Now, getenv: o.Getenv, turn: &turn{},
		populations: populations(), text: &atomic.Pointer[keptText]{}}
	if app.settings, err = settings(cat, o.Config.Params); err != nil {
		return nil, err
	}
	if o.Mode == Write {
		// Whether there is a store comes first: without one, a missing key is not the news.
		if _, err := os.Stat(o.Config.Store); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open store: there is none at %s; create it with exhibit init", o.Config.Store)
		}
		if app.key, err = readKey(o.Config.Key); err != nil {
			return nil, err
		}
	}
	app.Store, err = store.Open(o.Config.Store, store.Options{ReadOnly: o.Mode == Read, Key: app.key})
	if errors.Is(err, store.ErrNotExist) {
		return nil, fmt.Errorf("%w; create it with exhibit init", err)
	}
	if err != nil {
		return nil, err
	}
	if o.Mode == Write {
		if err := app.start(); err != nil {
			return nil, errors.Join(fmt.Errorf("open store: %w", err), app.Close())
		}
	}
	return app, nil
}

// start brings the store into order after a process that ended in the middle of something.
func (a *App) start() error {
	if err := a.openJournal(); err != nil {
		return err
	}
	return a.write(a.recover)
}

// With returns an App over the same store with another configuration, whose store and key are not looked at.
func (a *App) With(cfg *config.Config) (*App, error) {
	cat, err := LoadCatalog(cfg)
	if err != nil {
		return nil, err
	}
	next := *a
	next.Config, next.Catalog = cfg, cat
	next.settings, err = settings(cat, cfg.Params)
	return &next, err
}

// settings holds local values of params against the catalog.
func settings(cat *catalog.Catalog, params map[string]map[string]any) (map[string]map[string]json.RawMessage, error) {
	out := map[string]map[string]json.RawMessage{}
	for id, values := range params {
		control, ok := cat.Control(id)
		if !ok {
			return nil, fmt.Errorf("%w: params: there is no control %q", ErrConfig, id)
		}
		out[id] = map[string]json.RawMessage{}
		for name, value := range values {
			if _, ok := control.Params[name]; !ok {
				return nil, fmt.Errorf("%w: params: control %s has no param %q", ErrConfig, id, name)
			}
			raw, err := json.Marshal(value)
			if err != nil {
				return nil, fmt.Errorf("%w: params: %s of control %s: %w", ErrConfig, name, id, err)
			}
			out[id][name] = raw
		}
	}
	return out, nil
}

// Writable reports whether the store was opened for writing.
func (a *App) Writable() bool { return a.key != nil }

// Close closes the store.
func (a *App) Close() error { return a.Store.Close() }

// Now returns the time in the form that is recorded: UTC, to the millisecond.
func (a *App) Now() time.Time { return a.now().UTC().Truncate(time.Millisecond) }

// provider returns the provider of a source.
func provider(name string) (collect.Provider, error) {
	for _, p := range collectors.All() {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("provider %q is not known", name)
}
