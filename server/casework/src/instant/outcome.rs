//! What the provider said becomes evidence, findings, risk, deadline and the next state of the check.

use super::{
    ANSWER, Asked,
    ask::{Answered, ReadAnswer},
};
use crate::{
    Casework, Error,
    checks::{
        outcome::{keep, unread as unread_part},
        review::latest,
        store::{self as check_store, Check, Finding},
    },
    customers,
    journal::{self, Actor},
    policies,
    providers::{
        camara::MatchAnswer,
        kryptogo::{Kya, Sanctioned, Unread},
        zignsec::{PidCprAnswer, RofusAnswer},
    },
    seal,
    store::Conn,
};
use domain::{
    Moment,
    checks::{self, Band, NO_RISK, State},
    findings::{Compared, Source},
    journal::{Action, Subject},
    number_match::{MatchResult, Row, summary},
    registers::RofusStatus,
    risk::{self, Rating},
};
use serde_json::json;

/// The most findings that are kept of one outcome; the evidence has all.
const FINDINGS_MAX: usize = 200;

/// The most of them that are sanctioned addresses of one wallet.
const HITS_MAX: usize = 150;

/// The provider's answer, read again for the review page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    NumberMatch(Vec<Row>),
    PidCprMatch(PidCprAnswer),
    Rofus(RofusAnswer),
    Kya(Box<Kya>),
}

/// The answer that was kept, if one was and can be read.
pub(crate) async fn said(work: &Casework, conn: &mut Conn<'_>, check: &Check) -> Result<Option<Said>, Error> {
    let Some(body) = latest(work, conn, check, ANSWER).await? else { return Ok(None) };
    let asked = check.asked()?;
    Ok(match check.kind()? {
        checks::Kind::NumberMatch => MatchAnswer::of_body(&body).ok().map(|a| Said::NumberMatch(rows_of(&asked, &a))),
        checks::Kind::PidCprMatch => PidCprAnswer::read(&body).ok().map(Said::PidCprMatch),
        checks::Kind::Rofus => RofusAnswer::read(&body).ok().map(Said::Rofus),
        checks::Kind::Kya => Kya::read(&body).ok().map(|k| Said::Kya(Box::new(k))),
        _ => None,
    })
}

fn rows_of(asked: &Asked, answer: &MatchAnswer) -> Vec<Row> {
    let version = asked.version.unwrap_or(domain::number_match::Version::V02);
    domain::number_match::rows(&asked.attributes, version, &answer.members)
}

/// Writes the outcome of a check that waits for it, inside the caller's transaction.
pub(crate) async fn arrived(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    answered: &Answered,
    now: Moment,
) -> Result<Vec<journal::Entry>, Error> {
    let id = check.id.as_str().into();
    let kept = keep(work, conn, check, ANSWER, &answered.answer, now).await?;
    if check.state()? != State::Queued {
        return Ok(vec![]);
    }
    let key = customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))?;
    let mut outcome = outcome_of(&answered.read);
    outcome.findings.extend(other_birth_date(conn, check).await?);
    for (at, mut finding) in outcome.findings.into_iter().take(FINDINGS_MAX).enumerate() {
        finding.position = at as i64 + 1;
        finding.fingerprint = seal::fingerprint(&key, &finding.fingerprint);
        check_store::insert_finding(conn, &id, &finding).await?;
    }
    if let Some(reference) = &outcome.reference {
        check_store::sent(conn, &id, reference, domain::time::NEVER).await?;
    }
    check_store::move_to(conn, &id, State::Queued, State::ToReview, check.version, now).await?;
    let due_at = now + policies::current(conn).await?.review_time(check.kind()?, outcome.risk.map(Band::of));
    check_store::outcome(conn, &id, outcome.risk.unwrap_or(NO_RISK), &outcome.words, now, due_at).await?;
    let details = json!({ "says": outcome.words, "risk": outcome.risk, "evidence": [kept] });
    Ok(vec![
        Actor::worker().entry(now, Action::CheckSent, Subject::Check, &check.id, json!({ "detail": "answered" })),
        Actor::worker().entry(now, Action::OutcomeArrived, Subject::Check, &check.id, details),
    ])
}

