package simcloud

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"testing"

	"exhibit/testdata/estates"
)

func BenchmarkLoadDemo(b *testing.B) {
	sub, err := fs.Sub(estates.FS, "demo")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Load(sub); err != nil {
			b.Fatal(err)
		}
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

// bare returns a function that asks one path of the simulated AWS over a connection of its own.
func bare(c *Cloud, authorization string) func(path string) error {
	client := &http.Client{Transport: &http.Transport{}}
	return func(path string) error {
		req, err := http.NewRequest(http.MethodGet, c.URL("aws")+path, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", authorization)
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return errors.New(res.Status)
		}
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
}
