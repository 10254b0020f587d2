package simcloud

import (
	"bytes"
	"strings"
)

// A generated document carries this number wherever its own serial belongs; every serial has as many digits. In the same
// way ScaleAccount stands wherever its account belongs.
const (
	serialDigits = 9
	serialMark   = "973517935"
	perAccount   = 1e9 // more than any serial
)

// marks returns where a mark stands in b.
func marks(b []byte, mark string) []int {
	var out []int
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte(mark))
		if i < 0 {
			return out
		}
		out = append(out, at+i)
		at += i + len(mark)
	}
}

// putDigits fills dst with the last digits of n.
func putDigits(dst []byte, n int) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
}

// serialOf returns the last serial in an id, or -1.
func serialOf(id string) int {
	for end := len(id); end >= serialDigits; end-- {
		n, i := 0, end-serialDigits
		for ; i < end && id[i] >= '0' && id[i] <= '9'; i++ {
			n = n*10 + int(id[i]-'0')
		}
		if i == end {
			return n
		}
	}
	return -1
}

// genItems are n documents made from a few shapes when they are asked for. They take no memory of their own.
type genItems struct {
	n       int
	account int    // its number
	key     string // with serialMark
	shapes  []*shape
	seed    uint64
	day     int
}

func (g *genItems) Len() int { return g.n }

// At returns an item without its key, which lists do not need.
func (g *genItems) At(i int) item {
	version := (g.day + i%scaleAge) / scaleAge
	h := (uint64(i) + uint64(version)<<40 + g.seed) * 0x9e3779b97f4a7c15
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return item{"", i + g.account*perAccount, g.shapes[(h>>32)%uint64(len(g.shapes))]}
}

func (g *genItems) Find(key string) (item, bool) {
	n := serialOf(key)
	if n < 0 || n >= g.n {
		return item{}, false
	}
	var b [serialDigits]byte
	putDigits(b[:], n)
	it := g.At(n)
	it.key = strings.Replace(g.key, serialMark, string(b[:]), 1)
	return it, it.key == key
}

func (g *genItems) Where(pass func(map[string]any) bool) items {
	if pass(g.shapes[0].doc) {
		return g
	}
	return memItems{}
}
