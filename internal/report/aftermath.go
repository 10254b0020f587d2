package report

import (
	"strings"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

// preceding is "within 5h after deployment shop/12 of github.com/acme/shop to production by ann"; perhaps, where looks leave
// open whether it was.
func preceding(p *evidence.Preceding) string {
	if p == nil {
		return ""
	}
	out := "within " + duration(p.Within) + " after deployment " + p.ID
	if p.Repository != "" {
		out += " of " + p.Repository
	}
	out += " to " + firstOf(p.Environment, "production")
	if len(p.By) > 0 {
		out += " by " + strings.Join(p.By, ", ")
	}
	if p.Others > 0 {
		out += ", and " + plural(p.Others, "other")
	}
	if !p.Certain {
		out = "perhaps " + out
	}
	return out
}

// samePreceding is the deployment that all of some items follow, as surely as the least sure and within the longest time; nil
// when it is not one for all.
func samePreceding(items []DigestItem) *evidence.Preceding {
	if items[0].Preceding == nil {
		return nil
	}
	out := *items[0].Preceding
	for _, i := range items[1:] {
		p := i.Preceding
		if p == nil || p.Type != out.Type || p.ID != out.ID {
			return nil
		}
		out.Within, out.Certain, out.Others = max(out.Within, p.Within), out.Certain && p.Certain, max(out.Others, p.Others)
	}
	return &out
}

// aftermath says what began to fail after a deployment: how many, and the first few; nothing of one that is not asked about or that no account is tied to.
func aftermath(a *change.Aftermath, most int) string {
	if a == nil {
		return ""
	}
	var parts []string
	if a.Began > 0 || a.Unknown == "" {
		parts = append(parts, itoa(a.Began))
	}
	if a.Perhaps > 0 {
		parts = append(parts, "perhaps "+itoa(a.Perhaps))
	}
	if len(parts) == 0 {
		parts = append(parts, "unknown")
	}
	out := strings.Join(parts, ", ")
	var keys []string
	for _, f := range a.Failures[:min(len(a.Failures), most)] {
		keys = append(keys, f.Key)
	}
	if len(keys) > 0 {
		out += ": " + strings.Join(keys, ", ")
		if left := a.Began + a.Perhaps - len(keys); left > 0 {
			out += " and " + plural(left, "other")
		}
	}
	if a.Unknown != "" {
		out += " (" + a.Unknown + ")"
	}
	return out
}

// followedRate says after how many deployments something began to fail, with what is in no part of it.
func followedRate(f *change.Followed) string {
	if f == nil {
		return "not measurable: the configuration ties no environment to an account"
	}
	out := rate(f.Rate)
	if f.Untied > 0 {
		out += ", " + itoa(f.Untied) + " without an account that is tied to their place"
	}
	if f.Unseen > 0 {
		out += ", " + itoa(f.Unseen) + " whose accounts were not looked at before and after"
	}
	return out
}
