// A daemon of measurements as somebody else would write it: the mode says how it fails.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"
)

type Point struct {
	Name  string
	Value float64
	Tags  map[string]string
}
type Tenant struct {
	ID     string
	Series map[string][]Point
}
type Registry struct {
	lock    sync.RWMutex
	tenants map[string]*Tenant
}

var reg = &Registry{tenants: make(map[string]*Tenant)}
var seen = make(map[[16]byte]struct{})
var history []Point

type Queue struct {
	ch   chan Point
	done chan struct{}
}

var q = &Queue{ch: make(chan Point, 4), done: make(chan struct{})}

func (q *Queue) Push(p Point) { q.ch <- p }
func produce(i int)           { q.Push(Point{Name: fmt.Sprintf("p%d", i)}) }

type Registrar struct {
	regMu, tenMu sync.RWMutex
	n            int
}

func (r *Registrar) rename(wg *sync.WaitGroup) {
	defer wg.Done()
	r.regMu.Lock()
	defer r.regMu.Unlock()
	time.Sleep(20 * time.Millisecond)
	r.tenMu.RLock()
	r.n++
	r.tenMu.RUnlock()
}
func (r *Registrar) evict(wg *sync.WaitGroup) {
	defer wg.Done()
	r.tenMu.Lock()
	defer r.tenMu.Unlock()
	time.Sleep(20 * time.Millisecond)
	r.regMu.Lock()
	r.n--
	r.regMu.Unlock()
}

type Config struct {
	Limits *Limits
	Names  []string
}
type Limits struct{ Rate, Burst int }
type Daemon struct {
	cfg  *Config
	hook func(string) error
	base
}
type base struct{ log *Logger }
type Logger struct {
	prefix string
	out    *os.File
}

func (l *Logger) Printf(f string, a ...interface{}) { fmt.Fprintf(l.out, l.prefix+f, a...) }

//go:noinline
func (d *Daemon) rate() int { return d.cfg.Limits.Rate * 2 }

//go:noinline
func (d *Daemon) call(s string) { _ = d.hook(s) }

//go:noinline
func (d *Daemon) note(s string) { d.log.Printf("note %s\n", s) }

//go:noinline
func (d *Daemon) name(i int) byte { return d.cfg.Names[i][0] }

func mustJSON(b string) map[string]interface{} {
	var v map[string]interface{}
	if err := json.Unmarshal([]byte(b), &v); err != nil {
		panic(fmt.Errorf("config: %w", err))
	}
	return v
}

func main() {
	debug.SetTraceback("crash")
	go func() {
		for range time.Tick(50 * time.Millisecond) {
			reg.lock.RLock()
			_ = len(reg.tenants)
			reg.lock.RUnlock()
		}
	}()
	switch os.Args[1] {
	case "leak":
		for i := 0; i < 500; i++ {
			go produce(i)
		}
	case "map":
		for i := 0; i < 400000; i++ {
			var k [16]byte
			copy(k[:], fmt.Sprintf("%016d", i))
			seen[k] = struct{}{}
		}
	case "tenants":
		for i := 0; i < 20; i++ {
			t := &Tenant{ID: fmt.Sprint(i), Series: map[string][]Point{}}
			reg.tenants[t.ID] = t
			for j := 0; j < 5000; j++ {
				t.Series[fmt.Sprint("s", j)] = make([]Point, 2)
			}
		}
	case "slice":
		for i := 0; i < 900000; i++ {
			history = append(history, Point{Name: "x", Value: float64(i)})
		}
	case "grow":
		for i := 0; i < 1200000; i++ {
			var k [16]byte
			copy(k[:], fmt.Sprintf("%016d", i))
			seen[k] = struct{}{}
			history = append(history, Point{Name: string(k[:])})
			if i%1000 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		return
	case "deadlock":
		r := &Registrar{}
		var wg sync.WaitGroup
		wg.Add(2)
		go r.rename(&wg)
		go r.evict(&wg)
		time.Sleep(200 * time.Millisecond)
	case "nilchain":
		d := &Daemon{cfg: &Config{}}
		fmt.Println(d.rate())
	case "nilfunc":
		(&Daemon{}).call("x")
	case "nilembedded":
		(&Daemon{}).note("x")
	case "index":
		fmt.Println((&Daemon{cfg: &Config{Names: []string{"a"}}}).name(5))
	case "nilmap":
		t := &Tenant{}
		t.Series["x"] = nil
	case "wrapped":
		mustJSON("{bad")
	}
	fmt.Println("ready")
	time.Sleep(time.Hour)
}
