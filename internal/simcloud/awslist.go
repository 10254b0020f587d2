package simcloud

import (
	"net/http"
	"strconv"
)

// listing is how a query service pages a list.
type listing struct {
	member, limit, token, next string // parameters and members: "Users", "MaxItems", "Marker", "Marker"
	usual, most                int
	truncated                  bool // IsTruncated is written
	dialect                    *dialect
}

func iamListing(member string) listing {
	return listing{member, "MaxItems", "Marker", "Marker", 100, 1000, true, &queryDialect}
}

func ec2Listing(member string) listing {
	return listing{member, "MaxResults", "NextToken", "NextToken", 1000, 1000, false, &ec2Dialect}
}

// write answers one page of n things, each of which one appends within the list's element.
func (l listing) write(k *awsCall, n int, one func(dst []byte, i int) []byte) ([]byte, *awsFail) {
	w, ok := k.c.page(k.op, n, k.form.Get(l.token), k.asked(l.limit), l.usual, l.most)
	if !ok {
		return nil, badToken(k.service)
	}
	el := l.dialect.element("", l.member)
	out := opening(make([]byte, 0, 512*(w.To-w.From)+200), el)
	for i := w.From; i < w.To; i++ {
		out = one(out, i)
	}
	out = closing(out, el)
	if l.truncated {
		out = wrap(out, "IsTruncated", strconv.FormatBool(w.Next != ""))
	}
	if w.Next != "" {
		out = wrap(out, l.dialect.element("", l.next), w.Next)
	}
	return out, nil
}

// items answers one page of items; fields makes of a document what the operation shows of it, nil for all.
func (l listing) items(k *awsCall, all items, fields func(map[string]any) map[string]any) ([]byte, *awsFail) {
	name := k.service + ":" + k.op
	return l.write(k, all.Len(), func(dst []byte, i int) []byte {
		return all.At(i).append(dst, name, func(dst []byte, doc map[string]any) []byte {
			if fields != nil {
				doc = fields(doc)
			}
			return l.dialect.listed(dst, l.member, doc)
		})
	})
}

// part answers one page of a list inside an item.
func (l listing) part(k *awsCall, it item, from string, fields func(any) any) ([]byte, *awsFail) {
	all, _ := it.doc[from].([]any)
	name := k.service + ":" + k.op + "#"
	return l.write(k, len(all), func(dst []byte, i int) []byte {
		return it.append(dst, name+strconv.Itoa(i), func(dst []byte, _ map[string]any) []byte {
			v := all[i]
			if fields != nil {
				v = fields(v)
			}
			return l.dialect.listed(dst, l.member, v)
		})
	})
}

func badToken(service string) *awsFail {
	switch service {
	case "ec2":
		return &awsFail{http.StatusBadRequest, "InvalidNextToken", "The token is invalid"}
	case "kms":
		return &awsFail{http.StatusBadRequest, "InvalidMarkerException", "Invalid marker"}
	case "s3":
		return &awsFail{http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect"}
	}
	return &awsFail{http.StatusBadRequest, "ValidationError", "Invalid Marker"}
}

func noSuchEntity(what, name string) *awsFail {
	return &awsFail{http.StatusNotFound, "NoSuchEntity", "The " + what + " with name " + name + " cannot be found."}
}
