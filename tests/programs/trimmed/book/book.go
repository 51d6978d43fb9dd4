// Package book is the program's own, below a module whose name has no dot.
package book

import "sync"

// Book is locked.
type Book struct{ mu sync.Mutex }

// Add waits for the lock for ever, from the second call on.
//
//go:noinline
func (b *Book) Add() { b.mu.Lock() }
