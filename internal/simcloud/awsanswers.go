package simcloud

import (
	"slices"
	"strings"
)

// kind is one sort of thing in an AWS account: the file aws/ACCOUNT/NAME.json of an estate, or of a regional one
// aws/ACCOUNT/REGION/NAME.json, holds a list of them.
type kind struct {
	name, key string // key is the member that the API asks by; what an ARN ends with is taken as well
	regional  bool
	parts     []string // members of a document that other operations answer, less which it is shown
	missing   awsFail  // answered for a key that nothing has; %s in its message is the key
}

func (d kind) all(k *awsCall) items {
	if d.regional {
		return k.regional(d.name)
	}
	return k.list(d.name)
}

// find finds the thing with a key.
func (d kind) find(k *awsCall, key string) (item, *awsFail) {
	all := d.all(k)
	it, ok := all.Find(key)
	if !ok && strings.HasPrefix(key, "arn:") {
		for _, sep := range []string{"/", ":"} {
			if it, ok = all.Find(key[strings.LastIndex(key, sep)+1:]); ok {
				break
			}
		}
	}
	if !ok {
		fail := d.missing
		fail.message = strings.Replace(fail.message, "%s", key, 1)
		return item{}, &fail
	}
	return it, nil
}

// awsAnswer answers one operation.
type awsAnswer interface {
	answer(k *awsCall) (awsOut, *awsFail)
}

// awsFunc is an operation that needs code of its own.
type awsFunc func(k *awsCall) (awsOut, *awsFail)

func (f awsFunc) answer(k *awsCall) (awsOut, *awsFail) { return f(k) }

// constant answers always the same.
type constant map[string]any

func (c constant) answer(*awsCall) (awsOut, *awsFail) { return awsOut{doc: c}, nil }

// view is what an operation shows of a document. The zero view shows the document less the kind's parts.
type view struct {
	only []string                                // these members and no others
	hide []string                                // not these either
	as   string                                  // this member itself: of lists of names
	make func(doc map[string]any) map[string]any // anything else
}

func (v view) of(parts []string) func(v any) any {
	hidden := append(slices.Clone(parts), v.hide...)
	return func(e any) any {
		doc, ok := e.(map[string]any)
		switch {
		case !ok:
			return e
		case v.as != "":
			return doc[v.as]
		case v.make != nil:
			return v.make(doc)
		case v.only != nil:
			return only(doc, v.only...)
		}
		return without(doc, hidden...)
	}
}

// list answers the things of a kind, paged as the model says.
type list struct {
	kind
	view
	member  string                                    // of the output; needed only where the model leaves it open
	keys    string                                    // input member that names things that must exist
	equal   map[string]string                         // input members → members of the document equal to them
	filters map[string]string                         // names of Filters → members of the document
	ignore  []string                                  // input members that change nothing here
	where   func(k *awsCall, doc map[string]any) bool // more to hold
	usual   int                                       // page size when the caller says none; 100 when unset
}

func (l list) answer(k *awsCall) (awsOut, *awsFail) {
	all := l.all(k)
	if keys := k.texts(l.keys); len(keys) > 0 {
		found := make([]item, len(keys))
		for i, key := range keys {
			it, fail := l.find(k, key)
			if fail != nil {
				return awsOut{}, fail
			}
			found[i] = it
		}
		all = newMemItems(found)
	}
	all, fail := l.filtered(k, all)
	if fail != nil {
		return awsOut{}, fail
	}
	for member, field := range l.equal {
		if want := k.texts(member); len(want) > 0 {
			all = all.Where(func(d map[string]any) bool { return slices.Contains(want, scalar(d[field])) })
		}
	}
	if l.where != nil {
		all = all.Where(func(d map[string]any) bool { return l.where(k, d) })
	}
	known := append(slices.Clone(l.ignore), l.keys, "Filter", "Filters")
	for member := range l.equal {
		known = append(known, member)
	}
	return k.page(all.Len(), k.each(all.At, l.of(l.parts)), l.member, l.usual, known...)
}

// filtered applies Filters. One that is not known is an error, so that a caller never takes a whole list for a filtered
// one.
func (l list) filtered(k *awsCall, all items) (items, *awsFail) {
	filters, _ := k.in["Filters"].([]any)
	if one, ok := k.in["Filter"].([]any); ok {
		filters = one // a few operations call them so
	}
	for _, f := range filters {
		f, _ := f.(map[string]any)
		member, ok := l.filters[scalar(f["Name"])]
		if !ok {
			return nil, &awsFail{400, "InvalidParameterValue", "The filter '" + scalar(f["Name"]) + "' is invalid"}
		}
		values, _ := f["Values"].([]any)
		all = all.Where(func(d map[string]any) bool { return slices.Contains(values, any(scalar(d[member]))) })
	}
	return all, nil
}
