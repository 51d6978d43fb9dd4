// Heap fills memory with small linked objects and dies of a nil dereference a few calls deep:
// a core of BYTES (default 1.3 GB) with one object per 64 bytes.
package main

import (
	"fmt"
	"os"
	"strconv"
)

type record struct {
	next *record
	name string
	id   int
	data [4]int64
}

type index struct {
	chunks [][]*record
	count  int
}

var all index

func fill(objects int) {
	for all.count < objects {
		chunk := make([]*record, 1024)
		var previous *record
		for i := range chunk {
			chunk[i] = &record{next: previous, name: "record", id: all.count}
			previous = chunk[i]
			all.count++
		}
		all.chunks = append(all.chunks, chunk)
	}
}

//go:noinline
func lookup(ix *index, chunk, at int) int {
	return ix.chunks[chunk][at].next.id
}

//go:noinline
func serve(request string, ix *index) int {
	return lookup(ix, len(ix.chunks)-1, 0) + len(request)
}

func main() {
	bytes := 1300 << 20
	if len(os.Args) > 1 {
		n, err := strconv.Atoi(os.Args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		bytes = n
	}
	fill(bytes / 64)
	fmt.Println(all.count, "objects")
	// The first record of a chunk has no next: this is the crash.
	fmt.Println(serve("GET /", &all))
}
