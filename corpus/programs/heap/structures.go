package main

import (
	"runtime"
	"strings"
	"unsafe"
)

type listNode struct {
	next *listNode
	id   int64
	text string
}

type treeNode struct {
	left, right *treeNode
	key         int64
}

type ringNode struct {
	next, prev *ringNode
}

type item struct {
	id    int64
	owner *item
	tags  []string
	note  any
}

type box[T any] struct {
	value T
	next  *box[T]
}

// wide has pointers in every third word only, so that masks have to be repeated over arrays of it.
type wide struct {
	p    *int64
	a, b int64
}

// mixed is a struct of more than 128 words: its mask is made on demand since Go 1.27.
type mixed struct {
	head  *int64
	block [40]wide
	tail  string
	noise [60]uintptr
	last  *int64
}

var (
	list        *listNode
	tree        *treeNode
	ring        *ringNode
	sharedA     []*item
	sharedB     []*item
	sharedBoth  [2]*[]*item
	mapEmpty    map[int]int
	mapOne      map[int]int
	mapEight    map[int]int
	mapNine     map[int]int
	mapHundred  map[int]*item
	mapThousand map[string]int
	mapGrowing  map[int]int
	mapGrowing2 map[string]*item
	mapBig      map[int][200]byte
	mapPointers map[*item]*item
	mapNested   map[string]map[int]string
	mapHoles    map[int]*item
	nested      [][]int64
	words       []string
	subSlice    []byte
	subString   string
	values      []any
	errs        []error
	funcs       []func() int
	buffered    chan *item
	plain       chan [3]int64
	empty       chan string
	boxes       *box[string]
	pairs       []box[*item]
	below512    []*[62]*int64
	above512    []*[70]*int64
	over32K     []*[5000]*int64
	arrays      [][]wide
	hugeArray   *[20000]wide
	mixedOne    *mixed
	mixedMany   []mixed
	noscans     [][]byte
	tiny        []string
	ints        []*int64
	eights      []*[1]*int64
	interior    []*int64
	matrix      *[64][64]*int64
	withUnsafe  unsafe.Pointer
	structs     struct {
		a *item
		b []item
		c map[string]*item
		d any
		e func()
	}
)

func newInt(n int64) *int64 {
	p := new(int64)
	*p = n
	return p
}

// heapString is a string whose bytes are on the heap and not cut from a tiny block.
func heapString(n int) string { return strings.Repeat("x", n) }

func fillWide(s []wide) {
	for i := range s {
		s[i] = wide{p: newInt(int64(i)), a: 0xc000000000, b: int64(i)}
	}
}

func build() {
	measure("list", unsafe.Pointer(&list), unsafe.Sizeof(list), func() {
		for i := 0; i < 1000; i++ {
			list = &listNode{next: list, id: int64(i), text: heapString(20)}
		}
	}, func() {
		for n := list; n != nil; n = n.next {
			note(unsafe.Pointer(n))
			note(*(*unsafe.Pointer)(unsafe.Pointer(&n.text)))
		}
	})
	measure("tree", unsafe.Pointer(&tree), unsafe.Sizeof(tree), func() { tree = grow(9) }, func() { noteTree(tree) })
	measure("ring", unsafe.Pointer(&ring), unsafe.Sizeof(ring), func() {
		ring = &ringNode{}
		ring.next, ring.prev = ring, ring
		for i := 0; i < 99; i++ {
			n := &ringNode{next: ring.next, prev: ring}
			ring.next.prev = n
			ring.next = n
		}
	}, func() {
		note(unsafe.Pointer(ring))
		for n := ring.next; n != ring; n = n.next {
			note(unsafe.Pointer(n))
		}
	})
	// What both refer to is kept by neither, so it is measured first, under a variable that goes later.
	var common []*item
	for i := 0; i < 50; i++ {
		common = append(common, &item{id: int64(i)})
	}
	measure("sharedA", unsafe.Pointer(&sharedA), unsafe.Sizeof(sharedA), func() { sharedA = share(100, common) }, nil)
	measure("sharedB", unsafe.Pointer(&sharedB), unsafe.Sizeof(sharedB), func() { sharedB = share(200, common) }, nil)
	runtime.KeepAlive(common)
	maps()
	slices()
	dynamic()
	sizes()
}

