package daemon

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"exhibit/internal/simcloud"
)

// BenchmarkCollectAccounts collects 1, 5 and 20 accounts of 5,000 subjects each into a store, and tells what it takes: peak
// memory must not follow the number of accounts. The subjects of one account are given as EXHIBIT_BENCH_SUBJECTS.
func BenchmarkCollectAccounts(b *testing.B) {
	n := 5_000
	if v, err := strconv.Atoi(os.Getenv("EXHIBIT_BENCH_SUBJECTS")); err == nil {
		n = v
	}
	for _, accounts := range []int{1, 5, 20} {
		b.Run(fmt.Sprintf("%d accounts x %d subjects", accounts, n), func(b *testing.B) {
			many := "EXHIBIT_BENCH_ACCOUNTS=" + strconv.Itoa(accounts)
			cloud := benchChild(b, "cloud", many, "EXHIBIT_BENCH_N="+strconv.Itoa(n), "EXHIBIT_BENCH_LATENCY=0s")
			url := "EXHIBIT_BENCH_URL=" + cloud.line(b)
			for range b.N {
				ran := benchChild(b, "store", many, url).result(b)
				if ran.Subjects < int64(accounts*n) {
					b.Errorf("%d subjects were collected, want %d", ran.Subjects, accounts*n)
				}
				b.ReportMetric(float64(ran.Requests), "calls")
				b.ReportMetric(1000*float64(ran.Requests)/float64(ran.Subjects), "calls/1000-subjects")
				b.ReportMetric(ran.Wall.Seconds(), "wall-s")
				b.ReportMetric(ran.CPU.Seconds(), "cpu-s")
				b.ReportMetric(float64(ran.PeakKB)/1024, "peak-MB")
			}
			cloud.stop()
		})
	}
}

// benchAccounts is the section of exhibit.yaml that collects so many generated accounts.
func benchAccounts(n int) string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("%q", simcloud.ScaleAccountID(i)))
	}
	return "role: exhibit-read\naccounts: [" + strings.Join(ids, ", ") + "]"
}
