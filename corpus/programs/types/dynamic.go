package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"example.com/corpus/truth"
)

// Shape is an interface with methods.
type Shape interface{ String() string }

type number int

func (n number) String() string { return "number" }

type boxed struct{ p *Point }

func (b boxed) String() string { return "boxed" }

type lone [1]*Point

type pair struct {
	a int
	b string
}

func double(x int) int { return 2 * x }

//go:noinline
func interfaces(i int) {
	var none any
	var nilShape Shape
	var nilErr error
	var typedNil Shape = (*Point)(nil)
	var aInt any = 12345
	var aSmall any = uint8(3)
	var aBool any = true
	var aString any = "dyn"
	var aFloat any = 2.5
	var aComplex any = complex(1, 2)
	var aStruct any = pair{1, "b"}
	var aPtr any = &pair{2, "c"}
	var aSlice any = []int{4, 5}
	var aArray any = [2]int16{6, 7}
	var aMap any = map[string]int{"m": 1}
	var aChan any = make(chan int, 1)
	var aFunc any = double
	var aUnsafe any = unsafe.Pointer(&pair{})
	var aEmpty any = Empty{}
	var direct1 any = boxed{&Point{1, 2}}
	var direct2 any = lone{{3, 4}}
	var direct3 any = struct{ m map[int]int }{map[int]int{1: 1}}
	var shapeNum Shape = number(8)
	var shapeVal Shape = Point{5, 6}
	var shapePtr Shape = &Point{7, 8}
	var shapeBox Shape = boxed{&Point{9, 10}}
	var inner any = &aInt
	var reader io.Reader = io.MultiReader()
	truth.Frame("main.interfaces",
		truth.V("i", i).Arg(),
		truth.V("none", none), truth.V("nilShape", nilShape), truth.V("nilErr", nilErr), truth.V("typedNil", typedNil),
		truth.E("aInt", &aInt), truth.V("aSmall", aSmall), truth.V("aBool", aBool), truth.V("aString", aString),
		truth.V("aFloat", aFloat), truth.V("aComplex", aComplex), truth.V("aStruct", aStruct), truth.V("aPtr", aPtr),
		truth.V("aSlice", aSlice), truth.V("aArray", aArray), truth.V("aMap", aMap), truth.V("aChan", aChan),
		truth.V("aFunc", aFunc), truth.V("aUnsafe", aUnsafe), truth.V("aEmpty", aEmpty), truth.V("direct1", direct1),
		truth.V("direct2", direct2), truth.V("direct3", direct3), truth.V("shapeNum", shapeNum),
		truth.V("shapeVal", shapeVal), truth.V("shapePtr", shapePtr), truth.V("shapeBox", shapeBox),
		truth.V("inner", inner), truth.V("reader", reader))
	next(i)
	truth.Keep(i, none, nilShape, nilErr, typedNil, aInt, aSmall, aBool, aString, aFloat, aComplex, aStruct, aPtr)
	truth.Keep(aSlice, aArray, aMap, aChan, aFunc, aUnsafe, aEmpty, direct1, direct2, direct3, shapeNum, shapeVal)
	truth.Keep(shapePtr, shapeBox, inner, reader)
	escape(inner)
}

var sink any

//go:noinline
func escape(x any) { sink = x }

func waiters(n int, f func()) {
	for k := 0; k < n; k++ {
		go f()
	}
}

