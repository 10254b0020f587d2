package simcloud

import "testing"

func BenchmarkLoadDemo(b *testing.B) {
	for range b.N {
		demo(b)
	}
}

func BenchmarkSetDay(b *testing.B) {
	c, err := New(demo(b), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range b.N {
		if err := c.SetDay(i % 90); err != nil {
			b.Fatal(err)
		}
	}
}
