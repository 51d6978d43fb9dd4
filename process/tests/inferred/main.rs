//! Values of optimised code against the same program compiled without optimisation.
//!
//! Both are stopped at the same places with the same inputs: goroutines that wait in a call, that were preempted in a loop
//! without end, and one that dies of a nil pointer. In unoptimised code every variable is in its slot; whatever is shown of
//! the other as certain must be the same. Two sources: random programs (`generator`), and one written like production
//! code (`service.go`). What a signal meets between any two instructions has a program of its own (`midst`).

#![cfg(test)]
mod compare;
mod generator;
#[path = "../live/mod.rs"]
mod live;
mod midst;

use compare::{Tally, compare, stacks};
use generator::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What all programs begin with.
const PROLOGUE: &str = include_str!("prologue.go");

/// Releases compared when `DUMPVIEW_RELEASES` does not say which.
const RELEASES: &str = "1.19,1.22.10,1.24.11,1.26.6,1.27.3";

/// Instruction sets compared when `DUMPVIEW_ARCHS` does not say which.
const ARCHS: &str = "amd64,arm64";

/// The names in a variable of the environment, or the usual ones.
fn named(variable: &str, usual: &str) -> Vec<String> {
    let names = std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
    names.split(',').map(str::to_owned).collect()
}

/// The goroutines that stopped, in the order in which they were started, the one that died first.
fn goroutines(stdout: &str) -> Vec<u64> {
    let started = stdout.lines().filter_map(|line| line.parse().ok());
    std::iter::once(1).chain(started).collect()
}

/// Where an executable is put: `DUMPVIEW_KEEP` names a folder in which it stays, with its source, core and words.
fn kept(go: &live::Go, release: &str, arch: &str, name: &str) -> PathBuf {
    let dir = std::env::var_os("DUMPVIEW_KEEP").map(PathBuf::from);
    let dir = dir.unwrap_or_else(|| go.scratch().to_owned());
    dir.join(format!("{name}-{release}-{arch}"))
}

/// Builds a program and lets it die, or takes what was kept of the same text; `None` when it left no core.
fn made(
    go: &live::Go,
    release: &str,
    arch: &str,
    exe: &Path,
    source: &str,
    flags: &[&str],
) -> Option<live::Died> {
    let beside = |end: &str| PathBuf::from(format!("{}.{end}", exe.display()));
    if std::fs::read(beside("go")).is_ok_and(|of| of == source.as_bytes()) {
        return Some(live::Died {
            stdout: std::fs::read_to_string(beside("out")).ok()?,
            stderr: String::new(),
            core: std::fs::read(beside("core")).ok()?,
        });
    }
    let environment = [("GOARCH", arch), ("CGO_ENABLED", "0")];
    let built = go.build(release, "program", source, flags, &environment);
    let dead = live::die(&built, arch, &[])?;
    std::fs::copy(&built, exe).unwrap();
    if std::env::var_os("DUMPVIEW_KEEP").is_some() {
        std::fs::write(beside("core"), &dead.core).unwrap();
        std::fs::write(beside("out"), &dead.stdout).unwrap();
        std::fs::write(beside("go"), source).unwrap();
    }
    Some(dead)
}

/// Builds a program both ways, lets both die, and compares.
fn judge(
    go: &live::Go,
    release: &str,
    arch: &str,
    name: &str,
    program: &generator::Program,
) -> Option<Tally> {
    let mut died = Vec::new();
    for flags in [&[][..], &["-gcflags=all=-N -l"][..]] {
        let kept = kept(go, release, arch, &format!("{name}{}", flags.len()));
        let dead = made(go, release, arch, &kept, &program.source, flags)?;
        let numbers = goroutines(&dead.stdout);
        let found = stacks(&dead.core, &kept, &program.source, &numbers);
        died.push((found, numbers));
        if std::env::var_os("DUMPVIEW_KEEP").is_none() {
            std::fs::remove_file(&kept).unwrap();
        }
    }
    let [(ours, our), (truth, their)] = died.as_slice() else {
        return None;
    };
    let numbers: Vec<(u64, u64)> = our.iter().copied().zip(their.iter().copied()).collect();
    let name = format!("{name} {release} {arch}");
    Some(compare(&name, ours, truth, &numbers, &program.live))
}

fn print(title: &str, tally: &Tally) {
    println!(
        "{title}: {} stacks, {} unmatched, {} frames, {} interrupted",
        tally.stacks, tally.unmatched, tally.frames, tally.interrupted
    );
    for (standing, [right, wrong, open]) in &tally.judged {
        println!("  {standing:12} {right:6} right {wrong:4} wrong {open:4} not comparable");
    }
    for (why, [right, wrong, _]) in &tally.stale {
        println!("    stale {right:6} right {wrong:4} wrong: {why}");
    }
    for (title, [exact, inferred, none]) in ["all", "interrupted"].iter().zip(&tally.live) {
        let share = 100 * inferred / (inferred + none).max(1);
        println!(
            "  live in {title} frames: {exact} exact, {inferred} inferred, {none} without: {share} % of those without a list found"
        );
    }
    for (why, count) in &tally.missing_live {
        println!("  live without: {count:5} {why}");
    }
    for wrong in &tally.wrong {
        println!("  WRONG {wrong}");
    }
}

