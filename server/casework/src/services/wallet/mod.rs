//! Wallet analysis: where a wallet's money comes from and goes to, and which sanctioned addresses
//! are near.

mod again;

use super::at_once::{
    Asked, AtOnce, Outcome,
    outcome::{finding, what_next},
};
use crate::{
    Casework, Error,
    providers::{
        Answer, CallError,
        kryptogo::{self, Kya, Sanctioned, Unread},
    },
    records::{
        checks::{Check, Finding},
        connections::{self, Connection, Options},
    },
    services::unread::unread as unread_part,
    store::Conn,
};
use domain::{
    Moment,
    checks::Kind,
    fields::Refused,
    findings::Source,
    risk::{self, Rating},
    wallet::{self, WalletAnalysis, WalletForm},
    who::{Bears, Trait},
};
use serde::{Deserialize, Serialize};

pub use again::{DETAIL, read_again};

/// The service.
pub struct Service;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub ask: WalletAnalysis,
}

/// The most of the findings that are sanctioned addresses of one wallet.
const HITS_MAX: usize = 150;

impl AtOnce for Service {
    const KIND: Kind = Kind::Kya;
    type Form = WalletForm;
    type Question = Question;
    type Said = Box<Kya>;
    type Client = kryptogo::Client;

    fn check(
        form: &WalletForm,
        _connection: Option<&Options>,
        _now: Moment,
    ) -> Result<Question, Refused> {
        Ok(Question { ask: wallet::check(form)? })
    }

    fn form(Question { ask }: Question) -> WalletForm {
        WalletForm {
            customer_reference: ask.customer_reference,
            name: ask.name,
            connection: String::new(),
            chain: ask.address.chain().code().into(),
            address: ask.address.as_str().to_owned(),
        }
    }

    fn asked(Question { ask }: &Question) -> Asked {
        Asked {
            address: Some(ask.address.clone()),
            ..Asked::of(&ask.customer_reference, &ask.name)
        }
    }

    fn bears(Question { ask }: &Question) -> Vec<Bears> {
        vec![(Trait::Wallet, format!("{}:{}", ask.address.chain().code(), ask.address.as_str()))]
    }

    async fn client(work: &Casework, connection: &Connection) -> Result<kryptogo::Client, Error> {
        connections::kryptogo_client(work, connection).await
    }

    async fn put(
        client: &kryptogo::Client,
        Question { ask }: &Question,
    ) -> Result<Answer, CallError> {
        client.kya(&ask.address, Some(ask.address.chain())).await.map(|(answer, _)| answer)
    }

    fn read(body: &[u8], _asked: &Asked) -> Option<Box<Kya>> {
        Kya::read(body).ok().map(Box::new)
    }

    fn outcome(kya: &Box<Kya>, _question: &Question, _came: Moment) -> Outcome {
        of_wallet(kya)
    }

    fn rating(said: &Box<Kya>) -> Option<Rating> {
        Some(rating(said))
    }

    async fn said_again(
        work: &Casework,
        conn: &mut Conn<'_>,
        check: &Check,
    ) -> Result<Option<Box<Kya>>, Error> {
        again::changed(work, conn, check).await
    }
}

fn of_wallet(kya: &Kya) -> Outcome {
    let own = kya.address.as_ref().map(|a| a.to_lowercase());
    let is_own =
        |hit: &Sanctioned| own.is_some() && hit.address.as_ref().map(|a| a.to_lowercase()) == own;
    let mut listed: Vec<&Sanctioned> = kya.sanctioned.iter().flatten().collect();
    let hits = listed.len() + kya.more_sanctioned;
    if listed.len() > HITS_MAX {
        listed.sort_by_key(|hit| !is_own(hit));
        listed.truncate(HITS_MAX);
    }
    let mut findings: Vec<Finding> = kya.unread.iter().map(unread_part).collect();
    if hits > listed.len() {
        let more = hits - listed.len();
        findings.push(unread_part(&Unread::new(
            format!("{more} more sanctioned addresses stand in the raw evidence only"),
            "",
        )));
    }
    for hit in listed {
        let is_itself = is_own(hit);
        let name = hit
            .name
            .clone()
            .or_else(|| hit.address.clone())
            .unwrap_or_else(|| "a sanctioned address".to_owned());
        let title = if is_itself {
            format!("This wallet is sanctioned: {name}")
        } else {
            format!("Near this wallet: {name}")
        };
        let known = [("address", &hit.address), ("programme", &hit.program), ("list", &hit.source)];
        let mut rest: Vec<(String, String)> =
            known.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v.clone()?))).collect();
        rest.extend(hit.facts.iter().cloned());
        findings.push(finding(Source::WalletSanction, &hit.raw, &title, rest));
    }
    let unread = kya.sanctioned.is_none();
    if unread {
        let next = "Look at the wallet in KryptoGO's console before you decide. No list is not an empty list.";
        findings.push(finding(
            Source::WalletSanction,
            "no list",
            "KryptoGO gave no list of sanctioned addresses",
            vec![what_next(next)],
        ));
    }
    let itself = findings.iter().any(|f| f.title.starts_with("This wallet is sanctioned"));
    let words = match (unread, hits, itself) {
        (true, ..) => "no list of sanctioned addresses".to_owned(),
        (_, _, true) => "sanctioned".to_owned(),
        (_, 0, _) => "no sanctioned address near".to_owned(),
        (_, 1, _) => "1 sanctioned address near".to_owned(),
        (_, n, _) => format!("{n} sanctioned addresses near"),
    };
    let risk = rating(kya).score;
    Outcome { reference: kya.kya_id.clone(), words, risk, findings }
}

