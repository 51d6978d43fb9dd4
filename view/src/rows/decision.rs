//! A decision of the compiler as it leaves the program: one record for JSON, CSV and the reports made from it.

use crate::column::{Cell, Column, Object, Row, text, tree};
use crate::columns;
use crate::filter::Filter;
use crate::schema::Documented;
use dumpview_model::escape::{
    Analysis, BuildSet, Decision, Flow, Form, Outcome, Place, Select, Step,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// A position.
#[derive(Serialize, Clone, PartialEq, Eq, Debug, JsonSchema)]
pub struct At {
    /// The file, as the compiler wrote it.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
    /// Its column, in bytes from 1.
    pub column: u32,
}

/// One step of a flow.
#[derive(Serialize, Clone, PartialEq, Eq, Debug, JsonSchema)]
#[schemars(rename = "flow-step")]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum StepView {
    /// Values go from `source` to `destination`.
    Flow {
        /// To where.
        destination: String,
        /// From where.
        source: String,
    },
    /// The piece of source that makes them go there.
    From {
        /// The expression.
        expression: String,
        /// What it does.
        why: String,
        /// Where it stands.
        #[serde(flatten)]
        at: At,
    },
    /// The compiler printed no more.
    Truncated,
}

/// What was decided, and in which builds.
#[derive(Serialize, Clone, PartialEq, Eq, Debug, JsonSchema)]
#[schemars(rename = "outcome")]
pub struct OutcomeView {
    /// What was decided, as `kind` of the decision.
    pub kind: &'static str,
    /// The result that a parameter leaks to; absent when it leaks to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Its level of indirection; absent without `result`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<i32>,
    /// Numbers of the builds, as in `summary.builds`.
    pub builds: Vec<u32>,
    /// How often it was printed.
    pub lines: u32,
    /// True when only an explanation was printed; absent when not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub explanation_only: bool,
}

/// One decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecisionRow {
    /// Empty when no header named it.
    pub package: String,
    /// Where.
    pub file: String,
    /// Where, from 1.
    pub line: u32,
    /// Where, in bytes from 1.
    pub column: u32,
    /// The costliest outcome of any build.
    pub kind: &'static str,
    /// It is on the heap.
    pub heap: bool,
    /// The variable, parameter or expression.
    pub what: String,
    /// What sort of thing that is, where its text tells.
    pub form: Option<&'static str>,
    /// `package.function`.
    pub function: Option<String>,
    /// How that is known.
    pub function_trust: Option<&'static str>,
    /// Class of the reason.
    pub reason: Option<&'static str>,
    /// The reason in a sentence.
    pub reason_text: Option<String>,
    /// All classes of the flow.
    pub reasons: Vec<&'static str>,
    /// What usually helps.
    pub advice: Option<&'static str>,
    /// Builds disagree.
    pub varies: bool,
    /// What was decided, and in which builds.
    pub outcomes: Vec<OutcomeView>,
    /// The explanation that the reason is read from.
    pub flow: Vec<StepView>,
    /// Further explanations.
    pub other_flows: usize,
}

fn at(analysis: &Analysis, place: Place) -> At {
    At {
        file: analysis.text(place.file).into_owned(),
        line: place.line,
        column: place.column,
    }
}

/// The steps of a flow.
pub fn steps(analysis: &Analysis, flow: &Flow) -> Vec<StepView> {
    analysis
        .steps(flow)
        .map(|step| match step {
            Step::Flow {
                destination,
                source,
            } => StepView::Flow {
                destination: analysis.text(destination).into_owned(),
                source: analysis.text(source).into_owned(),
            },
            Step::From {
                expression,
                why,
                place,
            } => StepView::From {
                expression: analysis.text(expression).into_owned(),
                why: analysis.text(why).into_owned(),
                at: at(analysis, place),
            },
            Step::Truncated => StepView::Truncated,
        })
        .collect()
}

/// Build numbers of a set.
pub fn builds(set: BuildSet) -> Vec<u32> {
    set.iter().collect()
}

fn outcome(analysis: &Analysis, outcome: &Outcome) -> OutcomeView {
    OutcomeView {
        kind: outcome.kind.as_str(),
        result: outcome
            .to_result
            .map(|(result, _)| analysis.text(result).into_owned()),
        level: outcome.to_result.map(|(_, level)| level),
        builds: builds(outcome.builds),
        lines: outcome.count,
        explanation_only: outcome.explanation_only,
    }
}

/// `package.function`, as profiles and budgets name it.
pub fn function(analysis: &Analysis, decision: &Decision) -> Option<String> {
    decision.function.map(|(name, _)| {
        let package = analysis.text(decision.package);
        let name = analysis.text(name);
        if package.is_empty() {
            name.into_owned()
        } else {
            format!("{package}.{name}")
        }
    })
}

/// Those decisions that meet a filter; all without one.
pub fn select(filter: Option<Filter<DecisionRow>>) -> Select {
    let Some(filter) = filter else {
        return Select::default();
    };
    let any_kind = filter.asks_for(&["kind", "heap", "varies"]);
    let holds = move |analysis: &Analysis, decision: &Decision| {
        filter.holds(&without_flow(analysis, decision))
    };
    Select::by(holds, any_kind)
}

/// A decision as a record.
pub fn decision(analysis: &Analysis, decision: &Decision) -> DecisionRow {
    DecisionRow {
        flow: analysis
            .telling_flow(decision)
            .map(|flow| steps(analysis, flow))
            .unwrap_or_default(),
        ..without_flow(analysis, decision)
    }
}

