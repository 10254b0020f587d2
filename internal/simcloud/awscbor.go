package simcloud

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/aws/smithy-go/encoding/cbor"
)

// cborCodec writes RPC v2 CBOR, in which the SDK speaks with CloudWatch.
type cborCodec struct{}

func (c cborCodec) element(dst []byte, list *apiRef, v any) ([]byte, error) {
	return c.value(dst, list.Member, v)
}

// head appends the begin of a value that has n elements, or that n is.
func head(dst []byte, major byte, n int) []byte {
	if n < 24 {
		return append(dst, major<<5|byte(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, major<<5|26), uint32(n)) // no document is longer
}

func (c cborCodec) value(dst []byte, r *apiRef, v any) ([]byte, error) {
	switch r.Type {
	case "structure":
		n, members := 0, []byte(nil)
		err := r.visit(v, func(r *apiRef, v any) (err error) {
			n++
			members, err = c.value(append(head(members, 3, len(r.wire)), r.wire...), r, v)
			return err
		})
		return append(head(dst, 5, n), members...), err
	case "map":
		m, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s: %T is no map", r.Shape, v)
		}
		dst = head(dst, 5, len(m))
		for _, k := range slices.Sorted(maps.Keys(m)) {
			var err error
			if dst, err = c.value(append(head(dst, 3, len(k)), k...), r.Value, m[k]); err != nil {
				return nil, err
			}
		}
		return dst, nil
	case "list":
		if p, ok := v.(*page); ok {
			return p.each(head(dst, 4, p.w.To-p.w.From), "", c, r)
		}
		l, err := listOf(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Shape, err)
		}
		dst = head(dst, 4, len(l))
		for _, e := range l {
			if dst, err = c.value(dst, r.Member, e); err != nil {
				return nil, err
			}
		}
		return dst, nil
	}
	return c.simple(dst, r, v)
}

func (c cborCodec) simple(dst []byte, r *apiRef, v any) ([]byte, error) {
	s, err := r.text(v, "unixTimestamp")
	if err != nil {
		return nil, err
	}
	switch r.Type {
	case "integer", "long":
		n, err := strconv.ParseInt(s, 10, 64)
		if n < 0 {
			return append(dst, cbor.Encode(cbor.NegInt(-n))...), err
		}
		return append(dst, cbor.Encode(cbor.Uint(n))...), err
	case "double", "float", "timestamp":
		f, err := strconv.ParseFloat(s, 64)
		if r.Type == "timestamp" {
			dst = head(dst, 6, 1) // seconds since 1970
		}
		return binary.BigEndian.AppendUint64(append(dst, 0xfb), math.Float64bits(f)), err
	case "boolean":
		return append(dst, cbor.Encode(cbor.Bool(s == "true"))...), nil
	}
	return append(head(dst, 3, len(s)), s...), nil
}

// fromCBOR returns a decoded value as JSON would decode to.
func fromCBOR(v cbor.Value) any {
	switch v := v.(type) {
	case cbor.Map:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = fromCBOR(e)
		}
		return out
	case cbor.List:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = fromCBOR(e)
		}
		return out
	case cbor.String:
		return string(v)
	case cbor.Bool:
		return bool(v)
	case cbor.Uint:
		return float64(v)
	case *cbor.Tag:
		return fromCBOR(v.Value)
	case cbor.Float64:
		return float64(v)
	case cbor.Float32:
		return float64(v)
	}
	return nil
}
