package owner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// Codeowners is a CODEOWNERS file by GitHub's rules: the last line whose pattern fits a path names its owners. A line
// that GitHub would not understand is left out, as GitHub does.
type Codeowners struct{ lines []codeownersLine }

type codeownersLine struct {
	// steps are the pattern's names between slashes; "**" stands for any number of folders, none too.
	steps  []string
	folder bool // only what is inside a folder of that name
	owners []string
}

// maxCodeowners is the size beyond which GitHub does not read the file.
const maxCodeowners = 3 << 20

// ParseCodeowners reads the text of a file. One that is too large for GitHub has no lines.
func ParseCodeowners(text string) *Codeowners {
	c := &Codeowners{}
	if len(text) >= maxCodeowners {
		return c
	}
	for line := range strings.Lines(text) {
		if one, ok := parseLine(line); ok {
			c.lines = append(c.lines, one)
		}
	}
	return c
}

// parseLine reads a pattern and those who own what it fits; none of them means that nobody does.
func parseLine(text string) (codeownersLine, bool) {
	words := fields(text)
	if len(words) == 0 {
		return codeownersLine{}, false
	}
	pattern := words[0]
	l := codeownersLine{folder: strings.HasSuffix(pattern, "/"), owners: words[1:]}
	for _, w := range l.owners {
		if at := strings.IndexByte(w, '@'); at < 0 || at == len(w)-1 {
			return l, false // neither @user, @organisation/team nor an address
		}
	}
	bare := strings.Trim(pattern, "/")
	if bare == "" || strings.ContainsAny(pattern, "[]!") || strings.Contains(pattern, "//") {
		return l, false
	}
	l.steps = strings.Split(bare, "/")
	if !strings.Contains(strings.TrimSuffix(pattern, "/"), "/") {
		l.steps = append([]string{"**"}, l.steps...) // at any depth
	}
	return l, true
}

// fields splits a line at spaces that no backslash stands before, and leaves out what follows a #.
func fields(text string) (out []string) {
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			out = append(out, word.String())
			word.Reset()
		}
	}
	escaped := false
	for _, c := range []byte(text) {
		switch {
		case escaped:
			word.WriteByte(c)
			escaped = false
		case c == '\\':
			escaped = true
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			end()
		case c == '#' && word.Len() == 0:
			return out
		default:
			word.WriteByte(c)
		}
	}
	end()
	return out
}

// Of returns the owners of a file by its path, as the file spells them. The empty path stands for the repository as a
// whole, which is owned by who owns every file that no narrower line speaks of.
func (c *Codeowners) Of(path string) []string {
	for _, l := range slices.Backward(c.lines) {
		if path == "" && l.everything() || path != "" && l.fits(strings.Split(strings.Trim(path, "/"), "/")) {
			return l.owners
		}
	}
	return nil
}

func (l codeownersLine) everything() bool {
	for i, s := range l.steps {
		if s != "**" && (s != "*" || i == 0 || l.steps[i-1] != "**") {
			return false
		}
	}
	return !l.folder
}

// fits reports whether the pattern fits a path or a folder above it.
func (l codeownersLine) fits(path []string) bool {
	// reach[i] says that the steps so far fit the first i names of the path.
	reach := make([]bool, len(path)+1)
	reach[0] = true
	for n, step := range l.steps {
		next := make([]bool, len(path)+1)
		for i, here := range reach {
			switch {
			case step == "**" && n == len(l.steps)-1: // what is inside, and not the folder itself
				next[i] = i > 0 && (next[i-1] || reach[i-1])
			case step == "**":
				next[i] = here || i > 0 && next[i-1]
			case here && i < len(path) && evidence.Like(step, path[i]):
				next[i+1] = true
			}
		}
		reach = next
	}
	last := l.steps[len(l.steps)-1]
	for i, here := range reach {
		switch whole := i == len(path); {
		case !here || i == 0 || l.folder && whole:
		case whole, last != "*":
			return true // a folder's name stands for all that is in it, but docs/* for the files of docs alone
		}
	}
	return false
}

// codeowners returns the file of the repository that a subject is or belongs to. Only that of GitHub is collected.
func (f *Finder) codeowners(t *target) (codeownersFile, error) {
	if t.repository == "" || t.Scope.Provider != "github" {
		return codeownersFile{}, nil
	}
	key := t.Scope.ID() + "|" + t.repository
	if file, ok := f.files[key]; ok {
		return file, nil
	}
	file, err := f.readCodeowners(t.Scope.ID(), t.repository)
	if err != nil {
		return file, fmt.Errorf("CODEOWNERS of %s: %w", t.repository, err)
	}
	if len(f.files) == maxFiles {
		clear(f.files)
	}
	f.files[key] = file
	return file, nil
}

func (f *Finder) readCodeowners(scope, repository string) (codeownersFile, error) {
	const file, verdict = "CodeownersFile", "Codeowners" // GitHub's own verdict tells whether there is a file
	object, err := f.other(scope, "github.repository", repository)
	if object == nil || err != nil {
		return codeownersFile{unread: "repository " + repository + " is not collected"}, err
	}
	t, err := f.target(Subject{Type: "github.repository", ID: repository, Object: object})
	if err != nil {
		return codeownersFile{}, err
	}
	unread := cmp.Or(t.Unread(file), t.Unread(verdict))
	switch {
	case t.Has(file):
		return codeownersFile{Codeowners: ParseCodeowners(t.Field(file, "text"))}, nil
	case unread == "" && t.Has(verdict):
		unread = "the text of its CODEOWNERS was not collected"
	}
	return codeownersFile{unread: unread}, nil
}
