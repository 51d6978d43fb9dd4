package main

import (
	"example.com/corpus/truth"
)

// The functions below without a directive are small enough to be inlined by an optimising build. What their frames
// hold is told by the callee that is not inlined, from its own arguments: telling it themselves would make them big.

//go:noinline
func leaf(i, a, b int, s string) int {
	sum := a + b
	truth.Frame("main.leaf", truth.V("i", i).Arg(), truth.V("a", a).Arg(), truth.V("b", b).Arg(), truth.V("s", s).Arg(),
		truth.V("sum", sum))
	next(i)
	truth.Keep(i, a, b, s, sum)
	return sum
}

func inner(i, a int, s string) int {
	twice := a * 2
	n := leaf(i, a, twice, s)
	return n + twice + a + len(s)
}

func middle(i, base int) int {
	shifted := base + 7
	r := inner(i, shifted, "from middle")
	return r + shifted + base
}

//go:noinline
func inlinedCalls(i int) {
	base := i*100 + 1
	truth.Frame("main.inner", truth.V("i", i).Arg(), truth.V("a", base+7).Arg(), truth.V("s", "from middle").Arg(),
		truth.V("twice", 2*(base+7)))
	truth.Frame("main.middle", truth.V("i", i).Arg(), truth.V("base", base).Arg(), truth.V("shifted", base+7))
	truth.Frame("main.inlinedCalls", truth.V("i", i).Arg(), truth.V("base", base))
	r := middle(i, base)
	truth.Keep(i, base, r)
}

// Gauge has small methods.
type Gauge struct {
	Level int
	Name  string
}

func (g *Gauge) raise(i, by int) int {
	old := g.Level
	g.Level += by
	n := g.report(i, old)
	return n + old
}

//go:noinline
func (g *Gauge) report(i, old int) int {
	truth.Frame("main.(*Gauge).report", truth.V("g", g).Arg(), truth.V("i", i).Arg(), truth.V("old", old).Arg())
	truth.Frame("main.(*Gauge).raise", truth.V("g", g).Arg(), truth.V("i", i).Arg(), truth.V("by", g.Level-old).Arg().Dead(),
		truth.V("old", old))
	next(i)
	truth.Keep(g, i, old)
	return g.Level
}

//go:noinline
func inlinedMethods(i int) {
	g := &Gauge{10, "gauge"}
	n := 0
	for k := 5; k < 6; k++ {
		n += g.raise(i, k)
	}
	truth.Keep(g, n)
}

func first[T any](i int, xs []T) T {
	x := xs[0]
	visit(i, xs, x)
	return x
}

//go:noinline
func visit[T any](i int, xs []T, x T) {
	truth.Frame("main.visit[...]", truth.V("i", i).Arg(), truth.V("xs", xs).Arg(), truth.V("x", x).Arg())
	truth.Frame("main.first[...]", truth.V("i", i).Arg(), truth.V("xs", xs).Arg().Dead(), truth.V("x", x))
	next(i)
	truth.Keep(i, xs, x)
}

//go:noinline
func inlinedGenerics(i int) {
	x := first(i, []Point{{21, 22}, {23, 24}})
	truth.Keep(x)
}

//go:noinline
func inlinedClosure(i int) {
	scale := i + 3
	apply := func(v int) int {
		w := v * scale
		return leaf2(i, v, w) + w
	}
	n := apply(11)
	truth.Keep(n, scale)
}

//go:noinline
func leaf2(i, v, w int) int {
	truth.Frame("main.leaf2", truth.V("i", i).Arg(), truth.V("v", v).Arg(), truth.V("w", w).Arg())
	next(i)
	truth.Keep(i, v, w)
	return v + w
}

func d1(i, x int) int { y := x + 1; return d2(i, y) + y }
func d2(i, x int) int { y := x + 2; return d3(i, y) + y }
func d3(i, x int) int { y := x + 3; return d4(i, y) + y }
func d4(i, x int) int { y := x + 4; return leaf2(i, x, y) + y }

//go:noinline
func inlinedDeep(i int) {
	x := i * 1000
	truth.Frame("main.d4", truth.V("i", i).Arg().Dead(), truth.V("x", x+6).Arg().Dead(), truth.V("y", x+10))
	truth.Frame("main.d3", truth.V("i", i).Arg().Dead(), truth.V("x", x+3).Arg().Dead(), truth.V("y", x+6))
	truth.Frame("main.d2", truth.V("i", i).Arg().Dead(), truth.V("x", x+1).Arg().Dead(), truth.V("y", x+3))
	truth.Frame("main.d1", truth.V("i", i).Arg().Dead(), truth.V("x", x).Arg().Dead(), truth.V("y", x+1))
	n := d1(i, x)
	truth.Keep(n, x, i)
}
