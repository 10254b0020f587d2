package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sort"
	"strings"

	"exhibit/collectors/ingest"
	"exhibit/controls"
	"exhibit/internal/catalog"
	"exhibit/internal/config"
	"exhibit/mappings"
)

// LoadCatalog reads the built-in controls and mappings, and over them those of the folders that the configuration names.
// A file of the same name replaces the built-in one.
func LoadCatalog(cfg *config.Config) (*catalog.Catalog, error) {
	all := folders{}
	var err error
	if all["controls"], err = over("controls", cfg.Controls, controls.FS); err != nil {
		return nil, err
	}
	if all["mappings"], err = over("mappings", cfg.Mappings, mappings.FS); err != nil {
		return nil, err
	}
	mapped, err := mappedResults(cfg)
	if err != nil {
		return nil, err
	}
	cat, err := catalog.Load(all, Schemas(), mapped...)
	if errors.Is(err, catalog.ErrMapped) {
		err = fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return cat, err
}

// mappedResults returns the controls that sources map the rules of policy tools to, in order of id.
func mappedResults(cfg *config.Config) ([]catalog.Mapped, error) {
	by := map[string][]string{}
	for _, s := range cfg.Sources {
		if s.Provider != (ingest.Provider{}).Name() {
			continue
		}
		section, err := ingest.ReadConfig(s.Decode)
		if err != nil {
			return nil, fmt.Errorf("%w: source %s: %w", ErrConfig, s.Name, err)
		}
		for _, control := range slices.Compact(slices.Sorted(maps.Values(section.Controls))) {
			by[control] = append(by[control], s.Name)
		}
	}
	var out []catalog.Mapped
	for _, control := range slices.Sorted(maps.Keys(by)) {
		out = append(out, catalog.Mapped{Control: control, Sources: by[control]})
	}
	return out, nil
}

// folders is a read-only file system with one other below each top folder.
type folders map[string]fs.FS

// Open implements fs.FS. Folders are listed by ReadDir alone.
func (f folders) Open(name string) (fs.File, error) {
	below, rest, err := f.find("open", name)
	if err != nil {
		return nil, err
	}
	return below.Open(rest)
}

// ReadDir implements fs.ReadDirFS, for what stands below the top folders.
func (f folders) ReadDir(name string) ([]fs.DirEntry, error) {
	below, rest, err := f.find("readdir", name)
	if err != nil {
		return nil, err
	}
	return fs.ReadDir(below, rest)
}

func (f folders) find(op, name string) (below fs.FS, rest string, err error) {
	top, rest, nested := strings.Cut(name, "/")
	if !nested {
		rest = "."
	}
	if f[top] == nil {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return f[top], rest, nil
}

// over lays a folder, when there is one, over the built-in files.
func over(what, dir string, builtin fs.FS) (fs.FS, error) {
	if dir == "" {
		return builtin, nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("read %s: %s is no folder", what, dir)
	}
	return layers{os.DirFS(dir), builtin}, nil
}

// layers is a read-only file system made of several, the first of which wins.
type layers []fs.FS

// Open implements fs.FS. Folders are listed by ReadDir alone.
func (l layers) Open(name string) (fs.File, error) {
	for _, layer := range l {
		f, err := layer.Open(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadDir implements fs.ReadDirFS: the union of the layers.
func (l layers) ReadDir(name string) ([]fs.DirEntry, error) {
	seen := map[string]bool{}
	var out []fs.DirEntry
	missing := 0
	for _, layer := range l {
		entries, err := fs.ReadDir(layer, name)
		if errors.Is(err, fs.ErrNotExist) {
			missing++
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !seen[e.Name()] {
				seen[e.Name()] = true
				out = append(out, e)
			}
		}
	}
	if missing == len(l) {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name() < out[j].Name() })
	return out, nil
}
