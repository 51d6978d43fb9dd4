//! Decisions as they leave the program: one record for JSON, CSV and the reports made from them.

use dumpview_model::escape::{Analysis, BuildSet, Decision, Flow, Form, Outcome, Place, Step};
use serde::Serialize;

/// A position.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub(super) struct At {
    pub file: String,
    pub line: u32,
    pub column: u32,
}

/// One step of a flow.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(super) enum StepView {
    /// Values go from `source` to `destination`.
    Flow { destination: String, source: String },
    /// The piece of source that makes them go there.
    From {
        expression: String,
        why: String,
        #[serde(flatten)]
        at: At,
    },
    /// The compiler printed no more.
    Truncated,
}

/// What was decided, and in which builds.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub(super) struct OutcomeView {
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<i32>,
    pub builds: Vec<u32>,
    pub lines: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub explanation_only: bool,
}

/// One decision.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub(super) struct DecisionView {
    pub package: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub kind: &'static str,
    pub what: String,
    pub form: Option<&'static str>,
    pub function: Option<String>,
    pub function_trust: Option<&'static str>,
    pub reason: Option<&'static str>,
    pub reason_text: Option<String>,
    pub reasons: Vec<&'static str>,
    pub advice: Option<&'static str>,
    pub varies: bool,
    pub outcomes: Vec<OutcomeView>,
    pub flow: Vec<StepView>,
    pub other_flows: usize,
}

fn at(analysis: &Analysis, place: Place) -> At {
    At {
        file: analysis.text(place.file).into_owned(),
        line: place.line,
        column: place.column,
    }
}

pub(super) fn steps(analysis: &Analysis, flow: &Flow) -> Vec<StepView> {
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
pub(super) fn builds(set: BuildSet) -> Vec<u32> {
    set.iter().collect()
}

fn outcome(analysis: &Analysis, outcome: &Outcome) -> OutcomeView {
    OutcomeView {
        kind: outcome.kind.name(),
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
pub(super) fn function(analysis: &Analysis, decision: &Decision) -> Option<String> {
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

pub(super) fn decision(analysis: &Analysis, decision: &Decision) -> DecisionView {
    let reason = analysis.reason(decision);
    DecisionView {
        package: analysis.text(decision.package).into_owned(),
        file: analysis.text(decision.place.file).into_owned(),
        line: decision.place.line,
        column: decision.place.column,
        kind: decision.kind().name(),
        what: analysis.text(decision.what).into_owned(),
        form: Form::of(analysis, decision).map(Form::name),
        function: function(analysis, decision),
        function_trust: decision.function.map(|(_, trust)| trust.name()),
        reason: reason.as_ref().map(|reason| reason.class.name()),
        reason_text: reason
            .as_ref()
            .map(dumpview_model::escape::Reason::sentence),
        reasons: reason
            .iter()
            .flat_map(|reason| reason.chain.iter().map(|class| class.name()))
            .collect(),
        advice: reason.as_ref().map(|reason| reason.class.advice()),
        varies: decision.varies(),
        outcomes: decision
            .outcomes
            .iter()
            .map(|one| outcome(analysis, one))
            .collect(),
        flow: analysis
            .telling_flow(decision)
            .map(|flow| steps(analysis, flow))
            .unwrap_or_default(),
        other_flows: decision.flows.len().saturating_sub(1),
    }
}
