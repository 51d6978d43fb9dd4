//go:build go1.23

package main

import (
	"iter"

	"example.com/corpus/truth"
)

func init() { newer = append(newer, rangeFunc, pulled) }

//go:noinline
func countTo(n int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for k := 1; k <= n; k++ {
			if !yield(k, "n"+string(rune('0'+k))) {
				return
			}
		}
	}
}

// rangeFunc dies in the body of a loop over a function: a frame of its own, below the iterator's.
//
//go:noinline
func rangeFunc(i int) {
	total := 100
	label := "outside"
	for k, s := range countTo(5) {
		total += k
		if k == 3 {
			inside := total * 2
			truth.Frame("main.rangeFunc-range1", truth.V("k", k).Arg(), truth.V("s", s).Arg(), truth.V("inside", inside))
			truth.Frame("main.rangeFunc", truth.V("i", i).Arg(), truth.V("total", total), truth.V("label", label))
			next(i)
			truth.Keep(inside, k, s)
		}
	}
	truth.Keep(i, total, label)
}

// pulled holds a coroutine that waits to be asked.
//
//go:noinline
func pulled(i int) {
	pull, stop := iter.Pull2(countTo(9))
	k, s, ok := pull()
	truth.Frame("main.pulled", truth.V("i", i).Arg(), truth.V("k", k), truth.V("s", s), truth.V("ok", ok))
	next(i)
	stop()
	truth.Keep(i, k, s, ok)
}
