package collect

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os/user"
	"path"
	"strings"

	"exhibit/internal/evidence"
)

// LocalUser is who runs the program, for sources of this machine that are asked as nobody else.
func LocalUser() (evidence.Identity, error) {
	u, err := user.Current()
	if err != nil {
		return evidence.Identity{}, fmt.Errorf("ask who runs the program: %w", err)
	}
	return evidence.Identity{ID: u.Username, Kind: "user"}, nil
}

// WalkFiles calls fn for every file at any depth, in the order of paths. It enters no linked folder. A folder that cannot be
// read makes the walk fail in the end, because what is in it is not known; all others are walked still.
func WalkFiles(ctx context.Context, root fs.FS, fn func(p string, mode fs.FileMode)) error {
	var first error
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			first = cmp.Or(first, fmt.Errorf("list %s: %w", p, err))
			if d == nil || !d.IsDir() {
				return nil
			}
			return fs.SkipDir
		case !d.IsDir():
			fn(p, d.Type())
		}
		return nil
	})
	return cmp.Or(err, first)
}

// PathPatterns are patterns of names ("*.json") or, with a slash, of paths in a folder ("minutes/*.pdf"); none means all.
type PathPatterns []string

// Check says which pattern is none.
func (patterns PathPatterns) Check() error {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("match: pattern %q: %w", p, err)
		}
	}
	return nil
}

// Match reports whether a file is wanted. The patterns have been checked.
func (patterns PathPatterns) Match(p string) bool {
	for _, pattern := range patterns {
		name := p
		if !strings.Contains(pattern, "/") {
			name = path.Base(p)
		}
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return len(patterns) == 0
}

// TooDeep returns where in a JSON text something begins that is nested deeper than most, -1 when nothing is. The text need
// not be valid.
func TooDeep(text []byte, most int) int {
	depth := 0
	inString, escaped := false, false
	for i, c := range text {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped, inString = c == '\\', c != '"'
		case c == '"':
			inString = true
		case c == '[' || c == '{':
			if depth++; depth > most {
				return i
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return -1
}
