//! `heap object`, `heap refs` and `heap set`: one object, its references, what several places keep together.

use super::{HeapTable, MOST_ROWS, Nothing, analysed, command, doubt, named, next};
use crate::answer::{Answer, Failure};
use crate::case::core::{Case, Cursor};
use crate::flags::{NoFlags, TableFlags, ValueFlags};
use crate::listing::Listing;
use crate::verb::{About, OnCore, Verb, Word};
use clap::Args;
use dumpview_model::heap::{HeapPlace, HeapReference};
use dumpview_model::units::{bytes, plural};
use dumpview_model::value::text::Style;
use dumpview_process::heap::ask::ObjectFacts;
use dumpview_view::schema::Rows;
use dumpview_view::{Role, Text, styled};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;

/// How `heap object` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct ObjectFlags {
    /// Value limits.
    #[command(flatten)]
    pub values: ValueFlags,
}

/// One object.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ObjectBody {
    /// All that is known of it.
    #[serde(flatten)]
    facts: ObjectFacts,
    #[serde(skip)]
    doubt: Option<String>,
    #[serde(skip)]
    next: Vec<String>,
}

impl Answer for ObjectBody {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        let facts = &self.facts;
        let ty = facts
            .ty
            .as_deref()
            .unwrap_or(dumpview_model::heap::UNKNOWN_TYPE);
        let inside = match facts.offset {
            0 => String::new(),
            at => format!(" (asked for byte {at} of it)"),
        };
        out.line(styled(
            Role::Heading,
            format!("{} {ty}{inside}", facts.addr),
        ))?;
        if let Some(doubt) = &self.doubt {
            out.line(styled(Role::Warning, doubt))?;
        }
        out.line(match facts.retained_bytes {
            Some(kept) => format!(
                "keeps      {}, {} of its own",
                bytes(kept),
                bytes(facts.bytes)
            ),
            None => format!("garbage    {}; nothing reaches it", bytes(facts.bytes)),
        })?;
        let class = match facts.size_class {
            0 => "large".to_owned(),
            class => format!("size class {class}"),
        };
        let scan = if facts.noscan { ", noscan" } else { "" };
        out.line(format!(
            "slot       {class}{scan}, span {} {}",
            facts.span, facts.sweep
        ))?;
        let refers = plural(facts.references, "place");
        let referred = plural(facts.referrers, "place");
        out.line(format!("refers to  {refers}; referred to by {referred}"))?;
        if !facts.specials.is_empty() {
            out.line(format!("has        {}", facts.specials.join(", ")))?;
        }
        for (index, place) in facts.dominators.iter().enumerate() {
            let before = if index == 0 {
                "kept by    "
            } else {
                "           "
            };
            out.line(format!("{before}{}", place.title()))?;
        }
        if facts.dominators.is_empty() && facts.reachable {
            out.line("kept by    several roots, none of them alone")?;
        }
        if let Some(site) = &facts.site {
            for (index, frame) in site.frames.iter().enumerate() {
                let before = if index == 0 {
                    "allocated  "
                } else {
                    "           "
                };
                out.line(format!(
                    "{before}{} {}:{}",
                    frame.function, frame.file, frame.line
                ))?;
            }
        }
        if let Some(value) = &facts.value {
            out.blank()?;
            out.block("", &Style::default().block(value))?;
        }
        next(&self.next, out)
    }
}

/// The object that a word means, and how far into it the word leads. A root means the one object it refers to.
fn object(case: &Case<'_>, word: Option<&str>) -> Result<(u32, u64), Failure> {
    let analysis = analysed(case)?;
    let word = word.unwrap_or_default();
    let node = named(analysis, word)?;
    let graph = &analysis.heap.graph;
    if !graph.is_object(node) {
        let targets: BTreeSet<u32> = graph.out(node).iter().copied().collect();
        let mut objects = targets
            .into_iter()
            .filter(|target| graph.is_object(*target));
        return match (objects.next(), objects.count()) {
            (Some(only), 0) => Ok((only, 0)),
            (Some(_), more) => Err(Failure::no_answer(format!(
                "{word}: a root that refers to {}: which of them?\n\nhint: {} '{word}'",
                plural(more as u64 + 1, "object"),
                command(case, "heap refs"),
            ))),
            (None, _) => Err(Failure::no_answer(format!(
                "{word}: a root that refers to no object of the heap"
            ))),
        };
    }
    let first = word.split_whitespace().next().unwrap_or_default();
    let asked = crate::commands::x::parse_addr(first);
    let offset = asked.and_then(|asked| asked.since(analysis.object_addr(node)));
    Ok((node, offset.unwrap_or(0)))
}

