// Package ranks compares two samples of durations by their ranks, so that a few answers that the machine held up weigh no more than others.
package ranks

import (
	"math"
	"slices"
	"time"
)

// Comparison is how a sample differs from another one.
type Comparison struct {
	// AUC is how often a value of the sample is greater than one of the other, ties counting half: 0.5 says that neither tells which is which.
	AUC float64
	// P is how likely a difference as great would be if there were none, by the rank-sum test of Wilcoxon, Mann and Whitney.
	P float64
	// Median and Base are the medians of the sample and of the other.
	Median, Base time.Duration
}

// Compare compares a sample with a base. Neither may be empty; for P to be right both have twenty values or more.
func Compare(base, sample []time.Duration) Comparison {
	n, m := float64(len(base)), float64(len(sample))
	sum, tied := rankSum(base, sample)
	u := sum - m*(m+1)/2
	c := Comparison{AUC: u / (n * m), P: 1, Median: Median(sample), Base: Median(base)}
	if variance := n * m / 12 * (n + m + 1 - tied/((n+m)*(n+m-1))); variance > 0 {
		c.P = math.Erfc(math.Abs(u-n*m/2) / math.Sqrt(2*variance))
	}
	return c
}

// Median is the middle of a sample, or the mean of the two that are. The sample must not be empty.
func Median(sample []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(sample))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// rankSum is the sum of the sample's ranks among all values, equal ones sharing the mean of theirs, and how much such ties narrow the spread.
func rankSum(base, sample []time.Duration) (sum, tied float64) {
	count := map[time.Duration][2]int{} // of the base, of the sample
	for i, values := range [][]time.Duration{base, sample} {
		for _, v := range values {
			both := count[v]
			both[i]++
			count[v] = both
		}
	}
	values := make([]time.Duration, 0, len(count))
	for v := range count {
		values = append(values, v)
	}
	slices.Sort(values)
	below := 0.0
	for _, v := range values {
		equal := float64(count[v][0] + count[v][1])
		sum += float64(count[v][1]) * (below + (equal+1)/2)
		tied += equal*equal*equal - equal
		below += equal
	}
	return sum, tied
}
