// Orders fills memory as a server does, and dies: COUNT orders (default 2,000,000), each with a map, slices, strings,
// interfaces and wrapped errors; some ten objects each. Prints how many objects there are. `orders COUNT DUMP` writes a heap
// dump rather than die.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

type customer struct {
	name   string
	orders []*order
}

type line struct {
	sku   string
	count int64
}

type failure struct {
	text  string
	inner error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.inner }

type order struct {
	id       int64
	customer *customer
	lines    []line
	labels   map[string]string
	extra    any
	err      error
	previous *order
}

type shop struct {
	orders    []*order
	customers []*customer
	byID      map[int64]*order
}

var theShop shop

func text(kind string, n int) string { return kind + "-" + strconv.Itoa(n) + "-0123456789" }

func fill(count int) {
	theShop.orders = make([]*order, 0, count)
	theShop.byID = make(map[int64]*order)
	for i := 0; i < count/20+1; i++ {
		theShop.customers = append(theShop.customers, &customer{name: text("customer", i)})
	}
	var previous *order
	for i := 0; i < count; i++ {
		c := theShop.customers[(i*7919)%len(theShop.customers)]
		o := &order{id: int64(i), customer: c, previous: previous}
		o.lines = []line{{text("sku", i), 1}, {text("sku", i+1), 2}}
		o.labels = map[string]string{"state": text("paid", i)}
		switch i % 4 {
		case 0:
			o.extra = text("note", i)
		case 1:
			o.extra = int64(i) << 20
		case 2:
			o.extra = &line{text("gift", i), 1}
		}
		if i%3 == 0 {
			o.err = &failure{text("outer", i), &failure{text("inner", i), nil}}
		}
		c.orders = append(c.orders, o)
		theShop.orders = append(theShop.orders, o)
		if i%10 == 0 {
			theShop.byID[o.id] = o
		}
		previous = o
		if i%1000 == 0 {
			previous = nil
		}
	}
}

func main() {
	count := 2000000
	if len(os.Args) > 1 {
		n, err := strconv.Atoi(os.Args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		count = n
	}
	fill(count)
	runtime.GC()
	debug.SetGCPercent(-1)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println(stats.HeapObjects, "objects,", stats.HeapAlloc>>20, "MiB")
	if len(os.Args) > 2 {
		f, err := os.Create(os.Args[2])
		if err != nil {
			panic(err)
		}
		debug.WriteHeapDump(f.Fd())
		return
	}
	panic("full")
}
