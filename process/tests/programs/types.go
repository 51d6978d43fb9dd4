// A type of every kind, all kept alive and reachable by reflection.
package main

import (
	"fmt"
	"net/url"
	"os"
	"time"
	"unsafe"
)

type Point struct{ X, Y int }

func (p *Point) String() string { return "point" }

type Stringer interface{ String() string }

type Box[T any] struct {
	V    T
	next *Box[T]
}

type Weekday int

const (
	Sunday Weekday = iota
	Monday
)

type Emb struct {
	Point
	*Box[int]
	error
	n int8
	_ [0]int
}

type Recursive map[string]Recursive
type Handler func(int, ...string) (bool, error)
type Wide struct{ B [200]byte }

var values = []any{
	Point{}, &Point{}, []Point{{}}, map[string]Point{"a": {}}, Box[int]{}, &Box[string]{}, Monday, Box[Weekday]{},
	Emb{}, Recursive{"x": nil}, Handler(nil), Wide{}, [3]Point{},
	map[Wide]int{}, map[int]Wide{}, map[Wide]Wide{}, map[int8]struct{}{}, map[struct{}]bool{}, map[int32]int32{},
	map[string]any{}, map[any]string{}, map[[3]byte]int16{},
	struct {
		A int
		B string
	}{},
	func(int, ...string) (bool, error) { return false, nil }, func() {}, func(*Point) error { return nil },
	make(chan Point), make(chan<- Point), make(<-chan *Point), make(chan (<-chan int)),
	time.Duration(3), time.Now(), url.Values{}, &url.URL{}, unsafe.Pointer(nil), uintptr(1), complex64(1), 1i,
	float32(1), 2.5, true, int8(1), int16(1), int32(1), int64(1), uint(1), uint8(1), uint16(1), uint32(1), uint64(1),
	"s", []byte("b"), []any{nil}, []error{nil}, new(Stringer), new(error), new(any), new(interface {
		Read(p []byte) (n int, err error)
		Close() error
	}),
}

var strings [4]string
var G = map[string]int{"a": 1}

func main() {
	for _, v := range values {
		fmt.Fprintf(os.Stderr, "%T %v\n", v, v)
	}
	fmt.Println(len(strings), G)
}