func share(n int, common []*item) []*item {
	all := make([]*item, 0, n+len(common))
	for i := 0; i < n; i++ {
		all = append(all, &item{id: int64(i)})
	}
	return append(all, common...)
}

func grow(depth int) *treeNode {
	if depth < 0 {
		return nil
	}
	return &treeNode{left: grow(depth - 1), right: grow(depth - 1), key: int64(depth)}
}

func noteTree(n *treeNode) {
	if n != nil {
		note(unsafe.Pointer(n))
		noteTree(n.left)
		noteTree(n.right)
	}
}

func intMap(n int) map[int]int {
	m := map[int]int{}
	for i := 0; i < n; i++ {
		m[i] = i
	}
	return m
}

func maps() {
	measure("mapEmpty", unsafe.Pointer(&mapEmpty), unsafe.Sizeof(mapEmpty), func() { mapEmpty = make(map[int]int) }, nil)
	measure("mapOne", unsafe.Pointer(&mapOne), unsafe.Sizeof(mapOne), func() { mapOne = intMap(1) }, nil)
	measure("mapEight", unsafe.Pointer(&mapEight), unsafe.Sizeof(mapEight), func() { mapEight = intMap(8) }, nil)
	measure("mapNine", unsafe.Pointer(&mapNine), unsafe.Sizeof(mapNine), func() { mapNine = intMap(9) }, nil)
	measure("mapHundred", unsafe.Pointer(&mapHundred), unsafe.Sizeof(mapHundred), func() {
		mapHundred = map[int]*item{}
		for i := 0; i < 100; i++ {
			mapHundred[i] = &item{id: int64(i)}
		}
	}, nil)
	measure("mapThousand", unsafe.Pointer(&mapThousand), unsafe.Sizeof(mapThousand), func() {
		mapThousand = map[string]int{}
		for i := 0; i < 1000; i++ {
			mapThousand[heapString(17+i)] = i
		}
	}, nil)
	// 6.5 × 256 entries and one more: the buckets of Go 1.19 to 1.23 begin to move.
	measure("mapGrowing", unsafe.Pointer(&mapGrowing), unsafe.Sizeof(mapGrowing), func() { mapGrowing = intMap(1665) }, nil)
	measure("mapGrowing2", unsafe.Pointer(&mapGrowing2), unsafe.Sizeof(mapGrowing2), func() {
		mapGrowing2 = map[string]*item{}
		for i := 0; i < 833; i++ {
			mapGrowing2[heapString(20+i)] = &item{id: int64(i)}
		}
	}, nil)
	measure("mapBig", unsafe.Pointer(&mapBig), unsafe.Sizeof(mapBig), func() {
		mapBig = map[int][200]byte{}
		for i := 0; i < 50; i++ {
			mapBig[i] = [200]byte{byte(i)}
		}
	}, nil)
	measure("mapPointers", unsafe.Pointer(&mapPointers), unsafe.Sizeof(mapPointers), func() {
		mapPointers = map[*item]*item{}
		for i := 0; i < 300; i++ {
			k := &item{id: int64(i)}
			mapPointers[k] = &item{owner: k}
		}
	}, nil)
	measure("mapNested", unsafe.Pointer(&mapNested), unsafe.Sizeof(mapNested), func() {
		mapNested = map[string]map[int]string{}
		for i := 0; i < 20; i++ {
			m := map[int]string{}
			for j := 0; j < i; j++ {
				m[j] = heapString(30)
			}
			mapNested[heapString(40+i)] = m
		}
	}, nil)
	measure("mapHoles", unsafe.Pointer(&mapHoles), unsafe.Sizeof(mapHoles), func() {
		mapHoles = map[int]*item{}
		for i := 0; i < 5000; i++ {
			mapHoles[i] = &item{id: int64(i)}
		}
		for i := 0; i < 5000; i++ {
			if i%7 != 0 {
				delete(mapHoles, i)
			}
		}
	}, nil)
}

