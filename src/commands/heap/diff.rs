//! `heap diff`: two moments of a process.

use super::{HeapTable, MOST_ROWS, analysed, command, next};
use crate::answer::{Answer, Exit, Failure};
use crate::case::core::{Case, Cursor, with_case};
use crate::flags::TableFlags;
use crate::listing::Listing;
use crate::verb::{About, Inputs, OnCore, Verb, Word};
use crate::words::quoted;
use clap::{Args, ValueEnum};
use dumpview_model::heap::{Amount, HeapChange, HeapFates, HeapGrowth};
use dumpview_model::units::{bytes, grouped, plural};
use dumpview_process::heap::ask::{GroupBy, TotalBy};
use dumpview_process::heap::diff::{Diff, Kin, diff};
use dumpview_view::schema::Rows;
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What objects are put together by.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "heap-diff-by")]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// What they are.
    #[default]
    Type,
    /// The package of their type.
    Package,
    /// The root without which they would go.
    Root,
    /// The package variable without which they would go.
    Variable,
    /// The goroutine without which they would go.
    Goroutine,
    /// The size class of their slot, in bytes.
    SizeClass,
}

impl By {
    const fn group(self) -> GroupBy {
        match self {
            Self::Type => GroupBy::Objects(TotalBy::Type),
            Self::Package => GroupBy::Objects(TotalBy::Package),
            Self::SizeClass => GroupBy::Objects(TotalBy::SizeClass),
            Self::Root => GroupBy::Root,
            Self::Variable => GroupBy::Variable,
            Self::Goroutine => GroupBy::Goroutine,
        }
    }
}

/// How `heap diff` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct DiffFlags {
    /// What objects are put together by.
    #[arg(long, value_name = "WHAT", default_value = "type")]
    pub by: By,

    /// The executable of OLD, when it is another one.
    #[arg(long, value_name = "EXE")]
    pub old_exe: Option<PathBuf>,

    /// Rows and columns.
    #[command(flatten)]
    pub table: TableFlags,
}

/// What the document says beside its rows.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct DiffBody {
    /// The input that is compared with, the older one.
    old: String,
    /// Whether both are of one process.
    same_process: bool,
    /// How that is known, or why not.
    same_process_by: String,
    /// What objects are put together by; of different processes always by type.
    by: By,
    /// What lived at the first moment.
    old_live: Amount,
    /// What lives at the second.
    new_live: Amount,
    /// What became of it: `born`, `died`, `survived`, and `untold` where that cannot be told. Absent of different processes.
    #[serde(flatten)]
    fates: Option<HeapFates>,
    /// Of what cannot be told, what has the very bytes that stood there before.
    unchanged: Amount,
    /// Who keeps what was born, of the types that grew most.
    kept_by: Vec<HeapGrowth>,
    /// What the heap of the older input lacks.
    old_incomplete: Vec<String>,
}

/// `heap diff`.
pub struct HeapDiffVerb;

impl Verb for HeapDiffVerb {
    type Args = DiffFlags;
    type Body = Rows<HeapChange, DiffBody>;
    const ABOUT: About = About {
        inputs: Inputs::TwoMoments,
        examples: &[
            "dumpview heap diff core.before core.after ./app",
            "dumpview heap diff first.dump second.dump ./app --by root",
            "dumpview heap diff core.before core.after ./app --filter 'born>1000' --csv",
        ],
        notes: "Two cores, or two heap dumps, of one process: gcore writes a core of a process that goes on. Objects do not move, so each is\n\
                told by its slot, and by what the allocator says of it: `survived` and `born` are shown by that. Where a slot was used at\n\
                both moments and two or more collections passed between, it is `untold`, unless other evidence tells.\n\
                Two processes, or two builds, are compared by type only.",
        ..About::core(
            "heap diff",
            "Two moments of a process: what was born, died and survived, and who keeps what grew",
            Word::None,
        )
    };
}

impl OnCore for HeapDiffVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &DiffFlags,
        word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        args.table.choice::<HeapChange>()?;
        let Some(old) = word.map(Path::new) else {
            return Err(Failure::usage(
                "compare with what?\n\nhint: dumpview heap diff OLD NEW [EXE]",
            ));
        };
        let compare = |before: &Case<'_>| {
            let found = diff(analysed(before)?, analysed(case)?, args.by.group());
            let found = found.map_err(|error| wrong_order(&error, old, case))?;
            Ok(Answered {
                table: table(case, old, found, lacks(before), args)?,
                is_damaged: before.is_damaged(),
            })
        };
        let exe = args.old_exe.as_deref();
        let exe = exe.or(case.executable_path.as_deref());
        // Of another build the executable is looked for where the older input says.
        let answered = with_case(old, exe, case.common, |before| {
            let is_other = before.process.executable.is_none() && args.old_exe.is_none();
            (!is_other).then(|| compare(before)).transpose()
        })?;
        let answered = match answered {
            Some(answered) => answered,
            None => with_case(old, None, case.common, compare)?,
        };
        Ok(Box::new(answered))
    }
}

/// What the heap of an input lacks.
pub fn lacks(case: &Case<'_>) -> Vec<String> {
    let lacks = case.incomplete().into_iter();
    lacks
        .map(|lacks| format!("{}: {}", lacks.what, lacks.why))
        .collect()
}

