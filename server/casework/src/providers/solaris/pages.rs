//! Lists in pages: `page[number]` and `page[size]` in; `total` and `link` out, where an
//! implementation has them.

use super::{
    client::{Client, Request},
    failure::Failure,
};
use crate::providers::{
    json::{self, text},
    overheard,
};
use serde_json::Value;
use std::collections::HashSet;

/// Documented are at most 1,000; fewer keep an answer about persons well within the bounds of a
/// body.
const SIZE: usize = 500;
/// What a page has when nobody says otherwise. A shorter one is the last.
const SIZE_DEFAULT: usize = 10;
/// More pages than any partner has persons.
const PAGES_MAX: usize = 2_000;

impl Client {
    /// Hands each element of a list to `look` until it says `true`. Elements that come twice,
    /// because the list moved or the implementation knows no pages, are handed over once.
    ///
    /// # Errors
    /// [`Failure`]; also for a list without end, since then nobody can say what is not in it.
    pub(super) async fn walk(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        mut look: impl FnMut(Value) -> bool,
    ) -> Result<(), Failure> {
        let (size, mut seen, mut count) = (SIZE.to_string(), HashSet::new(), 0_usize);
        for number in 1..=PAGES_MAX {
            let number = number.to_string();
            let mut asked = vec![("page[number]", number.as_str()), ("page[size]", size.as_str())];
            asked.extend_from_slice(query);
            let answer = self.ask(&Request::get(path, &asked)).await?;
            let total = answer.header("total").and_then(|t| t.trim().parse::<usize>().ok());
            let link = answer
                .header("link")
                .map(|link| link.contains("rel=\"next\"") || link.contains("rel=next"));
            let answer = answer.settled()?;
            let items = items(&answer.body).inspect_err(|_| overheard::not_taken(&answer))?;
            let (length, before) = (items.len(), count);
            for item in items {
                if text(&item["id"]).is_some_and(|id| !seen.insert(id)) {
                    continue;
                }
                count += 1;
                if look(item) {
                    return Ok(());
                }
            }
            let is_last = match (total, link) {
                (Some(total), _) => count >= total,
                (None, Some(has_next)) => !has_next,
                (None, None) => length < SIZE_DEFAULT,
            };
            if is_last || count == before {
                return Ok(());
            }
        }
        Err(Failure::unusable("its list does not end"))
    }

    /// All elements of a list.
    ///
    /// # Errors
    /// As [`Client::walk`].
    pub(super) async fn every(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<Value>, Failure> {
        let mut all = Vec::new();
        self.walk(path, query, |item| {
            all.push(item);
            false
        })
        .await?;
        Ok(all)
    }
}

/// The elements of a list: bare, or as the one list inside an object.
fn items(body: &[u8]) -> Result<Vec<Value>, Failure> {
    match json::value(body) {
        Ok(Value::Array(all)) => Ok(all),
        Ok(Value::Object(members)) => {
            let mut lists = members
                .into_iter()
                .filter_map(|(_, v)| if let Value::Array(all) = v { Some(all) } else { None });
            match (lists.next(), lists.next()) {
                (Some(all), None) => Ok(all),
                _ => Err(Failure::unusable("its body is not a list")),
            }
        }
        Ok(Value::Null) => Ok(Vec::new()),
        Ok(_) => Err(Failure::unusable("its body is not a list")),
        Err(_) => Err(Failure::unusable("its body is not JSON")),
    }
}
