// Leaks has goroutines that nothing can wake any more, and others that look the same and can be woken, writes what Go's own
// detector says of them to the file that is its argument, and dies.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"time"
	"weak"
)

type node struct {
	c    chan int
	next *node
	data []byte
}

func newNode() *node { return &node{c: make(chan int), data: make([]byte, 100)} }

// What package variables keep.
var (
	keep     []*node
	byName   = map[string]*node{}
	global   sync.Mutex
	globalWG sync.WaitGroup
	embedded struct {
		pad [5]int
		rw  sync.RWMutex
	}
	held   []*node
	weakly []weak.Pointer[node]
)

//go:noinline
func recv(n *node) { <-n.c }

//go:noinline
func send(n *node) { n.c <- 1 }

//go:noinline
func sel(a, b *node) {
	select {
	case <-a.c:
	case b.c <- 1:
	}
}

//go:noinline
func lock(mu *sync.Mutex) { mu.Lock() }

//go:noinline
func rlock(mu *sync.RWMutex) { mu.RLock() }

//go:noinline
func wlock(mu *sync.RWMutex) { mu.Lock() }

//go:noinline
func wait(wg *sync.WaitGroup) { wg.Wait() }

//go:noinline
func cond(c *sync.Cond) { c.L.Lock(); c.Wait() }

//go:noinline
func once(o *sync.Once) { o.Do(func() { o.Do(func() {}) }) }

//go:noinline
func none() { select {} }

//go:noinline
func nilReceive() { var c chan int; <-c }

//go:noinline
func nilSend() { var c chan int; c <- 1 }

// acquire takes a semaphore that is a channel.
//
//go:noinline
func acquire(tokens chan struct{}) { tokens <- struct{}{} }

// nap can still wake those whose nodes it has.
//
//go:noinline
func nap(ns []*node) {
	time.Sleep(time.Hour)
	for _, n := range ns {
		n.c <- 1
	}
}

// chained waits for one and would wake another.
//
//go:noinline
func chained(a, b *node) { <-a.c; b.c <- 1 }

// deferring would wake another by a deferred call whose record is on the heap, to which the runtime's list of goroutines leads.
//
//go:noinline
func deferring(a, b *node) {
	for i := 0; i < 2; i++ {
		defer func() { b.c <- 1 }()
	}
	<-a.c
}

// onStack has its deferred call in its frame.
//
//go:noinline
func onStack(a, b *node) {
	defer func() { b.c <- 1 }()
	<-a.c
}

type carrier struct{ to *node }

// escape is never set: what it might be given is on the heap.
var escape func(func() *node)

// into receives into a variable on the heap, which has the only reference to another's channel.
//
//go:noinline
func into(from chan carrier, to *node) {
	v := carrier{to}
	get := func() *node { return v.to }
	if escape != nil {
		escape(get)
	}
	v = <-from
	get().c <- 1
}

//go:noinline
func holdLock(mu *sync.Mutex, n *node) {
	mu.Lock()
	<-n.c
	mu.Unlock()
}

type list struct {
	mu   sync.Mutex
	next *list
}

// many waits for any of a hundred channels.
//
//go:noinline
func many(ns []*node) {
	select {
	case <-ns[0].c:
	case <-ns[1].c:
	case <-ns[2].c:
	case <-ns[3].c:
	case <-ns[4].c:
	case ns[5].c <- 1:
	case ns[6].c <- 1:
	case ns[7].c <- 1:
	case ns[8].c <- 1:
	case <-ns[9].c:
	}
}

func nodes(n int) (all []*node) {
	for i := 0; i < n; i++ {
		all = append(all, newNode())
	}
	return
}

