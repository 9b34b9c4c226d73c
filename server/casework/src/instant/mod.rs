//! Checks whose answer is the outcome: number match, PID-CPR match, ROFUS, wallet analysis.
//!
//! What is personal in the question (numbers of documents and people, addresses) is sealed with the customer's key as
//! evidence; the check itself only says what was asked about. None of the four has a key by which a provider would
//! recognise the same question: when an answer is lost, nobody can tell whether the question arrived, so it is never
//! put again by itself. `ask` speaks with providers, `outcome` writes down what they said.

mod again;
mod ask;
mod known;
pub mod many;
pub(crate) mod outcome;

use crate::{
    Casework, Error,
    checks::{self, About, Launched, NewCheck, launch_new, store as check_store, to_json},
    connections::{self, Connection},
    customers::{self, Confirmed, who::Fields},
    journal::Actor,
    seal,
    store::{Conn, again},
};
use domain::{
    CheckId, Moment,
    checks::Kind,
    fields::Refused,
    launch::Target,
    number_match::{self, Attribute, NumberMatch, NumberMatchForm, Version},
    people::Caller,
    registers::{self, PidCprForm, PidCprMatch, RofusCheck, RofusForm},
    wallet::{self, Address, WalletAnalysis, WalletForm},
    who::{Bears, Trait, of_number},
};
use serde::{Deserialize, Serialize};

pub(crate) use again::changed;
pub use again::{DETAIL, read_again};
pub(crate) use ask::{Answered, prepare};
pub use known::{Known, known_of};
pub use outcome::Said;

/// The evidence's source: what was asked, sealed.
pub const QUESTION: &str = "question";
/// The evidence's source: what the provider answered.
pub const ANSWER: &str = "answer";

/// What a check says of its question in clear; the whole question is evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub customer_reference: String,
    pub name: String,
    /// Number match: which attributes, in the form's order, and in which wire version.
    pub attributes: Vec<Attribute>,
    pub version: Option<Version>,
    /// Masked: `+34 ••• ••5 833`.
    pub phone: Option<String>,
    /// Masked, as is `cpr`.
    pub pid: Option<String>,
    pub cpr: Option<String>,
    /// The birth date that the CPR number stands for, with its century.
    pub born: Option<String>,
    /// ROFUS: a made-up answer was asked for.
    pub mock: bool,
    /// Wallet analysis.
    pub address: Option<Address>,
}

/// The whole question, as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    NumberMatch { version: Version, ask: NumberMatch },
    PidCprMatch { ask: PidCprMatch },
    Rofus { ask: RofusCheck },
    Kya { ask: WalletAnalysis },
}

