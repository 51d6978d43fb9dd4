// What every program of this test begins with: ways to stop at a place, and things to compute with.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"
)

// How many places of each kind are passed before the program stops there.
var calls, spins, faults int

var (
	stopped atomic.Int32
	stuck   = true
	null    *int
	block   = make(chan int)
)

type Node struct {
	a    int
	b    string
	next *Node
}

type Pair struct{ x, y int }

type Failure struct {
	code int
	text string
}

func (f *Failure) Error() string { return f.text }

func (n *Node) add(x int) int {
	if n == nil {
		return x
	}
	return n.a + x
}

//go:noinline
func hit(site int) {
	if calls--; calls == 0 {
		stopped.Store(1)
		<-block
	}
}

var sink struct {
	i int
	s string
	c []int
	p *Node
	a any
	e error
	f func(int) int
	b bool
	r Pair
	d float64
	u byte
}

//go:noinline
func useInt(v int) { sink.i = v }

//go:noinline
func useStr(v string) { sink.s = v }

//go:noinline
func useSlice(v []int) { sink.c = v }

//go:noinline
func usePtr(v *Node) { sink.p = v }

//go:noinline
func useAny(v any) { sink.a = v }

//go:noinline
func useErr(v error) { sink.e = v }

//go:noinline
func useFn(v func(int) int) { sink.f = v }

//go:noinline
func useBool(v bool) { sink.b = v }

//go:noinline
func usePair(v Pair) { sink.r = v }

//go:noinline
func useFloat(v float64) { sink.d = v }

//go:noinline
func useByte(v byte) { sink.u = v }

//go:noinline
func mix(a, b int) int { return a*31 + b ^ 5 }

//go:noinline
func made(a int) []int { return []int{a, a + 1, a + 2} }

//go:noinline
func node(a int, b string) *Node { return &Node{a: a, b: b} }

//go:noinline
func fail(a int, s string) error {
	if a%2 == 0 {
		return nil
	}
	return &Failure{a, s}
}

//go:noinline
func called(f func(int) int, x int) int {
	if f == nil {
		return x
	}
	return f(x)
}

//go:noinline
func kept[T any](v T) T { return v }

func pick[T any](a, b T, first bool) T {
	if first {
		return a
	}
	return b
}

func got(p *Node) int {
	if p == nil {
		return 7
	}
	return p.a
}

func small(a int) int {
	doubled := a * 2
	shifted := doubled + 3
	return shifted ^ a
}

func narrow(a int) byte { return byte(a) }

func chained(p *Node) *Node {
	if p == nil {
		return nil
	}
	return p.next
}

//go:noinline
func number(a int) string {
	if a < 0 {
		a = -a
	}
	return "n" + string(rune('a'+a%26))
}

func init() { debug.SetTraceback("crash") }

// Names the goroutine, and runs it until it stops or ends.
func start(body func()) {
	stopped.Store(0)
	go func() {
		buffer := make([]byte, 64)
		text := string(buffer[:runtime.Stack(buffer, false)])
		os.Stdout.WriteString(strings.Fields(text)[1] + "\n")
		body()
		calls, spins = 0, 0
		stopped.Store(1)
	}()
	for stopped.Load() == 0 {
		time.Sleep(100 * time.Microsecond)
	}
	calls, spins = 0, 0
}
