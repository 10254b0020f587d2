package simcloud

import "testing"

func TestPage(t *testing.T) {
	c := &Cloud{}
	small := &Cloud{options: Options{PageSize: 3}}
	for _, k := range []struct {
		cloud                     *Cloud
		total, asked, usual, most int
		want                      []int // ends of the pages
	}{
		{c, 0, 0, 100, 1000, []int{0}}, {c, 5, 0, 100, 1000, []int{5}}, {c, 5, 2, 100, 1000, []int{2, 4, 5}},
		{c, 4, 2, 100, 1000, []int{2, 4}}, {c, 5, 0, 2, 1000, []int{2, 4, 5}}, {c, 5, 9, 2, 3, []int{3, 5}},
		{small, 7, 0, 100, 1000, []int{3, 6, 7}}, {small, 7, 2, 100, 1000, []int{2, 4, 6, 7}}, {c, 5, -1, 4, 9, []int{4, 5}},
	} {
		token, from := "", 0
		for i, end := range k.want {
			w, ok := k.cloud.page("list", k.total, token, k.asked, k.usual, k.most)
			if !ok || w.From != from || w.To != end || (w.Next == "") != (i == len(k.want)-1) {
				t.Errorf("%+v: page %d is %+v, %v", k, i, w, ok)
			}
			token, from = w.Next, w.To
		}
	}
	w, _ := c.page("list", 9, "", 3, 3, 3)
	for _, k := range []struct {
		list, token string
		total       int
	}{{"other", w.Next, 9}, {"list", "%%%", 9}, {"list", w.Next, 2}, {"list", "bGlzdHwtMQ", 9}, {"list", "bGlzdHww", 9}} {
		if _, ok := c.page(k.list, k.total, k.token, 3, 3, 3); ok {
			t.Errorf("token %q of another list was taken", k.token)
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add("bGlzdHwz", 9, 3)
	c := &Cloud{}
	f.Fuzz(func(t *testing.T, token string, total, asked int) {
		if total < 0 {
			t.Skip()
		}
		w, ok := c.page("list", total, token, asked, 10, 100)
		if ok && (w.From < 0 || w.To < w.From || w.To > total || w.Next != "" && w.To >= total) {
			t.Errorf("page %+v of %d", w, total)
		}
	})
}
