package main

import (
	"runtime"
	"strconv"
	"time"
)

type session struct {
	id   int64
	name string
	data [4]int64
}

type item struct {
	id    int64
	cells [7]int64
}

type node struct {
	next  *node
	id    int64
	value *item
}

type registryOwner struct {
	name  string
	items []*item
}

var (
	registry map[string]*session
	owner    *registryOwner
	head     *node
	heads    []*node
	gate     = make(chan int)
	sink     int64
)

// text is a string on the heap that no other has, and not cut from a tiny block.
func text(kind string, n int) string { return kind + "-0123456789-" + strconv.Itoa(n) }

// dominator has one map that keeps nearly all.
func dominator() {
	const n = 90000
	bytes := grown(func() {
		registry = map[string]*session{}
		for i := 0; i < n; i++ {
			registry[text("session", i)] = &session{id: int64(i)}
		}
	})
	// The collector itself allocates a little meanwhile.
	expectBetween("heap.dominator", bytes-8192, bytes, "main.registry (map[string]*main.session)", "90,000 main.session below it", "heap tree main.registry")
}

// many has an owner that keeps less than a tenth, in very many pieces.
func many() {
	ballast(1536 << 10)
	owner = &registryOwner{name: "many"}
	for i := 0; i < 20000; i++ {
		owner.items = append(owner.items, &item{id: int64(i)})
	}
	expect("heap.many-objects", 20000*64, "main.registryOwner at", "kept by main.owner (*main.registryOwner), owns 20,000 main.item")
}

func chain(n, from int) *node {
	var first *node
	for i := 0; i < n; i++ {
		first = &node{next: first, id: int64(from + i), value: &item{id: int64(i)}}
	}
	return first
}

func list() {
	head = chain(100000, 0)
	expect("heap.list", 100000*(24+64), "100,000 main.node", "of main.head (*main.node)")
}

func lists() {
	heads = make([]*node, 0, 25)
	bytes := int64(0)
	for i := 0; i < 25; i++ {
		heads = append(heads, chain(4000+i, i))
		bytes += int64(4000+i) * (24 + 64)
	}
	expect("heap.list", bytes, "25 linked lists of main.node", "has 4,024 elements")
	expect("heap.dominator", bytes+208, "main.heads ([]*main.node)", "25 main.node below it")
}

// goroutine has one that holds all in a local variable.
func goroutine() {
	ballast(256 << 10)
	started := make(chan int)
	go holder(60000, started)
	<-started
	expectBetween("heap.goroutine", 60000*(64+8), 60000*(64+8)*12/10, "main.holder")
}

//go:noinline
func holder(n int, started chan int) {
	own := make([]*item, 0, n)
	for i := 0; i < n; i++ {
		own = append(own, &item{id: int64(i)})
	}
	runtime.GC()
	started <- 0
	<-gate
	for _, it := range own {
		sink += it.id
	}
}

type table struct{ rows [32 << 10]*item }

// leaked has goroutines that wait for ever, each with a buffer of its own and one table that all of them share.
func leaked() {
	ballast(1 << 20)
	shared := new(table)
	for i := 0; i < 500; i++ {
		go waiter(i, shared)
	}
	shared = nil
	for i := 0; i < 50; i++ {
		// A goroutine that waits is dated by the collection that finds it waiting.
		time.Sleep(2 * time.Millisecond)
		runtime.GC()
	}
	known := int64(500*8192 + 256<<10)
	expectBetween("heap.leaked-goroutines", known, known*11/10, "500 goroutines wait in main.waiter", "chan receive")
}

//go:noinline
func newBuffer(n int) []byte { return make([]byte, n) }

//go:noinline
func waiter(n int, shared *table) {
	buffer := newBuffer(8 << 10)
	<-gate
	buffer[n%len(buffer)] = 1
	shared.rows[n] = nil
	sink += int64(buffer[0])
	runtime.KeepAlive(buffer)
	runtime.KeepAlive(shared)
}

var queue, index []*item

// shared keeps each item in two variables, so that neither alone would let it go.
func shared() {
	ballast(1536 << 10)
	queue = make([]*item, 0, 50000)
	index = make([]*item, 0, 50000)
	for i := 0; i < 50000; i++ {
		one := &item{id: int64(i)}
		queue, index = append(queue, one), append(index, one)
	}
	expect("heap.shared", 50000*64, "50,000 main.item", "main.queue ([]*main.item)", "main.index ([]*main.item)")
}
