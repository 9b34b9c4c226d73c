//! The document of an analysis, as `POST /kya` and `GET /kya/detail/{id}` answer it.
//!
//! The outermost members and their types are the published sample's. Reconstructions: `data` with
//! sums as decimal text in the chain's coin (fees are left out, so the balance is the difference),
//! counts and moments (UTC seconds, null when there are none) and a score from 0 to 100; `sdnlist`
//! with the listed addresses near or equal to this one; `txlist` with the newest transaction first.

use serde_json::{Value, json};

use super::{
    super::bodies::KEY_OWNER,
    address::Chain,
    book::Kya,
    histories::{self, History},
    ledger::{Dice, Transfer},
    roles::Role,
};

/// The analysis of an address; it only depends on the seed and the address, apart from its own id
/// and moment.
pub(super) fn document(kya: &Kya, seed: u64) -> Value {
    let role = Role::of(seed, &kya.address);
    let history = histories::of(seed, &kya.address, role);
    let own = kya.address.text.as_str();
    let (_, name, account) = KEY_OWNER;
    let mut body = json!({
        "kya_id": kya.id,
        "address": own,
        "data": data(kya, &history, seed),
        "sdnlist": sdnlist(&history),
        "txlist": history.transfers.iter().rev().map(|transfer| transaction(transfer, own, kya.address.chain)).collect::<Vec<_>>(),
        "creation_timestamp": kya.created_ms / 1_000,
        "creator_account": account,
        "creator_email": account,
        "creator_name": name,
        "customer_reference": null,
    });
    if role == Some(Role::ListedLater) && kya.reads > 0 {
        body["data"]["risk_score"] = json!(100);
        body["sdnlist"] = json!([{ "address": own, "name": "LISTED LATER", "program": "CYBER2", "source": "OFAC SDN", "hops": 0 }]);
    }
    misbehave(&mut body, role);
    body
}

fn data(kya: &Kya, history: &History, seed: u64) -> Value {
    let (own, chain) = (kya.address.text.as_str(), kya.address.chain);
    let sum = |wanted: &dyn Fn(&Transfer) -> bool| {
        history.transfers.iter().filter(|t| wanted(t)).map(|t| t.value).sum::<u128>()
    };
    let (received, sent) = (sum(&|t| t.to == own), sum(&|t| t.from == own));
    // Nobody sends what they do not have, so there is nothing to saturate.
    let balance = received.saturating_sub(sent);
    json!({
        "received": coins(received, chain),
        "sent": coins(sent, chain),
        "balance": coins(balance, chain),
        "tx_count": history.transfers.len(),
        "first_seen": history.transfers.first().map(|t| t.at_s),
        "last_seen": history.transfers.last().map(|t| t.at_s),
        "risk_score": risk(history, &mut Dice::new(seed, format!("kya risk {own}"))),
    })
}

/// The bands of the published page: 100 very high, from 75 high, from 50 medium, from 25 low to
/// medium.
fn risk(history: &History, dice: &mut Dice) -> u64 {
    match history.sanctioned.iter().map(|near| near.hops).min() {
        Some(0) => 100,
        Some(1) => 75 + dice.below(20),
        Some(2) => 50 + dice.below(20),
        Some(_) => 25 + dice.below(20),
        None if history.transfers.is_empty() => 0,
        None => dice.below(15),
    }
}

fn sdnlist(history: &History) -> Vec<Value> {
    let entry = |near: &histories::Sanctioned| json!({ "address": near.address, "name": near.name, "program": near.program, "source": "OFAC SDN", "hops": near.hops });
    history.sanctioned.iter().map(entry).collect()
}

fn transaction(transfer: &Transfer, own: &str, chain: Chain) -> Value {
    json!({
        "hash": transfer.hash,
        "from": transfer.from,
        "to": transfer.to,
        "value": coins(transfer.value, chain),
        "timestamp": transfer.at_s,
        "direction": if transfer.to == own { "in" } else { "out" },
    })
}

/// An amount in coins: `12.5`, `0.00000001`, `0`.
fn coins(units: u128, chain: Chain) -> String {
    let digits = format!("{units:0>width$}", width = chain.decimals() + 1);
    let (whole, part) = digits.split_at(digits.len() - chain.decimals());
    let part = part.trim_end_matches('0');
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}

