package main

import (
	"errors"
	"fmt"
	"math"
	"runtime"

	"example.com/corpus/truth"
)

var errBoom = errors.New("boom")

// StoreError is a custom error.
type StoreError struct {
	Op   string
	Code int
	Err  error
}

func (e *StoreError) Error() string { return fmt.Sprintf("%s failed with %d: %v", e.Op, e.Code, e.Err) }
func (e *StoreError) Unwrap() error { return e.Err }

type (
	myInt    int
	myString string
	myFloat  float64
	myBool   bool
	myStruct struct {
		A int
		B string
	}
	plainPtr struct{ N int }
	talker   struct{ Name string }
	badTalk  struct{}
	valueErr int
)

func (t talker) String() string  { return "I am " + t.Name }
func (badTalk) Error() string    { panic("no words") }
func (v valueErr) Error() string { return fmt.Sprintf("value %d\nsecond line", int(v)) }

//go:noinline
func thrower(v any, depth int) {
	truth.Frame("main.thrower", truth.V("v", v).Arg(), truth.V("depth", depth).Arg())
	truth.Emit()
	panic(v)
}

func panicsWith(v any) func() {
	return func() {
		truth.Death("panic", "SIGABRT", "")
		truth.Panic(v, false, false)
		thrower(v, 3)
	}
}

// runtimePanic dies by a panic that the runtime raises in f.
func runtimePanic(typ, text string, f func()) func() {
	return func() {
		truth.Death("panic", "SIGABRT", "")
		truth.RuntimePanic(typ, text)
		truth.Emit()
		f()
	}
}

var (
	zero    int
	nilMap  map[string]int
	anInt   any = 5
	noIface any
	five    = []int{1, 2, 3, 4, 5}
	sink    any
)

func init() {
	wrapped := fmt.Errorf("handling request 7: %w",
		fmt.Errorf("loading account: %w", &StoreError{"read", 5, errBoom}))
	modes["wrapped"] = panicsWith(wrapped)
	modes["error"] = panicsWith(errBoom)
	modes["custom-error"] = panicsWith(&StoreError{"write", -1, nil})
	modes["value-error"] = panicsWith(valueErr(9))
	modes["int"] = panicsWith(42)
	modes["uint8"] = panicsWith(uint8(200))
	modes["float"] = panicsWith(math.Pi)
	modes["complex"] = panicsWith(complex(1, -2))
	modes["bool"] = panicsWith(true)
	modes["string"] = panicsWith("plain text\nin two lines \x1b[31m")
	modes["named-int"] = panicsWith(myInt(-7))
	modes["named-string"] = panicsWith(myString("named \"text\""))
	modes["named-float"] = panicsWith(myFloat(0.25))
	modes["named-bool"] = panicsWith(myBool(true))
	modes["struct"] = panicsWith(myStruct{1, "b"})
	modes["pointer"] = panicsWith(&plainPtr{11})
	modes["stringer"] = panicsWith(talker{"Tim"})
	modes["func"] = panicsWith(func() {})
	modes["slice"] = panicsWith([]string{"a", "b"})
	modes["map"] = panicsWith(map[string]int{"k": 1})
	modes["nil"] = func() {
		truth.Death("panic", "SIGABRT", "")
		truth.Emit()
		panic(nil)
	}
	modes["error-panics"] = func() {
		truth.Death("panic", "SIGABRT", "")
		truth.Emit()
		panic(badTalk{})
	}
	modes["index"] = runtimePanic("runtime.boundsError", "runtime error: index out of range [9] with length 5",
		func() { sink = five[zero+9] })
	modes["slice-bounds"] = runtimePanic("runtime.boundsError", "runtime error: slice bounds out of range [4:2]",
		func() { sink = five[zero+4 : zero+2] })
	modes["divide"] = runtimePanic("runtime.runtimeError", "runtime error: integer divide by zero",
		func() { sink = 10 / zero })
	modes["nil-map"] = runtimePanic("runtime.plainError", "assignment to entry in nil map",
		func() { nilMap["x"] = 1 })
	modes["assert"] = runtimePanic("*runtime.TypeAssertionError", "interface conversion: interface {} is int, not string",
		func() { sink = anInt.(string) })
	modes["assert-nil"] = runtimePanic("*runtime.TypeAssertionError",
		"interface conversion: interface is nil, not error", func() { sink = noIface.(error) })
	modes["close-closed"] = runtimePanic("runtime.plainError", "close of closed channel", func() {
		c := make(chan int)
		close(c)
		close(c)
	})
	modes["send-closed"] = runtimePanic("runtime.plainError", "send on closed channel", func() {
		c := make(chan int, 1)
		close(c)
		c <- 1
	})
	modes["makeslice"] = runtimePanic("runtime.errorString", "runtime error: makeslice: len out of range",
		func() { sink = make([]int, zero-1) })
	modes["unhashable"] = runtimePanic("runtime.errorString", "runtime error: hash of unhashable type []int",
		func() { sink = map[any]int{[]int{1}: 1} })
	modes["in-goroutine"] = func() {
		truth.Death("panic", "SIGABRT", "")
		truth.Panic("from a goroutine", false, false)
		done := make(chan bool)
		go worker(done, "job 7")
		<-done
	}
	modes["nested"] = nested
	modes["repanic"] = repanic
	modes["repanic-same"] = repanicSame
	modes["recovered"] = recoveredThenDies
	modes["goexit-panic"] = goexitPanic
	modes["deferred-args"] = func() { deferredArgs(3) }
}

