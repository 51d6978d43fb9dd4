//go:build go1.21

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

var (
	detached, caused, after context.Context
	joined, two             error
	attr, timed, grouped    slog.Attr
	level                   slog.Level
	levelVar                *slog.LevelVar
	record                  slog.Record
)

func init() {
	newer = append(newer, func() {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(errBoom)
		caused = ctx
		says("caused", "context.Background.WithCancel (canceled: context canceled, cause: boom)")
		detached = context.WithoutCancel(caused)
		says("detached", "context.Background.WithCancel (canceled: context canceled, cause: boom).WithoutCancel")
		joined = errors.Join(errBoom, fmt.Errorf("again: %w", errBoom))
		says("joined", joined.Error())
		two = fmt.Errorf("two: %w and %w", errBoom, joined)
		says("two", two.Error())
		attr = slog.Int("port", 8080)
		says("attr", attr.String())
		timed = slog.Duration("took", 1500*time.Millisecond)
		says("timed", timed.String())
		grouped = slog.Group("g", slog.String("s", "text"), slog.Bool("b", true), slog.Any("e", errBoom), slog.Float64("f", 0.5))
		says("grouped", grouped.String())
		level = slog.LevelWarn + 1
		says("level", level.String())
		levelVar = new(slog.LevelVar)
		levelVar.Set(slog.LevelDebug)
		says("levelVar", levelVar.Level().String())
		record = slog.NewRecord(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), slog.LevelInfo, "started", 0)
		record.AddAttrs(slog.String("a", "1"), slog.Uint64("b", 2), slog.Int64("c", -3), slog.String("d", "4"), slog.String("e", "5"), slog.String("f", "6"), slog.Any("g", nil))
		says("record", "2026-01-02T03:04:05Z INFO started a=1 b=2 c=-3 d=4 e=5 f=6 g=<nil>")
	})
}
