//! How long the screens of a heap take from a key to the next frame: `cargo bench --bench screens`.
//!
//! Makes its own core of `benches/programs/orders` with the Go command named by `DUMPVIEW_GO`, called as `$DUMPVIEW_GO RELEASE
//! ARGS…`, and keeps it under the target directory; `DUMPVIEW_ORDERS` says how many orders it has (2,000,000: some 20 million
//! objects). The program runs on a pseudo-terminal. Printed are the time from its start to the first paint and to the first
//! page, how long each screen of the heap takes to come for the first time, and, once it is there, the median and the longest
//! time from a key to the frame that it changed. Nothing is asserted: this measures.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "it is the tests', which do more with a terminal"
)]
#[path = "../tests/support/pty.rs"]
mod pty;
#[expect(dead_code, reason = "other benches use the rest")]
mod support;

use pty::Pty;
use std::time::{Duration, Instant};
use support::{Failed, big_core};

const ORDERS: &str = "2000000";
/// Keys whose frames are measured on each screen.
const KEYS: usize = 60;
/// The screens of the heap in a core: their key, and what is seen once they are there.
const SCREENS: [(&str, &str, &str); 5] = [
    ("5", "Types", "RETAINED"),
    ("6", "Retained", "PLACE"),
    ("7", "Roots", "RETAINED"),
    ("8", "Suspects", "that live"),
    ("3", "Memory", "OF ALL"),
];

fn main() -> Result<(), Failed> {
    let Ok(go) = std::env::var("DUMPVIEW_GO") else {
        println!("DUMPVIEW_GO is not set: no big core can be made, nothing was measured");
        return Ok(());
    };
    let orders = std::env::var("DUMPVIEW_ORDERS").unwrap_or_else(|_| ORDERS.to_owned());
    let (core, exe) = big_core(&go, "orders", &[&orders])?;
    let (core, exe) = (core.to_string_lossy(), exe.to_string_lossy());
    let begun = Instant::now();
    let mut pty = Pty::open(&["--no-cache", &core, &exe], 45, 140);
    pty.wait("a paint", |screen| !screen.contents().trim().is_empty());
    println!("{:<34} {:>9.1?}", "first paint", begun.elapsed());
    pty.see("heap");
    println!("{:<34} {:>9.1?}", "first page", begun.elapsed());
    for (key, name, seen) in SCREENS {
        let begun = Instant::now();
        pty.press(key);
        pty.see(seen);
        println!(
            "{:<34} {:>9.1?}",
            format!("{name}, for the first time"),
            begun.elapsed()
        );
        pty.settled();
        // Where one line may be all there is, no key changes the frame.
        if name != "Suspects" {
            moves(&mut pty, name);
        }
    }
    // Between screens whose answers are there.
    let there: Vec<Duration> = (0..KEYS)
        .map(|at| {
            let key = ["6", "7", "5"].get(at % 3).copied().unwrap_or("5");
            frame(&mut pty, key)
        })
        .collect();
    figures("from screen to screen", there);
    // The objects of a type, of which there are millions.
    pty.press("5");
    pty.settled();
    let begun = Instant::now();
    pty.press("\r");
    pty.see("live objects of");
    println!(
        "{:<34} {:>9.1?}",
        "objects of a type, first time",
        begun.elapsed()
    );
    pty.settled();
    moves(&mut pty, "objects of a type");
    pty.press("q");
    Ok(())
}

/// Down and up the lines of a screen.
fn moves(pty: &mut Pty, name: &str) {
    // One down, one up: at the end of a short table no key changes the frame.
    let key = |at: usize| if at % 2 == 1 { "k" } else { "j" };
    let times = (0..KEYS).map(|at| frame(pty, key(at)));
    let times = times.collect();
    figures(&format!("{name}: a key"), times);
}

/// From a key to the frame that it changed.
fn frame(pty: &mut Pty, key: &str) -> Duration {
    let before = pty.wait("now", |_| true).contents_formatted();
    let begun = Instant::now();
    pty.press(key);
    pty.wait("a frame", |screen| screen.contents_formatted() != before);
    begun.elapsed()
}

fn figures(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let longest = times.last().copied().unwrap_or_default();
    println!(
        "{name:<34} {median:>9.1?} median, {longest:.1?} at most, of {}",
        times.len()
    );
}
