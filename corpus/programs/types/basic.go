package main

import (
	"math"
	"strings"
	"unsafe"

	"example.com/corpus/truth"
)

//go:noinline
func scalars(i int) {
	yes, no := true, false
	i8min, i8max := int8(math.MinInt8), int8(math.MaxInt8)
	i16, i32, i64 := int16(math.MinInt16), int32(math.MinInt32), int64(math.MinInt64)
	i64max := int64(math.MaxInt64)
	n := -42
	u8, u16, u32, u64 := uint8(math.MaxUint8), uint16(math.MaxUint16), uint32(math.MaxUint32), uint64(math.MaxUint64)
	u := uint(7)
	ptr := uintptr(0xdeadbeefcafe)
	r := 'λ'
	b := byte('x')
	var zero int
	truth.Frame("main.scalars",
		truth.V("i", i).Arg(),
		truth.V("yes", yes), truth.V("no", no), truth.V("i8min", i8min), truth.V("i8max", i8max),
		truth.V("i16", i16), truth.V("i32", i32), truth.V("i64", i64), truth.V("i64max", i64max), truth.V("n", n),
		truth.V("u8", u8), truth.V("u16", u16), truth.V("u32", u32), truth.V("u64", u64), truth.V("u", u),
		truth.V("ptr", ptr), truth.V("r", r), truth.V("b", b), truth.V("zero", zero))
	next(i)
	truth.Keep(i, yes, no, i8min, i8max, i16, i32, i64, i64max, n, u8, u16, u32, u64, u, ptr, r, b, zero)
}

//go:noinline
func floats(i int) {
	f32, f64 := float32(1.1), 1.1
	f32min, f64min := float32(math.SmallestNonzeroFloat32), math.SmallestNonzeroFloat64
	f32max, f64max := float32(math.MaxFloat32), math.MaxFloat64
	nan, inf, neg := math.NaN(), math.Inf(1), math.Inf(-1)
	nan32, inf32 := float32(math.NaN()), float32(math.Inf(-1))
	negzero := math.Copysign(0, -1)
	whole := 3.0
	c64, c128 := complex64(complex(1.5, -2)), complex(math.Pi, math.Inf(1))
	truth.Frame("main.floats",
		truth.V("i", i).Arg(),
		truth.V("f32", f32), truth.V("f64", f64), truth.V("f32min", f32min), truth.V("f64min", f64min),
		truth.V("f32max", f32max), truth.V("f64max", f64max), truth.V("nan", nan), truth.V("inf", inf),
		truth.V("neg", neg), truth.V("nan32", nan32), truth.V("inf32", inf32), truth.V("negzero", negzero),
		truth.V("whole", whole), truth.V("c64", c64), truth.V("c128", c128))
	next(i)
	truth.Keep(i, f32, f64, f32min, f64min, f32max, f64max, nan, inf, neg, nan32, inf32, negzero, whole, c64, c128)
}

type name string

//go:noinline
func texts(i int) {
	empty := ""
	plain := "hello, world"
	accents := "naïve — 日本語 🎉"
	control := "tab\tnewline\nescape\x1b[31mred\x1b[0m nul\x00 del\x7f bell\a quote\" back\\slash"
	broken := "ok\xff\xfe then \xc3( and \xe2\x82"
	c1 := "c1 \u0085\u009b31m bidi \u202e end"
	huge := strings.Repeat("0123456789abcdef", 4096)
	part := huge[10:20]
	named := name("a named string")
	bytes := []byte("bytes\x00\xff")
	runes := []rune("ab日")
	ptr := &plain
	truth.Frame("main.texts",
		truth.V("i", i).Arg(),
		truth.V("empty", empty), truth.V("plain", plain), truth.V("accents", accents), truth.V("control", control),
		truth.V("broken", broken), truth.V("c1", c1), truth.V("huge", huge), truth.V("part", part),
		truth.V("named", named), truth.V("bytes", bytes), truth.V("runes", runes), truth.V("ptr", ptr))
	next(i)
	truth.Keep(i, empty, accents, control, broken, c1, huge, part, named, bytes, runes, ptr, plain)
}

// Point is a struct of two words.
type Point struct{ X, Y int }

func (p Point) String() string { return "point" }

// Move has a pointer receiver.
func (p *Point) Move(dx, dy int) { p.X += dx; p.Y += dy }

