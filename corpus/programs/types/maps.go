package main

import (
	"math"
	"strconv"
	"unsafe"

	"example.com/corpus/truth"
)

func ints(n int) map[int]int {
	m := map[int]int{}
	for k := 0; k < n; k++ {
		m[k] = k * k
	}
	return m
}

func strs(n int) map[string]string {
	m := map[string]string{}
	for k := 0; k < n; k++ {
		m["key-"+strconv.Itoa(k)] = "value " + strconv.Itoa(k)
	}
	return m
}

//go:noinline
func mapSizes(i int) {
	var none map[string]int
	empty := map[string]int{}
	made := make(map[int]string, 100)
	one := ints(1)
	eight := ints(8)
	nine := ints(9)
	thousand := ints(1000)
	s1, s8, s9, s1000 := strs(1), strs(8), strs(9), strs(1000)
	many := ints(5000)
	ptr := &eight
	truth.Frame("main.mapSizes",
		truth.V("i", i).Arg(), truth.V("none", none), truth.V("empty", empty), truth.V("made", made),
		truth.V("one", one), truth.V("eight", eight), truth.V("nine", nine), truth.V("thousand", thousand),
		truth.V("s1", s1), truth.V("s8", s8), truth.V("s9", s9), truth.V("s1000", s1000), truth.V("many", many),
		truth.V("ptr", ptr))
	next(i)
	truth.Keep(i, none, empty, made, one, eight, nine, thousand, s1, s8, s9, s1000, many, ptr)
}

type bigKey [20]uint64

type bigElem struct {
	Name string
	Data [40]uint32
}

type compound struct {
	A int16
	B string
	C [2]bool
}

//go:noinline
func mapKinds(i int) {
	byI8 := map[int8]bool{-1: true, 1: false}
	byI32 := map[int32]uint8{-7: 1, 7: 2}
	byI64 := map[int64]int64{math.MinInt64: math.MaxInt64}
	byU16 := map[uint16]string{65535: "max"}
	byBool := map[bool]int{true: 1, false: 0}
	byStruct := map[compound]Point{{1, "x", [2]bool{true, false}}: {1, 2}, {}: {}}
	byArray := map[[2]int]string{{1, 2}: "a", {2, 1}: "b"}
	byIface := map[any]any{1: "int", "s": 2.5, Point{1, 2}: nil, true: []int{1}, nil: "nil", int8(1): &Point{5, 6}}
	point := &Point{9, 9}
	byPtr := map[*Point]int{point: 1, nil: 0}
	ch := make(chan int)
	byChan := map[chan int]string{ch: "ch"}
	bigK := map[bigKey]int{{1, 2, 3}: 1, {19: 5}: 2}
	bigE := map[int]bigElem{1: {Name: "one", Data: [40]uint32{39: 1}}, 2: {Name: "two"}}
	bigBoth := map[bigKey]bigElem{}
	for k := 0; k < 30; k++ {
		bigBoth[bigKey{uint64(k)}] = bigElem{Name: strconv.Itoa(k)}
	}
	set := map[string]struct{}{"a": {}, "b": {}}
	bySet := map[struct{}]int{{}: 5}
	nested := map[string]map[string][]int{"x": {"y": {1, 2}}, "nil": nil}
	funcs := map[string]func(int) int{"double": double, "none": nil}
	errs := map[string]error{"plain": errPlain, "none": nil}
	named := map[name]Colour{"sky": Blue}
	generic := map[Pair[int, string]]Pair[string, *Point]{{1, "k"}: {"v", point}}
	truth.Frame("main.mapKinds",
		truth.V("i", i).Arg(), truth.V("byI8", byI8), truth.V("byI32", byI32), truth.V("byI64", byI64),
		truth.V("byU16", byU16), truth.V("byBool", byBool), truth.V("byStruct", byStruct), truth.V("byArray", byArray),
		truth.V("byIface", byIface), truth.V("point", point), truth.V("byPtr", byPtr), truth.V("ch", ch),
		truth.V("byChan", byChan), truth.V("bigK", bigK), truth.V("bigE", bigE), truth.V("bigBoth", bigBoth),
		truth.V("set", set), truth.V("bySet", bySet), truth.V("nested", nested), truth.V("funcs", funcs),
		truth.V("errs", errs), truth.V("named", named), truth.V("generic", generic))
	next(i)
	truth.Keep(i, byI8, byI32, byI64, byU16, byBool, byStruct, byArray, byIface, byPtr, byChan, bigK, bigE, bigBoth)
	truth.Keep(set, bySet, nested, funcs, errs, named, generic, point, ch)
}

