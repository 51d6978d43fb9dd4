package main

import (
	"bufio"
	"bytes"
	"container/list"
	"container/ring"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var (
	duration time.Duration
	moment   time.Time
	local    time.Time
	running  time.Time
	zone     *time.Location
)

func times() {
	duration = 90*time.Minute + 30*time.Millisecond
	says("duration", duration.String())
	moment = time.Date(2026, 11, 21, 10, 0, 0, 120000000, time.UTC)
	says("moment", moment.Format(time.RFC3339Nano))
	zone = time.FixedZone("Kolkata", 5*3600+1800)
	says("zone", zone.String())
	local = moment.In(zone)
	says("local", local.Format(time.RFC3339Nano))
	running = time.Now().UTC()
	says("running", running.Format(time.RFC3339Nano))
}

var (
	small, negative, huge, zero big.Int
	hugePtr                     *big.Int
	third, whole                *big.Rat
	pi, tiny, far, half, none   *big.Float
	negInf, ten                 big.Float
)

func numbers() {
	small.SetInt64(42)
	says("small", small.String())
	negative.SetInt64(-1 << 63)
	says("negative", negative.String())
	huge.Exp(big.NewInt(7), big.NewInt(300), nil)
	says("huge", huge.String())
	hugePtr = new(big.Int).Neg(&huge)
	says("hugePtr", hugePtr.String())
	says("zero", zero.String())
	third = big.NewRat(-22, 66)
	says("third", third.String())
	whole = big.NewRat(12, 1)
	says("whole", whole.String())
	pi = big.NewFloat(3.14159265358979)
	says("pi", pi.String())
	tiny = new(big.Float).SetMantExp(big.NewFloat(0.7), -200)
	says("tiny", tiny.String())
	far = new(big.Float).SetMantExp(big.NewFloat(-0.9), 300)
	says("far", far.String())
	half = big.NewFloat(0.5)
	says("half", half.String())
	none = new(big.Float)
	says("none", none.String())
	negInf.SetInf(true)
	says("negInf", negInf.String())
	ten.SetInt64(1e10)
	says("ten", ten.String())
}

var (
	v4, v6, mapped net.IP
	mask           net.IPMask
	network        *net.IPNet
	ipAddr         *net.IPAddr
	tcpAddr        *net.TCPAddr
	anyAddr        net.Addr
	udpAddr        net.UDPAddr
	unixAddr       net.UnixAddr
	hardware       net.HardwareAddr
	host4, host6   netip.Addr
	in6, zoned     netip.Addr
	invalid        netip.Addr
	service        netip.AddrPort
	subnet, no     netip.Prefix
)

func addresses() {
	v4 = net.IPv4(10, 0, 0, 7).To4()
	says("v4", v4.String())
	v6 = net.ParseIP("2001:db8::1:0:0:1")
	says("v6", v6.String())
	mapped = net.IPv4(192, 168, 0, 1)
	says("mapped", mapped.String())
	mask = net.CIDRMask(20, 32)
	says("mask", mask.String())
	network = &net.IPNet{IP: net.IPv4(10, 1, 0, 0).To4(), Mask: net.CIDRMask(12, 32)}
	says("network", network.String())
	ipAddr = &net.IPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0"}
	says("ipAddr", ipAddr.String())
	tcpAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	says("tcpAddr", tcpAddr.String())
	anyAddr = &net.TCPAddr{Port: 443}
	says("anyAddr", anyAddr.String())
	udpAddr = net.UDPAddr{IP: net.ParseIP("::1"), Port: 53, Zone: "lo"}
	says("udpAddr", udpAddr.String())
	unixAddr = net.UnixAddr{Name: "/run/app.sock", Net: "unix"}
	says("unixAddr", unixAddr.String())
	hardware = net.HardwareAddr{0xde, 0xad, 0xbe, 0xef, 0, 1}
	says("hardware", hardware.String())
	host4 = netip.MustParseAddr("192.0.2.33")
	says("host4", host4.String())
	host6 = netip.MustParseAddr("2001:db8::42")
	says("host6", host6.String())
	in6 = netip.MustParseAddr("::ffff:192.0.2.1")
	says("in6", in6.String())
	zoned = netip.MustParseAddr("fe80::9%wlan0")
	says("zoned", zoned.String())
	says("invalid", invalid.String())
	service = netip.MustParseAddrPort("[2001:db8::7]:8443")
	says("service", service.String())
	subnet = netip.MustParsePrefix("198.51.100.0/24")
	says("subnet", subnet.String())
	says("no", no.String())
}

var (
	plain, escaped, opaque, relative, raw *url.URL
	user                                  *url.Userinfo
)

func names() {
	plain = must(url.Parse("https://user:p%40ss@example.com:8443/a/b%20c?q=1&r=%2F#frag ment"))
	says("plain", plain.String())
	escaped = &url.URL{Scheme: "http", Host: "example.com", Path: "/ä ö/?;"}
	says("escaped", escaped.String())
	opaque = must(url.Parse("mailto:gopher@example.com"))
	says("opaque", opaque.String())
	relative = &url.URL{Path: "this:that", ForceQuery: true}
	says("relative", relative.String())
	raw = must(url.Parse("http://example.com/a%2Fb/c"))
	says("raw", raw.String())
	user = url.UserPassword("me", "a:b/c")
	says("user", user.String())
}

var (
	builder       strings.Builder
	buffer        bytes.Buffer
	reader        *strings.Reader
	bytesReader   *bytes.Reader
	long          strings.Builder
	buffered      *bufio.Reader
	unflushed     *bufio.Writer
	nothingYet    *bufio.Writer
	rawJSON       json.RawMessage
	pattern       *regexp.Regexp
	position      token.Position
	fileMode      fs.FileMode
	dirMode       fs.FileMode
	sent          syscall.Signal
	errno         syscall.Errno
	unknownNumber syscall.Errno
)

func buffers() {
	builder.WriteString("built \"so\" far")
	says("builder", `"built \"so\" far"`)
	long.WriteString(strings.Repeat("0123456789", 20))
	says("long", `"0123456789012345678901234567890123456789012345678901234567890123"…136 more`)
	buffer.WriteString("read unread")
	buffer.Next(5)
	says("buffer", strconv.Quote(buffer.String()))
	reader = strings.NewReader("first second")
	must(reader.Seek(6, 0))
	says("reader", `"second"`)
	bytesReader = bytes.NewReader([]byte("\x00\x01\xff"))
	must(bytesReader.ReadByte())
	says("bytesReader", `"\x01\xff"`)
	buffered = bufio.NewReaderSize(strings.NewReader("line one\nline two\n"), 64)
	must(buffered.ReadString('\n'))
	says("buffered", fmt.Sprintf("%d of %d bytes unread: %q", buffered.Buffered(), buffered.Size(), "line two\n"))
	unflushed = bufio.NewWriterSize(&long, 32)
	must(unflushed.WriteString("pending"))
	says("unflushed", fmt.Sprintf("%d of %d bytes unflushed: %q", unflushed.Buffered(), unflushed.Size(), "pending"))
	nothingYet = bufio.NewWriterSize(&long, 16)
	says("nothingYet", "nothing unflushed in 16")
}

func texts() {
	rawJSON = json.RawMessage(`{"a":[1,2,"x"]}`)
	says("rawJSON", string(rawJSON))
	pattern = regexp.MustCompile(`^(\d+)-[a-z]*$`)
	says("pattern", pattern.String())
	position = token.Position{Filename: "main.go", Offset: 12, Line: 3, Column: 7}
	says("position", position.String())
	fileMode = 0o640
	says("fileMode", fileMode.String())
	dirMode = fs.ModeDir | fs.ModeSticky | 0o755
	says("dirMode", dirMode.String())
	sent = syscall.SIGTERM
	says("sent", sent.String())
	errno = syscall.ENOENT
	says("errno", errno.Error())
	unknownNumber = 4000
	says("unknownNumber", unknownNumber.Error())
}

var (
	wrapped, path, number, op, dns, sysErr, urlErr, addrErr error
	links                                                   *os.LinkError
)

func failures() {
	_, path = os.Open("/no/such/file")
	says("path", path.Error())
	wrapped = fmt.Errorf("loading: %w", path)
	says("wrapped", wrapped.Error())
	_, number = strconv.Atoi("12x\"")
	says("number", number.Error())
	op = &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, Addr: &net.TCPAddr{IP: net.IPv6loopback, Port: 2}, Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	says("op", op.Error())
	dns = &net.DNSError{Err: "no such host", Name: "nowhere.invalid", Server: "10.0.0.53:53", IsNotFound: true}
	says("dns", dns.Error())
	sysErr = os.NewSyscallError("bind", syscall.EADDRINUSE)
	says("sysErr", sysErr.Error())
	urlErr = &url.Error{Op: "Get", URL: "http://x/", Err: op}
	says("urlErr", urlErr.Error())
	addrErr = &net.AddrError{Err: "missing port in address", Addr: "localhost"}
	says("addrErr", addrErr.Error())
	links = &os.LinkError{Op: "link", Old: "a", New: "b", Err: syscall.EXDEV}
	says("links", links.Error())
}

type point struct{ X, Y int }

var (
	mirroredInt, mirroredText, mirroredPoint, mirroredNothing reflect.Value
	mirroredType, pointerType                                 reflect.Type
)

func mirrors() {
	mirroredInt = reflect.ValueOf(42)
	says("mirroredInt", "int(42)")
	mirroredText = reflect.ValueOf("text")
	says("mirroredText", `string("text")`)
	mirroredPoint = reflect.ValueOf(&point{3, 4}).Elem()
	says("mirroredPoint", "main.point {…}")
	says("mirroredNothing", "<invalid reflect.Value>")
	mirroredType = reflect.TypeOf(point{})
	says("mirroredType", mirroredType.String())
	pointerType = reflect.TypeOf(&point{})
	says("pointerType", pointerType.String())
}

var (
	queue   *list.List
	nobody  list.List
	circle  *ring.Ring
	spinner *ring.Ring
)

func lists() {
	queue = list.New()
	for i := 0; i < 10; i++ {
		queue.PushBack(i * i)
	}
	queue.PushFront("first")
	says("queue", `len 11 ["first", 0, 1, 4, 9, 16, 25, 36, …3 more]`)
	nobody.Init()
	says("nobody", "len 0 []")
	circle = ring.New(3)
	for i := 0; i < 3; i++ {
		circle.Value = i
		circle = circle.Next()
	}
	says("circle", "len 3 [0, 1, 2]")
	spinner = ring.New(1)
	says("spinner", "len 1 [nil]")
}

// UUID is an array as the well-known modules have it.
type UUID [16]byte

var (
	id    UUID
	idPtr *UUID
)

func identifiers() {
	id = UUID{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	says("id", "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
	idPtr = &id
	says("idPtr", "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
}

var (
	open, closed *os.File
	pipe         *os.File
	command      *exec.Cmd
	self         *os.Process
)

func files() {
	name := os.TempDir() + "/known.txt"
	open = must(os.Create(name))
	says("open", fmt.Sprintf("%s (fd %d)", open.Name(), open.Fd()))
	closed = must(os.Open(name))
	closed.Close()
	says("closed", name+" (closed)")
	pipe, _ = must2(os.Pipe())
	says("pipe", fmt.Sprintf("%s (fd %d)", pipe.Name(), pipe.Fd()))
	command = exec.Command("/bin/echo", "one", "two")
	says("command", command.String())
	self = must(os.FindProcess(os.Getpid()))
	says("self", fmt.Sprintf("pid %d", os.Getpid()))
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}

var errBoom = errors.New("boom")
