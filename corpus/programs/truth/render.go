package truth

import (
	"encoding/hex"
	"math"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"
)

// deepest is where pointers are no longer followed.
const deepest = 40

// ChanState is what the program knows about a channel and reflection cannot tell.
type ChanState struct {
	Closed      bool
	Recv, Send  int
	elements    []string
	hasElements bool
}

var (
	chans    = map[uintptr]*ChanState{}
	captured = map[uintptr][]Var{}
	enums    = map[string]string{}
)

// Chan registers a channel's state; elems are the buffered ones, oldest first.
func Chan[T any](c chan T, state ChanState, elems ...T) {
	state.hasElements = true
	for i := range elems {
		r := renderer{}
		r.value(reflect.TypeOf((*T)(nil)).Elem(), unsafe.Pointer(&elems[i]), false)
		state.elements = append(state.elements, r.out.String())
	}
	chans[reflect.ValueOf(c).Pointer()] = &state
}

// Func registers what a closure captured.
func Func[F any](f F, captures ...Var) {
	captured[*(*uintptr)(unsafe.Pointer(&f))] = captures
}

// Const registers the name of a typed constant.
func Const[T any](v T, name string) {
	r := renderer{}
	t := reflect.TypeOf(v)
	r.value(t, unsafe.Pointer(&v), false)
	enums[TypeName(t)+"="+r.out.String()] = name
}

// TypeName spells a type as the linker does: full import paths.
func TypeName(t reflect.Type) string {
	if t.Name() != "" {
		if t.PkgPath() == "" {
			return t.Name()
		}
		return t.PkgPath() + "." + t.Name()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + TypeName(t.Elem())
	case reflect.Slice:
		return "[]" + TypeName(t.Elem())
	case reflect.Array:
		return "[" + strconv.Itoa(t.Len()) + "]" + TypeName(t.Elem())
	case reflect.Map:
		return "map[" + TypeName(t.Key()) + "]" + TypeName(t.Elem())
	case reflect.Chan:
		switch t.ChanDir() {
		case reflect.RecvDir:
			return "<-chan " + TypeName(t.Elem())
		case reflect.SendDir:
			return "chan<- " + TypeName(t.Elem())
		}
		if t.Elem().Name() == "" && t.Elem().Kind() == reflect.Chan && t.Elem().ChanDir() == reflect.RecvDir {
			return "chan (" + TypeName(t.Elem()) + ")"
		}
		return "chan " + TypeName(t.Elem())
	case reflect.Func:
		var b strings.Builder
		b.WriteString("func(")
		for i := 0; i < t.NumIn(); i++ {
			if i > 0 {
				b.WriteString(", ")
			}
			if t.IsVariadic() && i == t.NumIn()-1 {
				b.WriteString("..." + TypeName(t.In(i).Elem()))
			} else {
				b.WriteString(TypeName(t.In(i)))
			}
		}
		b.WriteString(")")
		switch t.NumOut() {
		case 0:
		case 1:
			b.WriteString(" " + TypeName(t.Out(0)))
		default:
			b.WriteString(" (")
			for i := 0; i < t.NumOut(); i++ {
				if i > 0 {
					b.WriteString(", ")
				}
				b.WriteString(TypeName(t.Out(i)))
			}
			b.WriteString(")")
		}
		return b.String()
	}
	return t.String()
}

type shown struct {
	addr uintptr
	typ  reflect.Type
}

type renderer struct {
	out  strings.Builder
	path []shown
}

func (r *renderer) puts(s ...string) {
	for _, x := range s {
		r.out.WriteString(x)
	}
}

func (r *renderer) open(kind string, t reflect.Type) {
	r.puts(`{"kind":"`, kind, `","type":`, quote(TypeName(t)))
}

func word(p unsafe.Pointer) uintptr { return *(*uintptr)(p) }

