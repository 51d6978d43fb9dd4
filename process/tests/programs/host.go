package main

import (
	"fmt"
	"os"
	"plugin"
	"runtime/debug"
	"time"
)

type Conf struct {
	Name string
	N    int
}

var MainConf = &Conf{"host", 5}

func main() {
	p, err := plugin.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	s, err := p.Lookup("Run")
	if err != nil {
		panic(err)
	}
	st, _ := p.Lookup("Start")
	st.(func(int))(3)
	time.Sleep(20 * time.Millisecond)
	n := s.(func(string, int) int)("from-main", 3)
	fmt.Println(n, MainConf.N)
}

func init() { debug.SetTraceback("crash") }