impl Question {
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::NumberMatch { .. } => Kind::NumberMatch,
            Self::PidCprMatch { .. } => Kind::PidCprMatch,
            Self::Rofus { .. } => Kind::Rofus,
            Self::Kya { .. } => Kind::Kya,
        }
    }

    /// What may stand in clear.
    fn asked(&self) -> Asked {
        match self {
            Self::NumberMatch { version, ask } => Asked {
                customer_reference: ask.customer_reference.clone(),
                name: ask.name.clone(),
                attributes: ask.values.keys().copied().collect(),
                version: Some(*version),
                phone: Some(masked_phone(&ask.phone)),
                ..Asked::default()
            },
            Self::PidCprMatch { ask } => Asked {
                customer_reference: ask.customer_reference.clone(),
                name: ask.name.clone(),
                pid: Some(ask.pid.masked()),
                cpr: Some(ask.cpr.masked()),
                born: Some(ask.cpr.birth_date()),
                ..Asked::default()
            },
            Self::Rofus { ask } => Asked {
                customer_reference: ask.customer_reference.clone(),
                name: ask.name.clone(),
                cpr: Some(ask.cpr.masked()),
                born: Some(ask.cpr.birth_date()),
                mock: ask.mock,
                ..Asked::default()
            },
            Self::Kya { ask } => Asked {
                customer_reference: ask.customer_reference.clone(),
                name: ask.name.clone(),
                address: Some(ask.address.clone()),
                ..Asked::default()
            },
        }
    }

    /// What the customer's own page learns from it.
    pub(crate) fn target(&self) -> Target {
        let birth_date = match self {
            Self::NumberMatch { ask, .. } => ask.values.get(&Attribute::Birthdate).cloned(),
            Self::PidCprMatch { ask } => Some(ask.cpr.birth_date()),
            Self::Rofus { ask } => Some(ask.cpr.birth_date()),
            Self::Kya { .. } => None,
        };
        let nationality = match self {
            Self::NumberMatch { ask, .. } => ask.values.get(&Attribute::Nationality),
            Self::PidCprMatch { .. } | Self::Rofus { .. } | Self::Kya { .. } => None,
        };
        let country = nationality.and_then(|code| domain::countries::find(code)).map(|c| c.alpha3.to_owned());
        Target { kind: self.kind(), name: self.asked().name, birth_date, country, registration_number: None }
    }

    /// By what else whom it is about would be known again.
    pub(crate) fn bears(&self) -> Vec<Bears> {
        match self {
            Self::NumberMatch { ask, .. } => {
                let document = ask.values.get(&Attribute::IdDocument).and_then(|number| of_number(Trait::Document, number));
                document.into_iter().chain([(Trait::Phone, ask.phone.clone())]).collect()
            }
            Self::PidCprMatch { ask } => {
                vec![(Trait::Cpr, ask.cpr.digits().to_owned()), (Trait::Pid, ask.pid.as_str().to_owned())]
            }
            Self::Rofus { ask } => vec![(Trait::Cpr, ask.cpr.digits().to_owned())],
            Self::Kya { ask } => vec![(Trait::Wallet, format!("{}:{}", ask.address.chain().code(), ask.address.as_str()))],
        }
    }

    /// The name that somebody is asked about, with its attribute, where it is another than the customer's.
    fn another_name(&self) -> Option<(Attribute, String)> {
        match self {
            Self::NumberMatch { ask, .. } => ask.another_name(),
            Self::PidCprMatch { .. } | Self::Rofus { .. } | Self::Kya { .. } => None,
        }
    }

    fn fields(&self) -> Fields {
        match self {
            Self::NumberMatch { .. } => {
                let name = match self.another_name() {
                    Some((Attribute::Name, _)) => "values[name]",
                    Some((Attribute::GivenName, _)) => "values[givenName]",
                    Some((Attribute::MiddleNames, _)) => "values[middleNames]",
                    Some(_) => "values[familyName]",
                    None => "name",
                };
                Fields { name, birth_date: "values[birthdate]", country: "values[nationality]" }
            }
            Self::PidCprMatch { .. } | Self::Rofus { .. } => Fields { name: "name", birth_date: "cpr", country: "name" },
            Self::Kya { .. } => Fields { name: "name", birth_date: "name", country: "name" },
        }
    }
}

/// `+34•••••••833`: enough to tell two numbers of one customer apart.
fn masked_phone(phone: &str) -> String {
    let shown = 3;
    let length = phone.len();
    if length <= shown + 5 {
        return "•".repeat(length);
    }
    format!("{}{}{}", &phone[..3], "•".repeat(length - shown - 3), &phone[length - shown..])
}

/// A launch form of any of the four kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    NumberMatch(NumberMatchForm),
    PidCprMatch(PidCprForm),
    Rofus(RofusForm),
    Kya(WalletForm),
}

impl Form {
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::NumberMatch(_) => Kind::NumberMatch,
            Self::PidCprMatch(_) => Kind::PidCprMatch,
            Self::Rofus(_) => Kind::Rofus,
            Self::Kya(_) => Kind::Kya,
        }
    }

    fn connection(&self) -> &str {
        match self {
            Self::NumberMatch(form) => &form.connection,
            Self::PidCprMatch(form) => &form.connection,
            Self::Rofus(form) => &form.connection,
            Self::Kya(form) => &form.connection,
        }
    }

    /// The form's values under the names of its inputs.
    #[must_use]
    pub fn as_typed(&self) -> Refused {
        match self {
            Self::NumberMatch(form) => form.as_typed(),
            Self::PidCprMatch(form) => form.as_typed(),
            Self::Rofus(form) => form.as_typed(),
            Self::Kya(form) => form.as_typed(),
        }
    }

    fn check(&self, version: Version, now: Moment) -> Result<Question, Refused> {
        Ok(match self {
            Self::NumberMatch(form) => Question::NumberMatch { version, ask: number_match::check(form, version, now)? },
            Self::PidCprMatch(form) => Question::PidCprMatch { ask: registers::check_pid_cpr(form, now)? },
            Self::Rofus(form) => Question::Rofus { ask: registers::check_rofus(form, now)? },
            Self::Kya(form) => Question::Kya { ask: wallet::check(form)? },
        })
    }
}

