//! Two moments of a process: the screens are of the younger one, beside which the older one is open.

use super::analysed;
use crate::answer::Failure;
use crate::browse::Open;
use crate::case::core::Case;
use crate::commands::heap::diff;
use crate::flags::Common;
use dumpview_process::heap::ask::{GroupBy, TotalBy};
use dumpview_process::heap::diff::Comparison;
use dumpview_tui::data::heap::{Changes, TotalsBy};
use dumpview_view::job::Job;
use dumpview_view::line::{Line, Role};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The older moment.
pub struct Before {
    path: PathBuf,
    executable: Option<PathBuf>,
    common: Common,
    case: OnceLock<Open>,
    compared: OnceLock<Comparison<'static, 'static, 'static>>,
}

impl Before {
    /// What is to be compared with; it is opened at the first question.
    pub fn new(path: &Path, executable: Option<&Path>, common: &Common) -> Self {
        Self {
            path: path.to_owned(),
            executable: executable.map(Path::to_owned),
            common: common.clone(),
            case: OnceLock::new(),
            compared: OnceLock::new(),
        }
    }

    fn case(&self) -> Result<Open, Failure> {
        if let Some(case) = self.case.get() {
            return Ok(case);
        }
        let mut case: Open = Case::open(&self.path, self.executable.as_deref(), &self.common)?;
        if case.process.executable.is_none() && self.executable.is_some() {
            // It is of another build, which may be where the input says.
            case = Case::open(&self.path, None, &self.common)?;
        }
        Ok(self.case.get_or_init(|| case))
    }

    /// Both moments, object by object.
    ///
    /// # Errors
    ///
    /// When one of them has no heap, they are the wrong way round, or the job was stopped.
    pub fn compared(
        &self,
        new: Open,
        job: &Job,
    ) -> Result<&Comparison<'static, 'static, 'static>, Failure> {
        if let Some(known) = self.compared.get() {
            return Ok(known);
        }
        let old = analysed(self.case()?, job)?;
        let compared = Comparison::of(old, analysed(new, job)?)
            .map_err(|error| diff::wrong_order(&error, &self.path, new))?;
        Ok(self.compared.get_or_init(|| compared))
    }
}

/// What differs.
///
/// # Errors
///
/// As [`Before::compared`].
pub fn changes(before: &Before, new: Open, by: TotalsBy, job: &Job) -> Result<Changes, Failure> {
    let found = before.compared(new, job)?.by(match by {
        TotalsBy::Type => GroupBy::Objects(TotalBy::Type),
        TotalsBy::Package => GroupBy::Objects(TotalBy::Package),
        TotalsBy::SizeClass => GroupBy::Objects(TotalBy::SizeClass),
        TotalsBy::Root | TotalsBy::Label => GroupBy::Root,
        TotalsBy::Variable => GroupBy::Variable,
        TotalsBy::Goroutine => GroupBy::Goroutine,
    });
    let lacks = diff::lacks(before.case()?);
    let mut head: Vec<Line> = diff::head(&found, &before.path, &lacks)
        .into_iter()
        .map(Line::plain)
        .collect();
    let told = found.growth.iter().filter_map(diff::kept_by);
    head.extend(told.take(TOLD).map(|line| Line::new(Role::Heading, line)));
    Ok(Changes {
        head,
        rows: found.rows.into(),
        growth: found.growth.into(),
    })
}

/// Types of which the screen says above the table who keeps what was born.
const TOLD: usize = 3;
