// An object that only a vector register leads to: its address is kept as a floating-point number.
//
// The collector is asked whether it keeps the object; then the process dies while the register still holds it.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// The complement of the address, which no collector takes for a pointer.
var hidden uint64
var gone, stop int32
var sink float64

type object struct {
	next *object
	room [5]int
}

// number holds the address where the collector does not look.
var number float64

//go:noinline
func make() {
	o := new(object)
	address := uint64(uintptr(unsafe.Pointer(o)))
	hidden = ^address
	runtime.SetFinalizer(o, func(*object) { atomic.StoreInt32(&gone, 1) })
	number = math.Float64frombits(address)
}

// hold never calls: the number stays in the register that it came in.
//
//go:noinline
func hold(f float64) float64 {
	x := 0.0
	for atomic.LoadInt32(&stop) == 0 {
		x = x*0.5 + f
	}
	return x
}

func main() {
	// `shared`: the one P is taken from the holder, which is preempted when the process dies; `running`: it runs.
	procs := map[string]int{"shared": 1, "running": 2}[os.Args[1]]
	runtime.GOMAXPROCS(procs)
	debug.SetTraceback("crash")
	// Another goroutine makes it: nothing of that is left on the holder's stack or in its other registers.
	done := new(sync.WaitGroup)
	done.Add(1)
	go func() { make(); done.Done() }()
	done.Wait()
	go func() { sink = hold(number) }()
	for i := 0; i < 5; i++ {
		time.Sleep(20 * time.Millisecond)
		runtime.GC()
	}
	time.Sleep(20 * time.Millisecond)
	fmt.Printf("%#x %t\n", hidden, atomic.LoadInt32(&gone) == 0)
	var p *int
	*p = 1
}
