//! KryptoGO's words about wallets: the analysis of a blockchain address, read as it comes.
//!
//! The page gives the names `kya_id`, `address`, `data`, `sdnlist`, `txlist` and what is beside
//! them; what is inside the three is our reconstruction, so every name there is optional and what
//! has no place of its own becomes a fact. Amounts are decimal texts that are never computed with:
//! a number keeps the very digits that came.

use super::{
    Client,
    client::taken,
    wire::{Unread, int, joined, text},
};
use crate::providers::{
    Answer, CallError,
    json::{Score, is_same_id, readable, score},
};
use domain::wallet::{Address, Chain};
use reqwest::Method;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Value, json, value::RawValue};
use std::collections::BTreeMap;

/// More entries of a list than a page shows; the evidence has all.
const ENTRIES_MAX: usize = 500;

/// The analysis of one address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kya {
    pub kya_id: Option<String>,
    /// As it came; the provider writes Ethereum's in lower case.
    pub address: Option<String>,
    /// Decimal texts in the chain's coin, as are `sent` and `balance`.
    pub received: Option<String>,
    pub sent: Option<String>,
    pub balance: Option<String>,
    pub tx_count: Option<i64>,
    /// Epoch seconds, or a text as it came.
    pub first_seen: Option<String>,
    pub last_seen: Option<String>,
    /// 0 to 100; a fraction counts as the next whole number, and stands among the facts as it came.
    pub risk_score: Option<i64>,
    /// The score as it came, on the scale or not.
    pub risk_said: Option<String>,
    /// What has another shape than it should.
    pub unread: Vec<Unread>,
    /// Whatever else `data` says, as `name, value`.
    pub facts: Vec<(String, String)>,
    /// Sanctioned addresses, this one or near ones; absent when the answer has no such list, which
    /// is not "none".
    pub sanctioned: Option<Vec<Sanctioned>>,
    /// How many more of them the list has than are read; the evidence has all.
    pub more_sanctioned: usize,
    /// Absent when the answer has no such list.
    pub transfers: Option<Vec<Transfer>>,
    /// Epoch seconds.
    pub created_at: Option<i64>,
    pub creator: Option<String>,
    pub customer_reference: Option<String>,
}

/// A sanctioned address that the analysis came upon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sanctioned {
    pub address: Option<String>,
    pub name: Option<String>,
    pub program: Option<String>,
    pub source: Option<String>,
    /// Whatever else the entry says, as `name, value`.
    pub facts: Vec<(String, String)>,
    /// The entry as it came, for its fingerprint.
    pub raw: String,
}

/// A transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transfer {
    pub hash: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// A decimal text in the chain's coin.
    pub value: Option<String>,
    /// Epoch seconds, or a text as it came.
    pub timestamp: Option<String>,
    pub direction: Option<String>,
}

impl Client {
    /// `POST /kya`: analyses an address; the bytes as received, and what they say. The path is our
    /// reconstruction.
    ///
    /// # Errors
    /// [`CallError`]; an answer about another address is unusable.
    pub async fn kya(
        &self,
        address: &Address,
        chain: Option<Chain>,
    ) -> Result<(Answer, Kya), CallError> {
        let mut body = json!({ "address": address.as_str() });
        if let Some(chain) = chain {
            body["chain"] = json!(chain.code());
        }
        let answer = self.send(Method::POST, &["kya"], &[], Some(&body)).await?;
        let is_it = |kya: &Kya| kya.address.as_deref().is_none_or(|said| address.is(said));
        let kya = taken(&answer, Kya::read(&answer.body), is_it, "it is about another address")?;
        Ok((answer, kya))
    }

    /// `GET /kya/detail/{id}`: an earlier analysis; the bytes as received, and what they say.
    ///
    /// # Errors
    /// [`CallError`]; an answer about another analysis is unusable.
    pub async fn kya_detail(&self, kya_id: &str) -> Result<(Answer, Kya), CallError> {
        let answer = self.send(Method::GET, &["kya", "detail", kya_id], &[], None).await?;
        let is_it = |kya: &Kya| kya.kya_id.as_deref().is_none_or(|said| is_same_id(said, kya_id));
        let kya = taken(&answer, Kya::read(&answer.body), is_it, "it is about another analysis")?;
        Ok((answer, kya))
    }
}

