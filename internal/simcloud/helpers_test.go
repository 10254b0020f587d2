package simcloud

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"exhibit/testdata/estates"
)

const (
	prod    = "111122223333"
	staging = "444455556666"
)

// loadDemo reads the demo's estate once: an estate never changes.
var loadDemo = sync.OnceValues(func() (*Estate, error) {
	sub, err := fs.Sub(estates.FS, "demo")
	if err != nil {
		return nil, err
	}
	return Load(sub)
})

func demo(t testing.TB) *Estate {
	t.Helper()
	e, err := loadDemo()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func start(t testing.TB, e *Estate, o Options) *Cloud {
	t.Helper()
	c, err := New(e, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// plain turns what an SDK decoded into what JSON decodes to: no nil pointers, times as text.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		if t, ok := v.Interface().(*time.Time); ok {
			return t.UTC().Format(time.RFC3339Nano)
		}
		if v.Kind() == reflect.Interface && v.NumMethod() > 0 { // a union, whose type is called after its member
			of := reflect.Indirect(v.Elem())
			_, member, _ := strings.Cut(of.Type().Name(), v.Type().Name()+"Member")
			return map[string]any{member: plain(of.FieldByName("Value"))}
		}
		return plain(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return t.UTC().Format(time.RFC3339Nano)
		}
		out := map[string]any{}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && f.Name != "ResultMetadata" {
				if p := plain(v.Field(i)); p != nil {
					out[strings.TrimSuffix(f.Name, "_")] = p // the SDK's way out of names that Go has
				}
			}
		}
		return out
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		if b, ok := v.Interface().([]byte); ok {
			return string(b)
		}
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plain(v.Index(i))
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for _, k := range v.MapKeys() {
			out[k.String()] = plain(v.MapIndex(k))
		}
		return out
	}
	return fmt.Sprint(v.Interface())
}

// same demands that an SDK decoded exactly what the estate says. What one side lacks must be empty on the other.
func same(t *testing.T, where string, want, got any) {
	t.Helper()
	for _, d := range differences(where, norm(want), norm(plain(reflect.ValueOf(got)))) {
		t.Error(d)
	}
}

func norm(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = norm(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = norm(e)
		}
		return out
	case nil:
		return nil
	case json.Number:
		return v.String()
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t.UTC().Format(time.RFC3339Nano) // SDKs write the same time shorter
		}
	}
	return fmt.Sprint(v)
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == "" || v == "false" || v == "0"
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, e := range v {
			if !empty(e) {
				return false
			}
		}
		return true
	}
	return false
}

func differences(at string, want, got any) []string {
	if empty(want) && empty(got) {
		return nil
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}
		var out []string
		for k := range w {
			out = append(out, differences(at+"."+k, w[k], g[k])...)
		}
		for k := range g {
			if _, known := w[k]; !known && !empty(g[k]) {
				out = append(out, fmt.Sprintf("%s.%s: decoded %v, which the estate does not say", at, k, g[k]))
			}
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			break
		}
		var out []string
		for i := range w {
			out = append(out, differences(fmt.Sprintf("%s[%d]", at, i), w[i], g[i])...)
		}
		return out
	default:
		if want == got {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: the estate says %v, decoded %v", at, want, got)}
}

// fields returns what picks members of a document.
func fields(members []string) func(map[string]any) map[string]any {
	return func(d map[string]any) map[string]any { return only(d, members...) }
}
