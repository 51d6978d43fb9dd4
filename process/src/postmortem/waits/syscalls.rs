//! System calls that goroutines are in: number and arguments as the registers of their threads have them, names as Linux has.
//!
//! On amd64 the kernel keeps the number apart (`orig_rax`), and it is below zero where a thread is in none. On arm64 the
//! number is still in `x8`; there the first argument's register has the result of a call that was interrupted.
//!
//! A thread that handles a signal may be in a call of the handler's. What the goroutine was in is told where the kernel was to
//! begin that call anew: then the saved pc stands at its instruction, with the number and the arguments. Of one that was to return
//! with `EINTR` instead the number is lost.

use crate::addr::Addr;
use crate::arch::{Arch, Reg, Registers};
use crate::image::Thread;
use crate::memory::Memory;
use crate::process::Process;
use crate::unwind::StackKind;
use dumpview_model::goroutine::Status;
use dumpview_model::value::Address;
use dumpview_model::waits::SystemCall;

/// `arch/x86/entry/syscalls/syscall_64.tbl`: a number and a name a line.
const AMD64: &str = include_str!("syscalls/amd64.txt");
/// `include/uapi/asm-generic/unistd.h`.
const ARM64: &str = include_str!("syscalls/arm64.txt");
/// The kernel's own errors, by which a call is begun anew (`include/linux/errno.h`: `ERESTARTSYS` to `ERESTART_RESTARTBLOCK`).
const RESTARTS: std::ops::RangeInclusive<i64> = -516..=-512;
/// A system call has no more.
const ARGUMENTS: usize = 6;

pub(super) fn find(process: &Process<'_>) -> Vec<SystemCall> {
    let Ok(goroutines) = process.goroutines() else {
        return Vec::new();
    };
    let all = goroutines.list().iter();
    let calls = all.filter(|g| g.status == Status::Syscall).filter_map(|g| {
        let running = process.thread_running(g.id)?;
        let thread = process.core.threads.get(running.index)?;
        let (number, registers) = interrupted(process, thread, running.m)?;
        Some(SystemCall {
            goroutine: g.id.0,
            thread: thread.tid,
            number,
            name: name(process.arch(), number).map(str::to_owned),
            arguments: arguments(process.arch(), &registers),
            file: None,
            place: None,
        })
    });
    calls.collect()
}

/// The number of the goroutine's own call, and the registers that it was made with.
fn interrupted(
    process: &Process<'_>,
    thread: &Thread,
    m: Option<Addr>,
) -> Option<(u64, Registers)> {
    let arch = process.arch();
    let stack = process.thread_stack(thread, m);
    let mut frames = stack.frames.iter();
    let Some(handler) = frames.rposition(|frame| frame.stack == StackKind::Signal) else {
        return Some((number(arch, thread)?, thread.registers.clone()));
    };
    let frame = stack.frames.get(handler + 1)?;
    let registers = stack.registers(handler + 1)?;
    let (instruction, number): (&[u8], Reg) = match arch {
        // syscall; rax.
        Arch::Amd64 => (&[0x0f, 0x05], Reg(0)),
        // svc #0; x8.
        Arch::Arm64 => (&[0x01, 0x00, 0x00, 0xd4], Reg(8)),
    };
    let here = process.memory.bytes(frame.pc, instruction.len() as u64);
    if here.ok()? != instruction {
        return None;
    }
    Some((registers.get(number)?, registers.clone()))
}

fn number(arch: Arch, thread: &Thread) -> Option<u64> {
    match arch {
        Arch::Amd64 => thread.system_call,
        Arch::Arm64 => thread.registers.get(Reg(8)),
    }
}

fn name(arch: Arch, number: u64) -> Option<&'static str> {
    let list = match arch {
        Arch::Amd64 => AMD64,
        Arch::Arm64 => ARM64,
    };
    let mut known = list.lines().filter_map(|line| line.split_once(' '));
    known.find_map(|(of, name)| (of.parse() == Ok(number)).then_some(name))
}

/// By the calling convention of system calls; DWARF's numbers.
fn arguments(arch: Arch, registers: &Registers) -> Vec<Option<Address>> {
    let order: [u16; ARGUMENTS] = match arch {
        // rdi, rsi, rdx, r10, r8, r9.
        Arch::Amd64 => [5, 4, 1, 10, 8, 9],
        Arch::Arm64 => [0, 1, 2, 3, 4, 5],
    };
    let word = |(place, number): (usize, u16)| {
        let word = registers.get(Reg(number))?;
        let is_lost = arch == Arch::Arm64 && place == 0 && RESTARTS.contains(&word.cast_signed());
        (!is_lost).then_some(Address(word))
    };
    order.into_iter().enumerate().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_names_of_their_machine() {
        assert_eq!(name(Arch::Amd64, 202), Some("futex"));
        assert_eq!(name(Arch::Amd64, 281), Some("epoll_pwait"));
        assert_eq!(name(Arch::Arm64, 98), Some("futex"));
        assert_eq!(name(Arch::Arm64, 22), Some("epoll_pwait"));
        assert_eq!(name(Arch::Arm64, 100_000), None);
    }
}
