// Package build says which build of the program this is.
package build

import "runtime/debug"

// Name is the program's name, as evidence records it.
const Name = "exhibit"

// Version returns the released version, or the commit that the program was built from, or "devel".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

// Tool returns name and version, "exhibit devel".
func Tool() string { return Name + " " + Version() }
