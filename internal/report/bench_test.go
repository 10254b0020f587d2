package report

import (
	"io"
	"testing"

	"exhibit/internal/evidence"
)

// large is the sample with n observations, one in fifty failing.
func large(n int) Input {
	in := sampleInput()
	in.Observations = func(yield func(evidence.Observation, error) bool) {
		for i := range n {
			v := evidence.Pass
			if i%50 == 0 {
				v = evidence.Fail
			}
			name := "bucket-" + itoa(i)
			if !yield(obs("public-storage", "aws.s3.bucket-public", "aws.s3.bucket", "aws:111122223333", "arn:aws:s3:::"+name, name, v), nil) {
				return
			}
		}
	}
	return in
}

// BenchmarkBuild builds and writes the posture of 100,000 observations.
func BenchmarkBuild(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		p, err := Build(large(100_000))
		if err != nil {
			b.Fatal(err)
		}
		if err := HTML(io.Discard, p); err != nil {
			b.Fatal(err)
		}
	}
}

// TestPageStaysSmall holds that the page of a large estate can still be opened, and says what it left out.
func TestPageStaysSmall(t *testing.T) {
	p, err := Build(large(50_000))
	if err != nil {
		t.Fatal(err)
	}
	var page countingWriter
	if err := HTML(&page, p); err != nil {
		t.Fatal(err)
	}
	if page > 2<<20 {
		t.Errorf("the page is %d bytes", page)
	}
	if len(p.Failures) != 1000 {
		t.Errorf("got %d failures", len(p.Failures))
	}
}

type countingWriter int

func (w *countingWriter) Write(b []byte) (int, error) {
	*w += countingWriter(len(b))
	return len(b), nil
}