//go:noinline
func channels(i int) {
	var none chan int
	plain := make(chan int)
	buffered := make(chan string, 4)
	buffered <- "gone"
	buffered <- "first"
	buffered <- "second"
	<-buffered
	buffered <- "third"
	wrapped := make(chan int, 3)
	for k := 0; k < 5; k++ {
		wrapped <- k
		if k < 2 {
			<-wrapped
		}
	}
	closed := make(chan Point, 2)
	closed <- Point{1, 1}
	close(closed)
	structs := make(chan Thing, 2)
	structs <- Thing{Name: "queued", flag: true}
	signals := make(chan struct{}, 5)
	signals <- struct{}{}
	signals <- struct{}{}
	receiving := make(chan int)
	waiters(3, func() { <-receiving })
	sending := make(chan int, 1)
	sending <- 1
	waiters(2, func() { sending <- 2 })
	var onlyRecv <-chan string = buffered
	var onlySend chan<- string = buffered
	chch := make(chan chan int, 1)
	chch <- plain
	time.Sleep(30 * time.Millisecond)
	truth.Chan(plain, truth.ChanState{})
	truth.Chan(buffered, truth.ChanState{}, "first", "second", "third")
	truth.Chan(wrapped, truth.ChanState{}, 2, 3, 4)
	truth.Chan(closed, truth.ChanState{Closed: true}, Point{1, 1})
	truth.Chan(structs, truth.ChanState{}, Thing{Name: "queued", flag: true})
	truth.Chan(signals, truth.ChanState{}, struct{}{}, struct{}{})
	truth.Chan(receiving, truth.ChanState{Recv: 3})
	truth.Chan(sending, truth.ChanState{Send: 2}, 1)
	truth.Chan(chch, truth.ChanState{}, plain)
	truth.Frame("main.channels",
		truth.V("i", i).Arg(),
		truth.V("none", none), truth.V("plain", plain), truth.V("buffered", buffered), truth.V("wrapped", wrapped),
		truth.V("closed", closed), truth.V("structs", structs), truth.V("signals", signals),
		truth.V("receiving", receiving), truth.V("sending", sending),
		truth.V("onlyRecv", onlyRecv), truth.V("onlySend", onlySend), truth.V("chch", chch))
	next(i)
	truth.Keep(i, none, plain, buffered, wrapped, closed, structs, signals, receiving, sending, onlyRecv, onlySend, chch)
}

//go:noinline
func functions(i int) {
	var none func()
	top := double
	method := Point{1, 2}.String
	target := &Point{3, 4}
	bound := target.Move
	expr := (*Point).Move
	lib := fmt.Sprint
	literal := func(a int, b ...string) (int, error) { return a + len(b), nil }
	table := map[string]func(int) int{"double": double}
	list := []func(){nil, func() {}}
	holder := struct{ F func(int) int }{double}
	truth.Frame("main.functions",
		truth.V("i", i).Arg(),
		truth.V("none", none), truth.V("top", top), truth.V("method", method), truth.V("target", target),
		truth.V("bound", bound), truth.V("expr", expr), truth.V("lib", lib), truth.V("literal", literal),
		truth.V("table", table), truth.V("list", list), truth.V("holder", holder))
	next(i)
	truth.Keep(i, none, top, method, target, bound, expr, lib, literal, table, list, holder)
}

//go:noinline
func closures(i int) {
	byValue := 5
	byRef := 10
	bigValue := [6]int{1, 2, 3, 4, 5, 6}
	text := "captured"
	shared := &Point{1, 2}
	add := func(x int) int {
		byRef += x
		return byRef + byValue + bigValue[x&3] + len(text) + shared.X
	}
	add(1)
	truth.Func(add,
		truth.V("byValue", byValue).Capture(), truth.E("byRef", &byRef).Capture(),
		truth.V("bigValue", bigValue).Capture(), truth.V("text", text).Capture(), truth.V("shared", shared).Capture())
	run := func() {
		inside := byRef + byValue
		truth.Frame("main.closures.func2",
			truth.V("inside", inside),
			truth.V("byValue", byValue).Capture(), truth.E("byRef", &byRef).Capture(),
			truth.V("bigValue", bigValue).Capture(), truth.V("text", text).Capture(),
			truth.V("shared", shared).Capture(), truth.V("i", i).Capture())
		next(i)
		truth.Keep(inside, byValue, byRef, bigValue, text, shared, i)
	}
	truth.Frame("main.closures",
		truth.V("i", i).Arg(), truth.V("byValue", byValue), truth.E("byRef", &byRef), truth.V("bigValue", bigValue),
		truth.V("text", text), truth.V("shared", shared), truth.V("add", add))
	sink = add
	run()
	byRef++
	truth.Keep(i, byValue, byRef, bigValue, text, shared, add)
}

