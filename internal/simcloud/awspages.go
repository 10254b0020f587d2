package simcloud

import (
	"cmp"
	"slices"
	"strings"
)

// each appends items as show makes them.
func (k *awsCall) each(at func(i int) item, show func(any) any) element {
	name := k.rendering()
	return func(dst []byte, i int, enc encode) ([]byte, error) {
		return at(i).render(dst, name, func(dst []byte, doc map[string]any) ([]byte, error) {
			return enc(dst, show(doc))
		})
	}
}

// page answers one page of n elements under a member of the output. Input members other than those of paging and those
// named are refused, so that what the caller asks is never ignored in silence.
func (k *awsCall) page(n int, one element, member string, usual int, known ...string) (awsOut, *awsFail) {
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
		member = cmp.Or(p.Result, k.operation.Output.onlyList())
	}
	doc := map[string]any{}
	put(doc, member, &page{w, one})
	k.more(doc, w)
	return awsOut{doc: doc}, nil
}

// values answers one page of values that were made for the call.
func (k *awsCall) values(all []any, member string, known ...string) (awsOut, *awsFail) {
	one := func(dst []byte, i int, enc encode) ([]byte, error) {
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
	token := k.text(goName(p.Input))
	if k.c.options.Odd && token == "" && n > 0 {
		return window{Next: pageToken(k.op, 0)}, true
	}
	return k.c.page(k.op, n, token, k.number(goName(p.Limit)), usual, most)
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