func leaked() {
	go recv(newNode())
	go send(newNode())
	go sel(newNode(), newNode())
	go many(nodes(10))
	mu := new(sync.Mutex)
	mu.Lock()
	go lock(mu)
	go lock(&(&list{next: &list{}}).next.mu)
	rw := new(sync.RWMutex)
	rw.Lock()
	go rlock(rw)
	go wlock(rw)
	wg := new(sync.WaitGroup)
	wg.Add(1)
	go wait(wg)
	go cond(sync.NewCond(new(sync.Mutex)))
	go cond(sync.NewCond(new(sync.RWMutex)))
	go once(new(sync.Once))
	go none()
	go nilReceive()
	go nilSend()
	full := make(chan struct{}, 1)
	full <- struct{}{}
	go acquire(full)
	// The nodes of a chain are kept by those that wait themselves.
	first := newNode()
	for i := 0; i < 5; i++ {
		next := newNode()
		go chained(first, next)
		first = next
	}
	go recv(first)
	b := newNode()
	go onStack(newNode(), b)
	go recv(b)
	// A lock and who has it, which waits for ever.
	m := new(sync.Mutex)
	go holdLock(m, newNode())
	go lock(m)
	// A timer's channel that was stopped, and one that nobody has a timer for.
	stopped := time.NewTimer(time.Hour)
	stopped.Stop()
	go func() { <-stopped.C }()
	// Weak pointers keep nothing.
	w := newNode()
	weakly = append(weakly, weak.Make(w))
	go recv(w)
}

func alive() {
	k := newNode()
	keep = append(keep, k)
	go recv(k)
	go sel(newNode(), k)
	ns := nodes(10)
	keep = append(keep, ns[9])
	go many(ns)
	k = newNode()
	byName["x"] = &node{next: &node{next: k}}
	go send(k)
	go lock(&global)
	go wait(&globalWG)
	go rlock(&embedded.rw)
	h := newNode()
	go recv(h)
	go nap([]*node{h})
	// Behind another that may be woken.
	x, y := newNode(), newNode()
	keep = append(keep, x)
	go chained(x, y)
	go recv(y)
	// Behind deferred calls whose records the runtime has.
	z := newNode()
	go deferring(newNode(), z)
	go recv(z)
	// Behind what is received into a variable on the heap.
	v := newNode()
	go into(make(chan carrier), v)
	go recv(v)
	// By a timer, a ticker, a finalizer, a cleanup.
	t := newNode()
	time.AfterFunc(time.Hour, func() { t.c <- 1 })
	go recv(t)
	go func() { <-time.After(time.Hour) }()
	go func() { <-time.NewTicker(time.Hour).C }()
	f := newNode()
	finalized := &node{next: f}
	runtime.SetFinalizer(finalized, func(n *node) { n.next.c <- 1 })
	held = append(held, finalized)
	go recv(f)
	c := newNode()
	cleaned := newNode()
	runtime.AddCleanup(cleaned, func(n *node) { n.c <- 1 }, c)
	held = append(held, cleaned)
	go recv(c)
	// A lock that somebody who sleeps has.
	m := new(sync.Mutex)
	go func() { m.Lock(); time.Sleep(time.Hour); m.Unlock() }()
	time.Sleep(time.Millisecond)
	go lock(m)
}

//go:noinline
func plant() {
	for i := 0; i < 20; i++ {
		leaked()
		alive()
	}
	// The finalizers' and cleanups' objects themselves go: only the specials are left.
	held = nil
}

// filler moves the allocator of tiny objects on: the block that it cuts locks from is no garbage until it is full.
var filler []*byte

func main() {
	runtime.GOMAXPROCS(1)
	debug.SetTraceback("crash")
	debug.SetGCPercent(-1)
	global.Lock()
	globalWG.Add(1)
	embedded.rw.Lock()
	plant()
	time.Sleep(200 * time.Millisecond)
	for i := 0; i < 64; i++ {
		filler = append(filler, new(byte))
	}
	file, err := os.Create(os.Args[1])
	if err != nil {
		os.Exit(2)
	}
	pprof.Lookup("goroutineleak").WriteTo(file, 1)
	file.Close()
	panic("told")
}
