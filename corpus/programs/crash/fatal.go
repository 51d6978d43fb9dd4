package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"example.com/corpus/truth"
)

// overflow recurses for ever, with a local in each frame.
//
//go:noinline
func overflow(depth int, tag string) int {
	var pad [16]int
	pad[depth&15] = depth
	n := overflow(depth+1, tag) + pad[depth&15]
	return n
}

type opaque struct{ N int }

// prepare says what is held, then waits for whatever comes from outside.
func prepare(kind, signal string) {
	held := &opaque{77}
	words := []string{"still", "alive"}
	truth.Death(kind, signal, "")
	truth.Frame("main.prepare", truth.V("kind", kind).Arg(), truth.V("signal", signal).Arg(), truth.V("held", held),
		truth.V("words", words))
	go spinner()
	idle := make(chan int)
	go func() { <-idle }()
	time.Sleep(20 * time.Millisecond)
	truth.Crasher(-1)
	truth.Emit()
	time.Sleep(time.Hour)
	truth.Keep(kind, signal, held, words)
}

var spins uint64

//go:noinline
func spinner() {
	for {
		spins++
		if len(full) == 2 {
			return
		}
	}
}

func init() {
	modes["deadlock"] = func() {
		truth.Death("deadlock", "SIGABRT", "all goroutines are asleep - deadlock!")
		var mu sync.Mutex
		a, b := make(chan int), make(chan string)
		go func() { mu.Lock(); <-a }()
		go func() { time.Sleep(time.Millisecond); mu.Lock(); b <- "x" }()
		go func() {
			select {
			case <-a:
			case b <- "y":
			}
		}()
		time.Sleep(20 * time.Millisecond)
		truth.Frame("", truth.V("a", a), truth.V("b", b))
		truth.Crasher(-1)
		truth.Emit()
		<-a
		truth.Keep(a, b)
	}
	modes["goexit-deadlock"] = func() {
		truth.Death("deadlock", "SIGABRT", "no goroutines (main called runtime.Goexit) - deadlock!")
		c := make(chan int)
		go func() { c <- 1 }()
		time.Sleep(10 * time.Millisecond)
		truth.Crasher(-1)
		truth.Note("ended", "[1]")
		truth.Emit()
		runtime.Goexit()
	}
	modes["mapwrite"] = func() {
		truth.Death("concurrent_map", "SIGABRT", "concurrent map writes")
		truth.Crasher(-1)
		m := map[int]int{}
		write := func() {
			for i := 0; ; i++ {
				m[i&1023] = i
			}
		}
		truth.Emit()
		go write()
		go write()
		select {}
	}
	modes["mapiter"] = func() {
		truth.Death("concurrent_map", "SIGABRT", "")
		truth.Crasher(-1)
		m := map[int]int{}
		for i := 0; i < 2000; i++ {
			m[i] = i
		}
		truth.Emit()
		go func() {
			for i := 0; ; i++ {
				m[i&1023] = i
			}
		}()
		for {
			for k, v := range m {
				spins += uint64(k + v)
			}
		}
	}
	modes["oom"] = func() {
		truth.Death("out_of_memory", "SIGABRT", "runtime: out of memory")
		held := make([]byte, 1<<20)
		truth.Frame("main.oom", truth.V("size", uint64(1<<34)).Arg())
		truth.Emit()
		oom(1 << 34)
		truth.Keep(held)
	}
	modes["stack"] = func() {
		debug.SetMaxStack(1 << 19)
		truth.Death("stack_overflow", "SIGABRT", "stack overflow")
		truth.Emit()
		overflow(0, "deep")
	}
	modes["sigquit"] = func() { prepare("quit", "SIGQUIT") }
	modes["sigabrt"] = func() { prepare("abort", "SIGABRT") }
	modes["sigsegv"] = func() { prepare("signal", "SIGSEGV") }
	modes["sigbus"] = func() { prepare("signal", "SIGBUS") }
	modes["alive"] = func() { prepare("alive", "") }
	modes["self-segv"] = func() {
		truth.Death("signal", "SIGSEGV", "")
		truth.Crasher(-1)
		truth.Emit()
		syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		time.Sleep(time.Hour)
	}
	modes["fault"] = func() {
		truth.Death("signal", "SIGSEGV", "fault")
		bad := (*opaque)(wild(0xdead0000))
		truth.Frame("main.readWild", truth.V("at", uintptr(0xdead0000)).Arg())
		truth.Emit()
		sink = readWild(uintptr(unsafe.Pointer(bad)))
	}
	modes["fault-noncanonical"] = func() {
		truth.Death("signal", "SIGSEGV", "fault")
		truth.Emit()
		sink = readWild(0xdeadbeefdeadbeef)
	}
	modes["bus"] = func() {
		truth.Death("signal", "SIGBUS", "fault")
		f, err := os.CreateTemp("", "corpus-bus")
		if err != nil {
			panic(err)
		}
		os.Remove(f.Name())
		f.Truncate(8192)
		mem, err := syscall.Mmap(int(f.Fd()), 0, 8192, syscall.PROT_READ, syscall.MAP_SHARED)
		if err != nil {
			panic(err)
		}
		f.Truncate(0)
		truth.Emit()
		sink = mem[5000]
	}
	modes["unlock"] = func() {
		truth.Death("fatal", "SIGABRT", "sync: unlock of unlocked mutex")
		truth.Emit()
		var mu sync.Mutex
		mu.Unlock()
	}
	modes["panic-on-fault"] = func() {
		debug.SetPanicOnFault(true)
		truth.Death("panic", "SIGABRT", "")
		truth.RuntimePanic("runtime.errorAddressString", "runtime error: invalid memory address or nil pointer dereference")
		truth.Emit()
		sink = readWild(0xdead0000)
	}
}

//go:noinline
func oom(size uint64) {
	sink = make([]byte, size)
	truth.Keep(size)
}

//go:noinline
func wild(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

//go:noinline
func readWild(at uintptr) int {
	p := (*opaque)(wild(at))
	n := p.N
	truth.Keep(at, n)
	return n
}