// Number constrains the generic functions.
type Number interface{ ~int | ~int8 | ~float64 }

// Pair is a generic struct.
type Pair[K comparable, V any] struct {
	Key K
	Val V
}

// Stack is a generic slice with methods.
type Stack[T any] struct {
	items []T
	top   *T
}

// Push adds x and goes on down the chain when it is time.
//
//go:noinline
func (s *Stack[T]) Push(x T, i int) {
	s.items = append(s.items, x)
	s.top = &s.items[len(s.items)-1]
	if i < 0 {
		return
	}
	local := x
	pairs := []Pair[string, T]{{"first", x}}
	truth.Frame("main.(*Stack[...]).Push",
		truth.V("s", s).Arg(), truth.V("x", x).Arg(), truth.V("i", i).Arg(), truth.V("local", local),
		truth.V("pairs", pairs))
	next(i)
	truth.Keep(s, x, i, local, pairs)
}

//go:noinline
func sum[T Number](xs []T, i int, then func(int)) T {
	var total T
	for _, x := range xs {
		total += x
	}
	truth.Frame("main.sum[...]",
		truth.V("xs", xs).Arg(), truth.V("i", i).Arg(), truth.V("then", then).Arg(), truth.V("total", total))
	then(i)
	truth.Keep(xs, i, total)
	return total
}

//go:noinline
func mapped[K comparable, V any](m map[K]V, k K, i int) (out Pair[K, V]) {
	out = Pair[K, V]{k, m[k]}
	all := []Pair[K, V]{out}
	byKey := map[K]*Pair[K, V]{k: &all[0]}
	truth.Frame("main.mapped[...]",
		truth.V("m", m).Arg(), truth.V("k", k).Arg(), truth.V("i", i).Arg(), truth.V("out", out).Result(),
		truth.V("all", all), truth.V("byKey", byKey))
	descend(i)
	truth.Keep(m, k, i, out, all, byKey)
	return out
}

func descend(i int) {
	st := &Stack[Point]{}
	st.Push(Point{1, 1}, -1)
	st.Push(Point{2, 2}, i)
}

type celsius float64

//go:noinline
func generics(i int) {
	p := Pair[string, int]{"k", 1}
	pp := &Pair[Point, []string]{Point{1, 2}, []string{"v"}}
	nested := Pair[string, Pair[int, *Point]]{"outer", Pair[int, *Point]{2, &Point{3, 4}}}
	temps := []celsius{36.6, -273.15}
	byPoint := map[Point]*Node{{1, 2}: {Value: 3}}
	truth.Frame("main.generics",
		truth.V("i", i).Arg(),
		truth.V("p", p), truth.V("pp", pp), truth.V("nested", nested), truth.V("temps", temps),
		truth.V("byPoint", byPoint))
	sum(temps, i, func(i int) {
		mapped(byPoint, Point{1, 2}, i)
	})
	truth.Keep(i, p, pp, nested, temps, byPoint)
}

