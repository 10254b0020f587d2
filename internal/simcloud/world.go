package simcloud

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// world is an estate on one day. It never changes.
type world struct {
	day      int
	now      time.Time
	date     string                    // now, as a Date header
	accounts map[string][]string       // by provider
	lists    map[string]items          // by path, "aws/111122223333/users"
	objects  map[string]map[string]any // by path, "aws/111122223333/account"
	faults   []rule
	once     onces
}

// list returns the items at a path; a path without a file is an empty list.
func (w *world) list(path ...string) items {
	if l, ok := w.lists[strings.Join(path, "/")]; ok {
		return l
	}
	return memItems{}
}

// object returns the object at a path, nil when there is none.
func (w *world) object(path ...string) map[string]any { return w.objects[strings.Join(path, "/")] }

// items is an ordered list of like things.
type items interface {
	Len() int
	At(i int) item
	// Find returns the item with the key.
	Find(key string) (item, bool)
	// Where returns the items whose shape passes; generated lists are all of one kind, and pass or fail as a whole.
	Where(pass func(doc map[string]any) bool) items
}

// item is one thing: a document, and for a generated thing the number that stands in place of the document's serial.
type item struct {
	key string
	n   int // -1 for a document that stands for itself; above perAccount the number of the account that it is of
	*shape
}

// shape is a document with its renderings, each made once.
type shape struct {
	doc map[string]any
	mu  sync.Mutex
	out map[string]rendering
}

func newShape(doc map[string]any) *shape { return &shape{doc: doc} }

// rendering is a document on the wire, or why it cannot be written. serials and accounts are where those of a generated
// thing stand.
type rendering struct {
	b                 []byte
	serials, accounts []int
	err               error
}

// append appends the item as enc renders it. name identifies enc.
func (it item) append(dst []byte, name string, enc func(dst []byte, doc map[string]any) []byte) []byte {
	dst, _ = it.render(dst, name, func(dst []byte, doc map[string]any) ([]byte, error) { return enc(dst, doc), nil })
	return dst
}

// render is append for what may not be written.
func (it item) render(dst []byte, name string, enc func(dst []byte, doc map[string]any) ([]byte, error)) ([]byte, error) {
	it.mu.Lock()
	r, ok := it.out[name]
	if !ok {
		r.b, r.err = enc(nil, it.doc)
		if it.n >= 0 {
			r.serials, r.accounts = marks(r.b, serialMark), marks(r.b, ScaleAccount)
		}
		if it.out == nil {
			it.out = map[string]rendering{}
		}
		it.out[name] = r
	}
	it.mu.Unlock()
	if r.err != nil {
		return nil, r.err
	}
	at := len(dst)
	dst = append(dst, r.b...)
	for _, m := range r.serials {
		putDigits(dst[at+m:at+m+serialDigits], it.n)
	}
	for _, m := range r.accounts {
		putDigits(dst[at+m:at+m+len(ScaleAccount)], scaleFirst+it.n/perAccount)
	}
	return dst, nil
}

// document returns the item's document, with its own serial where it is a generated one.
func (it item) document() map[string]any {
	if it.n < 0 {
		return it.doc
	}
	b := it.append(nil, "document", func(dst []byte, doc map[string]any) []byte { return append(dst, jsonText(doc)...) })
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		panic("simcloud: " + err.Error()) // it was just encoded
	}
	return doc
}

// onces keeps what is dear to compute for one world.
type onces struct{ m sync.Map }

func (o *onces) do(key string, f func() []byte) []byte {
	v, _ := o.m.LoadOrStore(key, sync.OnceValue(f))
	return v.(func() []byte)()
}

// count adds one to what is counted under a key and says how much it is.
func (o *onces) count(key string) int {
	v, _ := o.m.LoadOrStore(key, new(atomic.Int64))
	return int(v.(*atomic.Int64).Add(1))
}

// memItems are items that stand in memory.
type memItems struct {
	all   []item
	index map[string]int
}

func newMemItems(all []item) memItems {
	m := memItems{all: all, index: make(map[string]int, len(all))}
	for i, it := range all {
		m.index[it.key] = i
	}
	return m
}

func (m memItems) Len() int      { return len(m.all) }
func (m memItems) At(i int) item { return m.all[i] }

func (m memItems) Find(key string) (item, bool) {
	i, ok := m.index[key]
	if !ok {
		return item{}, false
	}
	return m.all[i], true
}

func (m memItems) Where(pass func(map[string]any) bool) items {
	var out []item
	for _, it := range m.all {
		if pass(it.doc) {
			out = append(out, it)
		}
	}
	return newMemItems(out)
}
