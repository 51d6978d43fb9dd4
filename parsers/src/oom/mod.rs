//! What the Linux kernel logs when it kills for memory (mm/oom_kill.c, mm/memcontrol.c), kernels 3.x to 6.x.
//!
//! ```text
//! orders invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=984
//! CPU: 1 UID: 65532 PID: 40177 Comm: orders Not tainted 6.12.8-amd64 #1
//! memory: usage 262144kB, limit 262144kB, failcnt 8421                      of a cgroup that is full
//! [  pid  ]   uid  tgid total_vm      rss … name                            sizes in pages
//! [  40177] 65532 40177   418210    68123 … orders
//! oom-kill:constraint=CONSTRAINT_MEMCG,…,oom_memcg=/…,task_memcg=/…,task=orders,pid=40177,uid=65532
//! Memory cgroup out of memory: Killed process 40177 (orders) total-vm:1672840kB, anon-rss:259644kB, …
//! oom_reaper: reaped process 40177 (orders), now anon-rss:128kB, …
//! ```
//!
//! Each line stands for itself: much else is printed in between (call traces, zones), lines of several kills
//! mix, and dmesg, syslog and journald put different things in front. So lines are known by their words, wherever they
//! begin, and which of them make one kill is for the model to say. A name (`COMM`) is a thread's and may hold
//! blanks and parentheses.
//!
//! | file | in charge of |
//! |---|---|
//! | `records` | the types |
//! | `line` | what one line says |
//! | `reader` | which lines are looked at |

mod line;
mod reader;
mod records;
#[cfg(test)]
mod tests;

pub use line::line;
pub use reader::Reader;
#[cfg(test)]
pub(crate) use reader::WORDS;
pub use records::{Counter, Killed, Record, Task};
