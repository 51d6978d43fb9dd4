// Services that fail as services do: the mode says how.
package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

type Quote struct {
	ID   int
	Body []byte
}
type Server struct {
	results chan Quote
	mu      sync.Mutex
}

func (s *Server) quote(w http.ResponseWriter, r *http.Request) {
	ch := make(chan Quote)
	go func() { time.Sleep(50 * time.Millisecond); ch <- Quote{ID: 1} }()
	select {
	case q := <-ch:
		fmt.Fprintln(w, q.ID)
	case <-time.After(5 * time.Millisecond):
		http.Error(w, "timeout", 504)
	}
}

type Session struct {
	user string
	data []byte
}

var sessions = map[string]*Session{}

func remember(most int) {
	for i := len(sessions); i < most; i++ {
		sessions[fmt.Sprint("user-", i)] = &Session{user: "u", data: make([]byte, 200)}
	}
}

type Account struct {
	mu      sync.Mutex
	balance int
}

func transfer(a, b *Account) {
	a.mu.Lock()
	time.Sleep(20 * time.Millisecond)
	b.mu.Lock()
	a.balance--
	b.balance++
	b.mu.Unlock()
	a.mu.Unlock()
}
func bystander(i int) {
	for {
		time.Sleep(time.Second)
	}
}

type Backend struct {
	*Pool
	name string
}
type Pool struct {
	conns []int
	stats map[string]int
}

var errBase = errors.New("connection refused")

func (p *Pool) get(i int) error { return fmt.Errorf("pool %d: %w", i, errBase) }
func serve(b *Backend, i int) {
	if i == 3 {
		b.stats["x"]++
	}
	if i == 4 {
		panic(b.get(i))
	}
	b.name = "x"
}

// What the core's counters are held against.
var stats runtime.MemStats

func main() {
	debug.SetTraceback("crash")
	switch os.Args[1] {
	case "leak":
		s := &Server{}
		srv := httptest.NewServer(http.HandlerFunc(s.quote))
		for i := 0; i < 298; i++ {
			r, err := http.Get(srv.URL)
			if err == nil {
				r.Body.Close()
			}
		}
	case "map":
		debug.SetGCPercent(150)
		debug.SetMemoryLimit(8 << 30)
		remember(300000)
	case "grow":
		debug.SetGCPercent(10)
		for i := 0; i < 100; i++ {
			remember(4000 * (i + 1))
			time.Sleep(10 * time.Millisecond)
		}
		return
	case "outofmemory":
		limit := syscall.Rlimit{Cur: 300 << 20, Max: 300 << 20}
		syscall.Setrlimit(syscall.RLIMIT_DATA, &limit)
		remember(1 << 40)
	case "deadlock":
		a, b := &Account{}, &Account{}
		for i := 0; i < 20; i++ {
			go bystander(i)
		}
		go transfer(a, b)
		go transfer(b, a)
		for i := 0; i < 5; i++ {
			go func() { time.Sleep(100 * time.Millisecond); a.mu.Lock(); a.mu.Unlock() }()
		}
		time.Sleep(time.Second)
	case "nilmap":
		serve(&Backend{Pool: &Pool{}}, 3)
	case "embedded":
		serve(&Backend{}, 3)
	case "wrapped":
		serve(&Backend{Pool: &Pool{}}, 4)
	}
	time.Sleep(200 * time.Millisecond)
	runtime.ReadMemStats(&stats)
	fmt.Println(stats.NextGC)
	if len(os.Args) > 2 {
		// Somebody wants to look at it while it runs.
		time.Sleep(time.Hour)
	}
	syscall.Kill(os.Getpid(), syscall.SIGQUIT)
	time.Sleep(time.Hour)
}
