package main

import "runtime/debug"

// Table is what is asked for.
var Table = map[string]int{"one": 1, "two": 2, "three": 3}

func main() {
	debug.SetTraceback("crash")
	panic(len(Table))
}
