package simcloud

import (
	"slices"
	"strconv"
)

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
	member string // of the output; needed only where the model leaves it open
	ignore []string
}

func (l within) answer(k *awsCall) (awsOut, *awsFail) {
	it, fail := l.find(k, k.text(l.by))
	if fail != nil {
		return awsOut{}, fail
	}
	elements, _ := it.doc[l.from].([]any)
	show, name := l.of(nil), k.rendering()+"#"
	one := func(dst []byte, i int, enc encode) ([]byte, error) {
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
