package main

import (
	"runtime"
	"sync"
	"time"
	"unsafe"
)

var (
	finalized []*item
	pool      = sync.Pool{New: func() any { return new(wide) }}
	timers    []*time.Timer
)

// finalizers are set on objects that live: a finalizer's function is kept, and what its object refers to.
func finalizers() {
	l := open("finalizer captures")
	for i := 0; i < 5; i++ {
		it := newItem(i, newItem(9, nil))
		captured := &treeNode{key: int64(i)}
		note(unsafe.Pointer(captured))
		runtime.SetFinalizer(it, func(it *item) { gone += uintptr(captured.key + it.id) })
		finalized = append(finalized, it)
	}
	l.close()
	l = open("timer captures")
	for i := 0; i < 5; i++ {
		it := newItem(i, nil)
		note(unsafe.Pointer(it))
		timers = append(timers, time.AfterFunc(time.Hour, func() { gone += uintptr(it.id) }))
	}
	l.close()
	for i := 0; i < 5; i++ {
		pool.Put(&wide{p: newInt(int64(i))})
	}
}