// value writes what a `t` at `p` holds; `here` says that p is the value's own address and not that of a copy.
func (r *renderer) value(t reflect.Type, p unsafe.Pointer, here bool) {
	v := reflect.NewAt(t, p).Elem()
	switch t.Kind() {
	case reflect.Bool:
		r.puts(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		r.puts(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		r.puts(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32:
		r.puts(float(v.Float(), 32))
	case reflect.Float64:
		r.puts(float(v.Float(), 64))
	case reflect.Complex64, reflect.Complex128:
		bits := 64
		if t.Kind() == reflect.Complex64 {
			bits = 32
		}
		c := v.Complex()
		r.open("complex", t)
		r.puts(`,"re":`, float(real(c), bits), `,"im":`, float(imag(c), bits), "}")
	case reflect.String:
		s := v.String()
		if utf8.ValidString(s) {
			r.puts(quote(s))
			return
		}
		r.open("string", t)
		r.puts(`,"len":`, strconv.Itoa(len(s)), `,"hex":"`, hex.EncodeToString([]byte(s)), `"}`)
	case reflect.Struct:
		r.open("struct", t)
		r.here(p, here)
		r.puts(`,"fields":[`)
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			if i > 0 {
				r.puts(",")
			}
			fp := unsafe.Add(p, f.Offset)
			r.puts(`{"name":`, quote(f.Name), `,"type":`, quote(TypeName(f.Type)), `,"value":`)
			r.value(f.Type, fp, here)
			if s := text(f.Type, fp); s != "" {
				r.puts(`,"text":`, quote(s))
			}
			if f.Anonymous {
				r.puts(`,"embedded":true`)
			}
			r.puts("}")
		}
		r.puts("]}")
	case reflect.Array:
		r.open("array", t)
		r.here(p, here)
		r.puts(`,"len":`, strconv.Itoa(t.Len()))
		r.elements(t.Elem(), p, t.Len(), here)
	case reflect.Slice:
		data := *(*unsafe.Pointer)(p)
		r.open("slice", t)
		r.puts(`,"addr":`, hexAddr(uintptr(data)), `,"len":`, strconv.Itoa(v.Len()), `,"cap":`, strconv.Itoa(v.Cap()))
		if r.enter(t, uintptr(data), v.Len() > 0) {
			r.elements(t.Elem(), data, v.Len(), true)
			r.leave(v.Len() > 0)
		} else {
			r.puts("}")
		}
	case reflect.Pointer:
		to := *(*unsafe.Pointer)(p)
		r.open("pointer", t)
		r.puts(`,"addr":`, hexAddr(uintptr(to)))
		if to == nil {
			r.puts("}")
			return
		}
		for _, s := range r.path {
			if s.addr == uintptr(to) && s.typ == t {
				r.puts(`,"cycle":true}`)
				return
			}
		}
		if r.enter(t, uintptr(to), true) {
			r.puts(`,"value":`)
			r.value(t.Elem(), to, true)
			r.leave(true)
		}
		r.puts("}")
	case reflect.Interface:
		r.open("interface", t)
		if v.IsNil() {
			r.puts(`,"dynamic_type":null}`)
			return
		}
		inner := v.Elem()
		dt := inner.Type()
		r.puts(`,"dynamic_type":`, quote(TypeName(dt)))
		switch dt.Kind() {
		case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Struct, reflect.Array:
		default:
			r.puts(`,"addr":`, hexAddr(word(unsafe.Add(p, unsafe.Sizeof(uintptr(0))))))
		}
		cp := reflect.New(dt)
		cp.Elem().Set(inner)
		r.puts(`,"value":`)
		r.value(dt, cp.UnsafePointer(), false)
		if s := text(dt, cp.UnsafePointer()); s != "" {
			r.puts(`,"text":`, quote(s))
		}
		r.puts("}")
	case reflect.Map:
		r.open("map", t)
		at := word(p)
		r.puts(`,"addr":`, hexAddr(at), `,"len":`, strconv.Itoa(v.Len()), `,"entries":[`)
		if r.enter(t, at, at != 0) {
			sep := ""
			for it := v.MapRange(); it.Next(); {
				k, e := reflect.New(t.Key()), reflect.New(t.Elem())
				k.Elem().Set(it.Key())
				e.Elem().Set(it.Value())
				r.puts(sep, `{"key":`)
				r.value(t.Key(), k.UnsafePointer(), false)
				r.puts(`,"value":`)
				r.value(t.Elem(), e.UnsafePointer(), false)
				r.puts("}")
				sep = ","
			}
			r.leave(at != 0)
		}
		r.puts("]}")
	case reflect.Chan:
		r.open("chan", t)
		at := word(p)
		r.puts(`,"addr":`, hexAddr(at))
		if at == 0 {
			r.puts("}")
			return
		}
		r.puts(`,"len":`, strconv.Itoa(v.Len()), `,"cap":`, strconv.Itoa(v.Cap()))
		if s := chans[at]; s != nil {
			r.puts(`,"closed":`, strconv.FormatBool(s.Closed), `,"elements":[`, strings.Join(s.elements, ","),
				`],"recv_waiters":`, strconv.Itoa(s.Recv), `,"send_waiters":`, strconv.Itoa(s.Send))
		}
		r.puts("}")
	case reflect.Func:
		at := word(p)
		r.open("func", t)
		r.puts(`,"addr":`, hexAddr(at))
		if at == 0 {
			r.puts(`,"name":null}`)
			return
		}
		r.puts(`,"name":`, quote(runtime.FuncForPC(v.Pointer()).Name()))
		if c, ok := captured[at]; ok {
			r.puts(`,"captures":[`)
			for i, x := range c {
				if i > 0 {
					r.puts(",")
				}
				writeVar(&r.out, x)
			}
			r.puts("]")
		}
		r.puts("}")
	case reflect.UnsafePointer:
		r.open("unsafe_pointer", t)
		r.puts(`,"addr":`, hexAddr(word(p)), "}")
	default:
		panic("truth: kind " + t.Kind().String())
	}
}

// here writes the value's own address when p is where it lives.
func (r *renderer) here(p unsafe.Pointer, here bool) {
	if here {
		r.puts(`,"addr":`, hexAddr(uintptr(p)))
	}
}

func (r *renderer) elements(t reflect.Type, p unsafe.Pointer, n int, here bool) {
	r.puts(`,"elements":[`)
	for i := 0; i < n; i++ {
		if i > 0 {
			r.puts(",")
		}
		r.value(t, unsafe.Add(p, uintptr(i)*t.Size()), here)
	}
	r.puts("]}")
}

func (r *renderer) enter(t reflect.Type, addr uintptr, really bool) bool {
	if !really {
		return true
	}
	if len(r.path) >= deepest {
		return false
	}
	for _, s := range r.path {
		if s.addr == addr && s.typ == t {
			return false
		}
	}
	r.path = append(r.path, shown{addr, t})
	return true
}

func (r *renderer) leave(really bool) {
	if really {
		r.path = r.path[:len(r.path)-1]
	}
}

// text is how people read a value, where that says more than the value.
func text(t reflect.Type, p unsafe.Pointer) string {
	switch t {
	case reflect.TypeOf(time.Duration(0)):
		return (*(*time.Duration)(p)).String()
	case reflect.TypeOf(time.Time{}):
		return (*(*time.Time)(p)).Format(time.RFC3339Nano)
	}
	if t.PkgPath() != "" && len(enums) > 0 {
		switch t.Kind() {
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8,
			reflect.Uint16, reflect.Uint32, reflect.Uint64:
			r := renderer{}
			r.value(t, p, false)
			return enums[TypeName(t)+"="+r.out.String()]
		}
	}
	return ""
}

func float(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return `"NaN"`
	case math.IsInf(f, 1):
		return `"+Inf"`
	case math.IsInf(f, -1):
		return `"-Inf"`
	}
	if f == 0 && math.Signbit(f) {
		return "-0.0" // as -0 some would read it as an integer
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

func hexAddr(a uintptr) string { return `"0x` + strconv.FormatUint(uint64(a), 16) + `"` }

// quote writes a JSON string; the input is valid UTF-8 wherever it comes from the program.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c < 0x20 || c == 0x7f:
			b.WriteString(`\u00`)
			b.WriteByte("0123456789abcdef"[c>>4])
			b.WriteByte("0123456789abcdef"[c&15])
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
