//! What operators said of each phone number of a customer, side by side.

use super::at_once::launch::question_of;
use crate::{
    Casework, Error,
    records::{
        checks::{self as check_store, Check},
        customers,
    },
};
use domain::{CheckId, checks::Kind, connections::Provider, findings::Judgement};

/// The most checks that are looked at; the customer's page lists all.
pub const LINES_CHECKS_MAX: usize = 60;

/// A phone number with the checks about it, newest first.
#[derive(Debug, Clone)]
pub struct Line {
    /// E.164 with its `+`; nothing where what was asked cannot be opened.
    pub phone: Option<String>,
    /// Each with how many of its findings still have to be judged.
    pub checks: Vec<(Check, usize)>,
}

/// The numbers of a customer that an operator was asked about, the one that was asked about last
/// first. Nothing of an erased customer: their questions are sealed.
///
/// # Errors
/// The database, or a damaged row.
pub async fn lines_of(work: &Casework, customer_id: &str) -> Result<Vec<Line>, Error> {
    let kinds: Vec<Kind> = Kind::ALL
        .iter()
        .copied()
        .filter(|kind| Provider::of(*kind) == Some(Provider::Camara))
        .collect();
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let mut lines: Vec<Line> = Vec::new();
    if customers::store::key(&mut conn, customer_id).await?.is_none() {
        return Ok(lines);
    }
    for check in
        check_store::newest_of(&mut conn, customer_id, &kinds, LINES_CHECKS_MAX as i64).await?
    {
        let phone = match question_of(work, &mut conn, &check).await {
            Ok(question) => question.phone().map(str::to_owned),
            // The inspection names it, and so does its own page.
            Err(Error::Seal(_) | Error::Corrupt(_)) => None,
            Err(error) => return Err(error),
        };
        let found = check_store::findings(&mut conn, &CheckId::from(check.id.as_str())).await?;
        let open = found
            .iter()
            .filter(|f| f.source().must_be_judged() && f.judgement() == Judgement::Undecided)
            .count();
        match lines.iter_mut().find(|line| line.phone == phone) {
            Some(line) => line.checks.push((check, open)),
            None => lines.push(Line { phone, checks: vec![(check, open)] }),
        }
    }
    Ok(lines)
}

/// The number that an operator was asked about last, for the form of another question.
///
/// # Errors
/// As [`lines_of`].
pub async fn last_number(work: &Casework, customer_id: &str) -> Result<Option<String>, Error> {
    Ok(lines_of(work, customer_id).await?.into_iter().find_map(|line| line.phone))
}
