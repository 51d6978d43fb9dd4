//go:build go1.22

package main

import (
	"example.com/corpus/truth"
)

func init() { newer = append(newer, perIteration) }

// perIteration has a loop variable that is a new one, on the heap, in every iteration.
//
//go:noinline
func perIteration(i int) {
	var keep []func() int
	for k := range 3 {
		keep = append(keep, func() int { k++; return k })
		if k == 1 {
			truth.Frame("main.perIteration", truth.V("i", i).Arg(), truth.E("k", &k), truth.V("keep", keep))
			next(i)
		}
	}
	truth.Keep(i, keep)
}
