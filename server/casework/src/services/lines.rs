//! What operators said of each phone number of a customer, side by side.

use super::question_of;
use crate::{
    Casework, Error,
    records::{
        checks::{self as check_store, Check},
        customers::store as customer_store,
    },
};
use domain::{CheckId, connections::Provider};

/// The most checks that are looked at; the customer's page lists all.
const CHECKS_MAX: usize = 60;

/// A phone number with the checks about it, newest first.
#[derive(Debug, Clone)]
pub struct Line {
    /// E.164 with its `+`.
    pub phone: String,
    /// Each with how many findings it has.
    pub checks: Vec<(Check, usize)>,
}

/// The numbers of a customer that an operator was asked about, the one that was asked about last first. Nothing of an erased
/// customer: their questions are sealed.
///
/// # Errors
/// The database, or a damaged row.
pub async fn lines_of(work: &Casework, customer_id: &str) -> Result<Vec<Line>, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let mut lines: Vec<Line> = Vec::new();
    let mut all = Vec::new();
    for id in customer_store::checks(&mut conn, customer_id).await? {
        let Some(check) = check_store::find(&mut conn, &CheckId::from(id)).await? else { continue };
        if Provider::of(check.kind()?) == Some(Provider::Camara) {
            all.push(check);
        }
    }
    all.sort_by_key(|check| std::cmp::Reverse(check.launched_at_ms));
    for check in all.into_iter().take(CHECKS_MAX) {
        let Ok(question) = question_of(work, &mut conn, &check).await else { continue };
        let Some(phone) = question.phone().map(str::to_owned) else { continue };
        let found = check_store::findings(&mut conn, &CheckId::from(check.id.as_str())).await?.len();
        match lines.iter_mut().find(|line| line.phone == phone) {
            Some(line) => line.checks.push((check, found)),
            None => lines.push(Line { phone, checks: vec![(check, found)] }),
        }
    }
    Ok(lines)
}
