// Goroutines parks COUNT (default 200,000) goroutines in a few different places and panics.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

type job struct {
	id   int
	done chan int
}

//go:noinline
func receive(j *job) int { return <-j.done }

//go:noinline
func worker(j *job, depth int) int {
	if depth > 0 {
		return worker(j, depth-1) + 1
	}
	return receive(j)
}

//go:noinline
func locked(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
}

//go:noinline
func selecting(a, b chan int) {
	select {
	case <-a:
	case b <- 1:
	}
}

func main() {
	count := 200000
	if len(os.Args) > 1 {
		n, err := strconv.Atoi(os.Args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		count = n
	}
	var mu sync.Mutex
	mu.Lock()
	never, full := make(chan int), make(chan int)
	for i := 0; i < count; i++ {
		switch i % 5 {
		case 0, 1:
			j := &job{id: i, done: make(chan int)}
			go worker(j, 2+i%7)
		case 2:
			go locked(&mu)
		case 3:
			go selecting(never, full)
		case 4:
			go time.Sleep(time.Hour)
		}
	}
	time.Sleep(2 * time.Second)
	panic(fmt.Sprintf("%d goroutines", count))
}
