package store_test

import (
	"bytes"
	"testing"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

func TestDays(t *testing.T) {
	s := storetest.New(t)
	estate := storetest.Estate{Types: []string{"aws.s3.bucket", "aws.kms.key"}, Subjects: 300, Drift: 5}
	const days = 12
	corpus := estate.Corpus(t)
	for day := range days {
		if i, err := estate.Commit(t.Context(), s, day, corpus.Day(t, day)); err != nil || i != int64(day)+1 {
			t.Fatalf("day %d: entry %d, %v", day, i, err)
		}
	}
	err := s.View(func(v *store.View) error {
		for day := range days {
			snapshots, err := v.Snapshots(int64(day)+2, "aws.s3.bucket")
			if err != nil || len(snapshots) != 1 || snapshots[0].Entry != int64(day)+1 {
				t.Fatalf("day %d: snapshots %+v, %v", day, snapshots, err)
			}
			n := 0
			err = v.Objects(snapshots[0].Subjects, func(key string, d evidence.Digest, object []byte) error {
				id, want, err := storetest.Subject("aws.s3.bucket", number(t, key), estate.Version(number(t, key), day))
				if err != nil {
					return err
				}
				if id != key || !bytes.Equal(object, want) || d != evidence.Sum(want) {
					t.Errorf("day %d: %s is %s", day, key, object)
				}
				n++
				got, err := v.Object(d)
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("object %s: %v", d, err)
				}
				return nil
			})
			if err != nil || n != 300 {
				t.Fatalf("day %d: %d subjects, %v", day, n, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func number(t *testing.T, id string) int {
	n := 0
	for _, c := range id[len(id)-6:] {
		n = n*10 + int(c-'0')
	}
	return n
}
