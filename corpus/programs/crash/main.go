// Program crash dies in the way its argument names, after saying what it holds.
//
// One executable with many modes, so that a corpus of crashes needs one executable and many small cores.
package main

import (
	"fmt"
	"os"
	"sort"

	"example.com/corpus/truth"
)

var modes = map[string]func(){}

func main() {
	mode := ""
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	f := modes[mode]
	if f == nil {
		var all []string
		for m := range modes {
			all = append(all, m)
		}
		sort.Strings(all)
		for _, m := range all {
			fmt.Println(m)
		}
		os.Exit(0)
	}
	truth.Begin("crash", mode)
	f()
	fmt.Fprintln(os.Stderr, "crash: still alive after", mode)
	os.Exit(3)
}
