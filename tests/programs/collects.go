// A service that collects until it has done so many times, as its words say: collections, milliseconds to wait first, live
// MiB, bytes of an allocation, microseconds to rest between two. It says at last how often it has collected.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

var live [][]byte
var sink []byte

func number(at int) int {
	n, err := strconv.Atoi(os.Args[at])
	if err != nil {
		panic(err)
	}
	return n
}

func main() {
	want := uint32(number(1))
	time.Sleep(time.Duration(number(2)) * time.Millisecond)
	for i := 0; i < number(3); i++ {
		block := make([]byte, 1<<20)
		for at := 0; at < len(block); at += 4096 {
			block[at] = byte(at)
		}
		live = append(live, block)
	}
	size, rest := number(4), time.Duration(number(5))*time.Microsecond
	var stats runtime.MemStats
	for n := 0; ; n++ {
		sink = make([]byte, size)
		if n%512 == 0 {
			time.Sleep(rest)
			runtime.ReadMemStats(&stats)
			if stats.NumGC >= want {
				break
			}
		}
	}
	runtime.ReadMemStats(&stats)
	fmt.Println(stats.NumGC)
}
