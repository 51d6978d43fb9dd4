// Program cgo dies with C on the stack, in the way its argument names.
package main

/*
#cgo CFLAGS: -g -O1 -fno-omit-frame-pointer
#cgo LDFLAGS: -lpthread
#include "native.h"
*/
import "C"

import (
	"fmt"
	"os"
	"sort"
	"time"
	"unsafe"

	"example.com/corpus/truth"
)

var modes = map[string]func(){
	"callback-panic": callbackPanic,
	"c-crash":        cCrash,
	"c-abort":        cAbort,
	"c-sleep":        cSleep,
	"c-thread":       cThread,
	"c-held":         cHeld,
}

// Job is what Go hands to C and gets back.
type Job struct {
	Name  string
	Steps []int
}

var current *Job

//export goCallback
func goCallback(depth C.int, scale C.double) C.int {
	job := current
	local := int(depth) * 2
	truth.Frame("main.goCallback", truth.V("job", job), truth.V("local", local))
	if depth > 0 {
		n := C.call_back(depth-1, scale/2)
		truth.Keep(job, local, n)
		return n
	}
	truth.Emit()
	explode(job)
	truth.Keep(job, local)
	return 0
}

//go:noinline
func explode(job *Job) {
	panic("in a callback: " + job.Name)
}

//export goFromThread
func goFromThread(arg unsafe.Pointer) {
	n := *(*C.int)(arg)
	value := int(n) + 1
	truth.Crasher(truth.GoID())
	truth.Frame("main.goFromThread", truth.V("value", value))
	truth.Emit()
	panic("on a thread made by C")
}

//go:noinline
func callbackPanic() {
	current = &Job{"nested", []int{1, 2, 3}}
	truth.Death("panic", "SIGABRT", "")
	truth.Panic("in a callback: nested", false, false)
	before := "before C"
	truth.Frame("main.callbackPanic", truth.V("before", before))
	n := C.call_back(2, 1.5)
	truth.Keep(before, n)
}

//go:noinline
func cCrash() {
	truth.Death("signal", "SIGSEGV", "")
	held := &Job{"held over C", nil}
	truth.Frame("main.cCrash", truth.V("held", held))
	truth.Emit()
	C.read_null(3)
	truth.Keep(held)
}

//go:noinline
func cAbort() {
	truth.Death("abort", "SIGABRT", "")
	held := &Job{"held over abort", []int{7}}
	truth.Frame("main.cAbort", truth.V("held", held))
	truth.Emit()
	C.give_up()
	truth.Keep(held)
}

//go:noinline
func sleeper(n int, tag string) {
	truth.Member("sleeps in C", "main.cSleep", nil)
	truth.Frame("main.sleeper", truth.V("n", n).Arg(), truth.V("tag", tag).Arg())
	C.sleep_long(C.int(1000 + n))
	truth.Keep(n, tag)
}

//go:noinline
func cSleep() {
	truth.Death("panic", "SIGABRT", "")
	truth.Panic("while others sleep in C", false, false)
	for n := 0; n < 3; n++ {
		go sleeper(n, fmt.Sprint("sleeper ", n))
	}
	C.start_threads(2)
	time.Sleep(100 * time.Millisecond)
	truth.Emit()
	panic("while others sleep in C")
}

//go:noinline
func cThread() {
	truth.Death("panic", "SIGABRT", "")
	truth.Panic("on a thread made by C", false, false)
	C.call_from_thread(41)
	time.Sleep(time.Hour)
}

// cHeld holds values of C types.
//
//go:noinline
func cHeld() {
	truth.Death("panic", "SIGABRT", "")
	truth.Panic("with C values", false, false)
	rec := C.struct_record{id: 7, weight: 2.5}
	rec.label[0], rec.label[1] = 'h', 'i'
	ptr := C.new_record(9)
	colour := C.enum_shade(C.DARK)
	n := C.long(-5)
	size := C.size_t(12)
	text := C.CString("from C")
	id := int(ptr.id)
	truth.Frame("main.cHeld", truth.V("n", int64(n)).CType("main._Ctype_long"), truth.V("size", uint64(size)).CType("main._Ctype_size_t"),
		truth.V("id", id))
	truth.Emit()
	die()
	truth.Keep(rec, ptr, colour, n, size, text, id)
}

//go:noinline
func die() { panic("with C values") }

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
		return
	}
	truth.Begin("cgo", mode)
	f()
}
