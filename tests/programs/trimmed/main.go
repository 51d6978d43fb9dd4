// Goroutines that stand in the program, in another module and in Go's library, each labelled with the function that says where
// it is.
package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
	"time"

	"example.com/pool"
	"ledgers/book"
)

var never chan int

func at(where string, f func()) {
	go pprof.Do(context.Background(), pprof.Labels("where", where), func(context.Context) { f() })
}

//go:noinline
func called() { <-never }

//go:noinline
func calls() { pool.Get() }

//go:noinline
func sleeps() { time.Sleep(time.Hour) }

func main() {
	debug.SetTraceback("crash")
	b := new(book.Book)
	b.Add()
	at("ledgers/book.(*Book).Add", b.Add)
	at("main.called", func() { pool.Run(called) })
	at("main.calls", calls)
	at("main.sleeps", sleeps)
	at("example.com/pool.Get", func() {
		// The goroutine that this starts has the label, and no frame of the program; this one ends.
		pool.Start()
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("so"))
	}))
	answer, err := http.Get("http://" + listener.Addr().String())
	if err != nil {
		panic(err)
	}
	var some [1]byte
	answer.Body.Read(some[:])
	time.Sleep(300 * time.Millisecond)
	syscall.Kill(os.Getpid(), syscall.SIGABRT)
	<-never
}
