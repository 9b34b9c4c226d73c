//! Number match: an operator compares what we know of a person with what it knows of the subscriber
//! of a number.

mod known;

use super::at_once::{Asked, AtOnce, Column, Outcome, outcome::finding};
use crate::{
    Casework, Error,
    providers::{
        Answer, CallError,
        camara::{self, MatchAnswer},
    },
    records::{
        checks::Finding,
        connections::{self, Connection, Options},
        customers::who::Fields,
    },
};
use domain::{
    Moment,
    checks::Kind,
    countries,
    fields::Refused,
    findings::{Compared, Source},
    number_match::{
        self, Attribute, MatchResult, NumberMatch, NumberMatchForm, Row, Version, summary,
    },
    who::{Bears, Trait, of_number},
};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

pub use known::{Known, known_of};

/// The service.
pub struct Service;

/// The question, with the version of the interface that it is put in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub version: Version,
    pub ask: NumberMatch,
}

impl AtOnce for Service {
    const KIND: Kind = Kind::NumberMatch;
    type Form = NumberMatchForm;
    type Question = Question;
    type Said = Vec<Row>;
    type Client = camara::Client;

    fn check(
        form: &NumberMatchForm,
        connection: Option<&Options>,
        now: Moment,
    ) -> Result<Question, Refused> {
        let version = connection
            .and_then(|options| options.operator.as_ref())
            .map_or(Version::V02, |operator| operator.version);
        Ok(Question { version, ask: number_match::check(form, version, now)? })
    }

    fn form(question: Question) -> NumberMatchForm {
        NumberMatchForm::from(&question.ask)
    }

    fn asked(Question { version, ask }: &Question) -> Asked {
        let attributes = ask.values.keys().copied().collect();
        Asked {
            attributes,
            version: Some(*version),
            ..Asked::of(&ask.customer_reference, &ask.name)
        }
    }

    fn phone(question: &Question) -> Option<&str> {
        Some(&question.ask.phone)
    }

    fn birth_date(question: &Question) -> Option<String> {
        question.ask.values.get(&Attribute::Birthdate).cloned()
    }

    fn country(question: &Question) -> Option<String> {
        let code = question.ask.values.get(&Attribute::Nationality)?;
        countries::find(code).map(|country| country.alpha3.to_owned())
    }

    fn bears(question: &Question) -> Vec<Bears> {
        let number = question.ask.values.get(&Attribute::IdDocument);
        number.and_then(|number| of_number(Trait::Document, number)).into_iter().collect()
    }

    fn another_name(question: &Question) -> Option<String> {
        question.ask.another_name().map(|(_, asked)| asked)
    }

    fn fields(question: &Question) -> Fields {
        let name = match question.ask.another_name() {
            Some((Attribute::Name, _)) => "values[name]",
            Some((Attribute::GivenName, _)) => "values[givenName]",
            Some((Attribute::MiddleNames, _)) => "values[middleNames]",
            Some(_) => "values[familyName]",
            None => "name",
        };
        Fields { name, birth_date: "values[birthdate]", country: "values[nationality]" }
    }

    async fn client(work: &Casework, connection: &Connection) -> Result<camara::Client, Error> {
        connections::camara_client(work, connection).await
    }

    async fn make_ready(client: &camara::Client, question: &Question) -> Result<(), CallError> {
        client.make_ready(&question.ask.phone).await
    }

    async fn put(client: &camara::Client, question: &Question) -> Result<Answer, CallError> {
        client.match_number(&question.ask, question.version).await.map(|(answer, _)| answer)
    }

    fn read(body: &[u8], asked: &Asked) -> Option<Vec<Row>> {
        let answer = MatchAnswer::of_body(body).ok()?;
        Some(number_match::rows(
            &asked.attributes,
            asked.version.unwrap_or(Version::V02),
            &answer.members,
        ))
    }

    fn outcome(rows: &Vec<Row>, _question: &Question, _came: Moment) -> Outcome {
        let findings =
            nothing_compared(rows).into_iter().chain(rows.iter().filter_map(differs)).collect();
        Outcome { reference: None, words: summary(rows), risk: None, findings }
    }

    fn columns() -> &'static [Column] {
        &COLUMNS
    }
}

