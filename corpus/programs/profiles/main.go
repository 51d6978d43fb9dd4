// Profiles: allocates, contends and waits in ways that its own profiles show, writes these into a folder, and stays as it is.
//
//	profiles DIR RATE dies|waits|never
//
// dies: writes its profiles, then panics. waits: says "ready", and writes them once it has read a line, so that a core can
// be taken before. never: as waits, and no collection has ever been.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"
)

var (
	kept     [][]byte
	trees    []*tree
	numbers  = map[string]int{}
	strings  []string
	ended    = make(chan bool)
	profiles = []string{"heap", "allocs", "mutex", "block", "goroutine", "threadcreate"}
)

type tree struct {
	left, right *tree
	name        string
}

// Inlined into its callers.
func page(n int) []byte { return make([]byte, n) }

func twice(n int) []byte { return append(page(n), page(n)...) }

//go:noinline
func grow(depth int) *tree {
	if depth == 0 {
		return nil
	}
	return &tree{grow(depth - 1), grow(depth - 1), "node"}
}

// Deeper than any stack that is kept.
//
//go:noinline
func deep(n int) []byte {
	if n == 0 {
		return twice(300)
	}
	b := deep(n - 1)
	b[0]++
	return b
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

//go:noinline
func generic[K comparable, V any](k K, v V) *pair[K, V] { return &pair[K, V]{k, v} }

type maker interface{ make(n int) []byte }
type doubler struct{ times int }

func (d doubler) make(n int) []byte { return twice(n * d.times) }

var pairs []any

func allocate() {
	for i := 0; i < 200; i++ {
		kept = append(kept, page(i*16+1), twice(64))
		_ = append([]byte(nil), twice(i+1)...)
		numbers[strconv.Itoa(i)] = i
		strings = append(strings, fmt.Sprintf("text %d", i))
		pairs = append(pairs, generic(i, "v"), generic("k", 1.5))
	}
	var m maker = &doubler{3}
	for i := 0; i < 20; i++ {
		kept = append(kept, m.make(100+i), deep(200), deep(20))
		func() { kept = append(kept, page(5000+i)) }()
	}
	trees = append(trees, grow(8))
	kept = append(kept, page(1<<20))
}

func contend() {
	var mu sync.Mutex
	var rw sync.RWMutex
	var all sync.WaitGroup
	for g := 0; g < 4; g++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := 0; i < 5; i++ {
				mu.Lock()
				time.Sleep(time.Millisecond)
				mu.Unlock()
				rw.RLock()
				rw.RUnlock()
				rw.Lock()
				time.Sleep(100 * time.Microsecond)
				rw.Unlock()
			}
		}()
	}
	all.Wait()
	c := make(chan int)
	go func() { time.Sleep(2 * time.Millisecond); c <- 1 }()
	<-c
	select {
	case <-c:
	case <-time.After(time.Millisecond):
	}
}

//go:noinline
func wait(n int) {
	if n > 0 {
		wait(n - 1)
		return
	}
	<-ended
}

func park() {
	for i := 0; i < 5; i++ {
		go wait(3)
		go wait(200)
		labels := pprof.Labels("kind", "waiter", "number", strconv.Itoa(i%2))
		go pprof.Do(context.Background(), labels, func(context.Context) { wait(1) })
	}
	time.Sleep(20 * time.Millisecond)
}

// What a profile is written to. All is made before, since making it would be in the profiles.
type target struct {
	profile *pprof.Profile
	file    *os.File
}

func write(targets []target) {
	for _, target := range targets {
		if err := target.profile.WriteTo(target.file, 0); err != nil {
			panic(err)
		}
		target.file.Close()
	}
}

// From the start: a rate that is set later would not hold for what was allocated before.
func init() {
	rate, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	runtime.MemProfileRate = rate
	runtime.SetMutexProfileFraction(2)
	runtime.SetBlockProfileRate(1000)
}

func main() {
	dir, mode := os.Args[1], os.Args[3]
	debug.SetGCPercent(-1)
	allocate()
	contend()
	park()
	if mode != "never" {
		for i := 0; i < 3; i++ {
			runtime.GC()
			allocate()
			kept = kept[len(kept)/2:]
		}
	}
	var targets []target
	for _, name := range profiles {
		file, err := os.Create(filepath.Join(dir, name+".pb.gz"))
		if err != nil {
			panic(err)
		}
		targets = append(targets, target{pprof.Lookup(name), file})
	}
	if mode == "dies" {
		write(targets)
		panic("dead")
	}
	input := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	input.ReadString('\n')
	write(targets)
}
