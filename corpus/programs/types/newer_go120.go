//go:build go1.20

package main

import (
	"errors"

	"example.com/corpus/truth"
)

func init() { newer = append(newer, joined) }

//go:noinline
func joined(i int) {
	both := errors.Join(errPlain, &codeError{1, "joined", nil})
	truth.Frame("main.joined", truth.V("i", i).Arg(), truth.V("both", both))
	next(i)
	truth.Keep(i, both)
}
