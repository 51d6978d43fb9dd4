//go:build ignore

// Spends its time in functions whose shares another tool can tell.
package main

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"time"
)

type order struct {
	ID    int
	Name  string
	Items []int
}

//go:noinline
func hash(data []byte) byte { sum := sha256.Sum256(data); return sum[0] }

//go:noinline
func compress(data []byte) {
	w := gzip.NewWriter(io.Discard)
	w.Write(data)
	w.Close()
}

//go:noinline
func sorted(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = (i * 7919) % n
	}
	sort.Ints(list)
	return list
}

func main() {
	end := time.Now().Add(1500 * time.Millisecond)
	n := 0
	for time.Now().Before(end) {
		data, _ := json.Marshal(order{n, "order", sorted(3000)})
		compress(data)
		n += int(hash(data))
	}
	fmt.Println(n)
}
