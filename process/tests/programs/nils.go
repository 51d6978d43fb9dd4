// Dies of something nil. The line that does it says of what, as its source calls it.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
)

type origin struct {
	first, second int64
	host          string
	next          *origin
}

type logger struct {
	mu     sync.Mutex
	prefix string
}

func (l *logger) printf(format string, a ...any) {
	if len(a) > 3 {
		fmt.Fprintf(os.Stderr, format, a...)
	}
	sink = l.prefix + format // l
}

type request struct {
	id int
	*logger
	origin *origin
	seen   map[string]int
	hook   func(int) int
	w      fmt.Stringer
	sub    struct {
		a    int
		deep *origin
	}
	list []*origin
	pair [2]*origin
}

type box[T any] struct {
	n     int
	value *T
}

var (
	global = &request{id: 7}
	plain  struct {
		a, b int
		at   *origin
	}
	sink string
)

//go:noinline
func handle(r *request, n int) {
	if n > 5 {
		sink = strings.Repeat("x", n)
	}
	sink = r.origin.host // r.origin
}

//go:noinline
func deep(r *request, n int) {
	sink = r.sub.deep.host + fmt.Sprint(n) // r.sub.deep
}

//go:noinline
func chain(r *request) {
	sink = r.origin.next.host // r.origin.next
}

//go:noinline
func arg(p *origin) {
	sink = p.host // p
}

//go:noinline
func setmap(r *request, k string) {
	r.seen[k] = len(k) // r.seen
	sink = k
}

//go:noinline
func iface(r *request) {
	sink = r.w.String() // r.w
}

//go:noinline
func hook(r *request, n int) {
	sink = fmt.Sprint(r.hook(n)) // r.hook
}

//go:noinline
func glob() {
	sink = global.origin.host // main.global.origin
}

//go:noinline
func field() {
	sink = plain.at.host // main.plain.at
}

//go:noinline
func elem(r *request) {
	sink = r.list[1].host // r.list[1]
}

//go:noinline
func array(r *request) {
	sink = r.pair[1].host // r.pair[1]
}

//go:noinline
func closure(r *request) func() {
	o, x := r.origin, 3
	return func() {
		x++
		sink = fmt.Sprint(x)
		sink = o.host // o
	}
}

//go:noinline
func after(r *request) {
	o := r.origin
	sink = fmt.Sprint(r.id, len(r.list))
	sink += strings.ToUpper(sink)
	sink = o.host + sink // o
}

//go:noinline
func loop(rs []*request) {
	for _, r := range rs {
		sink = r.origin.host // r.origin
		sink += fmt.Sprint(r.id)
	}
}

//go:noinline
func write(o *origin) {
	o.second = 7 // o
}

//go:noinline
func local(k string) {
	var m map[string]int
	if len(k) > 100 {
		m = map[string]int{}
	}
	m[k]++ // m
	sink = k
}

//go:noinline
func generic[T any](b *box[T]) T {
	return *b.value // b.value
}

//go:noinline
func escaped(r *request) {
	o := r.origin
	keep(&o)
	sink = o.host // o
}

var kept **origin

//go:noinline
func keep(p **origin) { kept = p }

// A map whose key cannot be hashed panics in the map's code too, and nothing is nil.
//
//go:noinline
func unhashable(m map[any]int) { m[[]int{1}] = 2 }

// What was nil once, and recovered from, is no cause of what comes after.
//
//go:noinline
func twice(r *request) {
	func() {
		defer func() { recover() }()
		sink = r.origin.host
	}()
	panic("something else")
}

func main() {
	debug.SetTraceback("crash")
	r := &request{id: 1, list: make([]*origin, 3)}
	switch os.Args[1] {
	case "handle":
		handle(r, len(os.Args))
	case "deep":
		deep(r, 2)
	case "chain":
		r.origin = &origin{}
		chain(r)
	case "arg":
		arg(r.origin)
	case "setmap":
		setmap(r, os.Args[1])
	case "iface":
		iface(r)
	case "hook":
		hook(r, 3)
	case "glob":
		glob()
	case "field":
		field()
	case "elem":
		elem(r)
	case "array":
		array(r)
	case "closure":
		closure(r)()
	case "embedded":
		r.printf("x %d", r.id) // r.logger
	case "after":
		after(r)
	case "loop":
		loop([]*request{{origin: &origin{}}, {id: 2}})
	case "write":
		write(r.origin)
	case "local":
		local(os.Args[1])
	case "generic":
		sink = fmt.Sprint(generic(&box[origin]{n: 3}))
	case "unhashable":
		unhashable(map[any]int{})
	case "twice":
		twice(r)
	case "escaped":
		escaped(r)
	}
}
