// Goroutines that hold a lock while they are in a system call that does not end, or wait for the network; says which descriptors
// and addresses those are, and dies.
package main

import (
	"encoding/json"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

type journal struct {
	mu sync.Mutex
	fd int
}

//go:noinline
func (j *journal) add() {
	j.mu.Lock()
	defer j.mu.Unlock()
	var some [16]byte
	syscall.Read(j.fd, some[:])
}

type store struct {
	sync.RWMutex
	lock *os.File
}

//go:noinline
func (s *store) alone() {
	s.Lock()
	syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX)
	s.Unlock()
}

//go:noinline
func (s *store) get() {
	s.RLock()
	s.RUnlock()
}

var console, wire sync.Mutex

//go:noinline
func prompt(in *os.File) {
	console.Lock()
	var some [1]byte
	in.Read(some[:])
	console.Unlock()
}

//go:noinline
func fetch(c net.Conn) {
	wire.Lock()
	defer wire.Unlock()
	var some [1]byte
	c.Read(some[:])
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Runs the first alone until it has the lock.
func crowd(others int, f func()) {
	go f()
	time.Sleep(100 * time.Millisecond)
	for i := 0; i < others; i++ {
		go f()
	}
}

func main() {
	debug.SetTraceback("crash")
	var ends [2]int
	must(syscall.Pipe(ends[:]))
	j := &journal{fd: ends[0]}
	crowd(12, j.add)

	name := os.Args[1]
	mine, err := os.Create(name)
	must(err)
	others, err := os.Open(name)
	must(err)
	must(syscall.Flock(int(others.Fd()), syscall.LOCK_EX))
	s := &store{lock: mine}
	go s.alone()
	time.Sleep(100 * time.Millisecond)
	for i := 0; i < 7; i++ {
		go s.get()
	}

	var more [2]int
	must(syscall.Pipe(more[:]))
	// One that is blocking cannot be polled: its reads are system calls.
	in := os.NewFile(uintptr(more[0]), "the console")
	crowd(2, func() { prompt(in) })

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	c, err := net.Dial("tcp", listener.Addr().String())
	must(err)
	crowd(1, func() { fetch(c) })
	go listener.Accept()
	time.Sleep(300 * time.Millisecond)
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"journal": ends[0], "lock": mine.Fd(), "console": more[0],
		"listener": listener.Addr().String(), "local": c.LocalAddr().String(), "remote": c.RemoteAddr().String(),
	})
	os.Remove(name)
	syscall.Kill(os.Getpid(), syscall.SIGABRT)
	select {}
}
