// Judged: does one kind of work, or all of a kind of wait, and writes the profile of it.
//
//	judged MODE FILE
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"
)

var sink any

type node struct {
	Left, Right *node
	Name        string
}

//go:noinline
func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1), "n"}
}

//go:noinline
func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

//go:noinline
func collector() { sink = tree(14) }

//go:noinline
func encode() {
	data, _ := json.Marshal(map[string]any{"a": []int{1, 2, 3}, "b": "text", "c": 1.5})
	var back map[string]any
	_ = json.Unmarshal(data, &back)
}

//go:noinline
func compile() {
	for i := 0; i < 50; i++ {
		regexp.MustCompile(`^[a-z]+(\d+|x{2,5})*\.(com|org)$`).MatchString("example12.com")
	}
}

var pattern = regexp.MustCompile(`([a-z]+)@([a-z]+)\.com`)

//go:noinline
func match() {
	for i := 0; i < 100; i++ {
		pattern.FindAllString("write to a@b.com, or to nobody@nowhere.com, or to nobody at all", -1)
	}
}

//go:noinline
func grow() {
	m := map[int]int{}
	for i := 0; i < 100000; i++ {
		m[i*7919] = i
	}
	sink = m
}

var big, other = make([]byte, 16<<20), make([]byte, 16<<20)

//go:noinline
func move() { copy(big, other) }

var lock sync.Mutex
var count int

//go:noinline
func locked() {
	var all sync.WaitGroup
	for g := 0; g < 4; g++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < 200000; i++ {
				lock.Lock()
				count++
				lock.Unlock()
			}
		}()
	}
	all.Wait()
}

//go:noinline
func channels() {
	c := make(chan int)
	go func() {
		for i := 0; i < 100000; i++ {
			c <- i
		}
		close(c)
	}()
	for range c {
	}
}

//go:noinline
func syscalls() {
	for i := 0; i < 10000; i++ {
		syscall.Getppid()
	}
}

//go:noinline
func reflected() {
	v := reflect.ValueOf(&node{Name: "x"}).Elem()
	for i := 0; i < 10000; i++ {
		for f := 0; f < v.NumField(); f++ {
			_ = v.Field(f).Kind()
			_ = v.Field(f).IsZero()
		}
		_ = v.FieldByName("Name").String()
	}
}

//go:noinline
func formatted() {
	for i := 0; i < 1000; i++ {
		_ = fmt.Sprintf("%d %s %v", i, "text", 1.5)
	}
}

var work = map[string]func(){
	"collector": collector, "json": encode, "regexp-compile": compile, "regexp": match, "map-growth": grow, "copying": move,
	"locks": locked, "channels": channels, "syscalls": syscalls, "reflection": reflected, "formatting": formatted,
	"recursion": func() { fib(30) },
}

var kept [][]byte
var small []*[6]uint64
var buffer *bytes.Buffer

//go:noinline
func keepBig() {
	for i := 0; i < 40; i++ {
		kept = append(kept, make([]byte, 1<<20))
	}
}

//go:noinline
func keepSmall() {
	for i := 0; i < 400000; i++ {
		small = append(small, new([6]uint64))
	}
}

//go:noinline
func passBuffers() {
	for i := 0; i < 20000; i++ {
		buffer = bytes.NewBuffer(make([]byte, 0, 64<<10))
	}
}

func write(name, file string) {
	out, err := os.Create(file)
	if err != nil {
		panic(err)
	}
	runtime.GC()
	if err := pprof.Lookup(name).WriteTo(out, 0); err != nil {
		panic(err)
	}
	out.Close()
}

//go:noinline
func slow() {
	lock.Lock()
	time.Sleep(5 * time.Millisecond)
	lock.Unlock()
}

//go:noinline
func worker(c chan int) {
	for range c {
	}
}

//go:noinline
func sender(c chan int) {
	for i := 0; i < 20; i++ {
		c <- i
	}
}

//go:noinline
func ticking(stop chan bool) {
	t := time.NewTicker(time.Millisecond)
	for {
		select {
		case <-t.C:
		case <-stop:
			return
		}
	}
}

func waits() {
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	idle, stop := make(chan int), make(chan bool)
	go worker(idle)
	go ticking(stop)
	full := make(chan int)
	go sender(full)
	var all sync.WaitGroup
	for g := 0; g < 4; g++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < 10; i++ {
				slow()
			}
		}()
	}
	for range [20]int{} {
		time.Sleep(5 * time.Millisecond)
		<-full
	}
	all.Wait()
	close(idle)
	close(stop)
	time.Sleep(50 * time.Millisecond)
}

//go:noinline
func stuck(c chan int) { <-c }

func main() {
	mode, file := os.Args[1], os.Args[2]
	switch mode {
	case "heap":
		keepBig()
		keepSmall()
		passBuffers()
		write("heap", file)
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		fmt.Println(stats.HeapAlloc)
	case "growth":
		keepSmall()
		write("heap", file)
		keepBig()
		write("heap", os.Args[3])
	case "block", "mutex":
		waits()
		write(mode, file)
	case "goroutine":
		for i := 0; i < 1200; i++ {
			go stuck(make(chan int))
		}
		time.Sleep(100 * time.Millisecond)
		write("goroutine", file)
	default:
		do := work[mode]
		out, _ := os.Create(file)
		pprof.StartCPUProfile(out)
		for begin := time.Now(); time.Since(begin) < 3000*time.Millisecond; {
			do()
		}
		pprof.StopCPUProfile()
		out.Close()
	}
}
