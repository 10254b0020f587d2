package github

import (
	"strings"

	"exhibit/internal/evidence"
)

// The types that GitHub gives to what a query could not be answered, as far as they mean something to us, and our code
// for the one that has no type.
const (
	typeRateLimited = "RATE_LIMITED"
	codeTimeout     = "QueryTimeout"
)

// outcome tells what a fault means, and its code in the manner of those of the REST API: "INSUFFICIENT_SCOPES" is
// InsufficientScopes.
func (f fault) outcome() (evidence.Outcome, string) {
	message := strings.ToLower(f.Message)
	switch {
	case f.Extensions.SAML:
		return evidence.OutcomeDenied, "SAML"
	case f.Type == "" && (strings.Contains(message, "timeout") || strings.Contains(message, "something went wrong")):
		return evidence.OutcomeFailed, codeTimeout
	}
	code := camel(f.Type)
	switch f.Type {
	case "FORBIDDEN", "NOT_FOUND", "INSUFFICIENT_SCOPES":
		return evidence.OutcomeDenied, code
	case typeRateLimited:
		return evidence.OutcomeThrottled, code
	}
	return evidence.OutcomeFailed, code
}

func camel(s string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(strings.ToLower(s), "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// missing is what a part that q could not answer is recorded as.
func (f fault) missing(q query) evidence.Missing {
	outcome, code := f.outcome()
	m := evidence.Missing{Operation: q.name, Outcome: outcome, Code: code}
	if outcome == evidence.OutcomeDenied {
		m.Permission = strings.Join(q.permissions, ", ")
	}
	return m
}

// under returns the faults at or below a path, with what of their path goes on from there.
func under(faults []fault, path ...any) (below []fault) {
	for _, f := range faults {
		if len(f.Path) < len(path) {
			continue
		}
		same := true
		for i, step := range path {
			n, number := f.Path[i].(float64)
			same = same && (f.Path[i] == step || number && int(n) == step)
		}
		if same {
			f.Path = f.Path[len(path):]
			below = append(below, f)
		}
	}
	return below
}

// lose takes the parts of a document that could not be answered out of it and records them as missing.
func lose(subject *evidence.Subject, doc map[string]any, q query, faults []fault) {
	for _, f := range faults {
		if key, ok := f.Path[0].(string); ok {
			miss(subject, doc, key, f.missing(q))
		}
	}
}

// miss takes key out of a document and records why it is missing.
func miss(subject *evidence.Subject, doc map[string]any, key string, why evidence.Missing) {
	delete(doc, key)
	if subject.Missing == nil {
		subject.Missing = map[string]evidence.Missing{}
	}
	subject.Missing[key] = why
}

// cutShort is why a list that GitHub does not give to its end is missing.
func cutShort(q query) evidence.Missing {
	return evidence.Missing{Operation: q.name, Outcome: evidence.OutcomeFailed, Code: "Truncated"}
}

// unsettled is why a part is missing that cannot be right yet: GitHub tells of what happened a moment ago bit by bit.
func unsettled(q query) evidence.Missing {
	return evidence.Missing{Operation: q.name, Outcome: evidence.OutcomeFailed, Code: "Unsettled"}
}
