package main

import (
	"sync"
	"unsafe"
)

func addrOf(c chan int) uintptr { return *(*uintptr)(unsafe.Pointer(&c)) }

var keep []interface{}

// channels: unbuffered, full, empty, nil, and a select of ten cases.
func channels() {
	recv, send, full := make(chan int), make(chan int), make(chan int, 2)
	full <- 1
	full <- 2
	keep = append(keep, recv, send, full)
	or, os, of := expect("channel", "", addrOf(recv)), expect("channel", "", addrOf(send)), expect("channel", "", addrOf(full))
	for i := 0; i < 3; i++ {
		go func() { or.waits(); <-recv }()
		go func() { os.waits(); send <- 1 }()
		go func() { of.waits(); full <- 1 }()
	}
	var none chan int
	on := expect("nil channel", "", 0)
	go func() { on.waits(); <-none }()
	go func() { on.waits(); none <- 1 }()
	var cs [10]chan int
	var os10 [10]*object
	for i := range cs {
		cs[i] = make(chan int)
		os10[i] = expect("channel", "", addrOf(cs[i]))
		keep = append(keep, cs[i])
	}
	go func() {
		for _, o := range os10 {
			o.waits()
		}
		select {
		case <-cs[0]:
		case <-cs[1]:
		case cs[2] <- 1:
		case <-cs[3]:
		case cs[4] <- 2:
		case <-cs[5]:
		case <-cs[6]:
		case <-cs[7]:
		case <-cs[8]:
		case cs[9] <- 3:
		}
	}()
	settle(9 + 2 + 10)
}

// groups: a WaitGroup with a Done that does not come, a Cond, a Once in a Once.
func groups() {
	wg := new(sync.WaitGroup)
	wg.Add(2)
	ow := expect("waitgroup", "", at(unsafe.Pointer(wg)))
	go func() {
		defer wg.Done()
		ow.holds()
		nap()
	}()
	go func() { ow.waits(); wg.Wait() }()
	settle(2)

	mu := new(sync.Mutex)
	cond := sync.NewCond(mu)
	oc := expect("cond", "", at(unsafe.Pointer(cond)))
	for i := 0; i < 3; i++ {
		go func() {
			mu.Lock()
			oc.waits()
			cond.Wait()
			mu.Unlock()
		}()
	}
	settle(5)

	once := new(sync.Once)
	oo := expect("once", "", at(unsafe.Pointer(once)))
	go func() {
		once.Do(func() {
			oo.holds()
			oo.waits()
			once.Do(func() {})
		})
	}()
	settle(7)
	cycles = append(cycles, oo.holders)
	go func() { oo.waits(); once.Do(func() {}) }()
	settle(8)
}

type shard struct {
	pad [3]int
	mu  sync.Mutex
}

type table struct {
	shards []shard
	byName map[string]*pool
	a, b   sync.Mutex
	pool
}

var tables = &table{shards: make([]shard, 8), byName: map[string]*pool{"x": {}}}

func lockAt(mu *sync.Mutex, name string) {
	o := expect("mutex", name, at(unsafe.Pointer(mu)))
	go func() {
		mu.Lock()
		o.holds()
		nap()
		mu.Unlock()
	}()
	settle(count + 1)
	go func() {
		o.waits()
		mu.Lock()
		o.kind = "mutex"
		mu.Unlock()
	}()
	settle(count + 1)
}

// places: a slice's element, a map's value, an embedded struct, two neighbours.
func places() {
	lockAt(&tables.shards[3].mu, "main.tables.shards[3].mu")
	lockAt(&tables.byName["x"].mu, `main.tables.byName["x"].mu`)
	lockAt(&tables.pool.mu, "main.tables.pool.mu")
	lockAt(&tables.a, "main.tables.a")
	lockAt(&tables.b, "main.tables.b")
}

type job struct {
	c    chan int
	data []byte
}

func work(j *job) {
	<-j.c
	j.data[0]++
}

// Their channels live as long as this does.
var registry []*job

// leaks: 500 that nothing can wake, 100 that a global leads to, 1000 healthy ones that look the same.
func leaks() {
	var ids sync.Mutex
	for i := 0; i < 500; i++ {
		j := &job{c: make(chan int), data: make([]byte, 64)}
		go func() {
			ids.Lock()
			leaked = append(leaked, id())
			ids.Unlock()
			work(j)
		}()
	}
	for i := 0; i < 100; i++ {
		j := &job{c: make(chan int), data: make([]byte, 64)}
		registry = append(registry, j)
		go work(j)
	}
	mine := make([]*job, 1000)
	for i := range mine {
		mine[i] = &job{c: make(chan int), data: make([]byte, 64)}
		go work(mine[i])
	}
	go func() {
		nap()
		for _, j := range mine {
			j.c <- 1
		}
	}()
	settle(0)
	settle(0)
}