/// All of the record but its flow, which is long and about which no condition asks.
fn without_flow(analysis: &Analysis, decision: &Decision) -> DecisionRow {
    let reason = analysis.reason(decision);
    DecisionRow {
        package: analysis.text(decision.package).into_owned(),
        file: analysis.text(decision.place.file).into_owned(),
        line: decision.place.line,
        column: decision.place.column,
        kind: decision.kind().as_str(),
        heap: decision.kind().is_heap(),
        what: analysis.text(decision.what).into_owned(),
        form: Form::of(analysis, decision).map(Form::name),
        function: function(analysis, decision),
        function_trust: decision.function.map(|(_, trust)| trust.name()),
        reason: reason.as_ref().map(|reason| reason.class.as_str()),
        reason_text: reason
            .as_ref()
            .map(dumpview_model::escape::Reason::sentence),
        reasons: reason
            .iter()
            .flat_map(|reason| reason.chain.iter().map(|class| class.as_str()))
            .collect(),
        advice: reason.as_ref().map(|reason| reason.class.advice()),
        varies: decision.varies(),
        outcomes: decision
            .outcomes
            .iter()
            .map(|one| outcome(analysis, one))
            .collect(),
        flow: Vec::new(),
        other_flows: decision.flows.len().saturating_sub(1),
    }
}

impl DecisionRow {
    /// The builds that said it.
    fn builds(&self) -> Cell<'_> {
        let mut builds: Vec<u32> = self
            .outcomes
            .iter()
            .flat_map(|outcome| outcome.builds.iter().copied())
            .collect();
        builds.sort_unstable();
        builds.dedup();
        let builds = builds.into_iter().map(|build| Cell::Count(build.into()));
        Cell::List(builds.collect())
    }

    /// How many lines said it.
    fn lines(&self) -> u64 {
        self.outcomes
            .iter()
            .map(|outcome| u64::from(outcome.lines))
            .sum()
    }
}

fn word<'r>(word: Option<&'static str>) -> Cell<'r> {
    word.map_or(Cell::Null, Cell::Word)
}

impl Serialize for DecisionRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Object(self).serialize(serializer)
    }
}

impl JsonSchema for DecisionRow {
    fn schema_name() -> Cow<'static, str> {
        Object::<'static, Self>::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Object::<'static, Self>::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Object::<'static, Self>::json_schema(generator)
    }
}

impl Documented for DecisionRow {
    const ALL: &'static str = "Decisions by package, file, line, column.";
    const ABOUT: &'static str = "A decision of the compiler. Paths, expressions and functions are as the compiler prints them; a line or column of 0 was not printed.";
}

impl Row for DecisionRow {
    const KEY: &'static str = "decisions";
    const ONE: &'static str = "decision";
    const COLUMNS: &'static [Column<Self>] = columns! {
        package: "package" Text, |d| Cell::Text(Cow::Borrowed(&d.package)), "empty when no header named it";
        file: "file" Text, |d| Cell::Text(Cow::Borrowed(&d.file)), "where";
        line: "line" Id, |d| Cell::Count(u64::from(d.line)), "where, from 1";
        column: Id, |d| Cell::Count(u64::from(d.column)), "where, in bytes from 1";
        kind: "kind" Text, |d| Cell::Word(d.kind), "the costliest outcome of any build: `escapes_to_heap`, `moved_to_heap`, `leaking_param`, `leaking_param_content`, `leaking_param_to_result`, `leaking_closure_reference`, `does_not_escape`";
        heap: Flag, |d| Cell::Flag(d.heap), "whether it is on the heap in some build";
        what: "what" Text, |d| Cell::Text(Cow::Borrowed(&d.what)), "the variable, parameter or expression";
        form: Text.or_null(), |d| word(d.form), "`variable`, `parameter`, `object`, `slice`, `map`, `channel`, `closure`, `variadic_slice`, `append`, `string`, `boxed_value`, `boxed_constant`, `selector`; null where the text is a name that may be any of these";
        function: "function" Text.or_null(), |d| text(d.function.as_deref()), "`package.function`; null when it is not known";
        function_trust: Text.or_null(), |d| word(d.function_trust), "`named` (by the compiler), `source` (its source was read), `nearest` (declared last above it)";
        reason: "reason" Text.or_null(), |d| word(d.reason), "class of the reason; null for what does not escape";
        reason_text: Text.or_null(), |d| text(d.reason_text.as_deref()), "the reason in a sentence; null for what does not escape";
        reasons: Text.of::<Vec<String>>(), |d| Cell::List(d.reasons.iter().map(|word| Cell::Word(word)).collect()), "all classes of the flow; empty for what does not escape";
        advice: Text.or_null(), |d| word(d.advice), "what usually helps; null for what does not escape";
        varies: Flag, |d| Cell::Flag(d.varies), "whether builds disagree";
        builds: Id.of::<Vec<u32>>(), DecisionRow::builds, "the builds that printed it, as in `summary.builds`";
        lines: Count, |d| Cell::Count(d.lines()), "how many lines said it";
        outcomes: Tree.of::<Vec<OutcomeView>>(), |d| tree(&d.outcomes, ""), "what was decided, and in which builds";
        flow: Tree.of::<Vec<StepView>>(), |d| tree(&d.flow, ""), "the explanation that `reason` is read from; empty when none was printed";
        other_flows: Count, |d| Cell::Count(d.other_flows as u64), "how many other explanations there are";
    };
}