//go:noinline
func mapFloats(i int) {
	m := map[float64]string{1.5: "x", math.Inf(1): "inf", 0: "zero", math.Copysign(0, -1): "negative zero"}
	m[math.NaN()] = "nan 1"
	m[math.NaN()] = "nan 2"
	m32 := map[float32]int{-1: 1, 2.25: 2}
	c := map[complex128]int{complex(1, 2): 3}
	nans := map[float64]int{}
	for k := 0; k < 100; k++ {
		nans[math.NaN()] = k
	}
	truth.Frame("main.mapFloats",
		truth.V("i", i).Arg(), truth.V("m", m), truth.V("m32", m32), truth.V("c", c), truth.V("nans", nans))
	next(i)
	truth.Keep(i, m, m32, c, nans)
}

// oldBuckets tells whether a map of the older generation is in the middle of growing. The header began with count,
// flags and B, noverflow, hash0, buckets and oldbuckets in every release that had it.
func oldBuckets[K comparable, V any](m map[K]V) (growing, sameSize bool) {
	if swiss {
		return false, false
	}
	h := *(*unsafe.Pointer)(unsafe.Pointer(&m))
	growing = *(*unsafe.Pointer)(unsafe.Add(h, 24)) != nil
	sameSize = growing && *(*uint8)(unsafe.Add(h, 8))&8 != 0
	return growing, sameSize
}

//go:noinline
func mapGrowth(i int) {
	// The older maps double at 6.5 entries a bucket and move two buckets at each insertion that follows.
	grown := 0
	growing := map[int]string{}
	for k := 0; k < 212; k++ {
		growing[k] = strconv.Itoa(k)
	}
	if g, _ := oldBuckets(growing); g {
		grown++
	}
	strings := map[string]Point{}
	for k := 0; k < 420; k++ {
		strings["s"+strconv.Itoa(k)] = Point{k, -k}
	}
	if g, _ := oldBuckets(strings); g {
		grown++
	}
	nan := map[float64]int{}
	for k := 0; k < 55; k++ {
		nan[math.NaN()] = k
	}
	if g, _ := oldBuckets(nan); g {
		grown++
	}
	churned := map[int]int{}
	for k := 0; k < 5000000; k++ {
		churned[k] = k
		delete(churned, k-60)
		if _, same := oldBuckets(churned); same || (swiss && k > 3000) {
			break
		}
	}
	if _, s := oldBuckets(churned); s {
		grown++
	}
	truth.Note("maps_growing", strconv.Itoa(grown))
	truth.Frame("main.mapGrowth",
		truth.V("i", i).Arg(), truth.V("growing", growing), truth.V("strings", strings), truth.V("nan", nan),
		truth.V("churned", churned))
	next(i)
	truth.Keep(i, growing, strings, nan, churned)
}

//go:noinline
func mapHoles(i int) {
	few := ints(8)
	delete(few, 0)
	delete(few, 3)
	delete(few, 7)
	gone := ints(100)
	for k := 0; k < 100; k++ {
		delete(gone, k)
	}
	sparse := ints(3000)
	for k := 0; k < 3000; k++ {
		if k%7 != 0 {
			delete(sparse, k)
		}
	}
	refilled := strs(50)
	for k := 0; k < 50; k += 2 {
		delete(refilled, "key-"+strconv.Itoa(k))
	}
	for k := 100; k < 110; k++ {
		refilled["late-"+strconv.Itoa(k)] = "late"
	}
	cleared := strs(40)
	for k := range cleared {
		delete(cleared, k)
	}
	cleared["again"] = "yes"
	// Tables of different depth: the newer maps split one table at a time.
	uneven := ints(1700)
	truth.Frame("main.mapHoles",
		truth.V("i", i).Arg(), truth.V("few", few), truth.V("gone", gone), truth.V("sparse", sparse),
		truth.V("refilled", refilled), truth.V("cleared", cleared), truth.V("uneven", uneven))
	next(i)
	truth.Keep(i, few, gone, sparse, refilled, cleared, uneven)
}
