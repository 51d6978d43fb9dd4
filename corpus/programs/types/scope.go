package main

import (
	"example.com/corpus/truth"
)

//go:noinline
func anonymous(i int) {
	type hidden struct{ A, B int }
	local := hidden{1, 2}
	deep := struct {
		In struct{ X, Y Point }
		L  []struct{ K string }
	}{}
	deep.In.Y = Point{3, 4}
	deep.L = append(deep.L, struct{ K string }{"k"})
	iface := any(struct{ Q int }{9})
	truth.Frame("main.anonymous",
		truth.V("i", i).Arg(), truth.V("local", local), truth.V("deep", deep), truth.V("iface", iface))
	next(i)
	truth.Keep(i, local, deep, iface)
}

//go:noinline
func scopes(i int) {
	x := 1
	outer := "outer"
	if y := x + 1; y > 0 {
		x := "inner"
		for k := 10; k < 20; k++ {
			k2 := k * 2
			switch z := any(k2).(type) {
			case string:
				never := z
				truth.Keep(never)
			case int:
				half := z / 2
				if half == 12 {
					x, other := 3.5, true
					truth.Frame("main.scopes",
						truth.V("i", i).Arg(), truth.V("x", 1).Shadowed(), truth.V("outer", outer),
						truth.V("y", y), truth.V("x", "inner").Shadowed(), truth.V("k", k), truth.V("k2", k2),
						truth.V("z", z), truth.V("half", half), truth.V("x", x), truth.V("other", other),
						truth.Absent("never"), truth.Absent("later"), truth.Absent("after"), truth.Absent("gone"))
					next(i)
					later := i + 1
					truth.Keep(later, x, other)
				}
				truth.Keep(half, z)
			}
			truth.Keep(k2, k)
		}
		truth.Keep(x, y)
	}
	{
		gone := 5
		truth.Keep(gone)
	}
	after := 6
	truth.Keep(x, outer, after, i)
}

//go:noinline
func resultsOf(i int) (n int, named []string, err error) {
	n = 17
	err = errPlain
	named = []string{"r"}
	defer func(a int, b string) {
		truth.Keep(a, b, n)
	}(i*2, "deferred")
	truth.Frame("main.resultsOf",
		truth.V("i", i).Arg(), truth.V("n", n).Result(), truth.V("err", err).Result(), truth.V("named", named).Result())
	func() {
		next(i)
	}()
	truth.Keep(i, n, err, named)
	return n, named, err
}

//go:noinline
func results(i int) {
	n, named, err := resultsOf(i)
	truth.Keep(n, named, err)
}

// Head is a package variable that points at a list.
var Head = &Node{Value: 1, Next: &Node{Value: 2}}

var (
	counter   = 41
	names     = []string{"one", "two"}
	table     = map[string]Point{"origin": {0, 0}, "far": {100, 100}}
	handler   = double
	anything  any
	zeroBytes [64]byte
	bigArray  [1000]uint16
)

func globals() {
	counter++
	anything = Head
	bigArray[999] = 7
	truth.Global(
		truth.S("main.Head", &Head), truth.S("main.counter", &counter), truth.S("main.names", &names),
		truth.S("main.table", &table), truth.S("main.handler", &handler), truth.S("main.anything", &anything),
		truth.S("main.zeroBytes", &zeroBytes), truth.S("main.bigArray", &bigArray), truth.S("main.errPlain", &errPlain))
}

// newer is what only newer releases compile; their files add to it.
var newer []func(int)
