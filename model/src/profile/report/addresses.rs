//! What addresses cost, to be printed beside the instructions that stand there (internal/report/report.go:PrintAssembly).

use super::Report;
use crate::profile::graph::mean;

/// What an address cost.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AddressCost {
    /// Where it is in the process.
    pub address: u64,
    /// The index of the mapping that it is in.
    pub mapping: Option<u32>,
    /// The function that the profile names there.
    pub function: String,
    /// Its file.
    pub file: String,
    /// The line.
    pub line: i64,
    /// What it cost itself.
    pub flat: i64,
    /// What that is divided by, where means are shown.
    pub flat_div: i64,
    /// What it cost with all that it called.
    pub cum: i64,
    /// What that is divided by.
    pub cum_div: i64,
}

impl AddressCost {
    /// Adds what another address cost, which belongs to the same instruction.
    pub const fn add(&mut self, other: &Self) {
        self.flat = self.flat.wrapping_add(other.flat);
        self.flat_div = self.flat_div.wrapping_add(other.flat_div);
        self.cum = self.cum.wrapping_add(other.cum);
        self.cum_div = self.cum_div.wrapping_add(other.cum_div);
    }

    /// What it cost itself, as a mean where there is one.
    pub const fn flat_value(&self) -> i64 {
        mean(self.flat, self.flat_div)
    }

    /// With all that it called.
    pub const fn cum_value(&self) -> i64 {
        mean(self.cum, self.cum_div)
    }
}

impl Report {
    /// What each address cost, by address.
    pub fn by_address(&mut self) -> Vec<AddressCost> {
        let graph = self.whole_graph();
        let mut costs: Vec<AddressCost> = graph
            .iter()
            .map(|(_, node)| AddressCost {
                address: node.key.address,
                mapping: self.mapping_of(node.key.address),
                function: self.names.name(node.key.name).to_owned(),
                file: self.names.name(node.key.file).to_owned(),
                line: node.key.line,
                flat: node.flat,
                flat_div: node.flat_div,
                cum: node.cum,
                cum_div: node.cum_div,
            })
            .collect();
        costs.sort_by_key(|cost| cost.address);
        costs
    }

    fn mapping_of(&self, address: u64) -> Option<u32> {
        let mappings = &self.profile.mappings;
        let within = mappings
            .iter()
            .position(|of| (of.start..of.limit).contains(&address));
        within.and_then(|at| u32::try_from(at).ok())
    }
}
