package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

var of string

func seen(name string, value any) {
	var text string
	switch value := value.(type) {
	case int:
		text = strconv.Itoa(value)
	case uint32:
		text = strconv.FormatUint(uint64(value), 10)
	case record:
		seen(name+".id", value.id)
		seen(name+".count", value.count)
		seen(name+".total", value.total)
		return
	}
	os.Stdout.WriteString(of + " " + name + " " + text + "\n")
}

type record struct{ id, count, total, last int }

var sink int

//go:noinline
func use(value int) { sink += value }

// Displacements, rotations and multiplications of one variable, each in its register.
//twin
//go:noinline
func mixed(h uint32, k uint32, n int) uint32 { // = h k n
	k *= 0xcc9e2d51 // = k
	k = k<<15 | k>>17 // = k
	k *= 0x1b873593 // = k
	h ^= k // = h
	h = h<<13 | h>>19 // = h
	h = h*5 + 0xe6546b64 // = h
	n = n*9 + 77 // = n
	h ^= uint32(n) // = h
	h = h*3 + 0x01020304 // = h
	n = n*5 - 1234567 // = n
	h ^= h >> 16 // = h
	h *= 0x85ebca6b // = h
	return h + uint32(n)
}

// Divisions take two registers and mind the sign.
//twin
//go:noinline
func divided(a, b, c int) int { // = a b c
	d := a + c // = d
	q := a / b // = q
	r := a % b // = r
	c = c*q + r // = c
	a = c / 7 // = a
	b = b*a - d // = b
	d = d / (b | 1) // = d
	c = a%13 + d*8 + 5 // = c
	return a + b + c + d + q + r
}

// A result in memory, which a deferred call sets, in a frame that needs a larger stack.
//twin
//go:noinline
func filled(n int) (r record) { // = r n
	defer func() { r.last = n }()
	var room [5000]byte
	r.id = n // = r
	for i := range room {
		room[i] = byte(i * n)
	}
	r.count = len(room) // = r
	for _, b := range room[:20] {
		r.total += int(b) // = r
	}
	use(r.total)
	n = n*3 + 1 // = n
	return r
}

// A variable in memory that is cleared after calls, with the last one's leavings in its place.
//twin
//go:noinline
func cleared(n int) int { // = n
	use(n)
	var first record // = first
	work(&first)
	n = n*5 + first.id // = n
	use(n)
	return n
}

//go:noinline
func work(r *record) { r.id = 0 }

// Leaves numbers on the stack.
//go:noinline
func dirty(n int) int {
	var room [600]int
	for i := range room {
		room[i] = 0x5555555555 + i*n
	}
	return room[n%600]
}

func run() {
	of = "mixed"
	mixedTwin(7, 0x12345678, 11)
	of = "divided"
	dividedTwin(-1000001, 17, 29)
	of = "filled"
	filledTwin(9)
	of = "cleared"
	clearedTwin(5)
	use(dirty(3))
	use(int(mixed(7, 0x12345678, 11)))
	use(dirty(4))
	use(divided(-1000001, 17, 29))
	use(dirty(5))
	use(cleared(5))
	done := make(chan int)
	go func() {
		buffer := make([]byte, 64)
		text := string(buffer[:runtime.Stack(buffer, false)])
		os.Stdout.WriteString(strings.Fields(text)[1] + "\n")
		use(filled(9).id)
		done <- 1
	}()
	<-done
}

func main() {
	debug.SetTraceback("crash")
	run()
}