func slices() {
	measure("nested", unsafe.Pointer(&nested), unsafe.Sizeof(nested), func() {
		for i := 1; i < 200; i++ {
			nested = append(nested, make([]int64, i))
		}
	}, func() {
		note(unsafe.Pointer(&nested[0]))
		for _, s := range nested {
			note(unsafe.Pointer(&s[0]))
		}
	})
	measure("words", unsafe.Pointer(&words), unsafe.Sizeof(words), func() {
		words = make([]string, 500)
		for i := range words {
			words[i] = heapString(16 + i)
		}
	}, func() {
		note(unsafe.Pointer(&words[0]))
		for i := range words {
			note(*(*unsafe.Pointer)(unsafe.Pointer(&words[i])))
		}
	})
	measure("subSlice", unsafe.Pointer(&subSlice), unsafe.Sizeof(subSlice), func() { subSlice = make([]byte, 100<<10)[50<<10 : 50<<10+10] }, nil)
	measure("subString", unsafe.Pointer(&subString), unsafe.Sizeof(subString), func() { subString = heapString(70 << 10)[1000:1010] }, nil)
}

func dynamic() {
	measure("values", unsafe.Pointer(&values), unsafe.Sizeof(values), func() {
		for i := 0; i < 100; i++ {
			values = append(values, 1000+i, heapString(32), &item{id: int64(i)}, item{id: int64(i)},
				[]int64{1, 2, 3}, [4]int64{4, 3, 2, 1}, float64(i)+0.5, wide{p: newInt(1)})
		}
	}, nil)
	measure("errs", unsafe.Pointer(&errs), unsafe.Sizeof(errs), func() {
		var err error
		for i := 0; i < 50; i++ {
			err = &wrapped{heapString(24), err}
			errs = append(errs, err)
		}
	}, nil)
	measure("funcs", unsafe.Pointer(&funcs), unsafe.Sizeof(funcs), func() {
		for i := 0; i < 50; i++ {
			i, it := i, &item{id: int64(i)}
			n := newInt(int64(i))
			funcs = append(funcs, func() int { return i + int(it.id) + int(*n) })
		}
		it := &item{id: 7}
		funcs = append(funcs, it.method)
	}, nil)
	measure("buffered", unsafe.Pointer(&buffered), unsafe.Sizeof(buffered), func() {
		buffered = make(chan *item, 64)
		for i := 0; i < 40; i++ {
			buffered <- &item{id: int64(i)}
		}
		for i := 0; i < 10; i++ {
			<-buffered
		}
	}, nil)
	measure("plain", unsafe.Pointer(&plain), unsafe.Sizeof(plain), func() {
		plain = make(chan [3]int64, 32)
		plain <- [3]int64{0xc000000000, 1, 2}
	}, nil)
	measure("empty", unsafe.Pointer(&empty), unsafe.Sizeof(empty), func() { empty = make(chan string) }, nil)
	measure("boxes", unsafe.Pointer(&boxes), unsafe.Sizeof(boxes), func() {
		for i := 0; i < 100; i++ {
			boxes = &box[string]{value: heapString(50), next: boxes}
		}
	}, func() {
		for b := boxes; b != nil; b = b.next {
			note(unsafe.Pointer(b))
			note(*(*unsafe.Pointer)(unsafe.Pointer(&b.value)))
		}
	})
	measure("pairs", unsafe.Pointer(&pairs), unsafe.Sizeof(pairs), func() {
		pairs = make([]box[*item], 60)
		for i := range pairs {
			pairs[i].value = &item{id: int64(i)}
			if i > 0 {
				pairs[i].next = &pairs[i-1]
			}
		}
	}, nil)
	measure("structs", unsafe.Pointer(&structs), unsafe.Sizeof(structs), func() {
		structs.a = &item{owner: &item{}, tags: []string{heapString(18)}, note: &item{}}
		structs.b = []item{{id: 1, note: heapString(19)}, {id: 2, owner: &item{}}}
		structs.c = map[string]*item{"static": {id: 3}}
		structs.d = structs.b[1:]
		a := structs.a
		structs.e = func() { a.id++ }
	}, nil)
}

func (it *item) method() int { return int(it.id) }

type wrapped struct {
	text  string
	inner error
}

func (w *wrapped) Error() string { return w.text }
func (w *wrapped) Unwrap() error { return w.inner }