//go:noinline
func slices(i int) {
	var none []int
	empty := []int{}
	ints := []int{1, -2, 3}
	spare := make([]int16, 2, 10)
	spare[1] = 5
	long := make([]uint32, 5000)
	for k := range long {
		long[k] = uint32(k * k)
	}
	points := []Point{{1, 2}, {3, 4}}
	strs := []string{"a", "", "c\xff"}
	nested := [][]string{{"x"}, nil, {}, {"y", "z"}}
	ptrs := []*Point{{5, 6}, nil}
	anys := []any{1, "two", 3.0, nil, Point{7, 8}, &Point{9, 10}, []byte("z"), error(nil)}
	middle := ints[1:2:2]
	nothing := []struct{}{{}, {}, {}}
	truth.Frame("main.slices",
		truth.V("i", i).Arg(),
		truth.V("none", none), truth.V("empty", empty), truth.V("ints", ints), truth.V("spare", spare),
		truth.V("long", long), truth.V("points", points), truth.V("strs", strs), truth.V("nested", nested),
		truth.V("ptrs", ptrs), truth.V("anys", anys), truth.V("middle", middle), truth.V("nothing", nothing))
	next(i)
	truth.Keep(i, none, empty, ints, spare, long, points, strs, nested, ptrs, anys, middle, nothing)
}

//go:noinline
func arrays(i int) {
	var zero [0]int
	one := [1]string{"only"}
	three := [3]int8{1, 2, -3}
	grid := [2][3]Point{{{1, 1}, {1, 2}, {1, 3}}, {{2, 1}, {2, 2}, {2, 3}}}
	big := [200]uint64{0: 1, 199: math.MaxUint64}
	slots := [2]any{"x", nil}
	truth.Frame("main.arrays",
		truth.V("i", i).Arg(),
		truth.V("zero", zero), truth.V("one", one), truth.V("three", three), truth.V("grid", grid),
		truth.V("big", big), truth.V("slots", slots))
	next(i)
	truth.Keep(i, zero, one, three, grid, big, slots)
}

// Base is embedded by value, Meta by pointer.
type Base struct {
	ID   uint32
	Tags []string
}

// Meta is embedded by pointer.
type Meta struct{ Owner string }

// Empty takes no room.
type Empty struct{}

// Thing has fields of many kinds, with padding between them.
type Thing struct {
	Base
	*Meta
	Empty
	Name    string
	flag    bool
	wide    int64
	small   int8
	_       int32
	Origin  Point
	Any     any
	Err     error
	Call    func(int) int
	Inner   struct{ A, B uint8 }
	Tail    [0]int
	private map[string]int
}

//go:noinline
func structs(i int) {
	point := Point{3, -4}
	empty := Empty{}
	zero := Thing{}
	full := Thing{
		Base: Base{77, []string{"p", "q"}}, Meta: &Meta{"root"}, Name: "full", flag: true, wide: -1 << 62, small: -8,
		Origin: Point{100, 200}, Any: Point{1, 2}, Err: errPlain, Call: double, private: map[string]int{"k": 9},
	}
	full.Inner.B = 200
	anon := struct {
		X int
		Y string
	}{5, "five"}
	single := struct{ P *Point }{&Point{8, 9}}
	truth.Frame("main.structs",
		truth.V("i", i).Arg(),
		truth.V("point", point), truth.V("empty", empty), truth.V("zero", zero), truth.V("full", full),
		truth.V("anon", anon), truth.V("single", single))
	next(i)
	truth.Keep(i, point, empty, zero, full, anon, single)
}

// Node makes lists, rings and trees.
type Node struct {
	Value       int
	Next        *Node
	Left, Right *Node
}

// Loop is a type that contains itself.
type Loop []Loop

// Self points at its own type.
type Self *Self

//go:noinline
func pointers(i int) {
	var none *Node
	ring := &Node{Value: 1}
	ring.Next = &Node{Value: 2, Next: &Node{Value: 3, Next: ring}}
	tree := &Node{Value: 10, Left: &Node{Value: 5}, Right: &Node{Value: 15, Left: &Node{Value: 12}}}
	list := &Node{Value: 0}
	for k := 1; k < 6; k++ {
		list = &Node{Value: k, Next: list}
	}
	num := new(int)
	*num = 99
	twice := &num
	raw := unsafe.Pointer(num)
	var nilraw unsafe.Pointer
	zero := &struct{}{}
	loop := Loop{nil, {}}
	loop[0] = loop
	var self Self
	self = &self
	stack := Point{11, 12}
	local := &stack
	truth.Frame("main.pointers",
		truth.V("i", i).Arg(),
		truth.V("none", none), truth.V("ring", ring), truth.V("tree", tree), truth.V("list", list),
		truth.V("num", num), truth.V("twice", twice), truth.V("raw", raw), truth.V("nilraw", nilraw),
		truth.V("zero", zero), truth.S("stack", &stack), truth.V("local", local))
	next(i)
	truth.Keep(i, none, ring, tree, list, num, twice, raw, nilraw, zero, loop, self, stack, local)
}
