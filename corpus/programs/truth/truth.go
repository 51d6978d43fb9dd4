// Package truth lets a program say what it holds just before it dies, as one JSON line on stdout.
//
// The values have the shape of docs/json.md, and are read by reflection inside the living program: nothing here
// knows anything about core dumps, so a reader of the core that agrees agrees with the program itself.
//
// Saying what a variable holds must not change where it lives. V takes the value (an optimised build may keep the
// variable in registers), S takes its address without making it escape, E is for variables that the program made
// escape on purpose. What a rendered value points at is followed there and then, so a Frame must be registered
// after the last change to anything it shows.
package truth

import (
	"bytes"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

// Var is one variable, already rendered.
type Var struct {
	name, typ, value, text, origin string
	addr                           uintptr
	escaped, shadowed, absent      bool
	dead                           bool
}

type frame struct {
	goroutine int
	function  string
	vars      []Var
}

var (
	mu       sync.Mutex
	program  string
	mode     string
	frames   []frame
	globals  []Var
	death    string
	panics   []string
	extra    []string
	members  []string
	crasher  int
)

// Begin names the program and the mode, stops the collector (so that stacks do not shrink and nothing moves the
// timing of the death) and grows the calling goroutine's stack once (so that it does not move later).
func Begin(prog, m string) {
	debug.SetGCPercent(-1)
	program, mode = prog, m
	Grow()
}

// Grow makes the calling goroutine's stack large enough not to be copied again. In steps: newer compilers put an
// array of more than 128 KiB on the heap.
func Grow() { deepen(4) }

//go:noinline
func deepen(n int) byte {
	var block [60 << 10]byte
	block[n] = byte(n)
	if n == 0 {
		return block[n]
	}
	return deepen(n-1) + block[n]
}

// Keep uses its arguments: called after the point of death, it keeps them alive there.
//
//go:noinline
func Keep(v ...any) {}

func hide(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return unsafe.Pointer(x ^ 0)
}

// V renders a variable given by value: its own address stays unknown.
//
//go:noinline
func V[T any](name string, v T) Var {
	t := reflect.TypeOf((*T)(nil)).Elem()
	return variable(name, t, hide(unsafe.Pointer(&v)), false)
}

// S renders a variable by address without letting it escape.
//
//go:noinline
func S[T any](name string, v *T) Var {
	t := reflect.TypeOf((*T)(nil)).Elem()
	return variable(name, t, hide(unsafe.Pointer(v)), true)
}

// E renders a variable that escaped to the heap.
//
//go:noinline
func E[T any](name string, v *T) Var {
	x := S(name, v)
	x.escaped = true
	return x
}

// Absent names a variable that must not be shown in this frame: not declared yet, or out of scope.
func Absent(name string) Var { return Var{name: name, absent: true} }

// Arg, Result and Capture say where the variable comes from; without them it is a local.
func (v Var) Arg() Var     { v.origin = "argument"; return v }
func (v Var) Result() Var  { v.origin = "result"; return v }
func (v Var) Capture() Var { v.origin = "capture"; return v }

// Shadowed marks a variable that an inner one of the same name hides.
func (v Var) Shadowed() Var { v.shadowed = true; return v }

// Dead marks a variable nobody reads after the point of death: an optimised build may have lost it.
func (v Var) Dead() Var { v.dead = true; return v }

// Text overrides how people read the value.
func (v Var) Text(s string) Var { v.text = s; return v }

// CType replaces the type's name: cgo's types have names that reflection in this package cannot be given.
func (v Var) CType(name string) Var { v.typ = name; return v }

func variable(name string, t reflect.Type, p unsafe.Pointer, addressed bool) Var {
	r := renderer{}
	r.value(t, p, addressed)
	v := Var{name: name, typ: TypeName(t), value: r.out.String(), text: text(t, p), origin: "local"}
	if addressed {
		v.addr = uintptr(p)
	}
	return v
}

// Frame registers the variables of the calling function as they are from now to the end. The function is named as
// a traceback prints it; left empty it is the caller.
//
//go:noinline
func Frame(function string, vars ...Var) {
	id := GoID()
	if function == "" {
		var pcs [1]uintptr
		runtime.Callers(2, pcs[:])
		frame, _ := runtime.CallersFrames(pcs[:]).Next()
		function = frame.Function
	}
	mu.Lock()
	frames = append(frames, frame{id, function, vars})
	mu.Unlock()
}

// Global registers package variables by the expression that names them.
func Global(vars ...Var) {
	mu.Lock()
	globals = append(globals, vars...)
	mu.Unlock()
}

// Death says how the process is about to die: `kind` as in docs/json.md, the signal that will end it ("" when
// nothing does), and the fatal error's text where there is one.
func Death(kind, signal, fatal string) {
	var b strings.Builder
	b.WriteString(`{"kind":` + quote(kind) + `,"signal":` + orNull(signal) + `,"fatal_error":` + orNull(fatal) + `}`)
	death = b.String()
}

// Panic registers one panic that will be in flight at the end, oldest first.
func Panic(v any, recovered, goexit bool) {
	var b strings.Builder
	_, isErr := v.(runtime.Error)
	b.WriteString(`{"recovered":` + strconv.FormatBool(recovered) + `,"goexit":` + strconv.FormatBool(goexit))
	if v != nil {
		t := reflect.TypeOf(v)
		r := renderer{}
		nv := reflect.New(t)
		nv.Elem().Set(reflect.ValueOf(v))
		r.value(t, nv.UnsafePointer(), false)
		b.WriteString(`,"type":` + quote(TypeName(t)) + `,"value":` + r.out.String())
	}
	b.WriteString(`,"runtime_error":` + strconv.FormatBool(isErr) + `}`)
	panics = append(panics, b.String())
}

// RuntimePanic registers a panic that the runtime itself is about to raise, by its text.
func RuntimePanic(typ, msg string) {
	panics = append(panics, `{"recovered":false,"goexit":false,"type":`+orNull(typ)+`,"message":`+quote(msg)+`,"runtime_error":true}`)
}

// Note adds a further top-level key; value is JSON already.
func Note(key, value string) {
	mu.Lock()
	extra = append(extra, quote(key)+":"+value)
	mu.Unlock()
}

// Member registers a goroutine by what it is there for; call it inside that goroutine.
func Member(what, creator string, labels map[string]string) {
	id := GoID()
	var b strings.Builder
	b.WriteString(`{"id":` + strconv.Itoa(id) + `,"what":` + quote(what) + `,"created_by":` + orNull(creator) + `,"labels":{`)
	sep := ""
	for k, v := range labels {
		b.WriteString(sep + quote(k) + ":" + quote(v))
		sep = ","
	}
	b.WriteString("}}")
	mu.Lock()
	members = append(members, b.String())
	mu.Unlock()
}

// Crasher says which goroutine will be the one that dies; the default is the one that calls Emit.
func Crasher(id int) { crasher = id }

// GoID is the calling goroutine's id, from the header of its own traceback.
func GoID() int {
	var buf [64]byte
	n := runtime.Stack(buf[:], false)
	f := bytes.Fields(buf[:n])
	id, _ := strconv.Atoi(string(f[1]))
	return id
}

// Emit prints the line. The goroutines and what they wait for are the runtime's own words, taken now.
func Emit() {
	id := crasher
	if id == 0 {
		id = GoID()
	}
	if id < 0 {
		id = 0
	}
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	count := runtime.NumGoroutine()
	mu.Lock()
	defer mu.Unlock()
	var b strings.Builder
	b.WriteString(`{"program":` + quote(program) + `,"mode":` + quote(mode))
	b.WriteString(`,"go":` + quote(runtime.Version()) + `,"arch":` + quote(runtime.GOARCH) + `,"pid":` + strconv.Itoa(os.Getpid()))
	if death == "" {
		death = "null"
	}
	b.WriteString(`,"death":` + death + `,"panics":[` + strings.Join(panics, ",") + `]`)
	if id == 0 {
		b.WriteString(`,"goroutine":null`)
	} else {
		b.WriteString(`,"goroutine":` + strconv.Itoa(id))
	}
	b.WriteString(`,"goroutine_count":` + strconv.Itoa(count) + `,"goroutines":[`)
	sep := ""
	for _, line := range strings.Split(string(buf), "\n") {
		if !strings.HasPrefix(line, "goroutine ") || !strings.HasSuffix(line, ":") {
			continue
		}
		// goroutine 7 [chan receive, locked to thread]:   and since 1.26 the labels: goroutine 7 [sleep] {"k": "v"}:
		rest := line[len("goroutine "):]
		sp := strings.IndexByte(rest, ' ')
		open := strings.IndexByte(rest, '[')
		end := strings.IndexByte(rest, ']')
		if sp < 0 || open < 0 || end < open {
			continue
		}
		b.WriteString(sep + `{"id":` + rest[:sp] + `,"state":` + quote(rest[open+1:end]) + `}`)
		sep = ","
	}
	b.WriteString(`],"members":[` + strings.Join(members, ",") + `],"frames":[`)
	for i, f := range frames {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"goroutine":` + strconv.Itoa(f.goroutine) + `,"function":` + quote(f.function) + `,"variables":[`)
		n := 0
		for _, v := range f.vars {
			if v.absent {
				continue
			}
			if n > 0 {
				b.WriteByte(',')
			}
			n++
			writeVar(&b, v)
		}
		b.WriteString(`],"absent":[`)
		n = 0
		for _, v := range f.vars {
			if !v.absent {
				continue
			}
			if n > 0 {
				b.WriteByte(',')
			}
			n++
			b.WriteString(quote(v.name))
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`],"vars":[`)
	for i, v := range globals {
		if i > 0 {
			b.WriteByte(',')
		}
		writeVar(&b, v)
	}
	b.WriteString(`]`)
	for _, e := range extra {
		b.WriteString("," + e)
	}
	b.WriteString("}\n")
	os.Stdout.WriteString(b.String())
}

func writeVar(b *strings.Builder, v Var) {
	b.WriteString(`{"name":` + quote(v.name) + `,"type":` + quote(v.typ) + `,"value":` + v.value)
	if v.text != "" {
		b.WriteString(`,"text":` + quote(v.text))
	}
	if v.addr != 0 {
		b.WriteString(`,"addr":` + hexAddr(v.addr))
	}
	if v.origin != "" {
		b.WriteString(`,"origin":` + quote(v.origin))
	}
	if v.escaped {
		b.WriteString(`,"escaped":true`)
	}
	if v.shadowed {
		b.WriteString(`,"shadowed":true`)
	}
	if v.dead {
		b.WriteString(`,"dead":true`)
	}
	b.WriteString(`}`)
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return quote(s)
}