/// The word of verbs about an object.
const ADDR: Word = Word::Required(
    "ADDR",
    "its address, interior ones too, an expression whose value is one, or a variable that refers to one",
);

/// `heap object`.
pub struct HeapObjectVerb;

impl Verb for HeapObjectVerb {
    type Args = ObjectFlags;
    type Body = ObjectBody;
    const ABOUT: About = About {
        examples: &["dumpview heap object core.44457 ./app 0xc000012340"],
        ..About::core(
            "heap object",
            "One object: value, size, who keeps it, what it keeps, where it was allocated when that was sampled",
            ADDR,
        )
    };
}

impl OnCore for HeapObjectVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &ObjectFlags,
        word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        let (node, offset) = object(case, word)?;
        let facts = analysed(case)?.object(node, offset, args.values.into());
        let facts = facts.ok_or_else(|| Failure::no_answer("the object is in no span"))?;
        let next = vec![
            format!("{} {}", command(case, "heap paths"), facts.addr),
            format!("{} {}", command(case, "heap refs"), facts.addr),
        ];
        Ok(Box::new(ObjectBody {
            facts,
            doubt: doubt(case),
            next,
        }))
    }
}

/// `heap refs`.
pub struct HeapRefsVerb;

impl Verb for HeapRefsVerb {
    type Args = TableFlags;
    type Body = Rows<HeapReference>;
    const ABOUT: About = About {
        examples: &["dumpview heap refs core.44457 ./app 0xc000012340 --filter 'direction=in'"],
        ..About::core(
            "heap refs",
            "What refers to an object, and to what it refers, with the fields",
            Word::Required(
                "ADDR|ROOT",
                "an address, a package variable, `goroutine 7`, an expression",
            ),
        )
    };
}

impl OnCore for HeapRefsVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        args: &TableFlags,
        word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        args.choice::<HeapReference>()?;
        let analysis = analysed(case)?;
        let node = named(analysis, word.unwrap_or_default())?;
        Ok(Box::new(HeapTable {
            about: Nothing {},
            listing: Listing::new(analysis.references(node, usize::MAX), args)?
                .for_people(MOST_ROWS),
            head: doubt(case).into_iter().collect(),
            next: Vec::new(),
        }))
    }
}

/// What several places keep together.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "heap-set")]
pub struct SetBody {
    /// The places.
    places: Vec<HeapPlace>,
    /// Objects that would go.
    objects: u64,
    /// Bytes that would go if all of them were cut.
    retained_bytes: u64,
}

impl Answer for SetBody {
    fn text(&self, out: &mut Text<'_>) -> io::Result<()> {
        for place in &self.places {
            out.line(place.title())?;
        }
        let objects = plural(self.objects, "object");
        out.line(format!(
            "together keep {}: {objects}",
            bytes(self.retained_bytes)
        ))
    }
}

/// `heap set`.
pub struct HeapSetVerb;

impl Verb for HeapSetVerb {
    type Args = NoFlags;
    type Body = SetBody;
    const ABOUT: About = About {
        examples: &["dumpview heap set core.44457 ./app 'main.cache, goroutine 7'"],
        ..About::core(
            "heap set",
            "What several places keep together: what would go if all of them were cut",
            Word::Several(
                "PLACES",
                "addresses, package variables, goroutines, expressions, with commas between",
            ),
        )
    };
}

impl OnCore for HeapSetVerb {
    const ON_HEAP_DUMP: bool = true;

    fn ask(
        case: &Case<'_>,
        _args: &NoFlags,
        word: Option<&str>,
        _cursor: &mut Cursor,
    ) -> Result<Box<dyn Answer>, Failure> {
        let analysis = analysed(case)?;
        let mut nodes = Vec::new();
        for word in apart(word.unwrap_or_default()) {
            nodes.push(named(analysis, word)?);
        }
        if nodes.is_empty() {
            return Err(Failure::usage(
                "heap set: no places named\n\nhint: dumpview heap set CORE EXE 'main.cache, goroutine 7'",
            ));
        }
        let kept = analysis.kept_by(&nodes);
        Ok(Box::new(SetBody {
            places: nodes.iter().map(|node| analysis.place(*node)).collect(),
            objects: kept.objects,
            retained_bytes: kept.bytes,
        }))
    }
}

/// The parts of a list between the commas that stand in no brackets.
fn apart(text: &str) -> Vec<&str> {
    let mut depth = 0i32;
    let parts = text.split(|c| {
        depth += match c {
            '(' | '[' | '{' => 1,
            ')' | ']' | '}' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    });
    parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}
