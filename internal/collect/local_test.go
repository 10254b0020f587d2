package collect

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestWalkFiles(t *testing.T) {
	root := fstest.MapFS{"a.txt": {}, "b/c.txt": {}, "b/d/e.txt": {}, "empty": {Mode: fs.ModeDir}, "link": {Mode: fs.ModeSymlink}}
	var got []string
	err := WalkFiles(t.Context(), root, func(p string, mode fs.FileMode) {
		if mode&fs.ModeSymlink != 0 {
			p += "@"
		}
		got = append(got, p)
	})
	if want := []string{"a.txt", "b/c.txt", "b/d/e.txt", "link@"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("walked %v %v, want %v", got, err, want)
	}
	if err := WalkFiles(t.Context(), fstest.MapFS{}, func(string, fs.FileMode) {}); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestPathPatterns(t *testing.T) {
	for _, tt := range []struct {
		patterns PathPatterns
		path     string
		want     bool
	}{
		{nil, "a/b.txt", true},
		{PathPatterns{"*.txt"}, "a/b.txt", true},
		{PathPatterns{"a/*.txt"}, "a/b.txt", true},
		{PathPatterns{"c/*.txt"}, "a/b.txt", false},
		{PathPatterns{"*.pdf", "*.txt"}, "b.txt", true},
	} {
		if got := tt.patterns.Match(tt.path); got != tt.want {
			t.Errorf("%v match %s: %v", tt.patterns, tt.path, got)
		}
	}
	if err := (PathPatterns{"*", "["}).Check(); err == nil || !strings.Contains(err.Error(), `pattern "["`) {
		t.Errorf("a pattern that is none: %v", err)
	}
}

func TestTooDeep(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int
	}{
		{`[[1]]`, -1}, {`[[[1]]]`, 2}, {`[],[],[],[]`, -1}, {`["[[[[", "\"[[["]`, -1}, {`{"a":{"b":{}}}`, 10}, {``, -1},
	} {
		if got := TooDeep([]byte(tt.text), 2); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.text, got, tt.want)
		}
	}
}
