package main

import (
	"example.com/corpus/truth"
)

// Account is what the nil dereference is about.
type Account struct {
	Pad     [3]uint64
	Owner   string
	Balance float64
}

// Request travels down the stack.
type Request struct {
	ID     uint64
	Path   string
	Params map[string]string
	Weight float32
}

// Store is the receiver of methods.
type Store struct {
	name     string
	accounts map[string]*Account
}

type finder interface {
	find(key string, depth int8) *Account
}

//go:noinline
func (s *Store) find(key string, depth int8) *Account {
	found := s.accounts[key]
	truth.Frame("main.(*Store).find",
		truth.V("s", s).Arg(), truth.V("key", key).Arg(), truth.V("depth", depth).Arg(), truth.V("found", found))
	truth.Emit()
	found.Balance++
	truth.Keep(s, key, depth, found)
	return found
}

// manyInts needs more integer registers than there are.
//
//go:noinline
func manyInts(a int, b int8, c uint16, d uint32, e uint64, f bool, g, h, i, j, k int, l *Request, f2 finder) int {
	local := a + int(b) + int(c) + int(d)
	truth.Frame("main.manyInts",
		truth.V("a", a).Arg(), truth.V("b", b).Arg(), truth.V("c", c).Arg(), truth.V("d", d).Arg(),
		truth.V("e", e).Arg(), truth.V("f", f).Arg(), truth.V("g", g).Arg(), truth.V("h", h).Arg(),
		truth.V("i", i).Arg(), truth.V("j", j).Arg(), truth.V("k", k).Arg(), truth.V("l", l).Arg(),
		truth.V("f2", f2).Arg(), truth.V("local", local))
	acc := f2.find("nobody", -3)
	truth.Keep(a, b, c, d, e, f, g, h, i, j, k, l, f2, local)
	return int(acc.Balance)
}

// manyFloats needs more floating point registers than there are.
//
//go:noinline
func manyFloats(a, b, c, d float64, e, f, g float32, h, i, j, k, l, m, n, o, p, q float64, c64 complex64,
	c128 complex128, r *Request, f2 finder) float64 {
	total := a + b + c + d + float64(e+f+g)
	truth.Frame("main.manyFloats",
		truth.V("a", a).Arg(), truth.V("b", b).Arg(), truth.V("c", c).Arg(), truth.V("d", d).Arg(),
		truth.V("e", e).Arg(), truth.V("f", f).Arg(), truth.V("g", g).Arg(), truth.V("h", h).Arg(),
		truth.V("i", i).Arg(), truth.V("j", j).Arg(), truth.V("k", k).Arg(), truth.V("l", l).Arg(),
		truth.V("m", m).Arg(), truth.V("n", n).Arg(), truth.V("o", o).Arg(), truth.V("p", p).Arg(),
		truth.V("q", q).Arg(), truth.V("c64", c64).Arg(), truth.V("c128", c128).Arg(), truth.V("r", r).Arg(),
		truth.V("f2", f2).Arg(), truth.V("total", total))
	n2 := manyInts(1, -2, 3, 4, 5, true, 6, 7, 8, 9, 10, r, f2)
	truth.Keep(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, c64, c128, r, f2, total)
	return total + float64(n2)
}

// aggregates takes what is passed in pieces, and what is passed in memory.
//
//go:noinline
func aggregates(s string, bs []byte, req Request, arr [1]int32, big [4]int64, any1 any, err error, f func() int,
	ch chan int, m map[string]int, none struct{}, f2 finder, rest ...string) float64 {
	sum := len(s) + len(bs) + len(rest)
	truth.Frame("main.aggregates",
		truth.V("s", s).Arg(), truth.V("bs", bs).Arg(), truth.V("req", req).Arg(), truth.V("arr", arr).Arg(),
		truth.V("big", big).Arg(), truth.V("any1", any1).Arg(), truth.V("err", err).Arg(), truth.V("f", f).Arg(),
		truth.V("ch", ch).Arg(), truth.V("m", m).Arg(), truth.V("none", none).Arg(), truth.V("f2", f2).Arg(),
		truth.V("rest", rest).Arg(), truth.V("sum", sum))
	total := manyFloats(1.5, -2.5, 3, 4, 5.25, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, complex(1, -1),
		complex(2.5, 3), &req, f2)
	truth.Keep(s, bs, &req, arr, big, any1, err, f, ch, m, none, f2, rest, sum)
	return total
}

//go:noinline
func unused(_ int, a string, _ float64, b int) (ok bool) {
	truth.Frame("main.unused",
		truth.V("a", a).Arg(), truth.V("b", b).Arg(), truth.V("ok", ok).Result())
	st := &Store{"main store", map[string]*Account{"ann": {Owner: "Ann", Balance: 12.5}}}
	req := Request{42, "/pay", map[string]string{"to": "bob"}, 0.75}
	aggregates("text", []byte{1, 2, 3}, req, [1]int32{-9}, [4]int64{1, 2, 3, -4}, 77, errBoom,
		func() int { return b }, make(chan int, 2), map[string]int{"one": 1}, struct{}{}, st, "x", "y")
	truth.Keep(a, b, ok)
	return ok
}

func init() {
	modes["nilptr"] = func() {
		truth.Death("panic", "SIGABRT", "")
		truth.RuntimePanic("runtime.errorString", "runtime error: invalid memory address or nil pointer dereference")
		unused(1, "first", 2.5, -6)
	}
}
