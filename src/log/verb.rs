//! A verb on logs as the registry takes it, made from what it states ([`Reading`]).

use super::args::LogArgs;
use super::reading::{Reading, answer, sum_up};
use crate::answer::{Exit, Stop};
use crate::case::{Files, Kind};
use crate::out::Out;
use crate::verb::{About, Live, OnFiles, Verb};
use std::marker::PhantomData;

/// A verb on logs.
pub struct OnLog<R>(PhantomData<R>);

impl<R: Reading> Verb for OnLog<R> {
    type Args = LogArgs<R::Own>;
    type Body = R::Body;
    const ABOUT: About = R::ABOUT;
}

impl<R: Reading> OnFiles for OnLog<R> {
    const READS: &'static [Kind] = R::READS;

    fn live(files: &Files<'_>, args: &Self::Args) -> Option<Live> {
        let whole = R::is_whole(&args.own) && args.table.asks_nothing();
        let first = R::FIRST.filter(|_| whole && args.log.is_live(files.first()))?;
        Some(Live {
            first,
            flags: args.log.clone(),
            is_ours: R::is_ours,
            sum_up: sum_up::<R>,
        })
    }

    fn answer(files: &Files<'_>, args: &Self::Args, out: &mut Out<'_>) -> Result<Exit, Stop> {
        if let Some(answered) = R::instead(files, args, out) {
            return answered;
        }
        let mut args = args.clone();
        let reading = R::asked(&mut args, out.form())?;
        answer(reading, files, &args.log, &args.table.choice()?, out)
    }
}
