package main

import (
	"strings"
)

var (
	full     map[int64]int64
	emptied  map[int64]int64
	sparse   [][]int64
	filled   [][]int64
	cut      [][]byte
	cutText  []string
	whole    []string
	copies   []string
	buffers  [][]byte
	sessions map[string]*session
)

// mapFill has a map whose entries were nearly all deleted; the ballast is larger, so that it is no owner of much.
func mapFill() {
	ballast(4 << 20)
	fill := func() map[int64]int64 {
		m := map[int64]int64{}
		for i := int64(0); i < 100000; i++ {
			m[i] = i
		}
		return m
	}
	bytes := grown(func() { emptied = fill() })
	for i := int64(0); i < 100000; i++ {
		if i%1000 != 0 {
			delete(emptied, i)
		}
	}
	full = fill()
	expectBetween("heap.map-fill", bytes*8/10, bytes, "a map[int64]int64 has 100 entries")
}

// sliceFill has slices with room for far more than they have, and as many that are full.
func sliceFill() {
	ballast(8 << 20)
	for i := 0; i < 300; i++ {
		s := make([]int64, 2048)
		s[0] = int64(i)
		sparse = append(sparse, s[:3])
		f := make([]int64, 256)
		f[5] = int64(i)
		filled = append(filled, f)
	}
	expect("heap.slice-fill", 300*(2048-3)*8, "300 []int64 arrays")
}

func subSlice() {
	ballast(8 << 20)
	for i := 0; i < 300; i++ {
		b := make([]byte, 16<<10)
		b[101] = byte(i)
		cut = append(cut, b[100:110:110])
	}
	expect("heap.sub-slice", 300*(16<<10-10), "300 []uint8 arrays")
}

func subString() {
	ballast(8 << 20)
	for i := 0; i < 300; i++ {
		s := strings.Repeat("x", 16<<10-20) + text("0123456", i)[:20]
		cutText = append(cutText, s[16<<10-20:16<<10-10])
		whole = append(whole, strings.Repeat("y", 1000)+text("whole", i))
	}
	expect("heap.substring", 300*(16<<10-10), "300 texts")
}

// dupStrings has 50 contents, 1,000 times each, among as many that come once.
func dupStrings() {
	ballast(3 << 20)
	for i := 0; i < 50000; i++ {
		copies = append(copies, text("the state of an order, at length", i%50))
		whole = append(whole, text("unlike", i))
	}
	expect("heap.duplicate-strings", 49950*48, "at least 49,950 strings are copies of 50 others")
	expect("heap.many-objects", 50000*48, "main.copies ([]string) owns 50,000 string bytes")
}

func dupBytes() {
	ballast(3 << 20)
	for i := 0; i < 20000; i++ {
		buffers = append(buffers, []byte(text(strings.Repeat("z", 100), i%20)))
	}
	// Go's own packages have a few short buffers alike.
	expectBetween("heap.duplicate-bytes", 19980*128, 19980*128+256, "at least 19,98", "byte buffers are copies of 2")
	expect("heap.many-objects", 20000*128, "main.buffers ([][]uint8) owns 20,000 []uint8 backing")
}

// healthy has a bit of everything and nothing in excess.
func healthy() {
	ballast(1 << 20)
	sessions = map[string]*session{}
	for i := 0; i < 9000; i++ {
		sessions[text("session", i)] = &session{id: int64(i), name: text("name", i)}
	}
	for i := 0; i < 1000; i++ {
		filled = append(filled, make([]int64, i%50))
		cut = append(cut, newBuffer(600)[:300])
		whole = append(whole, text("some", i))
	}
	full = map[int64]int64{}
	for i := int64(0); i < 20000; i++ {
		full[i] = i
	}
	heads = append(heads, chain(300, 0), chain(500, 1))
	go waiter(1, new(table))
	go waiter(2, new(table))
}