func sizes() {
	// Bits in the span up to 512 bytes, a header above, a span of its own above 32 KiB.
	measure("below512", unsafe.Pointer(&below512), unsafe.Sizeof(below512), func() {
		for i := 0; i < 20; i++ {
			a := new([62]*int64)
			for j := range a {
				a[j] = newInt(int64(j))
			}
			below512 = append(below512, a)
		}
	}, nil)
	measure("above512", unsafe.Pointer(&above512), unsafe.Sizeof(above512), func() {
		for i := 0; i < 20; i++ {
			a := new([70]*int64)
			for j := range a {
				a[j] = newInt(int64(j))
			}
			above512 = append(above512, a)
		}
	}, nil)
	measure("over32K", unsafe.Pointer(&over32K), unsafe.Sizeof(over32K), func() {
		for i := 0; i < 3; i++ {
			a := new([5000]*int64)
			for j := range a {
				a[j] = newInt(int64(j))
			}
			over32K = append(over32K, a)
		}
	}, func() {
		note(unsafe.Pointer(&over32K[0]))
		for _, a := range over32K {
			note(unsafe.Pointer(a))
			for _, p := range a {
				note(unsafe.Pointer(p))
			}
		}
	})
	measure("arrays", unsafe.Pointer(&arrays), unsafe.Sizeof(arrays), func() {
		for _, n := range []int{1, 2, 3, 5, 20, 21, 22, 23, 50, 100, 1000, 1364, 1365, 1366, 2000, 10000} {
			s := make([]wide, n)
			fillWide(s)
			arrays = append(arrays, s)
		}
	}, func() {
		note(unsafe.Pointer(&arrays[0]))
		for _, s := range arrays {
			note(unsafe.Pointer(&s[0]))
			for i := range s {
				note(unsafe.Pointer(s[i].p))
			}
		}
	})
	// One type of 480 KB: a GC program up to 1.23, a mask on demand since.
	measure("hugeArray", unsafe.Pointer(&hugeArray), unsafe.Sizeof(hugeArray), func() {
		hugeArray = new([20000]wide)
		fillWide(hugeArray[:])
	}, nil)
	measure("mixedOne", unsafe.Pointer(&mixedOne), unsafe.Sizeof(mixedOne), func() {
		mixedOne = new(mixed)
		fillMixed(mixedOne)
	}, nil)
	measure("mixedMany", unsafe.Pointer(&mixedMany), unsafe.Sizeof(mixedMany), func() {
		mixedMany = make([]mixed, 40)
		for i := range mixedMany {
			fillMixed(&mixedMany[i])
		}
	}, nil)
	measure("noscans", unsafe.Pointer(&noscans), unsafe.Sizeof(noscans), func() {
		for n := 16; n < 80<<10; n = n*5/4 + 8 {
			noscans = append(noscans, make([]byte, n))
		}
	}, func() {
		note(unsafe.Pointer(&noscans[0]))
		for _, s := range noscans {
			note(unsafe.Pointer(&s[0]))
		}
	})
	measure("ints", unsafe.Pointer(&ints), unsafe.Sizeof(ints), func() {
		for i := 0; i < 300; i++ {
			ints = append(ints, newInt(int64(i)))
		}
	}, nil)
	measure("eights", unsafe.Pointer(&eights), unsafe.Sizeof(eights), func() {
		for i := 0; i < 300; i++ {
			eights = append(eights, &[1]*int64{newInt(int64(i))})
		}
	}, func() {
		note(unsafe.Pointer(&eights[0]))
		for _, e := range eights {
			note(unsafe.Pointer(e))
			note(unsafe.Pointer(e[0]))
		}
	})
	measure("interior", unsafe.Pointer(&interior), unsafe.Sizeof(interior), func() {
		for i := 1; i < 50; i++ {
			a := make([]int64, i*3)
			interior = append(interior, &a[i*2])
		}
	}, nil)
	measure("matrix", unsafe.Pointer(&matrix), unsafe.Sizeof(matrix), func() {
		matrix = new([64][64]*int64)
		for i := range matrix {
			for j := range matrix[i] {
				if (i+j)%3 == 0 {
					matrix[i][j] = newInt(int64(i * j))
				}
			}
		}
	}, nil)
	measure("withUnsafe", unsafe.Pointer(&withUnsafe), unsafe.Sizeof(withUnsafe), func() {
		it := &item{owner: &item{}}
		withUnsafe = unsafe.Pointer(uintptr(unsafe.Pointer(it)) + unsafe.Offsetof(it.owner))
	}, nil)
}

func fillMixed(m *mixed) {
	m.head, m.last, m.tail = newInt(1), newInt(2), heapString(99)
	fillWide(m.block[:])
	for i := range m.noise {
		m.noise[i] = uintptr(unsafe.Pointer(list))
	}
}