/// A CPR number of another birthday than the customer's is something to judge, whatever the register says of it.
async fn other_birth_date(conn: &mut Conn<'_>, check: &Check) -> Result<Option<Finding>, Error> {
    let Some(born) = check.asked()?.born else { return Ok(None) };
    let known = customers::store::by_id(conn, &check.customer_id).await?.and_then(|customer| customer.birth_date);
    let Some(known) = known.filter(|known| *known != born) else { return Ok(None) };
    let next = "Compare both with the customer's documents: the number may be another person's, or the birth date was typed wrong.";
    let pairs = vec![("birth date of the CPR number".to_owned(), born), ("birth date of the customer".to_owned(), known), what_next(next)];
    Ok(Some(finding(Source::Register, "birth date", "The birth date in the CPR number is not the customer's", pairs)))
}

struct Outcome {
    /// The provider's number of it.
    reference: Option<String>,
    /// The provider's state, in words.
    words: String,
    risk: Option<i64>,
    findings: Vec<Finding>,
}

fn outcome_of(read: &ReadAnswer) -> Outcome {
    match read {
        ReadAnswer::NumberMatch(rows) => {
            let findings = nothing_compared(rows).into_iter().chain(rows.iter().filter_map(differs)).collect();
            Outcome { reference: None, words: summary(rows), risk: None, findings }
        }
        ReadAnswer::PidCprMatch(answer) => of_pid_cpr(answer),
        ReadAnswer::Rofus(answer) => of_rofus(answer),
        ReadAnswer::Kya(kya) => of_wallet(kya),
    }
}

/// An answer that compares nothing confirms nothing: nobody may take it for agreement without a look.
fn nothing_compared(rows: &[Row]) -> Option<Finding> {
    let is_nothing = |row: &Row| matches!(row.result, MatchResult::NotAvailable | MatchResult::Missing);
    let next = "Ask the customer for another number or document, or rest the decision on something else and say so.";
    let facts = vec![("what to do next".to_owned(), next.to_owned())];
    (!rows.is_empty() && rows.iter().all(is_nothing))
        .then(|| finding(Source::NumberField, "nothing", "The operator compared nothing of what was asked", facts))
}

/// An attribute that differs, or an answer that we do not know: something a person must judge.
fn differs(row: &Row) -> Option<Finding> {
    let label = row.attribute.label();
    let (title, mut facts) = match &row.result {
        MatchResult::No => (format!("{label} differs from what the operator has"), vec![]),
        MatchResult::Unknown(word) => {
            (format!("{label}: the operator gives an answer that this version does not know"), vec![("answer".to_owned(), word.clone())])
        }
        MatchResult::Yes | MatchResult::NotAvailable | MatchResult::Missing => return None,
    };
    if let Some(score) = row.score {
        facts.push(("likeness".to_owned(), format!("{score} of 100")));
    }
    facts.extend(row.odd_score.clone().map(|said| ("likeness".to_owned(), format!("{said}, as it came"))));
    let compared = [Compared { field: label.to_lowercase(), result: row.result.as_match(), found: String::new() }];
    let name = format!("{}\0{:?}{}", row.attribute.code(), row.score, row.odd_score.as_deref().unwrap_or_default());
    let mut finding = finding(Source::NumberField, &name, &title, facts);
    finding.score = row.score.map(i64::from);
    finding.compared = serde_json::to_string(&compared).unwrap_or_default();
    Some(finding)
}

fn of_pid_cpr(answer: &PidCprAnswer) -> Outcome {
    let (words, title) = match answer.is_match() {
        Some(true) => ("match".to_owned(), None),
        Some(false) => ("no match".to_owned(), Some("PID and CPR number do not belong to one person".to_owned())),
        None => {
            let said = answer.said.clone().unwrap_or_default();
            (format!("unknown answer: {said}"), Some(format!("ZignSec gives an answer that this version does not know: {said}")))
        }
    };
    let next = "Compare both numbers with the customer's documents. A typing error is likelier than a stranger's number.";
    let findings = title.map(|title| finding(Source::Register, &words, &title, vec![what_next(next)]));
    Outcome { reference: answer.id.clone(), words, risk: None, findings: findings.into_iter().collect() }
}

