package main

import (
	"os"
	"syscall"
	"time"
)

type closer struct{ name string }

//go:noinline
func (c *closer) Close(code int) { println(c.name, code) }

//go:noinline
func note(a int, s string) { println(a, s) }

//go:noinline
func open(n int) {
	c := &closer{"file"}
	defer c.Close(n + 1)
	defer note(n, "open")
	if n > 100 {
		defer note(n, "not reached")
	}
	linked(n)
}

//go:noinline
func linked(n int) {
	for i := 0; i < n; i++ {
		defer note(i*10, "loop")
	}
	die()
}

//go:noinline
func die() {
	syscall.Kill(os.Getpid(), syscall.SIGABRT)
	time.Sleep(time.Hour)
}

func main() { open(3) }
