package main

import (
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"
)

type buffer struct{ data [64 << 10]byte }

type handle struct {
	self *handle
	data *item
}

var (
	buffersPool = sync.Pool{New: func() any { return new(buffer) }}
	pending     int64
)

// pool is filled after the last collection.
func pool() {
	ballast(1 << 20)
	runtime.GC()
	all := make([]*buffer, 0, 100)
	for i := 0; i < 100; i++ {
		all = append(all, buffersPool.Get().(*buffer))
	}
	for _, b := range all {
		buffersPool.Put(b)
	}
	all = nil
	least := int64(100 * 64 << 10)
	expectBetween("heap.pool", least, least*11/10, "main.buffersPool, a sync.Pool")
	// What keeps nearly all is the pool, and an owner of much like any other.
	expectBetween("heap.dominator", least, least*11/10, "main.buffersPool (sync.Pool)")
}

func timers() {
	ballast(1 << 20)
	for i := 0; i < 5000; i++ {
		later(int64(i))
	}
	expectBetween("heap.timers", 5000*80, 5000*300, "5,000 timers of time.AfterFunc wait to call main.later.func1")
}

//go:noinline
func later(n int64) { time.AfterFunc(time.Hour, func() { pending += n }) }

func finalizer() {
	ballast(1 << 20)
	for i := 0; i < 100; i++ {
		h := &handle{data: &item{id: int64(i)}}
		h.self = h
		runtime.SetFinalizer(h, func(h *handle) { sink += h.data.id })
		free := &handle{data: &item{id: int64(i)}}
		runtime.SetFinalizer(free, func(h *handle) { sink += h.data.id })
		kept = append(kept, free)
	}
	expect("heap.finalizer-cycle", 100*(16+64), "100 main.handle are kept by their own finalizer")
}

var kept []*handle

// unreadBodies asks a server and never closes what it answers.
func unreadBodies() {
	ballast(1 << 20)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	body := strings.Repeat("b", 100)
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }))
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	for i := 0; i < 120; i++ {
		response, err := client.Get("http://" + listener.Addr().String() + "/")
		if err != nil {
			panic(err)
		}
		if i < 110 {
			continue
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	for i := 0; i < 20; i++ {
		time.Sleep(2 * time.Millisecond)
		runtime.GC()
	}
	expectBetween("heap.http-bodies", 0, 64<<20, "110 HTTP connections wait")
}
