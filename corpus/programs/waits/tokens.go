package main

import (
	"sync"
	"unsafe"
)

// tokens is a semaphore as programs write one.
type tokens chan struct{}

//go:noinline
func (t tokens) acquire() { t <- struct{}{} }

func (t tokens) release() { <-t }

//go:noinline
func (t tokens) use(o *object) {
	t.acquire()
	defer t.release()
	o.holds()
	nap()
}

//go:noinline
func (t tokens) want(o *object) {
	o.waits()
	t.acquire()
	t.release()
}

// group is what golang.org/x/sync/errgroup is, as far as it waits.
type group struct {
	wg  sync.WaitGroup
	sem chan struct{}
}

func (g *group) done() {
	if g.sem != nil {
		<-g.sem
	}
	g.wg.Done()
}

func (g *group) run(f func()) {
	if g.sem != nil {
		g.sem <- struct{}{}
	}
	g.wg.Add(1)
	go func() {
		defer g.done()
		f()
	}()
}

// semaphores: a semaphore that is a channel, and a group with a limit, which waits for its members and is waited for.
func semaphores() {
	t := make(tokens, 2)
	ot := expect("channel", "", *(*uintptr)(unsafe.Pointer(&t)))
	go t.use(ot)
	go t.use(ot)
	settle(2)
	for i := 0; i < 3; i++ {
		go t.want(ot)
	}
	settle(5)

	g := &group{sem: make(chan struct{}, 2)}
	og := expect("channel", "", *(*uintptr)(unsafe.Pointer(&g.sem)))
	ow := expect("waitgroup", "", at(unsafe.Pointer(&g.wg)))
	for i := 0; i < 2; i++ {
		g.run(func() {
			og.holds()
			ow.holds()
			nap()
		})
	}
	settle(9)
	go func() {
		og.waits()
		g.run(func() {})
	}()
	go func() {
		ow.waits()
		g.wg.Wait()
	}()
	settle(11)
}