impl Kya {
    /// # Errors
    /// Bytes that are not a JSON object, or one that names neither an analysis nor an address.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let whole = Members::of(&readable(body)).ok_or("its body is not a JSON object")?;
        let (kya_id, address) = (whole.text("kya_id"), whole.text("address"));
        if kya_id.is_none() && address.is_none() {
            return Err("it names neither an analysis nor an address".into());
        }
        let data = whole.0.get("data").and_then(|raw| Members::of(raw.get())).unwrap_or_default();
        let tx_count = data.int("tx_count");
        let said =
            data.0.get("risk_score").and_then(|raw| score(&serde_json::from_str(raw.get()).ok()?));
        let is_on_scale =
            |score: &Score| score.said.parse::<f64>().is_ok_and(|n| (0.0..=100.0).contains(&n));
        let on_scale = said.as_ref().filter(|score| is_on_scale(score));
        let risk_said = said.as_ref().map(|score| score.said.clone());
        let risk_score = on_scale.and_then(|score| score.counts);
        let is_whole = on_scale.is_some_and(|score| {
            score.counts.is_some_and(|counts| counts.to_string() == score.said)
        });
        let mut placed = vec!["received", "sent", "balance", "first_seen", "last_seen"];
        // A number that cannot be read as one is shown as it came.
        placed.extend(tx_count.map(|_| "tx_count"));
        placed.extend(is_whole.then_some("risk_score"));
        let mut unread: Vec<Unread> = [
            ("data", "The figures"),
            ("sdnlist", "The sanctioned addresses"),
            ("txlist", "The transactions"),
        ]
        .into_iter()
        .filter_map(|(key, what)| {
            whole.odd(key, key != "data").map(|raw| {
                Unread::new(format!("{what} have a shape that this version does not know"), &raw)
            })
        })
        .collect();
        unread.extend(
            said.filter(|_| risk_score.is_none())
                .map(|score| Unread::new("The score cannot be read", &score.said)),
        );
        let (mut hits, mut more_sanctioned) = (whole.list("sdnlist"), 0);
        if let Some(all) = hits.as_mut().filter(|all| all.len() > ENTRIES_MAX) {
            // The wallet itself is never among those that are left out.
            let own = address.as_ref().map(|address| address.to_lowercase());
            all.sort_by_cached_key(|raw| {
                own.as_ref().is_none_or(|own| !raw.get().to_lowercase().contains(own.as_str()))
            });
            more_sanctioned = all.len() - ENTRIES_MAX;
            all.truncate(ENTRIES_MAX);
        }
        Ok(Self {
            kya_id,
            address,
            received: data.text("received"),
            sent: data.text("sent"),
            balance: data.text("balance"),
            tx_count,
            first_seen: data.text("first_seen"),
            last_seen: data.text("last_seen"),
            risk_score,
            risk_said,
            unread,
            facts: data.facts(&placed),
            sanctioned: hits.map(|all| all.iter().map(|raw| sanctioned(raw)).collect()),
            more_sanctioned,
            transfers: whole
                .list("txlist")
                .map(|all| all.iter().take(ENTRIES_MAX).map(|raw| transfer(raw)).collect()),
            created_at: whole.int("creation_timestamp"),
            creator: whole.text("creator_name").or_else(|| whole.text("creator_account")),
            customer_reference: whole.text("customer_reference"),
        })
    }
}

/// An entry that is no object is a sanctioned address by itself.
fn sanctioned(raw: &RawValue) -> Sanctioned {
    let kept = raw.get().to_owned();
    match Members::of(raw.get()) {
        Some(entry) => Sanctioned {
            address: entry.text("address"),
            name: entry.text("name"),
            program: entry.text("program"),
            source: entry.text("source"),
            facts: entry.facts(&["address", "name", "program", "source"]),
            raw: kept,
        },
        None => Sanctioned { address: shown(raw), raw: kept, ..Sanctioned::default() },
    }
}

fn transfer(raw: &RawValue) -> Transfer {
    match Members::of(raw.get()) {
        Some(entry) => Transfer {
            hash: entry.text("hash"),
            from: entry.text("from"),
            to: entry.text("to"),
            value: entry.text("value"),
            timestamp: entry.text("timestamp"),
            direction: entry.text("direction"),
        },
        None => Transfer { hash: shown(raw), ..Transfer::default() },
    }
}

/// The members of an object with their values as they were written; of a key that stands twice with
/// different values, all of them in a list.
#[derive(Default)]
struct Members(BTreeMap<String, Box<RawValue>>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersReader)
    }
}

