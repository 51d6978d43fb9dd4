package main

import (
	"sync"
	"time"
	"unsafe"
)

func at(p unsafe.Pointer) uintptr { return uintptr(p) }

type pool struct {
	name string
	mu   sync.Mutex
	n    int
}

var shared = &pool{name: "shared"}

//go:noinline
func nap() { time.Sleep(time.Hour) }

//go:noinline
func (p *pool) hold(o *object) {
	p.mu.Lock()
	o.holds()
	nap()
	p.mu.Unlock()
}

//go:noinline
func (p *pool) want(o *object) {
	o.waits()
	p.mu.Lock()
	p.n++
	p.mu.Unlock()
}

// mutex: fifty wait for a holder that sleeps in a function that it called.
func mutex() {
	o := expect("mutex", "main.shared.mu", at(unsafe.Pointer(&shared.mu)))
	go shared.hold(o)
	settle(1)
	for i := 0; i < 50; i++ {
		go shared.want(o)
	}
	settle(51)
}

type ring struct{ locks []*pool }

//go:noinline
func (r *ring) step(i int, mine, next *object, ready *sync.WaitGroup) {
	a, b := r.locks[i], r.locks[(i+1)%len(r.locks)]
	a.mu.Lock()
	mine.holds()
	ready.Done()
	ready.Wait()
	next.waits()
	b.mu.Lock()
	b.n++
	b.mu.Unlock()
	a.mu.Unlock()
}

// cycle: each holds a lock and wants the next one's.
func cycle(n int) {
	r := &ring{}
	var all []*object
	for i := 0; i < n; i++ {
		p := &pool{}
		r.locks = append(r.locks, p)
		all = append(all, expect("mutex", "", at(unsafe.Pointer(&p.mu))))
	}
	var ready sync.WaitGroup
	ready.Add(n)
	for i := 0; i < n; i++ {
		go r.step(i, all[i], all[(i+1)%n], &ready)
	}
	settle(2 * n)
	var ids []uint64
	for _, o := range all {
		ids = append(ids, o.holders...)
	}
	cycles = append(cycles, ids)
}

//go:noinline
func (p *pool) holdDeferred(o *object) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o.holds()
	nap()
}

//go:noinline
func (p *pool) holdInLoop(o *object) {
	for i := 0; i < 1; i++ {
		p.mu.Lock()
		defer p.mu.Unlock()
	}
	o.holds()
	nap()
}

//go:noinline
func (p *pool) holdInClosure(o *object) {
	p.mu.Lock()
	defer func() {
		p.n++
		p.mu.Unlock()
	}()
	o.holds()
	nap()
}

// lock takes it for a caller that defers the unlock.
//
//go:noinline
func (p *pool) lock() { p.mu.Lock() }

//go:noinline
func (p *pool) holdElsewhere(o *object) {
	p.lock()
	defer p.mu.Unlock()
	o.holds()
	nap()
}

func held(hold func(*pool, *object)) {
	p := &pool{}
	o := expect("mutex", "", at(unsafe.Pointer(&p.mu)))
	go hold(p, o)
	settle(count + 1)
	for i := 0; i < 3; i++ {
		go p.want(o)
	}
	settle(count + 3)
}

// deferred: the unlock is deferred, open-coded, in a loop, in a closure, and after a lock that a callee took.
func deferred() {
	held((*pool).holdDeferred)
	held((*pool).holdInLoop)
	held((*pool).holdInClosure)
	held((*pool).holdElsewhere)
}

type cache struct {
	rw sync.RWMutex
	n  int
}

//go:noinline
func (c *cache) read(o *object, hold bool) {
	if !hold {
		o.waits()
	}
	c.rw.RLock()
	if hold {
		o.holds()
		nap()
	}
	c.rw.RUnlock()
}

//go:noinline
func (c *cache) write(o *object, hold bool) {
	if !hold {
		o.waits()
	}
	c.rw.Lock()
	if hold {
		o.holds()
		nap()
	}
	c.n++
	c.rw.Unlock()
}

// rwmutex: readers that hold, a writer behind them and readers behind that; and a writer that holds.
func rwmutex() {
	c := &cache{}
	o := expect("rwmutex", "", at(unsafe.Pointer(&c.rw)))
	go c.read(o, true)
	go c.read(o, true)
	settle(2)
	go c.write(o, false)
	settle(3)
	for i := 0; i < 4; i++ {
		go c.read(o, false)
	}
	go c.write(o, false)
	settle(8)
	d := &cache{}
	o2 := expect("rwmutex", "", at(unsafe.Pointer(&d.rw)))
	go d.write(o2, true)
	settle(9)
	go d.read(o2, false)
	go d.write(o2, false)
	settle(11)
}

func (p *pool) small(o *object) {
	p.mu.Lock()
	o.holds()
	nap()
	p.mu.Unlock()
}

//go:noinline
func holdInlined(p *pool, o *object) {
	p.n++
	p.small(o)
}

//go:noinline
func holdByValue(p *pool, o *object) {
	lock, unlock := p.mu.Lock, p.mu.Unlock
	call(lock)
	defer unlock()
	o.holds()
	nap()
}

//go:noinline
func call(f func()) { f() }

//go:noinline
func holdInFunc(p *pool, o *object) {
	func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		call(func() {
			o.holds()
			nap()
		})
	}()
}

type embedded struct {
	n int
	sync.Mutex
}

// forms: the holder's code in the shapes that programs have it in.
func forms() {
	held(holdInlined)
	held(holdByValue)
	held(holdInFunc)
	e := &embedded{}
	o := expect("mutex", "", at(unsafe.Pointer(&e.Mutex)))
	go func() {
		e.Lock()
		defer e.Unlock()
		o.holds()
		nap()
	}()
	settle(count + 1)
	go func() {
		o.waits()
		e.Lock()
		e.n++
		e.Unlock()
	}()
	settle(count + 1)
}

// shadow: locks that were taken and given back, and taken again on one path only.
func shadow() {
	p := &pool{}
	o := expect("mutex", "", at(unsafe.Pointer(&p.mu)))
	go func() {
		// Not a holder: it gave it back.
		p.mu.Lock()
		p.n++
		p.mu.Unlock()
		nap()
	}()
	settle(0)
	go p.hold(o)
	settle(1)
	c := sync.NewCond(&p.mu)
	_ = c
	go p.want(o)
	settle(2)
	// A goroutine that waits for a condition does not hold the lock though it stands between.
	q := &pool{}
	cond := sync.NewCond(&q.mu)
	oc := expect("cond", "", at(unsafe.Pointer(cond)))
	go func() {
		q.mu.Lock()
		oc.waits()
		for q.n == 0 {
			cond.Wait()
		}
		q.mu.Unlock()
	}()
	settle(3)
	oq := expect("mutex", "", at(unsafe.Pointer(&q.mu)))
	go q.hold(oq)
	settle(4)
	go q.want(oq)
	settle(5)
}
