//! An executable alone: its code, constants and initial variables where the linker put them.

use super::{ExecutableMatch, Mapped};
use crate::addr::Bias;
use crate::image::{CoreFile, Executable, GoVersion};
use crate::memory::{CoreMemory, Region, RegionSource};
use std::sync::Arc;

impl<'a> Mapped<'a> {
    /// The executable as it is before it runs. `core` stands for the process where only the architecture matters.
    pub fn of_executable(executable: &'a Executable<'a>, core: &'a CoreFile<'a>) -> Self {
        let bias = Bias(0);
        let variables = executable.initial_data(bias).into_iter().map(|segment| {
            let start = segment.addr.to_process(bias);
            Region {
                start,
                end: start.offset(segment.bytes.len() as u64),
                source: RegionSource::File(segment.bytes),
            }
        });
        let memory = CoreMemory::new([
            executable.read_only_regions(bias),
            variables.collect::<Vec<_>>(),
        ]);
        let build = executable.build_info();
        Self {
            core,
            executable: Some(executable),
            go_library: None,
            images: Vec::new(),
            executable_match: ExecutableMatch::Unverified,
            memory: Arc::new(memory),
            bias,
            version: build.as_ref().and_then(|of| GoVersion::parse(&of.version)),
            build,
            shortfalls: Vec::new(),
            heap_dump: None,
        }
    }
}
