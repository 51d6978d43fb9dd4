// Allocates, schedules, logs to stderr between the runtime's traces, and writes to the file named by its argument
// what the runtime itself counted.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

var keep [][]byte

func work(seed int) int {
	sum := seed
	var live [][]byte
	for i := 0; i < 400; i++ {
		b := make([]byte, 32<<10)
		b[i] = byte(seed)
		if i%20 == 0 {
			live = append(live, b)
		}
		for _, c := range b[:256] {
			sum += int(c)
		}
	}
	return sum + len(live)
}

func main() {
	fmt.Fprintln(os.Stderr, "begins")
	var wait sync.WaitGroup
	total := make(chan int, 64)
	for g := 0; g < 8; g++ {
		wait.Add(1)
		go func(g int) {
			defer wait.Done()
			for round := 0; round < 12; round++ {
				total <- work(g + round)
				time.Sleep(time.Millisecond)
			}
		}(g)
	}
	go func() {
		for range total {
		}
	}()
	for i := 0; i < 24; i++ {
		keep = append(keep, make([]byte, 1<<20))
		time.Sleep(20 * time.Millisecond)
	}
	wait.Wait()
	runtime.GC()
	fmt.Fprintln(os.Stderr, "ends")
	// From here on nothing is collected but by this last call, which ends what was under way.
	debug.SetGCPercent(-1)
	runtime.GC()
	time.Sleep(50 * time.Millisecond)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	truth, err := json.Marshal(map[string]uint64{
		"num_gc":         uint64(stats.NumGC),
		"num_forced_gc":  uint64(stats.NumForcedGC),
		"pause_total_ns": stats.PauseTotalNs,
		"gomaxprocs":     uint64(runtime.GOMAXPROCS(0)),
	})
	if err == nil {
		err = os.WriteFile(os.Args[1], truth, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
