package assess

import (
	"encoding/hex"

	"exhibit/internal/evidence"
)

// checkParts are the parts of an observation that are the same for every subject of a check, as canonical JSON.
type checkParts struct{ head []byte }

func quoteCheck(control string, def evidence.Check) checkParts {
	head := appendString([]byte(`{"check":`), def.ID)
	return checkParts{head: appendString(append(head, `,"control":`...), control)}
}

// subjectParts are the parts that are the same for every check of a subject.
type subjectParts struct {
	evidence []byte // of the subject alone
	name     []byte
	tail     []byte // scope, subject, type
}

func quoteSubject(p *subjectParts, own evidence.Digest, o *evidence.Observation) {
	p.evidence, p.name, p.tail = p.evidence[:0], p.name[:0], p.tail[:0]
	if !own.IsZero() {
		p.evidence = append(appendDigest(append(p.evidence, `,"evidence":[`...), own), ']')
	}
	if o.Name != "" {
		p.name = appendString(append(p.name, `,"name":`...), o.Name)
	}
	p.tail = appendString(append(p.tail, `,"scope":`...), o.Scope)
	if o.Subject != "" {
		p.tail = appendString(append(p.tail, `,"subject":`...), o.Subject)
	}
	p.tail = appendString(append(p.tail, `,"type":`...), o.Type)
}

// appendObservation appends the canonical encoding of o, the same bytes as evidence.Encode gives. It exists because an
// assessment encodes one observation for every check and subject.
func appendObservation(dst []byte, k checkParts, s *subjectParts, o *evidence.Observation) []byte {
	dst = append(dst, k.head...)
	if len(o.Evidence) <= 1 {
		dst = append(dst, s.evidence...)
	} else {
		dst = append(dst, `,"evidence":[`...)
		for i, d := range o.Evidence {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendDigest(dst, d)
		}
		dst = append(dst, ']')
	}
	if len(o.Facts) > 0 {
		dst = append(dst, `,"facts":{`...)
		for i, name := range sortedKeys(o.Facts) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, name), ':')
			dst = append(dst, o.Facts[name]...)
		}
		dst = append(dst, '}')
	}
	if len(o.Missing) > 0 {
		dst = append(dst, `,"missing":[`...)
		for i, m := range o.Missing {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendMissing(dst, m)
		}
		dst = append(dst, ']')
	}
	dst = append(dst, s.name...)
	if o.Reason != "" {
		dst = appendString(append(dst, `,"reason":`...), o.Reason)
	}
	dst = append(dst, s.tail...)
	dst = append(append(dst, `,"verdict":"`...), o.Verdict...)
	return append(dst, `"}`...)
}

func appendDigest(dst []byte, d evidence.Digest) []byte {
	if d.IsZero() {
		return append(dst, `""`...)
	}
	return append(hex.AppendEncode(append(dst, `"sha256:`...), d[:]), '"')
}

func appendMissing(dst []byte, m evidence.Missing) []byte {
	dst = append(dst, '{')
	if m.Code != "" {
		dst = append(appendString(append(dst, `"code":`...), m.Code), ',')
	}
	dst = appendString(append(dst, `"operation":`...), m.Operation)
	dst = appendString(append(dst, `,"outcome":`...), string(m.Outcome))
	if m.Permission != "" {
		dst = appendString(append(dst, `,"permission":`...), m.Permission)
	}
	return append(dst, '}')
}