//go:noinline
func worker(done chan bool, job string) {
	truth.Grow()
	truth.Frame("main.worker", truth.V("done", done).Arg(), truth.V("job", job).Arg())
	truth.Emit()
	panic("from a goroutine")
}

// nested panics in a deferred call of a panic in a deferred call.
//
//go:noinline
func nested() {
	truth.Death("panic", "SIGABRT", "")
	truth.Panic("first", false, false)
	truth.Panic(&StoreError{"second", 2, errBoom}, false, false)
	truth.Panic(myInt(3), false, false)
	level := 1
	truth.Frame("main.nested", truth.V("level", level))
	defer func() {
		defer func() {
			truth.Emit()
			panic(myInt(3))
		}()
		panic(&StoreError{"second", 2, errBoom})
	}()
	panic("first")
}

// repanic recovers one panic and raises another from the deferred call.
//
//go:noinline
func repanic() {
	truth.Death("panic", "SIGABRT", "")
	truth.Panic("original", true, false)
	truth.Panic("again: original", false, false)
	defer func() {
		r := recover()
		truth.Emit()
		panic(fmt.Sprint("again: ", r))
	}()
	panic("original")
}

// repanicSame raises the recovered value again.
//
//go:noinline
func repanicSame() {
	truth.Death("panic", "SIGABRT", "")
	truth.Panic("same", true, false)
	truth.Panic("same", false, false)
	defer func() {
		r := recover()
		truth.Emit()
		panic(r)
	}()
	panic("same")
}

// recoveredThenDies recovers a nil dereference wholly, and dies of something else.
func recoveredThenDies() {
	truth.Death("panic", "SIGABRT", "")
	func() {
		defer func() { sink = recover() }()
		var p *myStruct
		sink = p.A
	}()
	truth.Panic("unrelated", false, false)
	truth.Emit()
	panic("unrelated")
}

// goexitPanic panics in a deferred call that runtime.Goexit runs.
func goexitPanic() {
	truth.Death("panic", "SIGABRT", "")
	truth.Panic("while leaving", false, false)
	go func() {
		defer func() {
			truth.Emit()
			panic("while leaving")
		}()
		runtime.Goexit()
	}()
	select {}
}

type closer struct{ name string }

func (c *closer) Close(code int) { truth.Keep(c.name, code) }

// deferredArgs has pending deferred calls with arguments when it dies.
//
//go:noinline
func deferredArgs(n int) (total int, err error) {
	c := &closer{"file"}
	defer c.Close(n + 1)
	defer fmt.Println("never printed", n)
	for i := 0; i < n; i++ {
		i := i
		defer func(a int, s string) { total += a + len(s) + i }(i*10, "loop")
	}
	truth.Death("panic", "SIGABRT", "")
	truth.RuntimePanic("runtime.boundsError", "runtime error: index out of range [13] with length 5")
	truth.Frame("main.deferredArgs",
		truth.V("n", n).Arg(), truth.E("total", &total).Result(), truth.V("err", err).Result(), truth.V("c", c))
	truth.Emit()
	sink = five[n+10]
	truth.Keep(n, total, err, c)
	return total, err
}
