package main

type node struct {
	val  int
	next *node
	m    map[string][]int
}

func sum(xs []int, n *node) (total int) {
	for _, x := range xs {
		total += x
	}
	f := func(y int) int { return y + total + n.val }
	return f(len(n.m))
}

func main() {
	println(sum([]int{1, 2}, &node{val: 3}))
}
