// Program types holds a value of every Go type in the frames of one goroutine, says so, and panics.
//
// main calls a chain of functions, one per family of types; each registers its variables and calls the next, the
// last one emits the truth and dies. Every variable is used after the call, so it is alive in optimised builds too.
package main

import (
	"fmt"
	"os"

	"example.com/corpus/truth"
)

// links is the chain, in the order of the calls. next is called by every link with its own position.
var links = []func(int){}

// families are the chains by mode.
var families = map[string][]func(int){}

func next(i int) {
	if i < len(links) {
		links[i](i + 1)
		return
	}
	globals()
	truth.Emit()
	die()
}

//go:noinline
func die() {
	panic("types")
}

func main() {
	families["all"] = append([]func(int){
		scalars, floats, texts, slices, arrays, structs, pointers, interfaces, channels, functions, closures,
		generics, times, errorsHeld, constants, synced, anonymous, scopes, results,
	}, newer...)
	families["maps"] = []func(int){mapSizes, mapKinds, mapFloats, mapGrowth, mapHoles}
	families["inline"] = []func(int){inlinedCalls, inlinedMethods, inlinedGenerics, inlinedClosure, inlinedDeep}
	mode := ""
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	links = families[mode]
	if links == nil {
		fmt.Println("all inline maps")
		return
	}
	truth.Begin("types", mode)
	truth.Death("panic", "SIGABRT", "")
	truth.Panic("types", false, false)
	next(0)
}
