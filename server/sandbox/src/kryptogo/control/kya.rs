//! The part of `/control` that is about wallet analysis.

use std::collections::HashMap;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::{kryptogo::kya::listed, world::Shared};

/// `GET /control/kya/addresses`: the well-known addresses, to pick one by `chain` and `label`.
/// `address` is as a wallet shows it, `answer_address` as answers write it, `calls` how often a
/// creation asked for it (two mean sent twice), `kya_ids` the analyses that were made of it.
pub(super) async fn addresses(State(world): State<Shared>) -> Json<Vec<Value>> {
    let listed = listed(world.options.seed);
    Json(world.look(|book| {
        let row = |listed: &crate::kryptogo::kya::Listed| {
            json!({
                "chain": listed.chain.symbol(),
                "label": listed.label,
                "shows": listed.shows,
                "address": listed.address.shown,
                "answer_address": listed.address.text,
                "calls": book.kyas.calls_of(&listed.address.text),
                "kya_ids": book.kyas.ids_of(&listed.address.text),
            })
        };
        listed.iter().map(row).collect()
    }))
}

/// `GET /control/kya`: every address that was asked about, well-known or not, as answers write it.
pub(super) async fn asked(State(world): State<Shared>) -> Json<Vec<Value>> {
    let labels: HashMap<_, _> = listed(world.options.seed)
        .into_iter()
        .map(|listed| (listed.address.text, listed.label))
        .collect();
    Json(world.look(|book| {
        let row = |(address, calls): (&str, u32)| {
            json!({
                "provider": "kryptogo",
                "address": address,
                "label": labels.get(address),
                "calls": calls,
                "kya_ids": book.kyas.ids_of(address),
            })
        };
        book.kyas.calls().map(row).collect()
    }))
}
