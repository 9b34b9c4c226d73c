//! `POST /kyc-tenure/v0.2/check-tenure`: has the number been with its subscriber since a day.

use serde_json::{Map, Value, json};

use crate::{
    camara::{lines::Line, problem::Problem},
    text::{DAY_MS, days_of, now_ms},
};

use super::{invalid, text};

/// Days since 1970.
pub(super) struct Asked {
    since: i64,
}

/// # Errors
/// `INVALID_ARGUMENT` for a `tenureDate` that is missing or no day, `OUT_OF_RANGE` for one that is
/// not over yet.
pub(super) fn read(members: &Map<String, Value>) -> Result<Asked, Problem> {
    let date = text(members, "tenureDate")?.ok_or_else(|| invalid("tenureDate", "is missing"))?;
    let since = days_of(date)
        .ok_or_else(|| invalid("tenureDate", "is no day of the calendar as YYYY-MM-DD"))?;
    if since > now_ms().div_euclid(DAY_MS) {
        return Err(Problem::out_of_range("tenureDate lies in the future"));
    }
    Ok(Asked { since })
}

pub(super) fn answer(asked: &Asked, line: &Line) -> Map<String, Value> {
    let mut answer = Map::new();
    answer.insert("tenureDateCheck".into(), json!(line.since_day <= asked.since));
    if let Some(contract) = line.contract {
        answer.insert("contractType".into(), json!(contract));
    }
    answer
}
