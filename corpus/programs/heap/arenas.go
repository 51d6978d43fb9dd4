//go:build goexperiment.arenas

package main

import (
	"arena"
	"unsafe"
)

// arenaItems are allocated in a user arena, the memory of which is one object to the collector.
var arenaItems struct {
	memory *arena.Arena
	head   *item
}

func init() {
	experiments = func() {
		measure("arenaItems", unsafe.Pointer(&arenaItems), unsafe.Sizeof(arenaItems), func() {
			arenaItems.memory = arena.NewArena()
			for i := 0; i < 1000; i++ {
				it := arena.New[item](arenaItems.memory)
				it.id, it.owner = int64(i), arenaItems.head
				it.note = newItem(i, nil)
				arenaItems.head = it
			}
		}, nil)
	}
}
