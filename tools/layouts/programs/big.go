// Program whose DWARF the layout tables are made from: it does nothing but use much of the runtime, so that
// the linker keeps the types.
package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"plugin"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"
)

type shared struct {
	sync.Mutex
	rw   sync.RWMutex
	wg   sync.WaitGroup
	once sync.Once
	cond *sync.Cond
	pool sync.Pool
	m    sync.Map
	v    atomic.Value
}

func main() {
	var s shared
	s.cond = sync.NewCond(&s)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	pprof.Do(ctx, pprof.Labels("k", "v"), func(context.Context) {})
	trace.Start(&bytes.Buffer{})
	trace.Stop()
	pprof.StartCPUProfile(&bytes.Buffer{})
	pprof.StopCPUProfile()
	for _, p := range pprof.Profiles() {
		p.WriteTo(&bytes.Buffer{}, 1)
	}
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	debug.WriteHeapDump(os.Stderr.Fd())
	debug.SetGCPercent(50)
	debug.FreeOSMemory()
	runtime.SetFinalizer(&s, func(*shared) {})
	metrics.Read(make([]metrics.Sample, 1))
	plugin.Open("")
	net.Dial("tcp", "")
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m := map[string]any{"a": s.cond, "b": time.NewTimer(1)}
	reflect.ValueOf(m).MapRange()
	defer func() { fmt.Println(recover(), stats, m) }()
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}