//go:noinline
func times(i int) {
	var zero time.Time
	utc := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	nanos := time.Date(1999, 12, 31, 23, 59, 59, 999999999, time.UTC)
	fixed := time.Date(2024, 2, 29, 12, 30, 0, 500000000, time.FixedZone("X", -5*3600-1800))
	ancient := time.Date(-44, 3, 15, 0, 0, 0, 0, time.UTC)
	mono := time.Now().UTC()
	unix := time.Unix(1700000000, 42).UTC()
	duration := 1500 * time.Millisecond
	negative := -(2*time.Hour + 3*time.Second)
	var none time.Duration
	month := time.November
	held := struct {
		At  time.Time
		For time.Duration
	}{utc, duration}
	truth.Frame("main.times",
		truth.V("i", i).Arg(),
		truth.V("zero", zero), truth.V("utc", utc), truth.V("nanos", nanos), truth.V("fixed", fixed),
		truth.V("ancient", ancient), truth.V("mono", mono), truth.V("unix", unix), truth.V("duration", duration),
		truth.V("negative", negative), truth.V("none", none), truth.V("month", month).Text("time.November"),
		truth.V("held", held))
	next(i)
	truth.Keep(i, zero, utc, nanos, fixed, ancient, mono, unix, duration, negative, none, month, held)
}

var errPlain = errors.New("plain")

type codeError struct {
	Code  int
	Where string
	inner error
}

func (e *codeError) Error() string { return e.Where }
func (e *codeError) Unwrap() error { return e.inner }

type kindError uint8

func (k kindError) Error() string { return "kind" }

//go:noinline
func errorsHeld(i int) {
	var none error
	plain := errPlain
	custom := error(&codeError{7, "disk", errPlain})
	value := error(kindError(3))
	wrapped := fmt.Errorf("outer: %w", fmt.Errorf("middle: %w", custom))
	path := error(&fs.PathError{Op: "open", Path: "/no/such", Err: errPlain})
	eof := io.EOF
	truth.Frame("main.errorsHeld",
		truth.V("i", i).Arg(),
		truth.V("none", none), truth.V("plain", plain), truth.V("custom", custom), truth.V("value", value),
		truth.V("wrapped", wrapped), truth.V("path", path), truth.V("eof", eof))
	next(i)
	truth.Keep(i, none, plain, custom, value, wrapped, path, eof)
}

// Colour is an enumeration.
type Colour int

// The colours.
const (
	Red Colour = iota
	Green
	Blue
)

// Mode is a set of bits.
type Mode uint8

// The modes.
const (
	Read  Mode = 1
	Write Mode = 2
)

//go:noinline
func constants(i int) {
	truth.Const(Red, "main.Red")
	truth.Const(Green, "main.Green")
	truth.Const(Blue, "main.Blue")
	truth.Const(Read, "main.Read")
	truth.Const(Write, "main.Write")
	red, blue, other := Red, Blue, Colour(77)
	mode, both := Write, Read|Write
	palette := []Colour{Green, Blue}
	car := struct {
		Paint Colour
		Mode  Mode
	}{Blue, Read}
	truth.Frame("main.constants",
		truth.V("i", i).Arg(),
		truth.V("red", red), truth.V("blue", blue), truth.V("other", other), truth.V("mode", mode),
		truth.V("both", both), truth.V("palette", palette), truth.V("car", car))
	next(i)
	truth.Keep(i, red, blue, other, mode, both, palette, car)
}

//go:noinline
func synced(i int) {
	var (
		mutex  sync.Mutex
		rw     sync.RWMutex
		group  sync.WaitGroup
		once   sync.Once
		count  atomic.Int64
		flag   atomic.Bool
		box    atomic.Value
		pool   sync.Pool
		old    int32
		locked = &sync.Mutex{}
	)
	locked.Lock()
	mutex.Lock()
	rw.RLock()
	group.Add(2)
	once.Do(func() {})
	count.Store(-5)
	flag.Store(true)
	box.Store("boxed")
	atomic.AddInt32(&old, 3)
	truth.Frame("main.synced",
		truth.V("i", i).Arg(),
		truth.S("mutex", &mutex), truth.S("rw", &rw), truth.E("group", &group), truth.S("once", &once),
		truth.S("count", &count), truth.S("flag", &flag), truth.S("box", &box), truth.S("old", &old),
		truth.V("locked", locked))
	next(i)
	truth.Keep(i, &mutex, &rw, &group, &once, &count, &flag, &box, &pool, &old, locked)
	escape(&group)
}
