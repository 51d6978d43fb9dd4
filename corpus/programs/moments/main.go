// moments says what it allocated, dropped and kept between two moments, at each of which whoever runs it looks at it: with
// gcore, or, when it is told so, it writes a heap dump of itself.
//
//	moments MODE [DUMP1 DUMP2]
//
// MODE: still (no collection passes), one (one does, then slots are used again), quiet (three do, then slots are used again),
// busy (slots are used again between them). Of MODE dies there is one moment: it writes a heap dump to DUMP1 and dies with a core
// at once, without another allocation.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"
)

// session fills a size class (1152 bytes) that hardly anything else is in.
type session struct {
	id   int
	name *string
	data [1136]byte
}

const (
	kept    = 3000
	dropped = 2000
	fresh   = 2500
	aside   = 10
)

var (
	registry = map[int]*session{}
	other    []*session
	leaving  []*session
)

type account struct {
	Kept, Dropped, Born int
	// Aside are those of the born ones that other keeps.
	Aside int
	// Reused are those of the born ones that stand where a dropped one stood.
	Reused int
	Size   int
}

func made(id int) *session { return &session{id: id} }

func addresses(list []*session) map[uintptr]bool {
	all := map[uintptr]bool{}
	for _, s := range list {
		all[uintptr(unsafe.Pointer(s))] = true
	}
	return all
}

//go:noinline
func first() {
	for i := 0; i < kept+dropped; i++ {
		s := made(i)
		// Every fifth two and two: slots that are freed lie between those that stay.
		if i%5 < 3 {
			registry[i] = s
		} else {
			leaving = append(leaving, s)
		}
	}
}

//go:noinline
func second() (born []uintptr) {
	for i := 0; i < fresh; i++ {
		s := made(kept + dropped + i)
		born = append(born, uintptr(unsafe.Pointer(s)))
		if i < aside {
			other = append(other, s)
		} else {
			registry[s.id] = s
		}
	}
	return born
}

var in = bufio.NewReader(os.Stdin)

// look is when the moment is looked at.
func look(number int, said account) {
	if len(os.Args) > 1+number {
		f, err := os.Create(os.Args[1+number])
		if err != nil {
			panic(err)
		}
		debug.WriteHeapDump(f.Fd())
		f.Close()
	}
	text, _ := json.Marshal(said)
	fmt.Printf("moment %d %s\n", number, text)
	if _, err := in.ReadString('\n'); err != nil {
		panic(err)
	}
}

// die leaves a heap dump and a core of one moment.
func die() {
	first()
	second()
	f, err := os.Create(os.Args[2])
	if err != nil {
		panic(err)
	}
	fd, pid := f.Fd(), os.Getpid()
	debug.WriteHeapDump(fd)
	syscall.Kill(pid, syscall.SIGABRT)
	select {}
}

func main() {
	debug.SetGCPercent(-1)
	if os.Args[1] == "dies" {
		die()
	}
	first()
	gone := addresses(leaving)
	runtime.GC()
	look(1, account{Kept: len(registry), Size: int(unsafe.Sizeof(session{}))})
	collections := map[string]int{"still": 0, "one": 1, "quiet": 3, "busy": 3}[os.Args[1]]
	said := account{Kept: len(registry), Dropped: len(leaving), Size: int(unsafe.Sizeof(session{}))}
	leaving = nil
	var born []uintptr
	for i := 0; i < collections; i++ {
		runtime.GC()
		if os.Args[1] == "busy" && i == 0 {
			born = second()
		}
	}
	if born == nil {
		born = second()
	}
	for _, at := range born {
		if gone[at] {
			said.Reused++
		}
	}
	said.Born, said.Aside = len(born), len(other)
	look(2, said)
}
