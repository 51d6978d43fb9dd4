// secrets has known words in every place that a program may have something in, and dies with a core. Each word is made of
// two halves at run time, so that none is in the executable; `secrets WORD` has one among its arguments, $SECRET is another.
package main

import (
	"os"
	"runtime"
	"strings"
	"time"
)

type account struct {
	name   string
	token  []byte
	number uint64
	inline [32]byte
	next   *account
}

var (
	global   string
	inline   [32]byte
	number   uint64
	accounts []*account
	byName   = map[string]string{}
	short    = map[int]uint64{}
	boxed    any
	queue    = make(chan string, 4)
	settings *config
)

type config struct{ Word [32]byte }

func word(place string) string {
	return strings.Join([]string{"zq", "secret", place, "xj"}, "-")
}

//go:noinline
func waits(text string, onStack [4]uint64, done chan bool) {
	local := word("local-" + text[len(text)-2:])
	<-done
	runtime.KeepAlive(local)
	println(text, local, onStack[1])
}

func main() {
	global = word("global")
	copy(inline[:], word("inline"))
	settings = &config{}
	copy(settings.Word[:], word("settings"))
	number = 0x5ec2e7c0ffee1234
	for i := 0; i < 100; i++ {
		a := &account{name: word("name"), token: []byte(word("token")), number: 0x5ec2e7c0ffee5678}
		copy(a.inline[:], word("field"))
		if i > 0 {
			a.next = accounts[i-1]
		}
		accounts = append(accounts, a)
	}
	byName[word("key")] = word("value")
	short[7] = 0x5ec2e7c0ffee9abc
	boxed = number + 1
	queue <- word("queued")
	done := make(chan bool)
	for i := 0; i < 3; i++ {
		go waits(word("argument"), [4]uint64{0, 0x5ec2e7c0ffeedef0, 0, 0}, done)
	}
	time.Sleep(20 * time.Millisecond)
	// Dead copies lie where the collector leaves them.
	for i := 0; i < 1000; i++ {
		boxed = []byte(word("garbage"))
	}
	runtime.GC()
	os.Stderr.WriteString("")
	print("printed ", word("printed"), "\n")
	// A SIGABRT from outside may find the runtime in a state in which it never gets to its core: one run of seven hung.
	var none *account
	none.number = number
}
