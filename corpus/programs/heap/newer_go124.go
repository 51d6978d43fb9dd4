//go:build go1.24

package main

import (
	"runtime"
	"unsafe"
	"weak"
)

var (
	weakly   []weak.Pointer[item]
	cleaning []*item
)

// newer has what Go 1.24 added: weak pointers, which keep an eight-byte handle, and cleanups.
func newer() {
	finalizers()
	l := open("weak targets")
	live := make([]*item, 5)
	for i := range live {
		live[i] = &item{id: int64(i)}
		weakly = append(weakly, weak.Make(live[i]))
		note(unsafe.Pointer(live[i]))
	}
	l.close()
	cleaning = live
	l = open("cleanup arguments")
	for _, it := range live {
		arg := &treeNode{key: it.id}
		note(unsafe.Pointer(arg))
		runtime.AddCleanup(it, func(t *treeNode) { gone += uintptr(t.key) }, arg)
	}
	l.close()
}
