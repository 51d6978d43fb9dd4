// Leaks keeps memory in one of the ways that a heap report should find, says as one JSON line which suspects there are
// and how many bytes are theirs, and dies. `leaks modes` lists the ways; `healthy` has none.
//
// Bytes are those by which the heap grew, as the runtime counts them, or sizes that the program knows. What else lives
// (`ballast`) is spread so that nothing of it is suspect.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// suspect is one that has to be found.
type suspect struct {
	id string
	// Bytes, at least and at most.
	least, most int64
	// What its sentence says.
	words []string
}

var (
	suspects []suspect
	before   runtime.MemStats
	after    runtime.MemStats
)

// One variable each: together they would be one owner of much.
var b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11 []byte

func ballast(each int) {
	for _, b := range []*[]byte{&b0, &b1, &b2, &b3, &b4, &b5, &b6, &b7, &b8, &b9, &b10, &b11} {
		*b = make([]byte, each)
		for i := range *b {
			(*b)[i] = byte(i * each)
		}
	}
}

func settle(stats *runtime.MemStats) {
	for i := 0; i < 4; i++ {
		runtime.GC()
	}
	runtime.ReadMemStats(stats)
}

// grown is by how much the heap grew while build ran.
func grown(build func()) int64 {
	settle(&before)
	build()
	settle(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// expect says that there is a suspect of these bytes.
func expect(id string, bytes int64, words ...string) { expectBetween(id, bytes, bytes, words...) }

func expectBetween(id string, least, most int64, words ...string) {
	suspects = append(suspects, suspect{id, least, most, words})
}

func tell(mode string) {
	var b strings.Builder
	b.WriteString(`{"program":"leaks","mode":` + strconv.Quote(mode) + `,"suspects":[`)
	for i, s := range suspects {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(`{"id":` + strconv.Quote(s.id))
		b.WriteString(`,"least":` + strconv.FormatInt(s.least, 10) + `,"most":` + strconv.FormatInt(s.most, 10) + `,"words":[`)
		for j, w := range s.words {
			if j > 0 {
				b.WriteString(",")
			}
			b.WriteString(strconv.Quote(w))
		}
		b.WriteString("]}")
	}
	b.WriteString("]}\n")
	os.Stdout.WriteString(b.String())
}

var modes = map[string]func(){
	"dominator": dominator, "many": many, "shared": shared, "list": list, "lists": lists, "goroutine": goroutine, "leaked": leaked,
	"mapfill": mapFill, "slicefill": sliceFill, "subslice": subSlice, "substring": subString,
	"dupstrings": dupStrings, "dupbytes": dupBytes, "pool": pool, "timers": timers, "finalizer": finalizer,
	"http": unreadBodies, "healthy": healthy,
}

func main() {
	mode := "healthy"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	if mode == "modes" {
		os.Stdout.WriteString("dominator many shared list lists goroutine leaked mapfill slicefill subslice substring " +
			"dupstrings dupbytes pool timers finalizer http healthy\n")
		return
	}
	debug.SetGCPercent(-1)
	run, ok := modes[mode]
	if !ok {
		os.Stderr.WriteString("no such mode: " + mode + "\n")
		os.Exit(2)
	}
	run()
	tell(mode)
	die()
}

//go:noinline
func die() { panic("told") }
