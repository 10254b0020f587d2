package simcloud

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// window is one page of a list: items From up to To, and the token for the next page, "" on the last.
type window struct {
	From, To int
	Next     string
}

// page cuts a page out of total items. asked is what the caller wants at most (0: nothing said), most the provider's
// maximum, usual its default. ok is false for a token that this list never gave.
func (c *Cloud) page(list string, total int, token string, asked, usual, most int) (w window, ok bool) {
	if token != "" {
		b, err := base64.RawURLEncoding.DecodeString(token)
		at, found := strings.CutPrefix(string(b), list+"|")
		n, errN := strconv.Atoi(at)
		if err != nil || !found || errN != nil || n < 0 || n == 0 && !c.options.Odd || n > total {
			return window{}, false
		}
		w.From = n
	}
	size := asked
	if size <= 0 {
		size = usual
	}
	size = min(size, most)
	if c.options.PageSize > 0 {
		size = min(size, c.options.PageSize)
	}
	w.To = min(w.From+size, total)
	if w.To < total {
		w.Next = pageToken(list, w.To)
	}
	return w, true
}

// pageToken is the token of the page of a list that begins with the n-th thing.
func pageToken(list string, n int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + "|" + strconv.Itoa(n)))
}
