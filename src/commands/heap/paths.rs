//! `heap paths` and `heap find`: why objects are alive, and which objects fulfil a condition.

use super::{HeapTable, MOST_ROWS, analysed, command, doubt, named, next};
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::{TableFlags, ValueFlags};
use crate::listing::Listing;
use crate::verb::{About, OnCore, Verb, Word};
use clap::Args;
use dumpview_model::heap::{HeapFound, HeapPath};
use dumpview_model::units::{bytes, grouped, plural};
use dumpview_process::heap::Analysis;
use dumpview_process::heap::ask::Of;
use dumpview_view::schema::Rows;
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

/// How `heap paths` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct PathsFlags {
    /// To all objects of a type, as `heap top` names it.
    #[arg(long = "type", value_name = "TYPE")]
    pub ty: Option<String>,

    /// At most so many paths.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,
}

/// Paths to objects.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct PathsBody {
    /// Shortest paths from roots, those that lead to most objects first.
    paths: Vec<HeapPath>,
    /// Objects that were asked for.
    asked: u64,
    /// Those of them that no root reaches: garbage.
    unreached: u64,
    /// Those of them on other paths, each of which leads to few.
    elsewhere: u64,
    #[serde(skip)]
    doubt: Option<String>,
    #[serde(skip)]
    next: Vec<String>,
}

impl Answer for PathsBody {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        if let Some(doubt) = &self.doubt {
            out.line(styled(Role::Warning, doubt))?;
        }
        for path in &self.paths {
            let to = if self.asked == 1 {
                String::new()
            } else {
                format!("  (to {})", grouped(path.count))
            };
            out.line(styled(Role::Heading, format!("{}{to}", path.root.title())))?;
            for step in &path.steps {
                let field = step.field.as_deref().unwrap_or("?");
                let kept = step.retained_bytes.map(bytes).unwrap_or_default();
                let to = match step.count {
                    _ if self.asked == 1 || step.count == path.count => String::new(),
                    1 => "  (one of them)".to_owned(),
                    count => format!("  (to {})", grouped(count)),
                };
                let place = step.place.title();
                out.line(format!("  {field} → {place}  keeps {kept}{to}"))?;
                if step.left_out > 0 {
                    let ty = step.place.ty.as_deref().unwrap_or_default();
                    let more = format!("  … {} more {ty} …", grouped(step.left_out));
                    out.line(styled(Role::Dim, more))?;
                }
            }
        }
        if self.unreached > 0 {
            let line = format!(
                "no root reaches {}: garbage",
                plural(self.unreached, "object")
            );
            out.line(line)?;
        }
        if self.elsewhere > 0 {
            let line = format!("{} on other paths", plural(self.elsewhere, "object"));
            out.line(styled(Role::Dim, line))?;
        }
        next(&self.next, out)
    }
}

fn no_type(analysis: &Analysis<'_, '_>, ty: &str) -> Failure {
    let unknown = more_may_be(analysis.untyped(Of::Live));
    Failure::no_answer(format!(
        "no object is known to be a {ty}{unknown}\n\nhint: dumpview heap top --by type lists what there is"
    ))
}

/// What is said of objects without a known type where some of a type are counted.
fn more_may_be(untyped: u64) -> String {
    match untyped {
        0 => String::new(),
        1 => "; 1 object has no known type and may be one".to_owned(),
        many => format!(
            "; {} objects have no known type, and more may be among them",
            grouped(many)
        ),
    }
}

/// `heap paths`.
pub struct HeapPathsVerb;

impl Verb for HeapPathsVerb {
    type Args = PathsFlags;
    type Body = PathsBody;
    const ABOUT: About = About {
        examples: &[
            "dumpview heap paths core.44457 ./app 0xc000012340",
            "dumpview heap paths core.44457 ./app --type main.Order",
        ],
        ..About::core(
            "heap paths",
            "Why an object, or those of a type, are alive: shortest paths from roots, merged",
            Word::Optional("ADDR", "its address, or an expression whose value is one"),
        )
    };
}

impl OnCore for HeapPathsVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &PathsFlags,
        word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        let nothing = || {
            Failure::usage(
                "paths to what?\n\nhint: dumpview heap paths CORE EXE ADDR, or --type TYPE",
            )
        };
        if word.is_none() && args.ty.is_none() {
            return Err(nothing());
        }
        let analysis = analysed(case)?;
        let targets = match (word, &args.ty) {
            (None, Some(ty)) => analysis.of_type(ty),
            (Some(word), None) => vec![named(analysis, word)?],
            _ => return Err(nothing()),
        };
        if let (true, Some(ty)) = (targets.is_empty(), &args.ty) {
            return Err(no_type(analysis, ty));
        }
        let found = analysis.paths_to(&targets, args.top.max(1));
        Ok(Box::new(PathsBody {
            paths: found.paths,
            asked: found.asked,
            unreached: found.unreached,
            elsewhere: found.elsewhere,
            doubt: doubt(case),
            next: vec![format!("{} ADDR", command(case, "heap object"))],
        }))
    }
}