/// The inputs were given the wrong way round.
pub fn wrong_order(error: &dyn std::fmt::Display, old: &Path, case: &Case<'_>) -> Failure {
    let (old, new) = (
        old.display().to_string(),
        case.core_path.display().to_string(),
    );
    let exe = case.executable_path.as_ref();
    let exe = exe.map_or(String::new(), |exe| {
        format!(" {}", quoted(&exe.display().to_string()))
    });
    Failure::usage(format!(
        "{old} is the younger one: {error}\n\nhint: dumpview heap diff {} {}{exe}",
        quoted(&new),
        quoted(&old)
    ))
}

fn table(
    case: &Case<'_>,
    old: &Path,
    found: Diff,
    old_incomplete: Vec<String>,
    args: &DiffFlags,
) -> Result<HeapTable<HeapChange, DiffBody>, Failure> {
    let head = head(&found, old, &old_incomplete);
    let (same_process, same_process_by) = match found.kin {
        Kin::Same(how) => (true, how.to_owned()),
        Kin::Other(why) => (false, why),
    };
    let about = DiffBody {
        old: old.display().to_string(),
        same_process,
        same_process_by,
        by: if same_process { args.by } else { By::Type },
        old_live: found.old,
        new_live: found.new,
        fates: found.fates,
        unchanged: found.unchanged,
        kept_by: found.growth,
        old_incomplete,
    };
    Ok(HeapTable {
        head,
        about,
        listing: Listing::new(found.rows, &args.table)?.for_people(MOST_ROWS),
        next: vec![
            format!(
                "{} --type TYPE  who keeps them",
                command(case, "heap paths")
            ),
            on_screen(case, old),
        ],
    })
}

/// How to see the same on screen.
fn on_screen(case: &Case<'_>, old: &Path) -> String {
    let exe = case.executable_path.as_ref();
    let files = [
        Some(old),
        Some(case.core_path.as_path()),
        exe.map(PathBuf::as_path),
    ];
    let files: Vec<String> = files
        .into_iter()
        .flatten()
        .map(|path| quoted(&path.display().to_string()))
        .collect();
    format!("dumpview {}  the same on screen", files.join(" "))
}

/// What people read above the rows.
pub fn head(found: &Diff, old: &Path, old_lacks: &[String]) -> Vec<String> {
    let amount = |amount: Amount| {
        format!(
            "{}, {}",
            plural(amount.objects, "object"),
            bytes(amount.bytes)
        )
    };
    let mut head = Vec::new();
    if let Kin::Other(why) = &found.kin {
        head.push(format!("not one process: {why}; compared by type only"));
    }
    for why in old_lacks {
        head.push(format!("{}: {why}", old.display()));
    }
    head.push(format!(
        "live: {}, then {}",
        amount(found.old),
        amount(found.new)
    ));
    if let Some(fates) = &found.fates {
        head.push(format!(
            "born {}; died {}; survived {}",
            amount(fates.born),
            amount(fates.died),
            amount(fates.survived)
        ));
        if fates.untold.objects > 0 {
            head.push(format!(
                "cannot be told, several collections passed: {}; unchanged are {} of them",
                amount(fates.untold),
                grouped(found.unchanged.objects)
            ));
        }
    }
    head
}

/// The table, and below it who keeps what grew.
struct Answered {
    table: HeapTable<HeapChange, DiffBody>,
    is_damaged: bool,
}

impl Serialize for Answered {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.table.serialize(serializer)
    }
}

impl Answer for Answered {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        for line in &self.table.head {
            out.line(line.as_str())?;
        }
        self.table.listing.text(out)?;
        for growth in &self.table.about.kept_by {
            keepers(growth, out)?;
        }
        next(&self.table.next, out)
    }

    fn csv(&self, out: &mut dyn Write) -> Option<io::Result<()>> {
        self.table.csv(out)
    }

    fn exit(&self) -> Option<Exit> {
        self.is_damaged.then_some(Exit::Damaged)
    }
}

/// Roots that keep less than this part of it are left out.
const SMALL: u64 = 50;

/// Who keeps most of what was born of a type.
pub fn kept_by(growth: &HeapGrowth) -> Option<String> {
    let keeper = growth.keepers.first()?;
    let (all, kept) = (grouped(growth.born.objects), keeper.kept.objects);
    let are = if kept == 1 { "is" } else { "are" };
    let kept = grouped(kept);
    let of = format!("of {all} new {}, {kept} {are} kept by", growth.ty);
    Some(format!(
        "{of} {} ({})",
        keeper.root,
        bytes(keeper.kept.bytes)
    ))
}

fn keepers(growth: &HeapGrowth, out: &mut Text<'_>) -> io::Result<()> {
    let all = growth.born.objects;
    for (at, keeper) in growth.keepers.iter().enumerate() {
        let kept = keeper.kept.objects;
        if at > 0 && kept < all / SMALL {
            continue;
        }
        let line = kept_by(growth).filter(|_| at == 0).unwrap_or_else(|| {
            let kept = format!("{} by {}", grouped(kept), keeper.root);
            format!("  {kept} ({})", bytes(keeper.kept.bytes))
        });
        out.line(styled(
            if at == 0 { Role::Heading } else { Role::Plain },
            line,
        ))?;
        let Some(path) = keeper.path.as_ref().filter(|_| at == 0) else {
            continue;
        };
        for step in &path.steps {
            let field = step.field.as_deref().unwrap_or("?");
            let ty = step.place.ty.as_deref().unwrap_or(&step.place.name);
            out.line(styled(Role::Dim, format!("    {field} → {ty}")))?;
            if step.left_out > 0 {
                let more = format!("    … {} more …", grouped(step.left_out));
                out.line(styled(Role::Dim, more))?;
            }
        }
    }
    Ok(())
}
