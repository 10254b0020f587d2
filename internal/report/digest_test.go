package report

import (
	"os"
	"testing"
)

func TestLook(t *testing.T) {
	d := BuildDigest(sampleWeek(t))
	for name, one := range map[string]*Digest{"all": d, "pay": d.Of("payments"), "base": d.AsBaseline().Of("platform"), "none": d.Of("nobody-known")} {
		pics, err := one.Pictures()
		if err != nil {
			t.Fatal(err)
		}
		f, _ := os.Create("/tmp/d-" + name + ".html")
		DigestHTML(f, one, pics)
		f.Close()
		for _, p := range pics {
			t.Log(name, p.CID, len(p.PNG))
		}
	}
}
