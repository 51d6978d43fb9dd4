package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type key string
type flag struct{}

type custom struct{ context.Context }

var (
	background, todo, canceled, expired, waiting, deep, chained, own, notified context.Context
)

func contexts() {
	background, todo = context.Background(), context.TODO()
	says("background", "context.Background")
	says("todo", "context.TODO")
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key("user"), "bob"))
	canceled = ctx
	cancel()
	says("canceled", `context.Background.WithValue(main.key("user"): "bob").WithCancel (canceled: `+ctx.Err().Error()+")")
	ago := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	expired, cancel = context.WithDeadline(todo, ago)
	says("expired", "context.TODO.WithDeadline(2020-01-02T03:04:05Z) (canceled: "+expired.Err().Error()+")")
	cancel()
	later := time.Date(2126, 1, 2, 3, 4, 5, 0, time.UTC)
	waiting, _ = context.WithDeadline(context.Background(), later)
	says("waiting", "context.Background.WithDeadline(2126-01-02T03:04:05Z)")
	chained = context.WithValue(context.WithValue(waiting, flag{}, 42), "plain", &point{1, 2})
	says("chained", `context.Background.WithDeadline(2126-01-02T03:04:05Z).WithValue(main.flag{}: 42).WithValue("plain": *main.point)`)
	deep = context.Background()
	for i := 0; i < 20; i++ {
		deep = context.WithValue(deep, i, i)
	}
	says("deep", "context.Background.(…4 more)"+values(4, 20))
	own = context.WithValue(custom{waiting}, "k", true)
	says("own", `context.Background.WithDeadline(2126-01-02T03:04:05Z).main.custom.WithValue("k": true)`)
	notified, _ = signal.NotifyContext(context.Background(), os.Interrupt)
	says("notified", "context.Background.WithCancel.signal.NotifyContext")
}

func values(from, to int) string {
	s := ""
	for i := from; i < to; i++ {
		s += fmt.Sprintf(".WithValue(%d: %d)", i, i)
	}
	return s
}

var (
	locked, unlocked     sync.Mutex
	read, write, nobody2 sync.RWMutex
	contended            sync.RWMutex
	group                sync.WaitGroup
	once, never          sync.Once
	cond                 *sync.Cond
	counter              atomic.Int64
	ready                atomic.Bool
	pool, empty          sync.Pool
)

// asleep waits until n goroutines more are blocked for good.
func asleep() { time.Sleep(20 * time.Millisecond) }

func locks() {
	locked.Lock()
	go func() { locked.Lock() }()
	asleep()
	says("locked", "locked, 1 waiter")
	says("unlocked", "unlocked")
	read.RLock()
	read.RLock()
	says("read", "read-locked, 2 readers")
	write.Lock()
	go func() { write.RLock() }()
	asleep()
	says("write", "write-locked, 1 reader waiting")
	says("nobody2", "unlocked")
	contended.RLock()
	contended.RLock()
	contended.RLock()
	go func() { contended.Lock() }()
	asleep()
	go func() { contended.RLock() }()
	asleep()
	says("contended", "read-locked, writer waits for 3 readers, 1 reader waiting")
	group.Add(3)
	go func() { group.Wait() }()
	asleep()
	says("group", "counter 3, 1 waiter")
	once.Do(func() {})
	says("once", "done")
	says("never", "not done")
	cond = sync.NewCond(&unlocked)
	for i := 0; i < 2; i++ {
		go func() { unlocked.Lock(); cond.Wait() }()
	}
	asleep()
	says("cond", "2 waiters")
	counter.Store(-5)
	says("counter", "-5")
	ready.Store(true)
	says("ready", "true")
	runtime.LockOSThread()
	for i := 0; i < 5; i++ {
		pool.Put(new(point))
	}
	says("pool", "5 objects")
	says("empty", "0 objects")
}

var fresh, few, many, deleted, stale sync.Map

func maps() {
	says("fresh", "0 entries")
	few.Store("only", 1)
	says("few", "1 entry")
	for i := 0; i < 1000; i++ {
		many.Store(i, i)
	}
	many.Range(func(k, v any) bool { return true })
	says("many", "1000 entries")
	for i := 0; i < 100; i++ {
		deleted.Store(i, i)
	}
	deleted.Range(func(k, v any) bool { return true })
	for i := 0; i < 97; i++ {
		deleted.Delete(i)
	}
	says("deleted", "3 entries")
	for i := 0; i < 100; i++ {
		stale.Store(i, i)
	}
	stale.Range(func(k, v any) bool { return true })
	for i := 0; i < 50; i++ {
		stale.Delete(i)
	}
	stale.Store("new", true)
	says("stale", "51 entries")
}

var (
	incoming, outgoing *http.Request
	writer             http.ResponseWriter
	response           *http.Response
	server             *http.Server
	cookie             http.Cookie
	client             net.Conn
	listener           net.Listener
	hungUp             net.Conn
	udp                *net.UDPConn
	unixListener       net.Listener
)

