// Command traced collects garbage under GODEBUG=gctrace=1,schedtrace=…,inittrace=1, says by its own clocks when it did,
// and dies of a panic. Its one argument is the file for what it says.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// Truth is what the program knows when it dies. Times are nanoseconds since 1970.
type Truth struct {
	Release  string
	Pid      int
	NumGC    uint32
	Forced   uint32
	Pauses   []Pause // oldest first
	Said     []Said
	DiesAt   int64
	Routines int
}

// Pause is one collection by debug.ReadGCStats: the end of its last pause, and all of them together.
type Pause struct {
	Cycle int64
	End   int64
	Ns    int64
}

// Said is a line of the log and when it was written.
type Said struct {
	Text string
	At   int64
}

var live [][]byte

func main() {
	log.SetFlags(0)
	var said []Said
	for round := 0; round < 12; round++ {
		for i := 0; i < 400; i++ {
			b := make([]byte, 32<<10)
			if i%40 == 0 {
				live = append(live, b)
			}
		}
		if round == 5 {
			runtime.GC()
		}
		text := fmt.Sprintf("round %d is over", round)
		said = append(said, Said{text, time.Now().UnixNano()})
		log.Print(text)
		time.Sleep(15 * time.Millisecond)
	}
	block := make(chan int)
	for i := 0; i < 4; i++ {
		go func() { <-block }()
	}
	time.Sleep(20 * time.Millisecond)
	debug.SetGCPercent(-1)
	// Of a collection that was under way.
	time.Sleep(50 * time.Millisecond)
	var stats debug.GCStats
	debug.ReadGCStats(&stats)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	truth := Truth{Release: runtime.Version(), Pid: os.Getpid(), NumGC: memory.NumGC, Forced: memory.NumForcedGC,
		Said: said, Routines: runtime.NumGoroutine()}
	for i := len(stats.Pause) - 1; i >= 0; i-- {
		truth.Pauses = append(truth.Pauses, Pause{stats.NumGC - int64(i), stats.PauseEnd[i].UnixNano(), int64(stats.Pause[i])})
	}
	truth.DiesAt = time.Now().UnixNano()
	text, err := json.Marshal(truth)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(os.Args[1], text, 0o666); err != nil {
		log.Fatal(err)
	}
	panic("the end of the trace")
}
