
// A fault through a variable: what its register held, the address of the fault tells.

type tree struct {
	left, right *tree
	weight      int
	name        string
}

//go:noinline
func grown(depth int) *tree {
	if depth == 0 {
		return nil
	}
	return &tree{left: grown(depth - 1), weight: depth, name: number(depth)}
}

//go:noinline
func walked(root *tree, want int) (sum int) {
	seen := 0
	for at := root; ; at = at.left {
		sum += at.weight // fault: at
		seen++
		if sum == want {
			useInt(seen)
			return sum
		}
	}
}

func (t *tree) heavier(than int) bool {
	return t.weight > than // fault: t
}

//go:noinline
func counted(all []*tree, than int) int {
	count := 0
	for _, one := range all {
		if one.heavier(than) {
			count++
		}
	}
	return count
}

func main() {
	start(func() {
		defer hit(1)
		calls = 1
		walked(grown(4), -1)
	})
	start(func() {
		defer hit(1)
		calls = 1
		counted([]*tree{grown(2), grown(1), nil}, 1)
	})
	walked(grown(6), 1000)
}