/// Our score of a wallet beside the provider's, and why they differ.
fn rating(kya: &Kya) -> Rating {
    let own = kya.address.as_ref().map(|a| a.to_lowercase());
    let is_itself =
        |hit: &Sanctioned| own.is_some() && hit.address.as_ref().map(|a| a.to_lowercase()) == own;
    risk::rate(&risk::Heard {
        said: kya.risk_said.clone(),
        counts: kya.risk_score,
        is_sanctioned: kya.sanctioned.iter().flatten().any(is_itself),
        is_unread: !kya.unread.is_empty() || kya.sanctioned.is_none(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_without_a_list_is_not_clean_and_a_sanctioned_one_is_very_high() {
        let kya = Kya { address: Some("0xAB".into()), risk_score: Some(3), ..Kya::default() };
        let outcome = of_wallet(&kya);
        assert_eq!(
            (outcome.findings.len(), outcome.risk),
            (1, Some(50)),
            "what was not said counts"
        );
        let clean = Kya { sanctioned: Some(vec![]), ..kya.clone() };
        assert_eq!(
            (of_wallet(&clean).findings.len(), of_wallet(&clean).words.as_str()),
            (0, "no sanctioned address near")
        );
        let hit = Sanctioned {
            address: Some("0xab".into()),
            name: Some("Mixer".into()),
            ..Sanctioned::default()
        };
        let itself = Kya { sanctioned: Some(vec![hit.clone()]), ..kya.clone() };
        assert_eq!(
            (of_wallet(&itself).risk, of_wallet(&itself).words.as_str()),
            (Some(100), "sanctioned")
        );
        let near = Kya {
            sanctioned: Some(vec![Sanctioned { address: Some("0xcd".into()), ..hit }]),
            ..kya
        };
        assert_eq!(
            (of_wallet(&near).risk, of_wallet(&near).words.as_str()),
            (Some(3), "1 sanctioned address near")
        );
    }

    #[test]
    fn a_list_longer_than_its_findings_is_counted_whole_and_says_so() {
        let near = |n: usize| Sanctioned {
            address: Some(format!("0x{n}")),
            raw: n.to_string(),
            ..Sanctioned::default()
        };
        let itself = Sanctioned {
            address: Some("0xab".into()),
            raw: "itself".into(),
            ..Sanctioned::default()
        };
        let all: Vec<Sanctioned> = (0..300).map(near).chain([itself]).collect();
        let kya = Kya {
            address: Some("0xAB".into()),
            sanctioned: Some(all[..300].to_vec()),
            more_sanctioned: 7,
            ..Kya::default()
        };
        let outcome = of_wallet(&kya);
        assert_eq!(
            (outcome.words.as_str(), outcome.findings.len()),
            ("307 sanctioned addresses near", HITS_MAX + 1)
        );
        assert!(
            outcome.findings[0].title.starts_with("157 more")
                && outcome.findings[0].source().must_be_judged()
        );
        let outcome = of_wallet(&Kya { sanctioned: Some(all), ..kya });
        assert_eq!((outcome.words.as_str(), outcome.risk), ("sanctioned", Some(100)));
        assert!(
            outcome.findings[1].title.starts_with("This wallet is sanctioned"),
            "{}",
            outcome.findings[1].title
        );
    }
}
