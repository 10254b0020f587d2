package report

import "strings"

// show is the command that shows more of some items.
func (w digestWriter) show(items []DigestItem) string {
	if i := items[0]; len(items) == 1 && i.Subject != "" && i.Ended != "gone" {
		return "exhibit show " + argument(i.Subject)
	}
	return "exhibit findings --control " + argument(items[0].Control)
}

// argument quotes what a shell would not take as one word.
func argument(s string) string {
	safe := s != "" && s[0] != '-' && strings.IndexFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("-_./:@+=,%", r)
	}) < 0
	if safe {
		return s
	}
	quoted := "'" + strings.ReplaceAll(plain(s), "'", `'\''`) + "'"
	if strings.HasPrefix(s, "-") {
		return "-- " + quoted
	}
	return quoted
}

// page is the address of a control in the served report; empty when there is none.
func (w digestWriter) page(control string) string {
	if !strings.HasPrefix(w.Page, "https://") && !strings.HasPrefix(w.Page, "http://") {
		return ""
	}
	return strings.TrimSuffix(w.Page, "/") + "/#c-" + slug(control)
}
