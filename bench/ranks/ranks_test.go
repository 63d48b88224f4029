package ranks_test

import (
	"math"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/bench/ranks"
)

func to(n int) []time.Duration {
	values := make([]time.Duration, n)
	for i := range values {
		values[i] = time.Duration(i + 1)
	}
	return values
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		base, sample []time.Duration
		auc, p       float64
	}{
		"the same":       {to(20), to(20), 0.5, 1},
		"all equal":      {[]time.Duration{7, 7, 7}, []time.Duration{7, 7}, 0.5, 1},
		"all greater":    {[]time.Duration{1, 2, 3, 4, 5}, []time.Duration{6, 7, 8, 9, 10}, 1, 0.00902},
		"all less":       {[]time.Duration{6, 7, 8, 9, 10}, []time.Duration{1, 2, 3, 4, 5}, 0, 0.00902},
		"greater by one": {[]time.Duration{1, 2, 3, 4}, []time.Duration{2, 3, 4, 5}, 0.71875, 0.30353},
		"one far off":    {to(21), append(to(20), time.Hour), 0.501134, 0.98996},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ranks.Compare(test.base, test.sample)
			if math.Abs(got.AUC-test.auc) > 1e-6 || math.Abs(got.P-test.p) > 1e-4 {
				t.Errorf("got AUC %.5f, p %.5f; want %.5f, %.5f", got.AUC, got.P, test.auc, test.p)
			}
		})
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for want, sample := range map[time.Duration][]time.Duration{3: {5, 3, 1}, 4: {9, 1, 3, 5}, 7: {7}} {
		if got := ranks.Median(sample); got != want {
			t.Errorf("median of %v: got %d, want %d", sample, got, want)
		}
	}
}