fn wanted(name: &str, usual: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

/// Judges programs on every release and architecture that is asked for; `None` when there is no Go at hand.
fn judged(programs: &dyn Fn() -> Vec<(String, generator::Program)>) -> Option<Tally> {
    let Some(go) = live::Go::from_env() else {
        println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases");
        return None;
    };
    let mut all = Tally::default();
    for release in named("DUMPVIEW_RELEASES", RELEASES) {
        for arch in named("DUMPVIEW_ARCHS", ARCHS) {
            let mut tally = Tally::default();
            for (name, program) in programs() {
                let judged = judge(&go, &release, &arch, &name, &program);
                if let Some(judged) = judged {
                    tally.add(judged);
                }
            }
            print(&format!("{release} {arch}"), &tally);
            all.add(tally);
        }
    }
    print("all", &all);
    Some(all)
}

/// Nothing that is said for certain is wrong, and something was.
fn check(all: &Tally) {
    assert!(
        all.right("inferred") > 0 && all.right("exact") > 0,
        "nothing was compared"
    );
    assert!(all.unmatched * 10 < all.stacks, "stacks differ");
    assert_eq!(all.wrong("inferred"), 0);
    assert_eq!(all.wrong("exact"), 0);
}

/// Of the variables that are read later and that no list has, a third is found, and of those in frames that a signal interrupted
/// two thirds. Of few it cannot be told.
fn check_found(all: &Tally) {
    const FEW: usize = 30;
    for ([_, inferred, none], (parts, of)) in all.live.iter().zip([(1, 3), (2, 3)]) {
        let lost = inferred + none;
        assert!(
            lost < FEW || inferred * of >= lost * parts,
            "{inferred} of {lost} were found, which is less than {parts}/{of}"
        );
    }
}

/// `DUMPVIEW_PROGRAMS` says how many random programs of each release and architecture, `DUMPVIEW_SEED` which the first is.
#[test]
fn values_of_random_programs_are_those_of_unoptimised_ones() {
    let (count, seed) = (wanted("DUMPVIEW_PROGRAMS", 6), wanted("DUMPVIEW_SEED", 1));
    let programs = || {
        let program = |seed: usize| {
            let name = format!("random{seed}");
            (name, generator::program(&mut Random::new(seed as u64)))
        };
        (seed..seed + count).map(program).collect()
    };
    if let Some(all) = judged(&programs) {
        check(&all);
        check_found(&all);
    }
}

/// A pointer through which a program dies is known there, however its register was lost.
#[test]
fn values_of_a_fault_are_those_of_the_unoptimised_program() {
    let programs = || {
        let source = format!("{PROLOGUE}{}", include_str!("fault.go"));
        let lines = source.lines().zip(1..);
        let named = lines.filter_map(|(line, number)| {
            let (_, name) = line.split_once("// fault: ")?;
            Some((number, BTreeSet::from([name.to_owned()])))
        });
        let live = named.collect();
        vec![("fault".to_owned(), generator::Program { source, live })]
    };
    if let Some(all) = judged(&programs) {
        let [exact, inferred, none] = all.live[1];
        assert!(exact + inferred > 0, "nothing was compared");
        // Two thirds, as of all that a signal interrupts: where two variables have the value, neither is said to.
        let lost = inferred + none;
        assert!(3 * inferred >= 2 * lost, "{none} of {lost} were not found");
        assert_eq!(all.wrong("inferred") + all.wrong("exact"), 0);
    }
}

#[test]
fn values_of_a_service_are_those_of_the_unoptimised_one() {
    let programs = || {
        let source = format!("{PROLOGUE}{}", include_str!("service.go"));
        let program = generator::Program {
            source,
            live: BTreeMap::default(),
        };
        vec![("service".to_owned(), program)]
    };
    if let Some(all) = judged(&programs) {
        check(&all);
    }
}

/// `DUMPVIEW_STOPS` says how many instructions of the program are left out for one that is looked at.
#[test]
fn values_in_the_midst_of_a_computation_are_some_that_it_has() {
    let Some(go) = live::Go::from_env() else {
        println!("nothing was compared: DUMPVIEW_GO does not name a command that runs Go releases");
        return;
    };
    let step = wanted("DUMPVIEW_STOPS", 16).max(1);
    let (mut right, mut wrong) = (0, Vec::new());
    for (number, release) in named("DUMPVIEW_RELEASES", RELEASES).iter().enumerate() {
        for arch in named("DUMPVIEW_ARCHS", ARCHS) {
            // Each release is stopped at others.
            let found = midst::judge(&go, release, &arch, number % step, step);
            let (stops, rights, wrongs) = (found.stops, found.right, found.wrong.len());
            println!("{release} {arch}: {stops} stops, {rights} right, {wrongs} wrong");
            right += found.right;
            wrong.extend(found.wrong);
        }
    }
    for wrong in &wrong {
        println!("  WRONG {wrong}");
    }
    assert!(right > 0, "nothing was compared");
    assert!(wrong.is_empty(), "{} values never were", wrong.len());
}