fn misbehave(body: &mut Value, role: Option<Role>) {
    match role {
        Some(Role::NullSdnlist) => body["sdnlist"] = Value::Null,
        Some(Role::NoTxlist) => {
            body.as_object_mut().map(|body| body.remove("txlist"));
        }
        Some(Role::LowerCased) => {
            body["address"] = json!(body["address"].as_str().map(str::to_lowercase))
        }
        Some(Role::HostileText) => {
            body["creator_name"] = json!("<b onmouseover=alert(4)>\u{202e}cirE</b>")
        }
        Some(Role::ChainUnknown) => {
            body["data"]["chain"] = json!("sol");
            each_transaction(body, |transaction| {
                for key in ["from", "to"] {
                    transaction[key] = json!("So11111111111111111111111111111111111111112");
                }
            });
        }
        Some(Role::TextValues) => make_strange(body),
        Some(Role::OddSdnlist) => {
            body["sdnlist"] =
                json!({ "entries": [{ "name": "LAZARUS GROUP", "program": "DPRK3" }] })
        }
        Some(Role::OddData) => body["data"] = json!([body["data"]]),
        Some(Role::OtherAddress) => {
            body["address"] = json!("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
        }
        Some(Role::FractionScore) => body["data"]["risk_score"] = json!(74.5),
        _ => {}
    }
}

fn each_transaction(body: &mut Value, change: impl FnMut(&mut Value)) {
    body["txlist"].as_array_mut().into_iter().flatten().for_each(change);
}

/// Numbers become text and texts numbers, as far as they can.
fn make_strange(body: &mut Value) {
    let number = |value: &Value| {
        value
            .as_str()
            .and_then(|text| text.parse::<f64>().ok())
            .map_or(Value::Null, |number| json!(number))
    };
    for key in ["kya_id", "creation_timestamp"] {
        body[key] = json!(body[key].to_string());
    }
    body["customer_reference"] = json!(7);
    body["score_model"] = json!({ "name": "atlas", "version": 7 });
    let data = &mut body["data"];
    for key in ["received", "sent", "balance"] {
        data[key] = number(&data[key]);
    }
    for key in ["tx_count", "first_seen", "last_seen", "risk_score"] {
        data[key] = json!(data[key].to_string());
    }
    each_transaction(body, |transaction| {
        transaction["value"] = number(&transaction["value"]);
        transaction["timestamp"] = json!(transaction["timestamp"].to_string());
        transaction["direction"] = json!("sideways");
    });
}

#[cfg(test)]
mod tests {
    use super::{super::roles::listed, *};

    fn report(chain: Chain, role: Role) -> Value {
        let listed = listed(1)
            .into_iter()
            .find(|listed| listed.chain == chain && listed.role == role)
            .unwrap();
        let address = super::super::address::Address { chain, text: listed.address.text };
        document(&Kya { id: 12, address, created_ms: 1_698_661_028_999, reads: 0 }, 1)
    }

    fn units(value: &Value, chain: Chain) -> u128 {
        let (whole, part) =
            value.as_str().unwrap().split_once('.').unwrap_or((value.as_str().unwrap(), ""));
        format!("{whole}{part:0<width$}", width = chain.decimals()).parse().unwrap()
    }

    #[test]
    fn coins_are_written_without_idle_zeros() {
        for (units, text) in
            [(0, "0"), (1, "0.00000001"), (100_000_000, "1"), (1_250_000_000, "12.5")]
        {
            assert_eq!(coins(units, Chain::Btc), text);
        }
        assert_eq!(coins(1, Chain::Eth), "0.000000000000000001");
    }

    #[test]
    fn sums_are_those_of_the_transactions() {
        for chain in Chain::ALL {
            for role in [
                Role::Clean,
                Role::Sanctioned,
                Role::Exposed1,
                Role::Exposed2,
                Role::Exposed3,
                Role::Busy,
            ] {
                let report = report(chain, role);
                let data = &report["data"];
                let sum = |direction: &str| -> u128 {
                    let list = report["txlist"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .filter(|tx| tx["direction"] == direction);
                    list.map(|tx| units(&tx["value"], chain)).sum()
                };
                assert_eq!(
                    (units(&data["received"], chain), units(&data["sent"], chain)),
                    (sum("in"), sum("out")),
                    "{role:?}"
                );
                assert_eq!(units(&data["balance"], chain) + sum("out"), sum("in"), "{role:?}");
                assert_eq!(data["tx_count"], report["txlist"].as_array().unwrap().len());
                assert_eq!(
                    data["last_seen"], report["txlist"][0]["timestamp"],
                    "the newest comes first"
                );
            }
        }
    }

    #[test]
    fn the_score_is_in_the_band_of_the_exposure() {
        for chain in Chain::ALL {
            for (role, band) in [
                (Role::Sanctioned, 100..=100),
                (Role::Exposed1, 75..=99),
                (Role::Exposed2, 50..=74),
                (Role::Exposed3, 25..=49),
                (Role::Clean, 0..=24),
                (Role::Empty, 0..=0),
            ] {
                let score = report(chain, role)["data"]["risk_score"].as_u64().unwrap();
                assert!(band.contains(&score), "{role:?} {score}");
            }
        }
    }
}
