//! `POST /sim-swap/v2/retrieve-date` and `POST /sim-swap/v2/check`: when a number's SIM card last
//! changed, and whether it did within some hours.

use serde_json::{Map, Value, json};

use crate::{
    camara::{lines::Line, problem::Problem},
    text::now_ms,
};

use super::whole;

const HOUR_MS: i64 = 3_600_000;

/// Hours to look back.
pub(super) struct Asked {
    max_age: i64,
}

/// # Errors
/// `INVALID_ARGUMENT` for a `maxAge` that is no whole number, `OUT_OF_RANGE` for one that is not
/// between 1 and 2,400.
pub(super) fn read(members: &Map<String, Value>) -> Result<Asked, Problem> {
    let max_age = whole(members, "maxAge")?.unwrap_or(240);
    if !(1..=2_400).contains(&max_age) {
        return Err(Problem::out_of_range("maxAge is not between 1 and 2400"));
    }
    Ok(Asked { max_age })
}

/// The date, which is the SIM's activation when it was never swapped; null when it lies before what
/// the operator may keep.
pub(super) fn date(line: &Line) -> Map<String, Value> {
    let mut answer = Map::new();
    let hidden = line.monitored_days.filter(|days| line.sim_ms < now_ms() - days * 24 * HOUR_MS);
    answer.insert(
        "latestSimChange".into(),
        if hidden.is_some() { Value::Null } else { json!(line.sim_change()) },
    );
    if let Some(days) = hidden.filter(|_| line.tells_period) {
        answer.insert("monitoredPeriod".into(), json!(days));
    }
    answer
}

/// # Errors
/// `OUT_OF_RANGE` for a time that the operator does not keep.
pub(super) fn check(asked: &Asked, line: &Line) -> Result<Map<String, Value>, Problem> {
    if let Some(days) = line.monitored_days.filter(|days| asked.max_age > days * 24) {
        return Err(Problem::out_of_range("").saying(format!(
            "Check monitor period could not exceed local regulations ({days} days)."
        )));
    }
    let swapped = line.sim_ms >= now_ms() - asked.max_age * HOUR_MS;
    Ok(Map::from_iter([("swapped".to_owned(), json!(swapped))]))
}
