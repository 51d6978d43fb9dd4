package main

import (
	"runtime"
	"unsafe"
)

var (
	gate    = make(chan struct{})
	sending = make(chan *item)
	started = make(chan struct{})
	gone    uintptr
)

// What a noinline function returns the address of is on the heap.
//
//go:noinline
func newItem(id int, owner *item) *item { return &item{id: int64(id), owner: owner} }

//go:noinline
func newNode(id int, next *listNode) *listNode { return &listNode{id: int64(id), next: next} }

//go:noinline
func newBytes(n int) []byte { return make([]byte, n) }

// goroutines start and stay: what they hold, they hold in locals only.
func goroutines() {
	held := open("held")
	for i := 0; i < 10; i++ {
		go holder(i)
		<-started
	}
	held.close()
	boxed := open("boxed")
	for i := 0; i < 5; i++ {
		go addressTaken(i)
		<-started
	}
	boxed.close()
	sent := open("sent")
	for i := 0; i < 5; i++ {
		go sender(i)
		<-started
	}
	sent.close()
	deferred := open("deferred")
	for i := 0; i < 5; i++ {
		go deferrer(i)
		<-started
	}
	deferred.close()
	argument := open("argument")
	for i := 0; i < 5; i++ {
		it := newItem(i, nil)
		note(unsafe.Pointer(it))
		go closing(it)
		<-started
	}
	argument.close()
	reflected := open("reflected")
	for i := 0; i < 3; i++ {
		it := newItem(i, nil)
		note(unsafe.Pointer(it))
		go made(it)
		<-started
	}
	reflected.close()
}

//go:noinline
func holder(n int) {
	own := newBytes(10 << 10)
	chain := newNode(n, newNode(n, nil))
	note(unsafe.Pointer(&own[0]))
	note(unsafe.Pointer(chain))
	note(unsafe.Pointer(chain.next))
	started <- struct{}{}
	<-gate
	runtime.KeepAlive(own)
	runtime.KeepAlive(chain)
}

// addressTaken holds its pointers in stack objects: variables whose address is taken.
//
//go:noinline
func addressTaken(n int) {
	var w wide
	var list [4]*item
	fill(&w, &list, n)
	started <- struct{}{}
	<-gate
	use(&w, &list)
}

//go:noinline
func fill(w *wide, list *[4]*item, n int) {
	w.p = newInt(int64(n))
	note(unsafe.Pointer(w.p))
	for i := range list {
		list[i] = newItem(i, nil)
		note(unsafe.Pointer(list[i]))
	}
}

//go:noinline
func use(w *wide, list *[4]*item) { gone += uintptr(*w.p) + uintptr(list[0].id) }

//go:noinline
func sender(n int) {
	it := newItem(n, nil)
	note(unsafe.Pointer(it))
	started <- struct{}{}
	sending <- it
}

//go:noinline
func deferrer(n int) {
	for i := 0; i < 3; i++ {
		it := newItem(i, nil)
		note(unsafe.Pointer(it))
		defer func() { gone += uintptr(it.id) }()
	}
	started <- struct{}{}
	<-gate
}

//go:noinline
func closing(it *item) {
	started <- struct{}{}
	<-gate
	gone += uintptr(it.id)
}

// garbage is what was dropped after the last collection: still there, and reached by nothing.
//
//go:noinline
func garbage() {
	l := open("garbage")
	var head *listNode
	for i := 0; i < 500; i++ {
		head = newNode(i, head)
		note(unsafe.Pointer(head))
	}
	// Garbage that refers to what lives does not make it garbage.
	it := newItem(0, mapHundred[1])
	note(unsafe.Pointer(it))
	l.close()
	gone += uintptr(head.id) + uintptr(it.owner.id)
	clobber(64)
}

// hidden objects are known only by integers, which keep nothing alive.
//
//go:noinline
func hidden() {
	l := open("hidden")
	for i := 0; i < 20; i++ {
		p := uintptr(unsafe.Pointer(newItem(i, nil)))
		addresses[used] = p
		used++
	}
	l.close()
	clobber(64)
}

//go:noinline
func locals() *item {
	l := open("locals")
	it := newItem(1, newItem(5, nil))
	note(unsafe.Pointer(it))
	note(unsafe.Pointer(it.owner))
	l.close()
	return it
}

// clobber overwrites what earlier calls left on the stack.
//
//go:noinline
func clobber(n int) uintptr {
	var a [32]uintptr
	for i := range a {
		a[i] = uintptr(n + i)
	}
	if n > 0 {
		return clobber(n-1) + a[n%32]
	}
	return a[0]
}

// collecting keeps the collector at work: the process dies in the middle of a cycle.
func collecting() {
	runtime.GOMAXPROCS(2)
	for i := 0; i < 2; i++ {
		go func() {
			for {
				runtime.GC()
			}
		}()
	}
	for i := 0; i < 3; i++ {
		runtime.Gosched()
	}
}

// busy has goroutines that never stop by themselves: a signal preempts them anywhere.
func busy() {
	runtime.GOMAXPROCS(4)
	for i := 0; i < 3; i++ {
		go spin(newItem(i, newItem(0, nil)))
	}
	for i := 0; i < 20; i++ {
		runtime.GC()
	}
}

//go:noinline
func spin(it *item) {
	for n := int64(0); ; n++ {
		it.owner.id += it.id ^ n
	}
}
