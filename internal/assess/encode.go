package assess

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"exhibit/internal/evidence"
)

// sortedKeys returns the keys in RFC 8785's order.
func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, compareUTF16)
	return out
}

// compareUTF16 orders strings by their UTF-16 code units, which differs from byte order only beyond U+D7FF.
func compareUTF16(a, b string) int {
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x != y {
			return unit(x) - unit(y)
		}
		a, b = a[n:], b[m:]
	}
	return len(a) - len(b)
}

// unit maps a code point to its place in UTF-16 order: those that take surrogates stand between U+D7FF and U+E000.
func unit(r rune) int {
	if r >= 0xE000 && r < 0x10000 {
		return int(r) + 0x110000
	}
	return int(r)
}

// appendString appends s as a canonical JSON string. Invalid UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += n
			continue
		}
		i++
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i-1]...)
		start = i
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\r':
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}

// appendValue appends a CEL value as canonical JSON. It reports false for a value that is no fact: an error, an
// unknown, an absent optional.
func appendValue(dst []byte, v ref.Val) ([]byte, bool) {
	switch v := v.(type) {
	case types.Bool:
		return strconv.AppendBool(dst, bool(v)), true
	case types.Int:
		return strconv.AppendInt(dst, int64(v), 10), true
	case types.Uint:
		return strconv.AppendUint(dst, uint64(v), 10), true
	case types.Double:
		raw, err := json.Marshal(float64(v))
		if err == nil {
			raw, err = evidence.Canonical(raw)
		}
		return append(dst, raw...), err == nil
	case types.String:
		return appendString(dst, string(v)), true
	case types.Bytes:
		return appendString(dst, base64.StdEncoding.EncodeToString(v)), true
	case types.Null:
		return append(dst, "null"...), true
	case types.Timestamp:
		return appendString(dst, v.Time.UTC().Format(time.RFC3339Nano)), true
	case types.Duration:
		return appendString(dst, evidence.Duration(v.Duration).String()), true
	case *types.Optional:
		if !v.HasValue() {
			return dst, false
		}
		return appendValue(dst, v.GetValue())
	case *subject:
		return appendString(dst, v.rec.id), true
	case traits.Mapper:
		return appendMap(dst, v)
	case traits.Lister:
		dst = append(dst, '[')
		ok := true
		for it, i := v.Iterator(), 0; it.HasNext() == types.True; i++ {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, ok = appendValue(dst, it.Next()); !ok {
				return dst, false
			}
		}
		return append(dst, ']'), true
	}
	return dst, false
}

func appendMap(dst []byte, m traits.Mapper) ([]byte, bool) {
	entries := map[string][]byte{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		name, ok := key.ConvertToType(types.StringType).(types.String)
		if !ok {
			return dst, false
		}
		val, ok := appendValue(nil, m.Get(key))
		if !ok {
			return dst, false
		}
		entries[string(name)] = val
	}
	dst = append(dst, '{')
	for i, name := range sortedKeys(entries) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(appendString(dst, name), ':'), entries[name]...)
	}
	return append(dst, '}'), true
}

// same reports whether two JSON values are the same, spelling aside.
func same(a, b json.RawMessage) bool {
	x, errX := evidence.Canonical(bytes.Clone(a))
	y, errY := evidence.Canonical(bytes.Clone(b))
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
