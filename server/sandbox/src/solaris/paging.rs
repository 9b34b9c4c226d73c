//! Pages of lists: `page[number]`, `page[size]` and `sort` in, `total`, `per-page` and `link` out.

use std::{cmp::Ordering, collections::HashMap};

use axum::{
    Json,
    extract::{Query, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

use super::{call::Call, errors::Problems};

pub(super) type Asked = Result<Query<HashMap<String, String>>, QueryRejection>;

const SIZE: usize = 10;
const SIZE_MAX: usize = 1_000;

/// The query's pairs.
pub(super) fn pairs(query: Asked) -> Result<HashMap<String, String>, Problems> {
    query
        .map(|Query(pairs)| pairs)
        .map_err(|_| Problems::bad("validation_error", "The query cannot be read."))
}

/// The asked page of a list that comes in the order of creation.
pub(super) fn answer(
    call: &Call,
    query: &HashMap<String, String>,
    mut items: Vec<Value>,
) -> Result<Response, Problems> {
    let number = bounded(query, "page[number]", 1, usize::MAX)?;
    let size = bounded(query, "page[size]", SIZE, SIZE_MAX)?;
    if let Some(by) = query.get("sort") {
        sort(&mut items, by)?;
    }
    let total = items.len();
    let skipped = (number - 1).saturating_mul(size);
    let shown: Vec<Value> = items.into_iter().skip(skipped).take(size).collect();
    let mut response = (StatusCode::OK, Json(shown)).into_response();
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("total"), total.into());
    headers.insert(HeaderName::from_static("per-page"), size.into());
    let links = links(call, number, size, total);
    if let Ok(links) = HeaderValue::from_str(&links) {
        headers.insert(header::LINK, links);
    }
    Ok(response)
}

fn bounded(
    query: &HashMap<String, String>,
    name: &str,
    default: usize,
    max: usize,
) -> Result<usize, Problems> {
    let Some(text) = query.get(name) else { return Ok(default) };
    let wrong = || {
        Problems::bad(
            "validation_error",
            format!("{name} must be a whole number of at least 1{}.", limit(max)),
        )
    };
    text.parse().ok().filter(|number| (1..=max).contains(number)).ok_or_else(wrong)
}

fn limit(max: usize) -> String {
    if max == usize::MAX { String::new() } else { format!(" and at most {max}") }
}

/// By a member of the documents, downwards with a minus. The order of creation is `created_at`,
/// whether the documents show it or not.
fn sort(items: &mut [Value], by: &str) -> Result<(), Problems> {
    let (down, field) = by.strip_prefix('-').map_or((false, by), |field| (true, field));
    let known =
        |item: &Value| item.get(field).is_some_and(|value| !value.is_object() && !value.is_array());
    if field != "created_at" {
        if !items.iter().all(known) {
            return Err(Problems::bad(
                "validation_error",
                format!("The list cannot be sorted by {field}."),
            ));
        }
        items.sort_by(|one, other| compare(&one[field], &other[field]));
    }
    if down {
        items.reverse();
    }
    Ok(())
}

/// Empty values first.
fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Number(one), Value::Number(other)) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (one, other) => other.is_null().cmp(&one.is_null()),
    }
}

/// RFC 5988: first, prev, next and last, where they exist; the rest of the query stays.
fn links(call: &Call, number: usize, size: usize, total: usize) -> String {
    let last = total.div_ceil(size).max(1);
    let pages = [
        ("first", Some(1)),
        ("prev", Some(number - 1).filter(|page| *page >= 1 && number <= last)),
        ("next", Some(number + 1).filter(|page| *page <= last)),
        ("last", Some(last)),
    ];
    let link = |(rel, page): (&str, Option<usize>)| {
        let mut url = reqwest::Url::parse(&format!("{}{}", call.world.base_url, call.uri)).ok()?;
        let kept: Vec<(String, String)> =
            url.query_pairs().into_owned().filter(|(name, _)| !name.starts_with("page[")).collect();
        url.query_pairs_mut()
            .clear()
            .extend_pairs(kept)
            .append_pair("page[number]", &page?.to_string())
            .append_pair("page[size]", &size.to_string());
        Some(format!("<{url}>; rel=\"{rel}\""))
    };
    pages.into_iter().filter_map(link).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sorted(by: &str) -> Result<Vec<i64>, Problems> {
        let mut items =
            vec![json!({"n": 2, "a": "b"}), json!({"n": 1, "a": null}), json!({"n": 3, "a": "a"})];
        sort(&mut items, by).map(|()| items.iter().filter_map(|item| item["n"].as_i64()).collect())
    }

    #[test]
    fn a_list_is_sorted_by_its_members_both_ways() {
        assert_eq!(sorted("n"), Ok(vec![1, 2, 3]));
        assert_eq!(sorted("-n"), Ok(vec![3, 2, 1]));
        assert_eq!(sorted("a"), Ok(vec![1, 3, 2]));
        assert_eq!(sorted("created_at"), Ok(vec![2, 1, 3]));
        assert_eq!(sorted("-created_at"), Ok(vec![3, 1, 2]));
        assert!(sorted("nothing").is_err());
    }

    #[test]
    fn page_numbers_have_limits() {
        let asked = |name: &str, value: &str, max| {
            bounded(&HashMap::from([(name.to_owned(), value.to_owned())]), "page[size]", 10, max)
        };
        assert_eq!(asked("page[size]", "1000", SIZE_MAX), Ok(1_000));
        assert_eq!(asked("other", "x", SIZE_MAX), Ok(10));
        for wrong in ["0", "1001", "-1", "x", ""] {
            assert!(asked("page[size]", wrong, SIZE_MAX).is_err(), "{wrong}");
        }
    }
}
