// Program known holds values of types that people read otherwise than their fields say, one in each package
// variable, and says how they read: what the type's own String, Error or Stats gives where it has one.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"example.com/corpus/truth"
)

// told is a value's name, how it reads, and for what will happen in how many nanoseconds.
type told struct {
	Name string `json:"name"`
	Text string `json:"text"`
	Due  int64  `json:"due,omitempty"`
}

var all []told

// says registers what a package variable reads as.
func says(name, text string) { all = append(all, told{Name: "main." + name, Text: text}) }

// due registers a text that ends with how long something takes from now on.
func due(name, text string, at time.Time) {
	all = append(all, told{Name: "main." + name, Text: text, Due: int64(time.Until(at))})
}

// newer are parts that older releases do not have.
var newer []func()

func main() {
	if len(os.Args) < 2 || os.Args[1] != "all" {
		fmt.Println("all")
		return
	}
	truth.Begin("known", "all")
	truth.Death("panic", "SIGABRT", "")
	truth.Panic("known", false, false)
	for _, part := range []func(){
		times, numbers, addresses, names, contexts, locks, maps, buffers, requests, pools,
		failures, files, mirrors, texts, lists, identifiers,
	} {
		part()
	}
	for _, part := range newer {
		part()
	}
	timers()
	list, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	truth.Note("texts", string(list))
	truth.Emit()
	die()
	// The linker keeps only what somebody refers to.
	truth.Keep(&nobody2, &never, &empty, &fresh, &missing, &mirroredNothing, &bare)
}

//go:noinline
func die() {
	panic("known")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