/// `name` is ours when it stands once; asked is then what `fullName` or a second `name` holds.
static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
    let example = |attribute: &Attribute| match attribute {
        Attribute::GivenName => "Federica",
        Attribute::FamilyName => "Sanchez Arjona",
        Attribute::Birthdate => "1978-08-22",
        _ => "",
    };
    let own = [
        Column::needed("customer_reference", &["customer_reference", "reference"], "C-000123"),
        Column::needed("name", &["name"], "Federica Sanchez Arjona"),
        Column::needed("phone", &["phone", "phonenumber", "phone_number"], "+34629255833"),
    ];
    let asked = Attribute::ALL.iter().map(|attribute| {
        let names = if *attribute == Attribute::Name {
            vec!["fullName", "name"]
        } else {
            vec![attribute.code()]
        };
        Column { field: attribute.field(), names, example: example(attribute), is_needed: false }
    });
    own.into_iter().chain(asked).collect()
});

/// An answer that compares nothing confirms nothing: nobody may take it for agreement without a
/// look.
fn nothing_compared(rows: &[Row]) -> Option<Finding> {
    let is_nothing =
        |row: &Row| matches!(row.result, MatchResult::NotAvailable | MatchResult::Missing);
    let next = "Ask the customer for another number or document, or rest the decision on something else and say so.";
    let facts = vec![("what to do next".to_owned(), next.to_owned())];
    (!rows.is_empty() && rows.iter().all(is_nothing)).then(|| {
        finding(
            Source::NumberField,
            "nothing",
            "The operator compared nothing of what was asked",
            facts,
        )
    })
}

/// An attribute that differs, or an answer that we do not know: something a person must judge.
fn differs(row: &Row) -> Option<Finding> {
    let label = row.attribute.label();
    let (title, mut facts) = match &row.result {
        MatchResult::No => (format!("{label} differs from what the operator has"), vec![]),
        MatchResult::Unknown(word) => (
            format!("{label}: the operator gives an answer that this version does not know"),
            vec![("answer".to_owned(), word.clone())],
        ),
        MatchResult::Yes | MatchResult::NotAvailable | MatchResult::Missing => return None,
    };
    if let Some(score) = row.score {
        facts.push(("likeness".to_owned(), format!("{score} of 100")));
    }
    facts.extend(
        row.odd_score.clone().map(|said| ("likeness".to_owned(), format!("{said}, as it came"))),
    );
    let compared = [Compared {
        field: label.to_lowercase(),
        result: row.result.as_match(),
        found: String::new(),
    }];
    let name = format!(
        "{}\0{:?}{}",
        row.attribute.code(),
        row.score,
        row.odd_score.as_deref().unwrap_or_default()
    );
    let mut finding = finding(Source::NumberField, &name, &title, facts);
    finding.score = row.score.map(i64::from);
    finding.compared = serde_json::to_string(&compared).unwrap_or_default();
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn question() -> Question {
        let ask = NumberMatch {
            customer_reference: String::new(),
            name: String::new(),
            phone: String::new(),
            values: BTreeMap::new(),
        };
        Question { version: Version::V02, ask }
    }

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
        let outcome = Service::outcome(&rows, &question(), 0);
        assert_eq!(
            outcome.words,
            "1 of 4 matches, 1 differs, 1 not available, 1 with an unknown answer"
        );
        let titles: Vec<_> = outcome.findings.iter().map(|f| f.title.as_str()).collect();
        assert_eq!(titles.len(), 2, "{titles:?}");
        assert!(
            outcome.findings[0].facts.contains("87 of 100")
                && outcome.findings[0].source().must_be_judged()
        );
    }

    #[test]
    fn an_answer_that_compares_nothing_must_be_judged() {
        let nothing = [
            row(Attribute::Name, MatchResult::NotAvailable, None),
            row(Attribute::Email, MatchResult::Missing, None),
        ];
        let outcome = Service::outcome(&nothing.to_vec(), &question(), 0);
        assert_eq!(outcome.findings.len(), 1);
        assert!(
            outcome.findings[0].source().must_be_judged()
                && outcome.findings[0].title.contains("compared nothing")
        );
        let some = [nothing[0].clone(), row(Attribute::Name, MatchResult::Yes, None)];
        assert!(Service::outcome(&some.to_vec(), &question(), 0).findings.is_empty());
    }
}
