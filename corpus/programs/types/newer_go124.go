//go:build go1.24

package main

import (
	"example.com/corpus/truth"
)

func init() { newer = append(newer, genericAlias) }

// Table is an alias with a type parameter.
type Table[V any] = map[string]V

//go:noinline
func genericAlias(i int) {
	t := Table[Point]{"p": {1, 2}}
	truth.Frame("main.genericAlias", truth.V("i", i).Arg(), truth.V("t", t))
	next(i)
	truth.Keep(i, t)
}
