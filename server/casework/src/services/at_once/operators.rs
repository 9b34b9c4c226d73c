//! What the services of mobile operators share.

use super::{Column, outcome::finding};
use crate::records::checks::Finding;
use domain::{
    findings::Source,
    operators::{Input, Sign},
};

/// A sign against the customer, as something to judge.
pub(in crate::services) fn judged(sign: Sign) -> Finding {
    finding(Source::NumberField, &sign.name, &sign.title, sign.facts)
}

/// The columns of a table whose lines fill these inputs; the first so many stand in every table.
pub(in crate::services) fn columns(inputs: &[Input], needed: usize) -> Vec<Column> {
    let column = |(at, input): (usize, &Input)| Column {
        field: input.name.to_owned(),
        names: std::iter::once(input.name).chain(input.aliases.iter().copied()).collect(),
        example: input.example,
        is_needed: at < needed,
    };
    inputs.iter().enumerate().map(column).collect()
}