func requests() {
	listener = must(net.Listen("tcp", "127.0.0.1:0"))
	got := make(chan *http.Request)
	block := make(chan bool)
	server = &http.Server{Addr: ":8080", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writer = w
		got <- r
		<-block
	})}
	go server.Serve(listener)
	client = must(net.Dial("tcp", listener.Addr().String()))
	fmt.Fprintf(client, "POST /search?q=go HTTP/1.1\r\nHost: example.com\r\nContent-Length: 0\r\n\r\n")
	incoming = <-got
	says("incoming", "POST /search?q=go HTTP/1.1, host example.com, from "+client.LocalAddr().String())
	says("writer", "nothing answered yet, to POST /search?q=go HTTP/1.1, host example.com, from "+client.LocalAddr().String())
	says("server", ":8080, 1 listener, 1 connection")
	outgoing = must(http.NewRequest("GET", "https://example.com/x?y=1", nil))
	says("outgoing", "GET https://example.com/x?y=1")
	response = &http.Response{Status: "404 Not Found", StatusCode: 404, Proto: "HTTP/1.1", ContentLength: 12, Request: outgoing}
	says("response", "404 Not Found, HTTP/1.1, 12 bytes, for GET https://example.com/x?y=1")
	cookie = http.Cookie{Name: "session", Value: "abc"}
	says("cookie", "session=abc")
	ends := fmt.Sprintf("tcp %s->%s", client.LocalAddr(), client.RemoteAddr())
	says("client", fmt.Sprintf("%s (fd %d)", ends, fd(client.(*net.TCPConn))))
	says("listener", fmt.Sprintf("listening on tcp %s (fd %d)", listener.Addr(), fd(listener.(*net.TCPListener))))
	second := must(net.Listen("tcp", "127.0.0.1:0"))
	hungUp = must(net.Dial("tcp", second.Addr().String()))
	ends = fmt.Sprintf("tcp %s->%s", hungUp.LocalAddr(), hungUp.RemoteAddr())
	hungUp.Close()
	says("hungUp", ends+" (closed)")
	udp = must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	says("udp", fmt.Sprintf("udp4 %s (fd %d)", udp.LocalAddr(), fd(udp)))
	os.Remove(os.TempDir() + "/k.sock")
	unixListener = must(net.Listen("unix", os.TempDir()+"/k.sock"))
	says("unixListener", fmt.Sprintf("listening on unix %s/k.sock (fd %d)", os.TempDir(), fd(unixListener.(*net.UnixListener))))
}

// fd is the descriptor's number, asked without making a copy of it.
func fd(c syscall.Conn) (number uintptr) {
	control := must(c.SyscallConn())
	control.Control(func(fd uintptr) { number = fd })
	return number
}

var (
	db, unlimited *sql.DB
	name          sql.NullString
	missing       sql.NullInt64
	when          sql.NullTime
	conns         []*sql.Conn
)

// connector makes connections to nothing.
type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return conn{}, nil }
func (connector) Driver() driver.Driver                        { return nil }

type conn struct{}

func (conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("none") }
func (conn) Close() error                        { return nil }
func (conn) Begin() (driver.Tx, error)           { return nil, errors.New("none") }

func pools() {
	db = sql.OpenDB(connector{})
	db.SetMaxOpenConns(3)
	for i := 0; i < 3; i++ {
		conns = append(conns, must(db.Conn(context.Background())))
	}
	for i := 0; i < 2; i++ {
		go db.Conn(context.Background())
	}
	asleep()
	s := db.Stats()
	says("db", fmt.Sprintf("%d of at most %d open, %d in use, %d idle, %d waiting", s.OpenConnections, s.MaxOpenConnections, s.InUse, s.Idle, s.WaitCount))
	unlimited = sql.OpenDB(connector{})
	one := must(unlimited.Conn(context.Background()))
	one.Close()
	unlimited.Close()
	says("unlimited", "0 open, 0 in use, 0 idle, 0 waiting, closed")
	name = sql.NullString{String: "x", Valid: true}
	says("name", `"x"`)
	says("missing", "NULL")
	when = sql.NullTime{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Valid: true}
	says("when", "2026-01-02T03:04:05Z")
}

var (
	timer, stopped, fired *time.Timer
	function              *time.Timer
	reset                 *time.Timer
	bare                  time.Timer
	ticker, silent        *time.Ticker
)

func timers() {
	now := time.Now()
	timer = time.NewTimer(time.Hour)
	due("timer", "active, due within ", now.Add(time.Hour))
	stopped = time.NewTimer(time.Hour)
	stopped.Stop()
	says("stopped", "not active")
	fired = time.NewTimer(time.Millisecond)
	<-fired.C
	says("fired", "not active")
	function = time.AfterFunc(2*time.Hour, func() {})
	due("function", "active, due within ", now.Add(2*time.Hour))
	reset = time.NewTimer(time.Minute)
	reset.Reset(3 * time.Hour)
	due("reset", "active, due within ", now.Add(3*time.Hour))
	says("bare", "not active")
	ticker = time.NewTicker(time.Hour)
	due("ticker", "active, due within , every 1h0m0s", now.Add(time.Hour))
	silent = time.NewTicker(time.Hour)
	silent.Stop()
	says("silent", "not active, every 1h0m0s")
}
