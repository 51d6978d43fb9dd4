//! What the runtime prints of memory beside its cycles: packages, scavenger, pacer, scans.

use dumpview_model::gc::Extras;
use dumpview_model::log_model::LogModel;
use dumpview_model::units::{bytes, duration, grouped, plural};
use dumpview_view::{Role, Text, styled};
use std::io;

/// Lines of one process.
pub(super) fn write(extras: &Extras, out: &mut Text<'_>) -> io::Result<()> {
    let Extras {
        inits,
        scavenger,
        pacer,
        scanned_objects,
    } = extras;
    if inits.packages > 0 {
        let slowest = inits.slowest.as_ref();
        let slowest = slowest.map_or_else(String::new, |(package, time, line)| {
            let time = duration(time.0);
            format!(", the slowest {package} ({time}, line {line})")
        });
        out.line(format_args!(
            "  init        {} in {}{slowest}",
            plural(inits.packages, "package"),
            duration(inits.clock.0)
        ))?;
    }
    if scavenger.lines > 0 {
        let now = scavenger.now.map_or_else(String::new, |now| {
            format!(", {} given back at the end", bytes(now.to_bytes().0))
        });
        let all = scavenger.background.0.saturating_add(scavenger.eager.0);
        out.line(format_args!(
            "  scavenger   {} returned to the system in {}{now}",
            bytes(all.saturating_mul(1024)),
            plural(scavenger.lines, "line")
        ))?;
    }
    if pacer.cycles > 0 {
        out.line(format_args!(
            "  pacer       {} of {} ended above their goal to the byte",
            grouped(pacer.overshoots),
            plural(pacer.cycles, "cycle")
        ))?;
    }
    if let Some(objects) = scanned_objects {
        out.line(format_args!("  scanned     {}", plural(*objects, "object")))?;
    }
    Ok(())
}

/// The report of a log without a cycle.
pub(super) fn alone(model: &LogModel, out: &mut Text<'_>) -> io::Result<()> {
    for (process, extras) in model.gc.without_cycles() {
        let heading = format_args!("gc: no cycle of process {process}, and beside cycles");
        out.line(styled(Role::Heading, heading))?;
        write(extras, out)?;
    }
    Ok(())
}