/// Launches a check; one transaction writes check, sealed question, promise and journal.
///
/// # Errors
/// The form with a message beside each cause; an unknown or disabled connection; the database.
pub async fn launch(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    form: &Form,
    confirmed: impl Into<Confirmed>,
    relaunch_of: Option<&CheckId>,
) -> Result<Launched, Error> {
    let confirmed = confirmed.into();
    again(|| launch_once(work, caller, actor, id, form, &confirmed, relaunch_of)).await
}

async fn launch_once(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    form: &Form,
    confirmed: &Confirmed,
    relaunch_of: Option<&CheckId>,
) -> Result<Launched, Error> {
    let (connection, question) = checked(work, form).await?;
    let mut tx = work.db.write().await?;
    let new = New { id, connection: &connection, question: &question, typed: form.as_typed(), confirmed, relaunch_of };
    let written = write(work, &mut tx.conn(), caller, actor, new).await?;
    if written {
        tx.commit().await?;
        work.wake.notify_waiters();
    }
    Ok(Launched { id: id.clone(), repeated: !written })
}

/// What one launch writes.
struct New<'a> {
    id: &'a CheckId,
    connection: &'a Connection,
    question: &'a Question,
    typed: Refused,
    confirmed: &'a Confirmed,
    relaunch_of: Option<&'a CheckId>,
}

/// Writes check and question; nothing when this page was sent before.
async fn write(work: &Casework, conn: &mut Conn<'_>, caller: &Caller, actor: &Actor, new: New<'_>) -> Result<bool, Error> {
    let (asked, target) = (new.question.asked(), new.question.target());
    let another = new.question.another_name();
    let about = About {
        document_country: None,
        asked_name: another.as_ref().map(|(_, asked)| asked.as_str()),
        bears: new.question.bears(),
        fields: new.question.fields(),
    };
    let check = NewCheck {
        id: new.id,
        kind: new.question.kind(),
        customer_reference: &asked.customer_reference,
        target: &target,
        connection: new.connection,
        request: to_json(&asked)?,
        confirmed: new.confirmed,
        about,
        relaunch_of: new.relaunch_of,
        typed: new.typed,
    };
    let Some(check) = launch_new(work, conn, caller, actor, check).await? else { return Ok(false) };
    let body = to_json(new.question)?.into_bytes();
    let answer = crate::providers::Answer { body, content_type: "application/json".into() };
    checks::outcome::keep(work, conn, &check, QUESTION, &answer, work.now()).await?;
    Ok(true)
}

/// The connection and the checked question, or the form with what stands in the way.
async fn checked(work: &Casework, form: &Form) -> Result<(Connection, Question), Error> {
    let (chosen, _) = connections::chosen(work, form.connection(), form.kind()).await?;
    let version = match &chosen {
        Some(connection) => connection.options()?.operator.map_or(Version::V02, |o| o.version),
        None => Version::V02,
    };
    let checked = form.check(version, work.now()).and_then(|question| match &question {
        Question::NumberMatch { ask, .. } => match crate::phones::trunk_zero(&ask.phone) {
            Some(words) => Err(form.as_typed().because("phone", words)),
            None => Ok(question),
        },
        _ => Ok(question),
    });
    match (chosen, checked) {
        (Some(connection), question) => Ok((connection, question?)),
        (None, question) => {
            let mut refused = question.err().unwrap_or_else(|| form.as_typed());
            refused.errors.remove("connection");
            Err(refused.because("connection", "Choose a connection that is active.").into())
        }
    }
}

/// The whole question of a check, opened.
///
/// # Errors
/// The customer was erased, a damaged seal, or the database.
pub async fn question(work: &Casework, check: &check_store::Check) -> Result<Question, Error> {
    let mut reader = work.db.read().await?;
    question_of(work, &mut reader.conn(), check).await
}

