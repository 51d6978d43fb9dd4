// Package pool is another module's: it calls the program and is called by it.
package pool

var none chan int

// Run calls f.
//
//go:noinline
func Run(f func()) {
	f()
	none <- 1
}

// Get waits for ever.
//
//go:noinline
func Get() int { return <-none }

// Start starts a worker.
func Start() { go worker() }

//go:noinline
func worker() { Get() }
