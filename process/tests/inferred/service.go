
// Code as services have it: handlers, errors that are wrapped and returned, interfaces, closures, generic containers.

type Request struct {
	path    string
	user    string
	retries int
	body    []byte
	header  map[string]string
}

type Response struct {
	status int
	text   string
}

type Store interface {
	Load(key string) (*Record, error)
	Save(record *Record) error
}

type Record struct {
	key     string
	version int
	tags    []string
	next    *Record
}

type memory struct {
	records map[string]*Record
	loads   int
}

type NotFound struct{ key string }

func (e NotFound) Error() string { return e.key + " not found" }

type wrapped struct {
	text string
	err  error
}

func (w *wrapped) Error() string { return w.text + ": " + w.err.Error() }

func (w *wrapped) Unwrap() error { return w.err }

func wrap(err error, text string) error {
	if err == nil {
		return nil
	}
	hit(1)
	return &wrapped{text, err}
}

//go:noinline
func (m *memory) Load(key string) (*Record, error) {
	m.loads++
	hit(2)
	record, ok := m.records[key]
	if !ok {
		hit(3)
		return nil, NotFound{key}
	}
	return record, nil
}

//go:noinline
func (m *memory) Save(record *Record) error {
	old, ok := m.records[record.key]
	if ok && old.version > record.version {
		hit(4)
		return &wrapped{"stale", NotFound{record.key}}
	}
	hit(5)
	m.records[record.key] = record
	return nil
}

type Stack[T any] struct {
	items []T
	limit int
}

func (s *Stack[T]) Push(item T) bool {
	if len(s.items) >= s.limit {
		hit(6)
		return false
	}
	s.items = append(s.items, item)
	hit(7)
	return true
}

func Map[T, U any](items []T, of func(T) U) []U {
	result := make([]U, 0, len(items))
	for index, item := range items {
		mapped := of(item)
		hit(8)
		result = append(result, mapped)
		useInt(index)
	}
	return result
}

type Handler func(*Request) (Response, error)

func logged(name string, handler Handler) Handler {
	count := 0
	return func(request *Request) (Response, error) {
		count++
		hit(9)
		response, err := handler(request)
		if err != nil {
			hit(10)
			useStr(name)
			useErr(err)
		}
		useInt(count)
		return response, err
	}
}

//go:noinline
func parse(path string) (kind, name string, err error) {
	at := strings.Index(path, "/")
	if at < 0 {
		hit(11)
		return "", "", NotFound{path}
	}
	kind, name = path[:at], path[at+1:]
	hit(12)
	if name == "" {
		name = "index"
		err = NotFound{kind}
	}
	hit(13)
	return kind, name, err
}

//go:noinline
func serve(store Store, request *Request, limit int) (response Response, err error) {
	defer func() {
		if err != nil {
			response.status = 500
			hit(14)
		}
	}()
	kind, name, err := parse(request.path)
	if err != nil {
		return Response{404, name}, wrap(err, "parse")
	}
	total := 0
	for attempt := 0; attempt <= request.retries; attempt++ {
		record, err := store.Load(name)
		if err != nil {
			hit(15)
			record = &Record{key: name, version: attempt, tags: []string{kind}}
			if err := store.Save(record); err != nil {
				return Response{409, kind}, wrap(err, "save")
			}
		}
		total += record.version + len(record.tags)
		hit(16)
		if total > limit {
			limit = total
			break
		}
		for _, tag := range record.tags {
			total += len(tag)
			hit(17)
		}
		useInt(attempt)
	}
	body := string(request.body)
	if len(body) > limit {
		body = body[:limit]
	}
	hit(18)
	useStr(body)
	useStr(kind)
	return Response{200, body}, nil
}

//go:noinline
func batch(store Store, paths []string, user string) (failed int, last error) {
	stack := &Stack[*Request]{limit: 3}
	for index, path := range paths {
		request := &Request{path: path, user: user, retries: index, body: []byte(path + user)}
		if !stack.Push(request) {
			failed++
			user = user + "!"
			hit(19)
			continue
		}
	}
	lengths := Map(stack.items, func(r *Request) int {
		length := len(r.path) + failed
		hit(20)
		return length * 2
	})
	sum := 0
	for _, length := range lengths {
		sum += length
	}
	handler := logged("batch", func(r *Request) (Response, error) {
		hit(21)
		return serve(store, r, sum)
	})
	for at, request := range stack.items {
		response, err := handler(request)
		if err != nil {
			last = wrap(err, request.user)
			failed++
		}
		hit(22)
		useInt(at)
		usePair(Pair{response.status, failed})
	}
	add := (&Node{a: sum, b: user}).add
	hit(23)
	useInt(add(failed))
	useStr(user)
	return failed, last
}

//go:noinline
func search(root *Record, wanted string, depth int) (found *Record, steps int) {
	current := root
	for current != nil {
		steps++
		hit(24)
		if current.key == wanted {
			found = current
			break
		}
		if depth--; depth == 0 {
			wanted = "none"
		}
		current = current.next
	}
	hit(25)
	useInt(depth)
	useStr(wanted)
	return found, steps
}

//go:noinline
func checksum(data []byte, seed uint32) uint32 {
	sum := seed
	for i, b := range data {
		sum = sum<<5 ^ sum>>27 ^ uint32(b)
		if i%4 == 3 {
			hit(26)
		}
	}
	mask := uint32(0xffff)
	high, low := sum>>16, sum&mask
	if faults--; faults == 0 { *null = int(high) }
	hit(27)
	return high ^ low
}

func everything(user string) {
	store := &memory{records: map[string]*Record{"known": {key: "known", version: 4, tags: []string{"a", "bc"}}}}
	paths := []string{"item/known", "item/other", "item/", "none", "x/y"}
	failed, err := batch(store, paths, user)
	hit(28)
	useErr(err)
	list := &Record{key: "a", next: &Record{key: "b", next: &Record{key: "c"}}}
	found, steps := search(list, "c", 2+failed)
	hit(29)
	useInt(steps)
	sum := checksum([]byte(user+"0123456789"), uint32(failed))
	hit(30)
	useAny(sum)
	useAny(found)
	if spins--; spins == 0 { stopped.Store(1); for stuck { } }
	useAny(store)
}

func main() {
	for after := 1; after <= 90; after++ {
		calls = after
		user := number(after)
		start(func() { everything(user) })
	}
	spins = 1
	start(func() { everything("spin") })
	faults = 1
	everything("fault")
}
