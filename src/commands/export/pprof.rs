//! Profiles as `go tool pprof` opens them.

use super::format::{Export, ExportFlags, Written};
use crate::answer::Failure;
use crate::case::core::Case;
use crate::commands::heap::analysed;
use dumpview_model::heap::HeapTotal;
use dumpview_model::word::{named, names};
use dumpview_parsers::pprof::{Builder, Profile, Sample, ValueType};
use dumpview_process::heap::ask::{Of, Retention, TotalBy};
use dumpview_process::profile::{Kind, read};
use dumpview_view::document::Incomplete;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};
use std::path::Path;

/// `pprof`.
pub struct Pprof;

impl Export for Pprof {
    const NAME: &'static str = "pprof";

    fn of_core<'w>(case: &'w Case<'_>, flags: &ExportFlags) -> Result<Written<'w>, Failure> {
        let profile = match flags.profile.as_deref() {
            None | Some("retained") => retained(&analysed(case)?.retention()),
            Some("types") => types(&analysed(case)?.totals(TotalBy::Type, Of::Live)),
            Some(name) => {
                read(&case.process, kind(name)?)
                    .map_err(Failure::no_answer)?
                    .profile
            }
        };
        Ok(Written::new(move |out| write(&profile, out)))
    }

    fn of_log(
        path: &Path,
        _: &ExportFlags,
    ) -> Result<(Written<'static>, Vec<Incomplete>), Failure> {
        Err(Failure::no_answer(format!(
            "{}: a log has no profile\n\nhint: --to folded writes the stacks of its goroutines",
            path.display()
        )))
    }
}

fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let mut packed = GzEncoder::new(out, Compression::fast());
    profile.write(&mut packed)?;
    packed.finish().map(drop)
}

/// Who keeps the heap: a stack leads from an object's type over those that keep it to a root.
fn retained(retention: &Retention) -> Profile {
    let mut builder = Builder::default();
    let places = retention.names.iter().map(|name| builder.place(name));
    let places: Vec<u32> = places.collect();
    for (place, kept) in (0u32..).zip(&retention.places) {
        if kept.objects == 0 {
            continue;
        }
        let stack = retention.stack(place).into_iter();
        let locations = stack.filter_map(|name| places.get(name as usize).copied());
        builder.profile.add(&Sample {
            locations: locations.collect(),
            values: vec![kept.objects.cast_signed(), kept.bytes.cast_signed()],
            labels: Vec::new(),
        });
    }
    of_the_heap(
        builder,
        &[],
        "who keeps the live heap of a core, by dominators",
    )
}

/// What the heap consists of; a type is a stack of its own.
fn types(totals: &[HeapTotal]) -> Profile {
    let mut builder = Builder::default();
    for total in totals {
        let location = builder.place(&total.key);
        let retained = total.retained_bytes.unwrap_or(0);
        let values = [total.objects, total.bytes, retained];
        builder.profile.add(&Sample {
            locations: vec![location],
            values: values.map(u64::cast_signed).to_vec(),
            labels: Vec::new(),
        });
    }
    let retained = [ValueType::new("retained_space", "bytes")];
    of_the_heap(builder, &retained, "live objects of a core by type")
}

fn of_the_heap(builder: Builder, more: &[ValueType], what: &str) -> Profile {
    let mut sample_types = vec![
        ValueType::new("inuse_objects", "count"),
        ValueType::new("inuse_space", "bytes"),
    ];
    sample_types.extend_from_slice(more);
    Profile {
        sample_types,
        period_type: Some(ValueType::new("space", "bytes")),
        period: 1,
        default_sample_type: Some("inuse_space".to_owned()),
        comments: vec![what.to_owned()],
        ..builder.profile
    }
}

fn kind(name: &str) -> Result<Kind, Failure> {
    named(name).ok_or_else(|| {
        Failure::usage(format!(
            "--profile {name}: no such profile\n\nhint: there is {}, retained, types",
            names::<Kind>()
        ))
    })
}