fn of_rofus(answer: &RofusAnswer) -> Outcome {
    let finding = match answer.status() {
        Some(status) if status.is_hit() => {
            let mut finding = finding(Source::Register, status.code(), &format!("ROFUS: {}", status.label().to_lowercase()), vec![]);
            finding.facts = facts(&[what_next(status.obliges())]);
            Some(finding)
        }
        Some(_) => None,
        None => {
            let said = answer.said.clone().unwrap_or_default();
            let next = "Treat it as an exclusion until the register gives an answer that is understood.";
            Some(finding(
                Source::Register,
                &said,
                &format!("ZignSec gives an answer that this version does not know: {said}"),
                vec![what_next(next)],
            ))
        }
    };
    let words = answer
        .status()
        .map_or_else(|| format!("unknown answer: {}", answer.said.clone().unwrap_or_default()), |s: RofusStatus| s.label().to_lowercase());
    Outcome { reference: answer.id.clone(), words, risk: None, findings: finding.into_iter().collect() }
}

fn of_wallet(kya: &Kya) -> Outcome {
    let own = kya.address.as_ref().map(|a| a.to_lowercase());
    let is_own = |hit: &Sanctioned| own.is_some() && hit.address.as_ref().map(|a| a.to_lowercase()) == own;
    let mut listed: Vec<&Sanctioned> = kya.sanctioned.iter().flatten().collect();
    let hits = listed.len() + kya.more_sanctioned;
    if listed.len() > HITS_MAX {
        listed.sort_by_key(|hit| !is_own(hit));
        listed.truncate(HITS_MAX);
    }
    let mut findings: Vec<Finding> = kya.unread.iter().map(unread_part).collect();
    if hits > listed.len() {
        let more = hits - listed.len();
        findings.push(unread_part(&Unread::new(format!("{more} more sanctioned addresses stand in the raw evidence only"), "")));
    }
    for hit in listed {
        let is_itself = is_own(hit);
        let name = hit.name.clone().or_else(|| hit.address.clone()).unwrap_or_else(|| "a sanctioned address".to_owned());
        let title = if is_itself { format!("This wallet is sanctioned: {name}") } else { format!("Near this wallet: {name}") };
        let known = [("address", &hit.address), ("programme", &hit.program), ("list", &hit.source)];
        let mut rest: Vec<(String, String)> = known.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v.clone()?))).collect();
        rest.extend(hit.facts.iter().cloned());
        findings.push(finding(Source::WalletSanction, &hit.raw, &title, rest));
    }
    let unread = kya.sanctioned.is_none();
    if unread {
        let next = "Look at the wallet in KryptoGO's console before you decide. No list is not an empty list.";
        findings.push(finding(Source::WalletSanction, "no list", "KryptoGO gave no list of sanctioned addresses", vec![what_next(next)]));
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
pub(crate) fn rating(kya: &Kya) -> Rating {
    let own = kya.address.as_ref().map(|a| a.to_lowercase());
    let is_itself = |hit: &Sanctioned| own.is_some() && hit.address.as_ref().map(|a| a.to_lowercase()) == own;
    risk::rate(&risk::Heard {
        said: kya.risk_said.clone(),
        counts: kya.risk_score,
        is_sanctioned: kya.sanctioned.iter().flatten().any(is_itself),
        is_unread: !kya.unread.is_empty() || kya.sanctioned.is_none(),
    })
}

fn what_next(words: &str) -> (String, String) {
    ("what to do next".to_owned(), words.to_owned())
}

fn facts(pairs: &[(String, String)]) -> String {
    serde_json::to_string(pairs).unwrap_or_default()
}

fn finding(source: Source, name: &str, title: &str, pairs: Vec<(String, String)>) -> Finding {
    Finding::new(source, name, title, &[], &pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::number_match::Attribute;

    fn row(attribute: Attribute, result: MatchResult, score: Option<u8>) -> Row {
        Row { attribute, result, score, odd_score: None }
    }

    #[test]
    fn what_differs_is_a_finding_and_what_is_not_available_is_none() {
        let rows = vec![
            row(Attribute::Name, MatchResult::No, Some(87)),
            row(Attribute::Email, MatchResult::NotAvailable, None),
            row(Attribute::Birthdate, MatchResult::Yes, None),
            row(Attribute::Gender, MatchResult::Unknown("maybe".into()), None),
        ];
        let outcome = outcome_of(&ReadAnswer::NumberMatch(rows));
        assert_eq!(outcome.words, "1 of 4 matches, 1 differs, 1 not available, 1 with an unknown answer");
        let titles: Vec<_> = outcome.findings.iter().map(|f| f.title.as_str()).collect();
        assert_eq!(titles.len(), 2, "{titles:?}");
        assert!(outcome.findings[0].facts.contains("87 of 100") && outcome.findings[0].source().must_be_judged());
    }

    #[test]
    fn an_answer_that_compares_nothing_must_be_judged() {
        let nothing = [row(Attribute::Name, MatchResult::NotAvailable, None), row(Attribute::Email, MatchResult::Missing, None)];
        let outcome = outcome_of(&ReadAnswer::NumberMatch(nothing.to_vec()));
        assert_eq!(outcome.findings.len(), 1);
        assert!(outcome.findings[0].source().must_be_judged() && outcome.findings[0].title.contains("compared nothing"));
        let some = [nothing[0].clone(), row(Attribute::Name, MatchResult::Yes, None)];
        assert!(outcome_of(&ReadAnswer::NumberMatch(some.to_vec())).findings.is_empty());
    }

    #[test]
    fn a_register_that_says_something_unknown_is_no_clearance() {
        let answer = RofusAnswer { id: None, complaints: vec![], said: Some("PersonIsPaused".into()) };
        let outcome = of_rofus(&answer);
        assert_eq!((outcome.words.as_str(), outcome.findings.len()), ("unknown answer: PersonIsPaused", 1));
        let clear = RofusAnswer { said: Some("PersonIsNotRegistered".into()), ..answer.clone() };
        assert_eq!((of_rofus(&clear).words.as_str(), of_rofus(&clear).findings.len()), ("not registered", 0));
        let gone = RofusAnswer { said: Some("PersonIsRegisteredPermanently".into()), ..answer };
        assert!(of_rofus(&gone).findings[0].facts.contains("close the one"));
    }

    #[test]
    fn a_wallet_without_a_list_is_not_clean_and_a_sanctioned_one_is_very_high() {
        let kya = Kya { address: Some("0xAB".into()), risk_score: Some(3), ..Kya::default() };
        let outcome = of_wallet(&kya);
        assert_eq!((outcome.findings.len(), outcome.risk), (1, Some(50)), "what was not said counts");
        let clean = Kya { sanctioned: Some(vec![]), ..kya.clone() };
        assert_eq!((of_wallet(&clean).findings.len(), of_wallet(&clean).words.as_str()), (0, "no sanctioned address near"));
        let hit = Sanctioned { address: Some("0xab".into()), name: Some("Mixer".into()), ..Sanctioned::default() };
        let itself = Kya { sanctioned: Some(vec![hit.clone()]), ..kya.clone() };
        assert_eq!((of_wallet(&itself).risk, of_wallet(&itself).words.as_str()), (Some(100), "sanctioned"));
        let near = Kya { sanctioned: Some(vec![Sanctioned { address: Some("0xcd".into()), ..hit }]), ..kya };
        assert_eq!((of_wallet(&near).risk, of_wallet(&near).words.as_str()), (Some(3), "1 sanctioned address near"));
    }

    #[test]
    fn a_list_longer_than_its_findings_is_counted_whole_and_says_so() {
        let near = |n: usize| Sanctioned { address: Some(format!("0x{n}")), raw: n.to_string(), ..Sanctioned::default() };
        let itself = Sanctioned { address: Some("0xab".into()), raw: "itself".into(), ..Sanctioned::default() };
        let all: Vec<Sanctioned> = (0..300).map(near).chain([itself]).collect();
        let kya = Kya { address: Some("0xAB".into()), sanctioned: Some(all[..300].to_vec()), more_sanctioned: 7, ..Kya::default() };
        let outcome = of_wallet(&kya);
        assert_eq!((outcome.words.as_str(), outcome.findings.len()), ("307 sanctioned addresses near", HITS_MAX + 1));
        assert!(outcome.findings[0].title.starts_with("157 more") && outcome.findings[0].source().must_be_judged());
        let outcome = of_wallet(&Kya { sanctioned: Some(all), ..kya });
        assert_eq!((outcome.words.as_str(), outcome.risk), ("sanctioned", Some(100)));
        assert!(outcome.findings[1].title.starts_with("This wallet is sanctioned"), "{}", outcome.findings[1].title);
    }

    #[test]
    fn no_match_of_two_numbers_must_be_judged() {
        let answer = PidCprAnswer { id: Some("x".into()), complaints: vec![], said: Some("false".into()) };
        let outcome = of_pid_cpr(&answer);
        assert!(outcome.findings[0].source().must_be_judged() && outcome.words == "no match");
        let yes = PidCprAnswer { said: Some("true".into()), ..answer };
        assert!(of_pid_cpr(&yes).findings.is_empty());
    }
}
