package main

import (
	"reflect"
	"sync"
	"unsafe"
)

// dagNode refers to every node of the layer below, so that no node below the first layer is kept by one alone.
type dagNode struct {
	below [4]*dagNode
	own   *int64
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

var (
	dag      *dagNode
	around   []any
	fills    []map[int]int
	fillsP   []map[string]*item
	generic  []*pair[string, *item]
	registry sync.Map
	made     func(*item) int
	// What an experiment of the release adds.
	experiments func()
)

// station is a composite literal of a package variable: the linker lays it out in package data and gives it no symbol.
type station struct {
	label string
	first *listNode
}

var depot = &station{label: "depot"}

func more() {
	measure("depot", unsafe.Pointer(depot), unsafe.Sizeof(*depot), func() {
		for i := 0; i < 20; i++ {
			depot.first = &listNode{next: depot.first, id: int64(i), text: heapString(20)}
		}
	}, nil)
	measure("dag", unsafe.Pointer(&dag), unsafe.Sizeof(dag), func() { dag = layers(12) }, func() {
		note(unsafe.Pointer(dag))
		for n := dag; n != nil; n = n.below[0] {
			for _, b := range n.below {
				if b != nil {
					note(unsafe.Pointer(b))
				}
			}
		}
	})
	// The last size with bits in the span, the first ones with a header, and those at the end of small objects.
	measure("around", unsafe.Pointer(&around), unsafe.Sizeof(around), func() {
		around = append(around, fillPointers(new([63]*item)[:]), fillPointers(new([64]*item)[:]), fillPointers(new([65]*item)[:]),
			fillPointers(new([4094]*item)[:]), fillPointers(new([4095]*item)[:]), fillPointers(new([4096]*item)[:]), fillPointers(new([4097]*item)[:]),
			new([504]byte), new([512]byte), new([513]byte), new([32767]byte), new([32768]byte), new([32769]byte))
	}, nil)
	measure("fills", unsafe.Pointer(&fills), unsafe.Sizeof(fills), func() {
		fills = make([]map[int]int, 0, 120)
		for n := 0; n < 120; n++ {
			fills = append(fills, intMap(n))
		}
	}, nil)
	measure("fillsP", unsafe.Pointer(&fillsP), unsafe.Sizeof(fillsP), func() {
		fillsP = make([]map[string]*item, 0, 60)
		for n := 0; n < 60; n++ {
			m := map[string]*item{}
			for i := 0; i < n; i++ {
				m[heapString(16+i)] = newItem(i, nil)
			}
			fillsP = append(fillsP, m)
		}
	}, nil)
	measure("generic", unsafe.Pointer(&generic), unsafe.Sizeof(generic), func() {
		for i := 0; i < 40; i++ {
			generic = append(generic, &pair[string, *item]{heapString(33), newItem(i, nil)})
		}
	}, nil)
	measure("registry", unsafe.Pointer(&registry), unsafe.Sizeof(registry), func() {
		for i := 0; i < 100; i++ {
			registry.Store(heapString(20+i), newItem(i, nil))
		}
	}, nil)
	if experiments != nil {
		experiments()
	}
	// The function is a method value of reflect's: its argument is kept while it runs.
	made = reflect.MakeFunc(reflect.TypeOf(made), func(args []reflect.Value) []reflect.Value {
		started <- struct{}{}
		<-gate
		return []reflect.Value{reflect.ValueOf(int(args[0].Interface().(*item).id))}
	}).Interface().(func(*item) int)
}

// layers makes a graph in which every node of a layer refers to all four of the next.
func layers(deep int) *dagNode {
	var below [4]*dagNode
	for i := 0; i < deep; i++ {
		var layer [4]*dagNode
		for j := range layer {
			layer[j] = &dagNode{below: below}
		}
		below = layer
	}
	return &dagNode{below: below}
}

func fillPointers(s []*item) []*item {
	s[0] = newItem(len(s), nil)
	s[len(s)-1] = newItem(len(s), s[0])
	return s
}
