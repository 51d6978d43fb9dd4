// A shop as somebody else would write it: the mode says how it fails. It is not told to dump anything: who runs it asks.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

type entry struct {
	key  int
	blob []byte
	at   time.Time
}
type Cache struct {
	mu   sync.RWMutex
	m    map[int]entry
	keys []int
}

func NewCache() *Cache { return &Cache{m: make(map[int]entry)} }
func (c *Cache) Put(k int, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[k] = entry{k, b, time.Now()}
}

type Worker struct {
	id   int
	jobs chan func()
	out  chan string
}

func (w *Worker) run(ctx context.Context) {
	for {
		select {
		case j := <-w.jobs:
			j()
		case <-ctx.Done():
			return
		}
	}
}

type App struct {
	cache   *Cache
	workers []*Worker
	orders  *Store
	audit   *Store
}
type Store struct {
	sync.Mutex
	name string
	rows map[string]int
}

func (s *Store) Add(k string, o *Store) {
	s.Lock()
	defer s.Unlock()
	time.Sleep(30 * time.Millisecond)
	o.record(k)
}
func (s *Store) record(k string) {
	s.Lock()
	defer s.Unlock()
	s.rows[k]++
}

type Conn interface{ Query(string) (string, error) }
type pgConn struct{ addr *net.TCPAddr }

func (p *pgConn) Query(q string) (string, error) {
	return p.addr.String()[:3] + strconv.Itoa(p.addr.Port), nil
}

type Repo struct {
	Conn
	timeout time.Duration
}
type Handler struct {
	repo  *Repo
	index map[string][]string
}

//go:noinline
func (h *Handler) add(k, v string) { h.index[k] = append(h.index[k], v) }

//go:noinline
func (h *Handler) lookup(q string) string {
	s, err := h.repo.Query(q)
	if err != nil {
		panic(err)
	}
	return s
}

var ErrDown = errors.New("database is down")

type OpError struct {
	Op  string
	Err error
}

func (e *OpError) Error() string { return e.Op + ": " + e.Err.Error() }
func (e *OpError) Unwrap() error { return e.Err }

func (a *App) search(w http.ResponseWriter, r *http.Request) {
	results := make(chan string)
	for _, shard := range []string{"eu", "us"} {
		shard := shard
		go func() {
			time.Sleep(20 * time.Millisecond)
			results <- shard
		}()
	}
	io.WriteString(w, <-results)
}

func main() {
	debug.SetTraceback("crash")
	app := &App{cache: NewCache(), orders: &Store{name: "orders", rows: map[string]int{}}, audit: &Store{name: "audit", rows: map[string]int{}}}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for i := 0; i < 8; i++ {
		w := &Worker{id: i, jobs: make(chan func()), out: make(chan string)}
		app.workers = append(app.workers, w)
		go w.run(ctx)
	}
	switch os.Args[1] {
	case "leak":
		mux := http.NewServeMux()
		mux.HandleFunc("/search", app.search)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		go http.Serve(ln, mux)
		for i := 0; i < 150; i++ {
			resp, err := http.Get("http://" + ln.Addr().String() + "/search")
			if err == nil {
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		}
		time.Sleep(100 * time.Millisecond)
	case "map":
		for i := 0; i < 200000; i++ {
			app.cache.Put(i, make([]byte, 300))
		}
	case "grow":
		for i := 0; i < 4000000; i++ {
			app.cache.Put(i, make([]byte, 256))
			if i%2000 == 0 {
				time.Sleep(time.Millisecond)
			}
			if i == 600000 {
				return
			}
		}
	case "deadlock":
		go app.orders.Add("a", app.audit)
		go app.audit.Add("b", app.orders)
		for i := 0; i < 30; i++ {
			go func(i int) { time.Sleep(100 * time.Millisecond); app.orders.record("x" + strconv.Itoa(i)) }(i)
		}
		time.Sleep(500 * time.Millisecond)
	case "nilmap":
		h := &Handler{repo: &Repo{}}
		h.add("a", "b")
	case "nilembedded":
		h := &Handler{repo: &Repo{}}
		fmt.Println(h.lookup("q"))
	case "nilfield":
		h := &Handler{repo: &Repo{Conn: &pgConn{}}}
		fmt.Println(h.lookup("q"))
	case "nilrepo":
		h := &Handler{}
		fmt.Println(h.lookup("q"))
	case "wrapped":
		err := error(&OpError{"dial", fmt.Errorf("pool 7: %w", ErrDown)})
		panic(fmt.Errorf("checkout: %w", err))
	}
	fmt.Println("ready")
	wg := sync.WaitGroup{}
	wg.Add(1)
	go func() { time.Sleep(time.Hour); wg.Done() }()
	wg.Wait()
	runtime.KeepAlive(app)
}
