package simcloud

import (
	"slices"
	"strconv"
	"strings"
)

// kind is one sort of thing in an AWS account: the file aws/ACCOUNT/NAME.json of an estate, or aws/ACCOUNT/REGION/NAME.json
// of a regional one, holds a list of them.
type kind struct {
	name, key string   // key is the member that the API asks by; what an ARN ends with is taken as well
	regional  bool     //
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
	member  string                                    // of the output; the model's, when it pages
	keys    string                                    // input member that names one thing or several, each of which must exist
	equal   map[string]string                         // input members → members of the document that must be equal to them
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

// each appends items as show makes them.
func (k *awsCall) each(at func(i int) item, show func(any) any) func([]byte, int, func([]byte, any) ([]byte, error)) ([]byte, error) {
	name := k.service + ":" + k.op
	return func(dst []byte, i int, enc func([]byte, any) ([]byte, error)) ([]byte, error) {
		return at(i).render(dst, name, func(dst []byte, doc map[string]any) ([]byte, error) {
			return enc(dst, show(doc))
		})
	}
}

// page answers one page of n elements under a member of the output. Input members other than those of paging and those
// named are refused, so that what the caller asks is never ignored in silence.
func (k *awsCall) page(n int, one func([]byte, int, func([]byte, any) ([]byte, error)) ([]byte, error), member string,
	usual int, known ...string) (awsOut, *awsFail) {
	p := k.operation.Pages
	if p == nil {
		p = &apiPages{}
	}
	for name := range k.in {
		if !slices.Contains(known, name) && name != goName(p.Input) && name != goName(p.Limit) {
			return awsOut{}, &awsFail{400, "InvalidParameterValue", "simcloud does not know parameter " + name}
		}
	}
	w, ok := k.window(n, usual)
	if !ok {
		return awsOut{}, k.badToken()
	}
	if member == "" {
		member = p.Result
	}
	doc := map[string]any{}
	put(doc, member, &page{w, one})
	k.more(doc, w)
	return awsOut{doc: doc}, nil
}

// values answers one page of values that were made for the call.
func (k *awsCall) values(all []any, member string, known ...string) (awsOut, *awsFail) {
	one := func(dst []byte, i int, enc func([]byte, any) ([]byte, error)) ([]byte, error) {
		return enc(dst, all[i])
	}
	return k.page(len(all), one, member, 0, known...)
}

// window cuts the page that is asked for out of n things.
func (k *awsCall) window(n, usual int) (window, bool) {
	p := k.operation.Pages
	if p == nil || p.Input == "" {
		return window{To: n}, true
	}
	if usual == 0 {
		usual = 100
	}
	most := 1000
	if r := k.operation.Input.member(p.Limit); r != nil && r.Max > 0 {
		most = int(r.Max)
	}
	return k.c.page(k.op, n, k.text(goName(p.Input)), k.number(goName(p.Limit)), usual, most)
}

// more adds what tells of a next page.
func (k *awsCall) more(doc map[string]any, w window) {
	p := k.operation.Pages
	if p == nil {
		return
	}
	if p.More != "" {
		put(doc, p.More, w.Next != "")
	}
	if w.Next != "" {
		put(doc, p.Output, w.Next)
	}
}

// put sets a member; dots lead into structures.
func put(doc map[string]any, path string, v any) {
	head, rest, inside := strings.Cut(path, ".")
	if !inside {
		doc[goName(path)] = v
		return
	}
	below, ok := doc[goName(head)].(map[string]any)
	if !ok {
		below = map[string]any{}
		doc[goName(head)] = below
	}
	put(below, rest, v)
}

// get answers one thing of a kind, or a part of it.
type get struct {
	kind
	view
	by     string   // input member with the key
	part   string   // member of the document that is the answer; empty: the document
	absent *awsFail // answered when there is no such part; nil: an empty answer
	member string   // of the output, under which the answer stands; empty: it is the output
}

func (g get) answer(k *awsCall) (awsOut, *awsFail) {
	it, fail := g.find(k, k.text(g.by))
	if fail != nil {
		return awsOut{}, fail
	}
	if g.part != "" && it.doc[g.part] == nil && g.absent != nil {
		return awsOut{}, g.absent
	}
	show := g.of(g.parts)
	return awsOut{of: it, show: func(doc map[string]any) map[string]any {
		v := any(doc)
		if g.part != "" {
			v = doc[g.part]
		}
		if m, ok := v.(map[string]any); ok && (g.part == "" || g.view.make != nil || g.only != nil || g.hide != nil) {
			v = show(m)
		}
		return under(g.member, v)
	}}, nil
}

// under puts a value under a member; without one it is the whole document.
func under(member string, v any) map[string]any {
	if member == "" {
		doc, _ := v.(map[string]any)
		return doc
	}
	doc := map[string]any{}
	if v != nil {
		put(doc, member, v)
	}
	return doc
}

// within answers the list that a member of one thing is.
type within struct {
	kind
	view
	by     string // input member with the key
	from   string // member of the thing's document that is the list
	member string // of the output; the model's, when it pages
	ignore []string
}

func (l within) answer(k *awsCall) (awsOut, *awsFail) {
	it, fail := l.find(k, k.text(l.by))
	if fail != nil {
		return awsOut{}, fail
	}
	elements, _ := it.doc[l.from].([]any)
	show, name := l.of(nil), k.service+":"+k.op+"#"
	one := func(dst []byte, i int, enc func([]byte, any) ([]byte, error)) ([]byte, error) {
		return it.render(dst, name+strconv.Itoa(i), func(dst []byte, doc map[string]any) ([]byte, error) {
			return enc(dst, show(elements[i]))
		})
	}
	return k.page(len(elements), one, l.member, 0, append(slices.Clone(l.ignore), l.by)...)
}

// batch answers several things of a kind at once.
type batch struct {
	kind
	view
	by     string // input member with the keys; when it is not given, all are answered
	member string // of the output, for those found
	gone   string // of the output, for the keys of those not found; empty: they fail the call
}

func (b batch) answer(k *awsCall) (awsOut, *awsFail) {
	found, gone := []any{}, []any{}
	show := b.of(b.parts)
	for _, key := range k.texts(b.by) {
		it, fail := b.find(k, key)
		switch {
		case fail == nil:
			found = append(found, show(it.document()))
		case b.gone == "":
			return awsOut{}, fail
		default:
			gone = append(gone, key)
		}
	}
	if _, given := k.in[b.by]; !given {
		all := b.all(k)
		for i := range all.Len() {
			found = append(found, show(all.At(i).document()))
		}
	}
	doc := map[string]any{b.member: found}
	if b.gone != "" {
		doc[b.gone] = gone
	}
	return awsOut{doc: doc}, nil
}

// setting answers a member of the object that an account or, when regional, one of its regions has: account.json or
// REGION/settings.json.
type setting struct {
	regional bool
	part     string   // member of the object
	usual    any      // answered when there is no such part
	absent   *awsFail // answered when there is neither
	member   string   // of the output, under which the part stands; empty: the part is the output
}

func (s setting) answer(k *awsCall) (awsOut, *awsFail) {
	object := k.object()
	if s.regional {
		object = k.w.object("aws", k.account, k.region, "settings")
	}
	v := object[s.part]
	if v == nil {
		if s.usual == nil && s.absent != nil {
			return awsOut{}, s.absent
		}
		v = s.usual
	}
	return awsOut{doc: under(s.member, v)}, nil
}