pub(crate) async fn question_of(work: &Casework, conn: &mut Conn<'_>, check: &check_store::Check) -> Result<Question, Error> {
    let (id, sealed) = check_store::latest_evidence(conn, &check.id.as_str().into(), QUESTION)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("check {} has no question", check.id)))?;
    let key = customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))?;
    let body = seal::open_evidence(&key, &id, &sealed)?;
    serde_json::from_slice(&body).map_err(|e| Error::Corrupt(format!("question of check {}: {e}", check.id)))
}

/// A question about a person's numbers, indented, with the numbers masked as everywhere on screen; nothing for other bytes.
#[must_use]
pub fn masked(body: &[u8]) -> Option<String> {
    let mut shown: serde_json::Value = serde_json::from_slice(body).ok()?;
    let ask = match serde_json::from_slice(body).ok()? {
        Question::PidCprMatch { ask } => vec![("pid", ask.pid.masked()), ("cpr", ask.cpr.masked())],
        Question::Rofus { ask } => vec![("cpr", ask.cpr.masked())],
        Question::NumberMatch { .. } | Question::Kya { .. } => return None,
    };
    for (name, text) in ask {
        shown["ask"][name] = text.into();
    }
    serde_json::to_string_pretty(&shown).ok()
}

/// What a register answered or how it refused, with the numbers of people in it masked; nothing where it has none.
#[must_use]
pub fn masked_answer(kind: Kind, body: &[u8]) -> Option<String> {
    if !matches!(kind, Kind::PidCprMatch | Kind::Rofus) {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    Some(crate::providers::zignsec::masked(&text)).filter(|masked| *masked != text)
}

/// The form that would ask the same again, for a check that ended.
///
/// # Errors
/// Unknown, of another kind, erased, or the database.
pub async fn form_of(work: &Casework, id: &CheckId) -> Result<Form, Error> {
    let check = checks::get(work, id).await?;
    if !check.kind()?.answers_at_once() {
        return Err(Error::NotFound);
    }
    let connection = check.connection_id.clone();
    Ok(match question(work, &check).await? {
        Question::NumberMatch { ask, .. } => Form::NumberMatch(NumberMatchForm { connection, ..NumberMatchForm::from(&ask) }),
        Question::PidCprMatch { ask } => Form::PidCprMatch(PidCprForm {
            customer_reference: ask.customer_reference,
            name: ask.name,
            connection,
            pid: ask.pid.as_str().to_owned(),
            cpr: ask.cpr.hyphenated(),
        }),
        Question::Rofus { ask } => Form::Rofus(RofusForm {
            customer_reference: ask.customer_reference,
            name: ask.name,
            connection,
            cpr: ask.cpr.hyphenated(),
            environment_mock: if ask.mock { "Mock".into() } else { String::new() },
        }),
        Question::Kya { ask } => Form::Kya(WalletForm {
            customer_reference: ask.customer_reference,
            name: ask.name,
            connection,
            chain: ask.address.chain().code().into(),
            address: ask.address.as_str().to_owned(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_in_clear_says_little() {
        assert_eq!(masked_phone("+34629255833"), "+34••••••833");
        assert_eq!(masked_phone("+1234567"), "••••••••");
    }

    #[test]
    fn what_stands_in_clear_has_no_number_of_a_person() {
        let form = PidCprForm {
            customer_reference: "C-1".into(),
            name: "Tika Klaussen".into(),
            connection: "c".into(),
            pid: "9208-2002-2-577168596796".into(),
            cpr: "150609-3330".into(),
        };
        let question = Form::PidCprMatch(form).check(Version::V02, 1_795_000_000_000).expect("good");
        let clear = to_json(&question.asked()).expect("JSON");
        assert!(!clear.contains("3330") && !clear.contains("577168596796"), "{clear}");
        let shown = masked(&to_json(&question).expect("JSON").into_bytes()).expect("a question about numbers");
        assert!(!shown.contains("3330") && !shown.contains("577168596796") && shown.contains("150609-••••"), "{shown}");
        assert_eq!(masked(b"{\"kind\":\"kya\"}"), None);
    }
}
