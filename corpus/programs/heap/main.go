// Heap builds structures of known content, keeps an account of each, prints it as one JSON line and dies.
//
// The account has two witnesses that share no code with any reader. How many objects and bytes a structure keeps is
// what the heap shrank to after a collection with it, less what it was after one without it (runtime.ReadMemStats).
// Which objects those are, the program knows for the structures it can walk itself.
//
// The account lives in arrays without pointers outside the heap, and is printed without allocating, so that keeping it
// changes nothing of what it speaks about.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// structure is what one package variable keeps.
type structure struct {
	name           string
	at, size       uintptr
	objects, bytes int64
	first, end     int
	complete       bool
}

var (
	structures [96]structure
	count      int
	addresses  [1 << 17]uintptr
	used       int
	before     runtime.MemStats
	after      runtime.MemStats
)

// settle leaves nothing on the heap but what is reachable: the blocks that tiny objects were cut from live one
// collection longer, and finalizers that are due run meanwhile.
func settle(stats *runtime.MemStats) {
	for i := 0; i < 4; i++ {
		runtime.GC()
	}
	runtime.ReadMemStats(stats)
}

// note enters an object into the account of the structure that is being built.
func note(p unsafe.Pointer) {
	addresses[used] = uintptr(p)
	used++
}

// measure builds a structure that hangs on the package variable `name`, `size` bytes at `at`, and accounts for it.
// `walk` notes the addresses of all of its objects when it is not nil.
func measure(name string, at unsafe.Pointer, size uintptr, build func(), walk func()) {
	settle(&before)
	build()
	settle(&after)
	s := &structures[count]
	count++
	s.name = name
	s.at, s.size = uintptr(at), size
	s.objects = int64(after.HeapObjects) - int64(before.HeapObjects)
	s.bytes = int64(after.HeapAlloc) - int64(before.HeapAlloc)
	s.first = used
	if walk != nil {
		walk()
		s.complete = true
	}
	s.end = used
}

// list of addresses under a name that is no structure: what goroutines hold, what is garbage.
type addressList struct {
	name       string
	first, end int
}

var lists [16]addressList
var listCount int

func open(name string) *addressList {
	l := &lists[listCount]
	listCount++
	l.name = name
	l.first = used
	return l
}

func (l *addressList) close() { l.end = used }

var warm *int64

var out [4 << 20]byte
var outLen int

func put(s string) { outLen += copy(out[outLen:], s) }

func putInt(n int64) {
	b := strconv.AppendInt(out[:outLen], n, 10)
	outLen = len(b)
}

func putAddresses(first, end int) {
	put("[")
	for i := first; i < end; i++ {
		if i > first {
			put(",")
		}
		put("\"0x")
		b := strconv.AppendUint(out[:outLen], uint64(addresses[i]), 16)
		outLen = len(b)
		put("\"")
	}
	put("]")
}

func tell() {
	put("{\"program\":\"heap\",\"structures\":[")
	for i := 0; i < count; i++ {
		s := &structures[i]
		if i > 0 {
			put(",")
		}
		put("{\"variable\":\"main.")
		put(s.name)
		put("\",\"size\":")
		putInt(int64(s.size))
		put(",\"address\":")
		putInt(int64(s.at))
		put(",\"objects\":")
		putInt(s.objects)
		put(",\"bytes\":")
		putInt(s.bytes)
		if s.complete {
			put(",\"addresses\":")
			putAddresses(s.first, s.end)
		}
		put("}")
	}
	put("],\"lists\":{")
	for i := 0; i < listCount; i++ {
		if i > 0 {
			put(",")
		}
		put("\"")
		put(lists[i].name)
		put("\":")
		putAddresses(lists[i].first, lists[i].end)
	}
	put("}}\n")
	syscall.Write(1, out[:outLen])
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "modes" {
		os.Stdout.WriteString("panic collecting busy alive\n")
		return
	}
	mode := "panic"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	debug.SetGCPercent(-1)
	// With one P there is one cache of sudogs, and it is filled beforehand: collections take their own from there, and
	// no structure is charged with one.
	runtime.GOMAXPROCS(1)
	crowd()
	// The P's heap of timers grows when the scavenger first sleeps, whenever that is, unless it has room.
	doze()
	// What the runtime allocates at the first collections is not laid to the first structure.
	for i := 0; i < 4; i++ {
		measure("warm", unsafe.Pointer(&warm), unsafe.Sizeof(warm), func() { warm = newInt(0) }, nil)
		crowd()
	}
	count = 0
	build()
	more()
	newer()
	goroutines()
	settle(&after)
	if mode == "collecting" {
		collecting()
	}
	if mode == "busy" {
		busy()
	}
	garbage()
	hidden()
	local := locals()
	tell()
	if mode == "alive" {
		time.Sleep(time.Hour)
	}
	die()
	runtime.KeepAlive(local)
}

// doze has many goroutines sleep at once.
func doze() {
	done := make(chan int)
	for i := 0; i < 16; i++ {
		go func() {
			time.Sleep(time.Millisecond)
			done <- 0
		}()
	}
	for i := 0; i < 16; i++ {
		<-done
	}
}

// crowd has many goroutines wait at once and go on: the P keeps what they waited with.
func crowd() {
	door, done := make(chan int), make(chan int)
	for i := 0; i < 60; i++ {
		go func() { done <- <-door }()
	}
	for i := 0; i < 200; i++ {
		runtime.Gosched()
	}
	for i := 0; i < 60; i++ {
		door <- i
	}
	for i := 0; i < 60; i++ {
		<-done
	}
}

//go:noinline
func die() { panic("told") }
