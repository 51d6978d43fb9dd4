// Waits makes goroutines wait for each other in one of the ways that a report should explain, says as one JSON line who
// waits on what and who holds it, and dies. `waits modes` lists the ways.
//
// An object's address, the ids of its waiters and of its holders are what the program itself knows: every goroutine says
// who it is before it takes or waits for something.
package main

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// object is something that is waited for.
type object struct {
	kind, name string
	addr       uintptr
	waiters    []uint64
	holders    []uint64
}

var (
	told    sync.Mutex
	objects []*object
	// Goroutines that wait for each other, each list a cycle.
	cycles [][]uint64
	// Goroutines that nothing can wake any more, and are proven so.
	leaked []uint64
	// How many goroutines have said who they are.
	count int
)

// id is the goroutine's own number, as its traceback has it.
func id() uint64 {
	var buf [64]byte
	text := buf[:runtime.Stack(buf[:], false)]
	fields := bytes.Fields(text)
	n, _ := strconv.ParseUint(string(fields[1]), 10, 64)
	return n
}

func expect(kind, name string, addr uintptr) *object {
	told.Lock()
	defer told.Unlock()
	o := &object{kind: kind, name: name, addr: addr}
	objects = append(objects, o)
	return o
}

func (o *object) waits() {
	told.Lock()
	o.waiters = append(o.waiters, id())
	count++
	told.Unlock()
}

func (o *object) holds() {
	told.Lock()
	o.holders = append(o.holders, id())
	count++
	told.Unlock()
}

// settle lets goroutines that have told run on until they wait.
func settle(least int) {
	for i := 0; i < 500; i++ {
		told.Lock()
		enough := count >= least
		told.Unlock()
		if enough {
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
}

func list(b *strings.Builder, ids []uint64) {
	ids = append([]uint64(nil), ids...)
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	b.WriteString("[")
	for i, n := range ids {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(strconv.FormatUint(n, 10))
	}
	b.WriteString("]")
}

func tell(mode string) {
	told.Lock()
	defer told.Unlock()
	var b strings.Builder
	b.WriteString(`{"program":"waits","mode":` + strconv.Quote(mode) + `,"objects":[`)
	for i, o := range objects {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(`{"kind":` + strconv.Quote(o.kind) + `,"name":` + strconv.Quote(o.name))
		b.WriteString(`,"addr":` + strconv.FormatUint(uint64(o.addr), 10) + `,"waiters":`)
		list(&b, o.waiters)
		b.WriteString(`,"holders":`)
		list(&b, o.holders)
		b.WriteString("}")
	}
	b.WriteString(`],"cycles":[`)
	for i, c := range cycles {
		if i > 0 {
			b.WriteString(",")
		}
		list(&b, c)
	}
	b.WriteString(`],"leaked":`)
	list(&b, leaked)
	b.WriteString("}\n")
	os.Stdout.WriteString(b.String())
}

var modes = map[string]func(){
	"mutex": mutex, "cycle2": func() { cycle(2) }, "cycle5": func() { cycle(5) }, "deferred": deferred, "rwmutex": rwmutex,
	"forms": forms, "channels": channels, "groups": groups, "places": places, "leaks": leaks, "shadow": shadow,
	"semaphores": semaphores,
}

func main() {
	mode := "mutex"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	if mode == "modes" {
		os.Stdout.WriteString("mutex cycle2 cycle5 deferred rwmutex forms channels groups places leaks shadow semaphores\n")
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