/// Why there is no such object to choose from.
fn none_of(analysis: &Analysis<'_, '_>, ty: &str, of: Of) -> Failure {
    match (analysis.of_type(ty).len() as u64, of) {
        (0, _) => no_type(analysis, ty),
        (all, Of::Live) => Failure::no_answer(format!(
            "none that lives is known to be a {ty}: {} that nothing reaches{}\n\nhint: --garbage looks for those",
            plural(all, "object"),
            more_may_be(analysis.untyped(of))
        )),
        (all, Of::Garbage) => Failure::no_answer(format!(
            "no garbage is known to be a {ty}: a root reaches {}{}",
            plural(all, "object"),
            more_may_be(analysis.untyped(of))
        )),
    }
}

/// How `heap find` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct FindFlags {
    /// Objects that nothing reaches, in place of those that live.
    #[arg(long)]
    pub garbage: bool,

    /// How many levels of structs, pointers and containers are opened.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub depth: u32,

    /// How many elements of a container, and bytes of a string, are shown.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub max_len: u64,

    /// Rows and columns.
    #[command(flatten)]
    pub table: TableFlags,
}

/// What the document says beside its rows.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct FindBody {
    /// How many objects fulfil the condition.
    count: u64,
    /// How many there are of the type.
    of: u64,
    /// Whether they are objects that nothing reaches.
    garbage: bool,
    /// How many of those that fulfil it are not among the rows, which end at a million.
    not_listed: u64,
    /// How many rows have no value because the values before them used up what one answer may cost.
    values_not_read: u64,
    /// Objects of which the condition could not be told: a nil pointer on the way, memory that is not there.
    undecided: u64,
    /// Objects that live, or are garbage, as asked, and whose type is not known: more of the type may be among them.
    untyped: u64,
}

/// `heap find`.
pub struct HeapFindVerb;

impl Verb for HeapFindVerb {
    type Args = FindFlags;
    type Body = Rows<HeapFound, FindBody>;
    const ABOUT: About = About {
        examples: &[
            "dumpview heap find core.44457 ./app main.Order",
            "dumpview heap find core.44457 ./app main.Order 'ID == 17 && len(Items) > 3'",
        ],
        notes: "In EXPR the object's fields are names, and `it` is the object itself; else it is what `print` takes.",
        ..About::core(
            "heap find",
            "Objects of a type that fulfil a condition, with their values",
            Word::Several(
                "TYPE [EXPR]",
                "the type, as heap top names it, and a condition",
            ),
        )
    };
}

impl OnCore for HeapFindVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &FindFlags,
        word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        args.table.choice::<HeapFound>()?;
        let word = word.ok_or_else(|| {
            Failure::usage("find what?\n\nhint: dumpview heap find CORE EXE TYPE ['CONDITION']")
        })?;
        let analysis = analysed(case)?;
        let condition = analysis.condition(word);
        let values = ValueFlags {
            depth: args.depth,
            max_len: args.max_len,
        };
        analysis.check(&condition).map_err(Failure::usage)?;
        let of = if args.garbage { Of::Garbage } else { Of::Live };
        let found = analysis.find(&condition, of);
        if found.of == 0 {
            return Err(none_of(analysis, &condition.ty, of));
        }
        if found.count == 0 {
            let why = found.why.map_or(String::new(), |why| format!(": {why}"));
            return Err(Failure::no_answer(format!(
                "none of {} fulfils the condition{why}",
                plural(found.of, "object")
            )));
        }
        let mut head: Vec<String> = doubt(case).into_iter().collect();
        let mut line = format!("{} of {}", grouped(found.count), plural(found.of, "object"));
        if args.garbage {
            line.push_str(" that nothing reaches");
        }
        let untyped = analysis.untyped(of);
        line.push_str(&more_may_be(untyped));
        if found.undecided > 0 {
            line = format!("{line}; of {} it cannot be told", grouped(found.undecided));
        }
        head.push(line);
        // Values are read of the rows that are wanted, unless the value decides which are.
        let listed = found.objects.len() as u64;
        let mut rows = found.objects;
        let sort = args.table.sort.as_deref().unwrap_or_default();
        let by_value = sort.trim_start_matches('-') == "value";
        if args.table.filter.is_none() && !by_value {
            rows = args.table.choice::<HeapFound>()?.choose(rows);
        }
        let values_not_read = analysis.read_values(&mut rows, values.into());
        let not_listed = found.count - listed;
        if not_listed > 0 {
            head.push(format!(
                "only the first {} are listed: a condition chooses",
                grouped(listed)
            ));
        }
        if values_not_read > 0 {
            head.push(format!(
                "the values of {} are not read: what one answer may cost ends before them; --top, --depth or a condition make it less",
                grouped(values_not_read)
            ));
        }
        Ok(Box::new(HeapTable {
            about: FindBody {
                count: found.count,
                of: found.of,
                garbage: args.garbage,
                not_listed,
                values_not_read,
                undecided: found.undecided,
                untyped,
            },
            listing: Listing::new(rows, &args.table)?.for_people(MOST_ROWS),
            head,
            next: vec![format!("{} ADDR", command(case, "heap object"))],
        }))
    }
}