struct MembersReader;

impl<'de> Visitor<'de> for MembersReader {
    type Value = Members;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Members, A::Error> {
        let mut members = BTreeMap::<String, Box<RawValue>>::new();
        while let Some((key, value)) = all.next_entry::<String, Box<RawValue>>()? {
            let value = match members.get(&key) {
                Some(first) if first.get() != value.get() => {
                    RawValue::from_string(format!("[{},{}]", first.get(), value.get()))
                        .map_err(A::Error::custom)?
                }
                _ => value,
            };
            members.insert(key, value);
        }
        Ok(Members(members))
    }
}

impl Members {
    fn of(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// What stands under a key if it is neither absent nor what it should be: a list, or an object.
    fn odd(&self, key: &str, is_list: bool) -> Option<String> {
        let raw = self.0.get(key)?.get();
        let is_known = raw == "null" || raw.starts_with(if is_list { '[' } else { '{' });
        (!is_known).then(|| raw.to_owned())
    }

    fn text(&self, key: &str) -> Option<String> {
        self.0.get(key).and_then(|raw| match serde_json::from_str(raw.get()).ok()? {
            Value::Number(_) => Some(raw.get().to_owned()),
            value => text(&value),
        })
    }

    fn int(&self, key: &str) -> Option<i64> {
        self.0
            .get(key)
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .and_then(|value| int(&value))
    }

    fn list(&self, key: &str) -> Option<Vec<Box<RawValue>>> {
        serde_json::from_str(self.0.get(key)?.get()).ok()
    }

    fn facts(&self, placed: &[&str]) -> Vec<(String, String)> {
        let others = self.0.iter().filter(|(key, _)| !placed.contains(&key.as_str()));
        others.filter_map(|(key, raw)| Some((key.replace('\0', "\u{FFFD}"), shown(raw)?))).collect()
    }
}

/// A value as text; a number with the digits that came.
fn shown(raw: &RawValue) -> Option<String> {
    match serde_json::from_str(raw.get()).ok()? {
        Value::Number(_) => Some(raw.get().to_owned()),
        value => joined(&value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::served::{Served, serve, told};
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    fn read(json: &str) -> Kya {
        Kya::read(json.as_bytes()).expect("readable")
    }

    /// As the page prints it, with the lists filled.
    const WHOLE: &str = r#"{"kya_id":12,"address":"0x72a5843cc08275c8171e582972aa4fda8c397b2a",
        "data":{"received":"12.500000000000000001","sent":12.50,"balance":123456789012345678901234567890.10,"tx_count":"42","first_seen":1500000000,"risk_score":"75","label":"exchange"},
        "sdnlist":[{"address":"0xabc","name":"Lazarus","program":"DPRK3","source":"OFAC","hops":2},"0xdef"],
        "txlist":[{"hash":"0x1","from":"0xa","to":"0xb","value":0.10,"timestamp":"1698661028","direction":"in"}],
        "creation_timestamp":1698661028,"creator_account":"eric.hung@kryptogo.com","creator_email":"eric.hung@kryptogo.com","creator_name":"Eric Hung","customer_reference":null}"#;

    fn client(served: &Served) -> Client {
        Client::new(served.http(), served.target.clone(), Zeroizing::new("sandbox".into()))
    }

    fn address() -> Address {
        Address::parse("0x72a5843cc08275c8171e582972aa4fda8c397b2a", None).expect("an address")
    }

    #[test]
    fn an_analysis_is_read_with_its_odd_types() {
        let kya = read(WHOLE);
        assert_eq!(kya.kya_id.as_deref(), Some("12"));
        let amounts =
            [&kya.received, &kya.sent, &kya.balance].map(|a| a.as_deref().expect("an amount"));
        assert_eq!(
            amounts,
            ["12.500000000000000001", "12.50", "123456789012345678901234567890.10"],
            "no digit is lost"
        );
        assert_eq!(
            (kya.tx_count, kya.risk_score, kya.first_seen.as_deref()),
            (Some(42), Some(75), Some("1500000000"))
        );
        assert_eq!(kya.facts, [("label".to_owned(), "exchange".to_owned())]);
        let hits = kya.sanctioned.expect("a list");
        assert_eq!(
            (hits[0].name.as_deref(), hits[0].facts.as_slice()),
            (Some("Lazarus"), &[("hops".to_owned(), "2".to_owned())][..])
        );
        assert_eq!(hits[1].address.as_deref(), Some("0xdef"));
        assert_eq!(kya.transfers.expect("a list")[0].value.as_deref(), Some("0.10"));
        assert_eq!(
            (kya.creator.as_deref(), kya.created_at),
            (Some("Eric Hung"), Some(1_698_661_028))
        );
    }

    #[test]
    fn a_missing_list_is_not_an_empty_one() {
        assert_eq!(read(r#"{"kya_id":"7","sdnlist":[]}"#).sanctioned, Some(Vec::new()));
        for odd in ["", r#","sdnlist":null"#, r#","sdnlist":{"a":1}"#, r#","sdnlist":"none""#] {
            assert_eq!(read(&format!(r#"{{"kya_id":7{odd}}}"#)).sanctioned, None, "{odd}");
        }
        for (score, shown) in
            [("101", Some("101")), ("-1", Some("-1")), ("\"high\"", Some("high")), ("null", None)]
        {
            let kya = read(&format!(r#"{{"kya_id":7,"data":{{"risk_score":{score}}}}}"#));
            assert_eq!(
                (kya.risk_score, kya.facts.first().map(|(_, fact)| fact.as_str())),
                (None, shown),
                "{score}"
            );
        }
        for body in ["{}", "[]", "<html>", r#"{"data":{}}"#] {
            assert!(Kya::read(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn the_wallet_itself_is_read_however_long_the_list_is() {
        let near = (0..ENTRIES_MAX + 2).map(|n| json!({ "address": format!("0x{n:040x}") }));
        let all: Vec<Value> = near.chain([json!({ "address": address().as_str() })]).collect();
        let kya = read(
            &json!({ "address": address().as_str().to_lowercase(), "sdnlist": all }).to_string(),
        );
        let hits = kya.sanctioned.expect("a list");
        assert_eq!(
            (hits.len(), kya.more_sanctioned, hits[0].address.as_deref()),
            (ENTRIES_MAX, 3, Some(address().as_str()))
        );
    }

    #[tokio::test]
    async fn an_address_is_asked_in_its_own_spelling_and_read_again_by_its_id() {
        let served = serve(|_| told(200, WHOLE)).await;
        let (answer, kya) =
            client(&served).kya(&address(), Some(Chain::Eth)).await.expect("an answer");
        assert_eq!(answer.body, WHOLE.as_bytes());
        client(&served).kya_detail(kya.kya_id.as_deref().expect("an id")).await.expect("an answer");
        let seen = served.seen();
        assert_eq!(seen[0].json(), json!({ "address": address().as_str(), "chain": "eth" }));
        assert_eq!(
            (seen[0].method.as_str(), seen[0].headers["gofact-api-token"].as_str()),
            ("POST", "sandbox")
        );
        assert_eq!(served.paths(), ["/kya", "/kya/detail/12"]);
    }

    #[tokio::test]
    async fn an_answer_about_another_address_is_unusable() {
        let served = serve(|_| {
            told(200, r#"{"kya_id":12,"address":"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"}"#)
        })
        .await;
        let error = client(&served).kya(&address(), None).await.expect_err("another address");
        assert!(matches!(error, CallError::Unusable(_)), "{error}");
        assert_eq!(served.seen()[0].json(), json!({ "address": address().as_str() }));
    }

    proptest! {
        /// F-20: whatever a member turns into, the rest is still read.
        #[test]
        fn any_member_may_become_anything(key in proptest::sample::select(vec!["kya_id", "data", "sdnlist", "txlist", "creator_name", "creation_timestamp"]),
            value in proptest::sample::select(vec!["null", "true", "[]", "{}", "\"x\"", "-1e99", "[[1]]", "{\"a\":{\"b\":[null]}}", "[null,3,{}]"])) {
            let mut body: BTreeMap<String, Box<RawValue>> = serde_json::from_str(WHOLE).expect("an object");
            body.insert(key.to_owned(), RawValue::from_string(value.to_owned()).expect("JSON"));
            let kya = read(&serde_json::to_string(&body).expect("text"));
            if key != "data" { prop_assert_eq!(kya.sent.as_deref(), Some("12.50")); }
            if key != "sdnlist" { prop_assert_eq!(kya.sanctioned.map(|all| all.len()), Some(2)); }
            if key != "txlist" { prop_assert_eq!(kya.transfers.map(|all| all.len()), Some(1)); }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Kya::read(&bytes);
        }
    }
}
