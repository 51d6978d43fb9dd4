package main

import (
	"context"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"syscall"
	"time"

	"example.com/corpus/truth"
)

// waiter is one way to be blocked; how many goroutines are blocked that way.
type waiter struct {
	what  string
	count int
	block func(n int)
}

var (
	never      = make(chan int)
	full       = make(chan string, 1)
	nilChan    chan int
	other      = make(chan struct{})
	heldMutex  sync.Mutex
	heldRead   sync.RWMutex
	heldWrite  sync.RWMutex
	pending    sync.WaitGroup
	condLock   sync.Mutex
	cond       = sync.NewCond(&condLock)
	blockOnce  sync.Once
	quietPipe  *os.File
	quietWrite *os.File
	rawPipe    [2]int
	longTimer  *time.Timer
)

//go:noinline
func recvChan(n int) {
	tag := "recv " + strconv.Itoa(n)
	truth.Frame("main.recvChan", truth.V("n", n).Arg(), truth.V("tag", tag))
	v := <-never
	truth.Keep(n, tag, v)
}

//go:noinline
func sendChan(n int) {
	text := "send " + strconv.Itoa(n)
	truth.Frame("main.sendChan", truth.V("n", n).Arg(), truth.V("text", text))
	full <- text
	truth.Keep(n, text)
}

//go:noinline
func selectTwo(n int) {
	out := 3 * n
	truth.Frame("main.selectTwo", truth.V("n", n).Arg(), truth.V("out", out))
	select {
	case v := <-never:
		truth.Keep(v)
	case other <- struct{}{}:
	case full <- "selected":
	}
	truth.Keep(n, out)
}

//go:noinline
func lockMutex(n int) {
	heldMutex.Lock()
	truth.Keep(n)
	heldMutex.Unlock()
}

//go:noinline
func waitCond(n int) {
	condLock.Lock()
	cond.Wait()
	condLock.Unlock()
	truth.Keep(n)
}

//go:noinline
func readPipe(n int) {
	buf := make([]byte, 8+n)
	got, err := quietPipe.Read(buf)
	truth.Keep(n, buf, got, err)
}

//go:noinline
func readRaw(n int) {
	buf := make([]byte, 4)
	got, err := syscall.Read(rawPipe[0], buf)
	truth.Keep(n, buf, got, err)
}

//go:noinline
func busy(n int) {
	for k := uint64(n); ; k++ {
		spins += k
		if len(full) == 2 {
			return
		}
	}
}

//go:noinline
func locked(n int) {
	runtime.LockOSThread()
	<-never
	runtime.UnlockOSThread()
	truth.Keep(n)
}

var waiters = []waiter{
	{"chan receive", 205, recvChan},
	{"chan send", 150, sendChan},
	{"nil chan receive", 30, func(n int) { <-nilChan }},
	{"nil chan send", 30, func(n int) { nilChan <- n }},
	{"select", 200, selectTwo},
	{"select no cases", 20, func(n int) { select {} }},
	{"select with nil channels", 10, func(n int) {
		var a, b chan int
		select {
		case <-a:
		case b <- n:
		}
	}},
	{"mutex", 100, lockMutex},
	{"rwmutex write", 10, func(n int) { heldWrite.Lock() }},
	{"rwmutex read", 40, func(n int) { heldRead.RLock() }},
	{"waitgroup", 60, func(n int) { pending.Wait() }},
	{"cond", 60, waitCond},
	{"sleep", 30, func(n int) { time.Sleep(time.Duration(n+1) * time.Hour) }},
	{"io", 10, readPipe},
	{"syscall", 4, readRaw},
	{"busy", 3, busy},
	{"locked", 5, locked},
	{"once", 6, func(n int) { blockOnce.Do(func() { <-never }) }},
	{"context", 10, func(n int) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		<-ctx.Done()
	}},
	{"ticker", 5, func(n int) {
		t := time.NewTicker(time.Hour)
		defer t.Stop()
		for range t.C {
			truth.Keep(n)
		}
	}},
	{"range over channel", 12, func(n int) {
		for v := range never {
			truth.Keep(v, n)
		}
	}},
}

//go:noinline
func spawnPlain(w waiter, n int, ready *sync.WaitGroup) {
	go func() {
		truth.Member(w.what, "main.spawnPlain", nil)
		ready.Done()
		w.block(n)
	}()
}

// spawnLabelled starts the goroutine under two pprof labels.
//
//go:noinline
func spawnLabelled(w waiter, n int, ready *sync.WaitGroup) {
	labels := map[string]string{"request": strconv.Itoa(n), "what": w.what}
	pprof.Do(context.Background(), pprof.Labels("request", strconv.Itoa(n), "what", w.what), func(ctx context.Context) {
		go startLabelled(w, n, ready, labels)
	})
}

//go:noinline
func startLabelled(w waiter, n int, ready *sync.WaitGroup, labels map[string]string) {
	truth.Member(w.what, "main.spawnLabelled.func1", labels)
	ready.Done()
	w.block(n)
}

func (w waiter) start(n int, ready *sync.WaitGroup) {
	truth.Member(w.what, "main.spawnMethod", nil)
	ready.Done()
	w.block(n)
}

//go:noinline
func spawnMethod(w waiter, n int, ready *sync.WaitGroup) { go w.start(n, ready) }

// blockAll starts a thousand goroutines and waits until they wait.
func blockAll(busyToo bool) int {
	heldMutex.Lock()
	heldRead.Lock()
	heldWrite.RLock()
	pending.Add(1)
	full <- "first"
	var err error
	if quietPipe, quietWrite, err = os.Pipe(); err != nil {
		panic(err)
	}
	if err = syscall.Pipe(rawPipe[:]); err != nil {
		panic(err)
	}
	longTimer = time.AfterFunc(5*time.Hour, func() { panic("too late") })
	var ready sync.WaitGroup
	total := 0
	for _, w := range waiters {
		if w.what == "busy" && !busyToo {
			continue
		}
		for n := 0; n < w.count; n++ {
			ready.Add(1)
			switch n % 10 {
			case 3:
				spawnLabelled(w, n, &ready)
			case 7:
				spawnMethod(w, n, &ready)
			default:
				spawnPlain(w, n, &ready)
			}
			total++
		}
	}
	ready.Wait()
	// A collection records since when they wait.
	time.Sleep(150 * time.Millisecond)
	runtime.GC()
	time.Sleep(50 * time.Millisecond)
	return total
}

//go:noinline
func dieAmong(total int) {
	truth.Frame("main.dieAmong", truth.V("total", total).Arg())
	truth.Emit()
	panic("a thousand are waiting")
}

func init() {
	modes["blocked"] = func() {
		truth.Death("panic", "SIGABRT", "")
		truth.Panic("a thousand are waiting", false, false)
		dieAmong(blockAll(true))
	}
	modes["blocked-quit"] = func() {
		blockAll(false)
		prepare("quit", "SIGQUIT")
	}
}
