package main

/*
#include <stdint.h>
*/
import "C"
import (
	"fmt"
	"os"
	"runtime/debug"
	"time"
)

type Job struct {
	ID    int
	Title string
	Parts map[string]int
}

var Current = &Job{ID: 31, Title: "render", Parts: map[string]int{"a": 1, "b": 2}}
var Stop = make(chan struct{})

//export GoStart
func GoStart(n C.int) {
	for i := 0; i < int(n); i++ {
		go waiter(i)
	}
	time.Sleep(20 * time.Millisecond)
}

//go:noinline
func waiter(i int) {
	<-Stop
	fmt.Println(i)
}

//export GoWork
func GoWork(n C.int) C.int {
	return C.int(work(Current, int(n)))
}

//go:noinline
func work(j *Job, n int) int {
	if n == 3 {
		panic(fmt.Sprintf("job %d (%s) failed at step %d", j.ID, j.Title, n))
	}
	if n == 9 {
		fmt.Fprintln(os.Stderr, "READY")
		time.Sleep(time.Hour)
	}
	return n * 2
}

func main() {}

func init() { debug.SetTraceback("crash") }
