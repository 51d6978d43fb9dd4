//! What the search for the runtime's variables finds, against the symbols of an executable that has them.

use crate::report::Report;
use dumpview_process::layout::TableLayouts;
use dumpview_process::process::Process;
use dumpview_process::runtime::search::find_variables;

/// Without these there is neither a list of goroutines nor a heap.
const NEEDED: [&str; 8] = [
    "runtime.allgs",
    "runtime.allm",
    "runtime.allp",
    "runtime.sched",
    "runtime.mheap_",
    "runtime.memstats",
    "runtime.gcController",
    "runtime.work",
];

/// As if the executable had no symbols: everything that is found stands where the symbol says.
pub fn check(process: &Process<'_>, report: &mut Report) {
    let named = process
        .executable
        .is_some_and(|exe| exe.symbol("runtime.mheap_").is_some());
    if !named {
        return;
    }
    let version = process.version.as_ref().expect("a version");
    let table = TableLayouts::for_release(version, process.arch()).expect("a table");
    let symbols = process.symbols().expect("function tables");
    let found = find_variables(&*process.memory, process.arch(), symbols, &table.recipes());
    for (name, at) in &found {
        report.equal(
            "variable found without symbols",
            name,
            process.symbol(name),
            Some(*at),
        );
    }
    // An experiment moves fields, so that the recipes of `runtime.work` disagree there, and rightly nothing is said.
    let is_own = version.experiments().next().is_none();
    for name in NEEDED {
        if is_own && !found.contains_key(name) {
            report.problem(format!("not found without symbols: {name}"));
        }
    }
}
