//! Whom a launch is about: nobody is launched about in silence who is somebody else, or who is
//! known under another reference.

use crate::{on_both, support::*};
use casework::{
    Error,
    checks::{self, Launched, many as tables, queue},
    customers::{self, CHANGE, Change, Confirmed, ELSEWHERE, Elsewhere, Word},
    idv::Sent,
    many, new_id,
    services::{self, Form, many as number_tables},
    video,
};
use domain::{
    CheckId, ConnectionId, Refusal,
    checks::Kind,
    checks::State,
    decisions::Outcome,
    fields::Refused,
    findings::Source,
    launch::DueDiligenceForm,
    number_match::NumberMatchForm,
    queue::{Filter, Page, Tab},
    who::{Data, Relation, Trait},
};

const PHONE: &str = "+34629255833";
const CPR: &str = "150862-0001";
/// The birthday that the number stands for.
const CPR_BORN: &str = "1962-08-15";
const PID: &str = "9208-2002-2-577168596796";

/// The ways to launch, with the connections that they take.
struct Ways {
    operator: ConnectionId,
    zignsec: ConnectionId,
    bank: ConnectionId,
    wallet: String,
}

const ALL: [&str; 8] = ["person", "company", "idv", "video", "number", "pid", "rofus", "wallet"];

/// Whom a launch is about.
#[derive(Clone, Copy)]
struct About<'a> {
    reference: &'a str,
    first: &'a str,
    last: &'a str,
    born: &'a str,
    /// Two letters and three.
    country: (&'a str, &'a str),
}

const ANNA: About<'static> =
    About { reference: "", first: "Anna", last: "Berg", born: CPR_BORN, country: ("DE", "DEU") };

impl Ways {
    async fn of(desk: &Desk) -> Self {
        // Only a newer operator compares nationalities.
        let operator = desk.operator("camara", |form| form.version = "v0.4".into()).await;
        let (zignsec, bank) = (desk.zignsec().await, desk.bank("solaris").await);
        Self { operator, zignsec, bank, wallet: desk.wallet("btc", "clean").await }
    }

    async fn launch(
        &self,
        desk: &Desk,
        way: &str,
        about: About<'_>,
        id: &CheckId,
        confirmed: Confirmed,
    ) -> Result<Launched, Error> {
        let (work, anna, actor) = (&desk.work, &desk.anna, by(&desk.anna));
        let name = format!("{} {}", about.first, about.last);
        let at_once = |mut form: Form| {
            assert!(form.put("customer_reference", about.reference) && form.put("name", &name));
            form
        };
        let form = match way {
            "person" | "company" => {
                let form = DueDiligenceForm {
                    kind: if way == "person" { "dd_kyc" } else { "dd_kyb" }.into(),
                    customer_reference: about.reference.into(),
                    birth_date: about.born.into(),
                    country: about.country.1.into(),
                    ..desk.form(&name)
                };
                return checks::launch(work, anna, &actor, id, &form, confirmed, None).await;
            }
            "idv" => {
                let form = domain::idv::Form {
                    customer_reference: about.reference.into(),
                    birth_date: about.born.into(),
                    country: about.country.1.into(),
                    ..desk.idv_form("link", &name)
                };
                let sent = Sent { form, uploads: vec![], kept: vec![] };
                return casework::idv::launch(work, anna, &actor, id, sent, confirmed, None).await;
            }
            "video" => {
                let form = domain::video::PersonForm {
                    customer_reference: about.reference.into(),
                    birth_date: about.born.into(),
                    nationality: about.country.0.into(),
                    ..person_form(&self.bank, about.first, about.last)
                };
                return video::start(work, anna, &actor, id, &form, confirmed, None).await;
            }
            "number" => number_form(
                &self.operator,
                PHONE,
                &[("birthdate", about.born), ("nationality", about.country.0)],
            ),
            "pid" => pid_form(
                &self.zignsec,
                PID,
                if about.born == CPR_BORN { CPR } else { "150609-3330" },
            ),
            "rofus" => {
                rofus_form(&self.zignsec, if about.born == CPR_BORN { CPR } else { "150609-3330" })
            }
            _ => wallet_form(&desk.connection, &self.wallet),
        };
        services::launch(work, anna, &actor, id, &at_once(form), confirmed, None).await
    }
}

fn new_check() -> CheckId {
    new_id().into()
}

fn change_in(refused: &Refused) -> Change {
    serde_json::from_str(refused.error(CHANGE).unwrap_or_else(|| panic!("not asked: {refused:?}")))
        .expect("a change")
}

fn elsewhere_in(refused: &Refused) -> Elsewhere {
    serde_json::from_str(
        refused.error(ELSEWHERE).unwrap_or_else(|| panic!("not asked: {refused:?}")),
    )
    .expect("others")
}

/// What a page sends that was shown nothing yet.
fn page() -> Confirmed {
    Confirmed::sent("", "", "")
}

async fn launched_about(desk: &Desk, about: About<'_>) -> CheckId {
    let form = DueDiligenceForm {
        customer_reference: about.reference.into(),
        birth_date: about.born.into(),
        country: about.country.1.into(),
        ..desk.form(&format!("{} {}", about.first, about.last))
    };
    desk.launch_form(&form).await
}

on_both!(each_way_asks_before_it_launches_about_somebody_else, |desk| async {
    let ways = Ways::of(&desk).await;
    for way in ALL {
        let reference = format!("C-{way}");
        let anna = About { reference: &reference, ..ANNA };
        launched_about(&desk, anna).await;
        let viktor = About { first: "Viktor", last: "Sawenkow", ..anna };
        let (id, sent) = (new_check(), Confirmed { open_check: true, ..Confirmed::default() });
        let refused = form_of(ways.launch(&desk, way, viktor, &id, sent.clone()).await);
        let change = change_in(&refused);
        assert_eq!(
            change.differences.iter().map(|d| d.data).collect::<Vec<_>>(),
            [Data::Name],
            "{way}"
        );
        let words = refused.error("customer_reference").unwrap_or_default();
        assert!(
            words.contains("Anna Berg") && words.contains(CPR_BORN) && words.contains(&reference),
            "{way}: {words}"
        );
        let kept = if way == "video" { refused.value("last_name") } else { refused.value("name") };
        assert!(
            kept.ends_with("Sawenkow") && refused.value("customer_reference") == reference,
            "{way}: {refused:?}"
        );
        assert!(matches!(checks::get(&desk.work, &id).await, Err(Error::NotFound)), "{way}");
        // That there is an open check is another question, and so is another change.
        let other = Confirmed { change: Word::This("another".into()), ..sent.clone() };
        assert!(
            form_of(ways.launch(&desk, way, viktor, &id, other).await).error(CHANGE).is_some(),
            "{way}"
        );
        let token = Confirmed { change: Word::This(change.token.clone()), ..sent.clone() };
        let third = About { first: "Ana", last: "Popović", ..anna };
        assert!(
            form_of(ways.launch(&desk, way, third, &id, token.clone()).await)
                .error(CHANGE)
                .is_some(),
            "{way}"
        );
        assert!(
            !ways
                .launch(&desk, way, viktor, &id, token)
                .await
                .unwrap_or_else(|e| panic!("{way}: {e:?}"))
                .repeated
        );
        let review = desk.review(&id).await;
        let finding = review
            .findings
            .iter()
            .find(|f| f.source() == Source::CustomerChange)
            .unwrap_or_else(|| panic!("{way}"));
        assert!(
            finding.source().must_be_judged()
                && finding.facts.contains("Anna Berg")
                && finding.facts.contains("Viktor"),
            "{way}"
        );
        let all = actions(&desk.work, id.as_str()).await;
        assert!(all.contains(&"customer_changed".to_owned()), "{way}: {all:?}");
        assert_eq!(review.asked.name, "Viktor Sawenkow", "{way}");
        assert!(
            review
                .changed
                .is_some_and(|c| c.by == desk.anna.name && c.differences == change.differences),
            "{way}"
        );
        assert_eq!(
            customers::get(&desk.work, &reference).await.expect("there").name,
            "Viktor Sawenkow",
            "{way}: known from now on"
        );
        // The same again is no change any more.
        ways.launch(&desk, way, viktor, &new_check(), sent)
            .await
            .unwrap_or_else(|e| panic!("{way}: {e:?}"));
    }
    assert_journal_intact(&desk.work).await;
});

on_both!(another_birth_date_or_country_is_asked_about_by_each_way_that_has_one, |desk| async {
    let ways = Ways::of(&desk).await;
    for (way, has_birth_date, has_country) in [
        ("person", true, true),
        ("company", false, true),
        ("idv", true, true),
        ("video", true, true),
        ("number", true, true),
        ("pid", true, false),
        ("rofus", true, false),
    ] {
        let reference = format!("C-{way}");
        let anna = About { reference: &reference, ..ANNA };
        launched_about(&desk, anna).await;
        let other = About { born: "2009-06-15", country: ("AT", "AUT"), ..anna };
        let sent = Confirmed { open_check: true, ..Confirmed::default() };
        let refused = form_of(ways.launch(&desk, way, other, &new_check(), sent.clone()).await);
        let asked: Vec<Data> = change_in(&refused).differences.iter().map(|d| d.data).collect();
        let wanted = [(Data::BirthDate, has_birth_date), (Data::Country, has_country)]
            .into_iter()
            .filter(|(_, has)| *has);
        assert_eq!(asked, wanted.map(|(data, _)| data).collect::<Vec<_>>(), "{way}: {refused:?}");
        // Another spelling of the name is no other name.
        let spelt = About { last: "BERG", ..anna };
        ways.launch(&desk, way, spelt, &new_check(), sent)
            .await
            .unwrap_or_else(|e| panic!("{way}: {e:?}"));
    }
});

on_both!(the_country_of_a_document_is_compared_and_not_kept, |desk| async {
    let ways = Ways::of(&desk).await;
    let anna = About { reference: "C-1", ..ANNA };
    launched_about(&desk, anna).await;
    let other = About { country: ("AT", "AUT"), ..anna };
    for (way, kept) in [("idv", "DEU"), ("person", "AUT")] {
        let (id, sent) = (new_check(), Confirmed { open_check: true, ..Confirmed::default() });
        let change = change_in(&form_of(ways.launch(&desk, way, other, &id, sent.clone()).await));
        assert_eq!(change.is_kept, way == "person", "{way}: the question says what will be so");
        let token = Confirmed { change: Word::This(change.token), ..sent };
        ways.launch(&desk, way, other, &id, token).await.unwrap_or_else(|e| panic!("{way}: {e:?}"));
        let customer = customers::get(&desk.work, "C-1").await.expect("there");
        assert_eq!(
            (customer.country.as_deref(), customer.birth_date.as_deref()),
            (Some(kept), Some(CPR_BORN)),
            "{way}"
        );
        let review = desk.review(&id).await;
        assert!(
            review.findings.iter().any(|f| f.source() == Source::CustomerChange),
            "{way}: it is judged all the same"
        );
        assert!(
            review.changed.is_some_and(|changed| changed.is_kept == (way == "person")),
            "{way}"
        );
        let action = if way == "person" { "customer_changed" } else { "other_data_confirmed" };
        assert!(actions(&desk.work, id.as_str()).await.contains(&action.to_owned()), "{way}");
    }
    assert_journal_intact(&desk.work).await;
});

on_both!(a_number_match_about_another_name_than_the_customers_is_asked_about, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    let (anna, actor) = (&desk.anna, by(&desk.anna));
    launched_about(&desk, About { reference: "C-1", ..ANNA }).await;
    let line = format!("customer_reference,name,phone,givenName\nC-1,Anna Berg,{PHONE},Viktor\n");
    let looked = number_tables::look(&desk.work, Kind::NumberMatch, operator.as_str(), &line)
        .await
        .expect("looks");
    assert!(
        looked.lines[0]
            .result
            .as_ref()
            .is_err_and(|r| r.error("customer_reference").is_some_and(|w| w.contains("Anna Berg")))
    );
    let form = |values: &[(&str, &str)]| match number_form(&operator, PHONE, values) {
        Form::NumberMatch(form) => Form::NumberMatch(NumberMatchForm {
            customer_reference: "C-1".into(),
            name: "Anna Berg".into(),
            ..form
        }),
        other => other,
    };
    let sent = Confirmed { open_check: true, ..Confirmed::default() };
    for (values, field, asked) in [
        (&[("name", "Viktor Sawenkow")][..], "values[name]", "Viktor Sawenkow"),
        (&[("givenName", "Viktor"), ("familyName", "Berg")], "values[givenName]", "Viktor Berg"),
        (&[("familyName", "Sawenkow")], "values[familyName]", "Sawenkow"),
    ] {
        let (id, form) = (new_check(), form(values));
        let refused = form_of(
            services::launch(&desk.work, anna, &actor, &id, &form, sent.clone(), None).await,
        );
        let change = change_in(&refused);
        assert_eq!(
            change.differences.iter().map(|d| (d.data, d.given.as_str())).collect::<Vec<_>>(),
            [(Data::Name, asked)]
        );
        assert!(
            refused.error(field).is_some_and(|words| words.contains("Anna Berg")),
            "{refused:?}"
        );
        assert!(
            !change.is_kept
                && refused
                    .error("customer_reference")
                    .is_some_and(|w| w.ends_with("that other data are asked about."))
        );
        assert!(matches!(checks::get(&desk.work, &id).await, Err(Error::NotFound)), "{asked}");
        let token = Confirmed { change: Word::This(change.token), ..sent.clone() };
        services::launch(&desk.work, anna, &actor, &id, &form, token, None)
            .await
            .expect("launches");
        let review = desk.review(&id).await;
        let finding = review
            .findings
            .iter()
            .find(|f| f.source() == Source::CustomerChange)
            .expect("a finding");
        assert!(
            finding.source().must_be_judged() && finding.facts.contains(asked),
            "{}",
            finding.facts
        );
        assert!(
            finding.title.contains("other data than the customer's (name)")
                && !finding.title.contains("changed"),
            "{}",
            finding.title
        );
        assert!(review.changed.is_some_and(|changed| !changed.is_kept), "{asked}");
        let all = actions(&desk.work, id.as_str()).await;
        assert!(
            all.contains(&"other_data_confirmed".to_owned())
                && !all.contains(&"customer_changed".to_owned()),
            "{all:?}"
        );
        assert_eq!(
            customers::get(&desk.work, "C-1").await.expect("there").name,
            "Anna Berg",
            "what was asked is not kept"
        );
    }
    for values in [
        &[("name", "BERG, Anna")][..],
        &[("givenName", "Anna"), ("familyName", "Berg")],
        &[("familyName", "Berg")],
    ] {
        let asked = services::launch(
            &desk.work,
            anna,
            &actor,
            &new_check(),
            &form(values),
            sent.clone(),
            None,
        )
        .await;
        assert!(asked.is_ok(), "{values:?}: {asked:?}");
    }
    // Of whom nobody was launched about yet, the name that is asked about is compared with the
    // launch's own.
    let draft =
        DueDiligenceForm { customer_reference: "C-drafted".into(), ..desk.form("Anna Breg") };
    checks::save_draft(&desk.work, anna, &actor, &new_check(), &draft).await.expect("saves");
    for reference in ["C-fresh", "C-drafted"] {
        let lines = |more: &str, cell: &str| {
            format!(
                "customer_reference,name,phone,givenName{more}\n{reference},Anna Berg,{PHONE},Viktor{cell}\n"
            )
        };
        let looked =
            number_tables::look(&desk.work, Kind::NumberMatch, operator.as_str(), &lines("", ""))
                .await
                .expect("looks");
        let words = looked.lines[0]
            .result
            .as_ref()
            .err()
            .and_then(|r| r.error("customer_reference"))
            .unwrap_or_default();
        assert!(
            words.contains("Viktor")
                && words.contains("Anna Berg")
                && words.contains("data_changed"),
            "{reference}: {words}"
        );
        let looked = number_tables::look(
            &desk.work,
            Kind::NumberMatch,
            operator.as_str(),
            &lines(",data_changed", ",yes"),
        )
        .await
        .expect("looks");
        assert!(looked.lines[0].result.is_ok(), "{reference}");
        let form = match number_form(&operator, PHONE, &[("givenName", "Viktor")]) {
            Form::NumberMatch(form) => Form::NumberMatch(NumberMatchForm {
                customer_reference: reference.into(),
                name: "Anna Berg".into(),
                ..form
            }),
            other => other,
        };
        let id = new_check();
        let refused = form_of(
            services::launch(&desk.work, anna, &actor, &id, &form, sent.clone(), None).await,
        );
        assert!(
            refused.error("values[givenName]").is_some_and(|words| words.contains("Anna Berg")),
            "{refused:?}"
        );
        let change = change_in(&refused);
        assert!(change.customer_id.is_empty() && change.differences.len() == 1, "{change:?}");
        assert!(matches!(checks::get(&desk.work, &id).await, Err(Error::NotFound)), "{reference}");
        let token = Confirmed { change: Word::This(change.token), ..sent.clone() };
        services::launch(&desk.work, anna, &actor, &id, &form, token, None)
            .await
            .expect("launches");
        let review = desk.review(&id).await;
        assert!(
            review
                .findings
                .iter()
                .any(|f| f.source() == Source::CustomerChange && f.facts.contains("Viktor")),
            "{reference}"
        );
        assert!(review.changed.is_some_and(|changed| !changed.is_kept), "{reference}");
        assert_eq!(
            customers::get(&desk.work, reference).await.expect("there").name,
            "Anna Berg",
            "what a draft said is corrected"
        );
    }
    assert_journal_intact(&desk.work).await;
});

on_both!(a_confirmed_change_must_be_judged_and_each_check_keeps_its_own_name, |desk| async {
    let anna = About { reference: "C-1", ..ANNA };
    let first = launched_about(&desk, anna).await;
    desk.until_state(&first, State::ToReview).await;
    desk.clear_sanctions(&first).await;
    // Anna has the customer's name.
    desk.decide(&desk.ben, &first, Outcome::Reject).await;
    let form = DueDiligenceForm { customer_reference: "C-1".into(), ..desk.form("Anna Lindqvist") };
    let second = new_check();
    checks::launch(
        &desk.work,
        &desk.anna,
        &by(&desk.anna),
        &second,
        &form,
        Confirmed::everything(),
        None,
    )
    .await
    .expect("launches");
    desk.until_state(&second, State::ToReview).await;
    let review = desk.review(&second).await;
    assert_eq!(
        review.findings.iter().map(|f| f.position).collect::<Vec<_>>(),
        (1..=review.findings.len() as i64).collect::<Vec<_>>()
    );
    assert!(review.unjudged() >= 1 && review.differs.is_empty());
    let refused =
        refusal(desk.step(&desk.anna, &second, checks::decide::Act::Decide, Outcome::Accept).await);
    assert!(matches!(refused, Refusal::UndecidedFindings(_)), "{refused:?}");
    desk.clear_sanctions(&second).await;
    desk.step(&desk.anna, &second, checks::decide::Act::Decide, Outcome::Accept)
        .await
        .expect("accepts once it is judged");
    // What was asked about under the old name says so, wherever it stands.
    let before = desk.review(&first).await;
    assert_eq!(
        (before.asked.name.as_str(), before.customer.name.as_str()),
        ("Anna Berg", "Anna Lindqvist")
    );
    assert_eq!(
        before.differs.iter().map(|d| (d.known.as_str(), d.given.as_str())).collect::<Vec<_>>(),
        [("Anna Lindqvist", "Anna Berg")]
    );
    let filter = Filter { tab: Some(Tab::All), text: "C-1".into(), ..Filter::default() };
    let mut rows: Vec<_> =
        queue::list(&desk.work, &desk.anna.id, &filter, &Page::First).await.expect("lists").rows;
    rows.sort_by_key(|r| r.launched_at_ms);
    assert_eq!(
        rows.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(),
        ["Anna Berg", "Anna Lindqvist"]
    );
    for found in ["Berg", "Lindqvist"] {
        assert_eq!(
            customers::list(&desk.work, found, None).await.expect("lists").len(),
            1,
            "{found}"
        );
    }
});

on_both!(what_only_a_draft_knows_is_nobody_yet, |desk| async {
    let id = new_check();
    let form = DueDiligenceForm { customer_reference: "C-1".into(), ..desk.form("Anna Breg") };
    checks::save_draft(&desk.work, &desk.anna, &by(&desk.anna), &id, &form).await.expect("saves");
    let form = DueDiligenceForm { name: "Viktor Sawenkow".into(), ..form };
    desk.try_launch(&id, &form).await.expect("a draft is corrected in silence");
    assert_eq!(customers::get(&desk.work, "C-1").await.expect("there").name, "Viktor Sawenkow");
    assert!(desk.review(&id).await.changed.is_none());
    // Once something was asked, a draft about somebody else is asked about when it is launched.
    let draft = new_check();
    let other = DueDiligenceForm { kind: "dd_kyb".into(), name: "Nordlys AS".into(), ..form };
    checks::save_draft(&desk.work, &desk.anna, &by(&desk.anna), &draft, &other)
        .await
        .expect("saves");
    assert!(form_of(desk.try_launch(&draft, &other).await).error(CHANGE).is_some());
});

on_both!(a_person_who_is_corrected_at_the_first_step_is_asked_about_too, |desk| async {
    let bank = desk.bank("solaris").await;
    let start = async |id: &CheckId, form: &domain::video::PersonForm, confirmed: Confirmed| {
        video::start(&desk.work, &desk.anna, &by(&desk.anna), id, form, confirmed, None).await
    };
    launched_about(&desk, About { reference: "C-1", born: "1992-12-11", ..ANNA }).await;
    // The bank refuses what it cannot read, so that there is nobody yet.
    let wrong = domain::video::PersonForm {
        customer_reference: "C-1".into(),
        postal_code: "13353".into(),
        ..person_form(&bank, "Anna", "Berg")
    };
    let id = new_check();
    start(&id, &wrong, Confirmed::default()).await.expect("launches");
    // As if it had come back: nothing is on its way.
    run_sql(
        &desk.work.db,
        &format!("UPDATE video_sessions SET sending = NULL WHERE check_id = '{id}'"),
    )
    .await
    .expect("runs");
    run_sql(
        &desk.work.db,
        &format!("UPDATE deliveries SET state = 'dropped' WHERE check_id = '{id}'"),
    )
    .await
    .ok();
    let viktor = domain::video::PersonForm {
        first_name: "Viktor".into(),
        last_name: "Sawenkow".into(),
        ..wrong
    };
    let refused = form_of(start(&id, &viktor, Confirmed::default()).await);
    let change = change_in(&refused);
    start(&id, &viktor, Confirmed { change: Word::This(change.token), ..Confirmed::default() })
        .await
        .expect("corrects");
    assert_eq!(desk.review(&id).await.asked.name, "Viktor Sawenkow");
    let all = actions(&desk.work, id.as_str()).await;
    assert!(all.contains(&"customer_changed".to_owned()), "{all:?}");
});

const HEADER: &str = "customer_reference,subject,name,birth_date,country,registration_number";

on_both!(a_table_launches_about_nobody_else_in_silence, |desk| async {
    launched_about(&desk, About { reference: "C-1", ..ANNA }).await;
    let search = tables::Search {
        connection: desk.connection.to_string(),
        search_setting: "1".into(),
        sources: "sanction_list".into(),
    };
    let send = async |text: &str| {
        let page = new_id();
        let sent = many::Sent { page: &page, name: "customers.csv", text, leave_out: false };
        tables::launch(&desk.work, &desk.anna, &by(&desk.anna), &search, &sent).await
    };
    let company = format!("{HEADER}\nC-1,company,Sawenkow Trading,,,\nC-2,person,Ana Popović,,,\n");
    let looked = tables::look(&desk.work, &search, &company).await.expect("looks");
    let refused = looked.lines[0].result.as_ref().expect_err("somebody else");
    let words = refused.error("customer_reference").unwrap_or_default();
    assert!(words.contains("Anna Berg") && words.contains("data_changed"), "{words}");
    assert!(looked.lines[1].result.is_ok() && looked.named.contains("C-1"));
    assert!(
        form_of(send(&company).await)
            .error("table")
            .is_some_and(|w| w.contains("Nothing was launched"))
    );
    let unclear = format!("{HEADER},data_changed\nC-1,company,Sawenkow Trading,,,,perhaps\n");
    assert!(
        form_of(tables::look(&desk.work, &search, &unclear).await.map(|_| ()))
            .error("table")
            .is_some_and(|w| w.contains("Line 2"))
    );
    let confirmed = format!(
        "{HEADER},data_changed\nC-1,company,Sawenkow Trading,,,,yes\nC-2,person,Ana Popović,,,,\n"
    );
    let batch = send(&confirmed).await.expect("launches").batch;
    let ids = texts(
        &desk.work.db,
        &format!("SELECT check_id FROM batch_checks WHERE batch_id = '{batch}' ORDER BY line"),
    )
    .await;
    let review = desk.review(&ids[0].as_str().into()).await;
    assert!(
        review.changed.is_some()
            && review.findings.iter().any(|f| f.source() == Source::CustomerChange)
    );
    assert!(desk.review(&ids[1].as_str().into()).await.changed.is_none());
    // Number matches come in tables, too.
    let operator = desk.operator("camara", |_| {}).await;
    let numbers = |more: &str, cell: &str| {
        format!(
            "customer_reference,name,phone,givenName{more}\nC-2,Viktor Sawenkow,{PHONE},Viktor{cell}\n"
        )
    };
    let looked =
        number_tables::look(&desk.work, Kind::NumberMatch, operator.as_str(), &numbers("", ""))
            .await
            .expect("looks");
    assert!(
        looked.lines[0].result.as_ref().is_err_and(|r| r
            .error("customer_reference")
            .is_some_and(|w| w.contains("Ana Popović")))
    );
    let (page, text) = (new_id(), numbers(",data_changed", ",yes"));
    let sent = many::Sent { page: &page, name: "", text: &text, leave_out: false };
    number_tables::launch(
        &desk.work,
        &desk.anna,
        &by(&desk.anna),
        (Kind::NumberMatch, operator.as_str()),
        &sent,
    )
    .await
    .expect("launches");
    assert_eq!(customers::get(&desk.work, "C-2").await.expect("there").name, "Viktor Sawenkow");
});

on_both!(one_person_under_two_references_of_one_table_is_shown_before_a_launch, |desk| async {
    let search = tables::Search {
        connection: desk.connection.to_string(),
        search_setting: "1".into(),
        sources: "sanction_list".into(),
    };
    let text = format!(
        "{HEADER}\nT-1,person,Jürgen Müller,1980-01-02,,\nT-2,person,Anna Berg,1980-01-02,,\nT-3,person,MUELLER Juergen,1980-01-02,,\nt-2,person,Ana Popović,,,\n"
    );
    let looked = tables::look(&desk.work, &search, &text).await.expect("looks");
    let shown: Vec<(usize, &str, &[Trait])> = looked
        .elsewhere
        .iter()
        .flat_map(|(line, elsewhere)| {
            elsewhere.others.iter().map(|o| (*line, o.reference.as_str(), o.why.as_slice()))
        })
        .collect();
    assert_eq!(shown, [(4, "T-1", &[Trait::Person][..]), (5, "T-2", &[Trait::Reference][..])]);
    assert!(looked.named.is_empty() && looked.good() == 4, "nobody of them is a customer yet");
    let operator = desk.operator("camara", |_| {}).await;
    let text = format!(
        "customer_reference,name,phone,givenName\nT-5,Anna Berg,{PHONE},Anna\nT-6,Boris Berg,{PHONE},Boris\n"
    );
    let looked = number_tables::look(&desk.work, Kind::NumberMatch, operator.as_str(), &text)
        .await
        .expect("looks");
    assert_eq!(looked.elsewhere.get(&3).map(|e| e.others[0].why.clone()), Some(vec![Trait::Phone]));
    assert!(!looked.elsewhere.contains_key(&2));
});

on_both!(who_is_known_under_another_reference_is_shown_before_a_launch, |desk| async {
    let ways = Ways::of(&desk).await;
    // One person by name and birth date, and by each number that a launch can have.
    let known = launched_about(&desk, About { reference: "C-000104", ..ANNA }).await;
    desk.until_state(&known, State::ToReview).await;
    desk.clear_sanctions(&known).await;
    desk.decide(&desk.ben, &known, Outcome::Reject).await;
    let (stranger, other) = (
        About { reference: "N-1", first: "Tika", last: "Klaussen", born: "", ..ANNA },
        About { reference: "N-2", first: "Ana", last: "Popović", born: "", ..ANNA },
    );
    for (way, by_what) in [
        ("number", Trait::Phone),
        ("pid", Trait::Cpr),
        ("rofus", Trait::Cpr),
        ("wallet", Trait::Wallet),
        ("idv", Trait::Document),
    ] {
        let (one, two) = (format!("{way}-1"), format!("{way}-2"));
        // A birth date of each, so that nothing but the number is the same.
        let born = |born| if matches!(way, "pid" | "rofus") { CPR_BORN } else { born };
        let first = About { reference: &one, born: born("1971-01-01"), ..stranger };
        let second = About { reference: &two, born: born("1972-02-02"), ..other };
        ways.launch(&desk, way, first, &new_check(), true.into())
            .await
            .unwrap_or_else(|e| panic!("{way}: {e:?}"));
        let refused = form_of(ways.launch(&desk, way, second, &new_check(), page()).await);
        let found = elsewhere_in(&refused);
        assert!(
            found.others.iter().any(|o| o.reference == one && o.why.contains(&by_what)),
            "{way}: {found:?}"
        );
        let shown = Confirmed::sent("", "", &found.token);
        ways.launch(&desk, way, second, &new_check(), shown)
            .await
            .unwrap_or_else(|e| panic!("{way}: {e:?}"));
    }
    let form = DueDiligenceForm {
        customer_reference: "C-000200".into(),
        birth_date: CPR_BORN.into(),
        ..desk.form("BERG, Anna")
    };
    let id = new_check();
    let launch = async |confirmed: Confirmed| {
        checks::launch(&desk.work, &desk.anna, &by(&desk.anna), &id, &form, confirmed, None).await
    };
    let refused = form_of(launch(page()).await);
    let found = elsewhere_in(&refused);
    assert!(refused.error(CHANGE).is_none() && refused.value("name") == "BERG, Anna");
    let other = found.others.iter().find(|o| o.reference == "C-000104").expect("shown");
    assert!(
        other.why == [Trait::Person]
            && other.decided.as_ref().is_some_and(|(state, _)| state == "rejected"),
        "{other:?}"
    );
    assert_eq!(other.risk, desk.check(&known).await.risk());
    launch(Confirmed::sent("", "", &found.token)).await.expect("launches once it was shown");
    let around = desk.review(&id).await.around;
    assert!(
        around.others.iter().any(|o| o.reference == "C-000104"),
        "and stands on the review page: {around:?}"
    );
    assert!(
        desk.review(&known).await.around.others.iter().any(|o| o.reference == "C-000200"),
        "on both"
    );
    // Two companies under one number, and a reference in capital letters.
    for (reference, number, why) in [
        ("K-1", "HRB 4711-X", None),
        ("K-2", "hrb4711x", Some(Trait::Registration)),
        ("k-1", "", Some(Trait::Reference)),
    ] {
        let form = DueDiligenceForm {
            kind: "dd_kyb".into(),
            customer_reference: reference.into(),
            registration_number: number.into(),
            ..desk.form(&format!("Company {reference}"))
        };
        let answer = checks::launch(
            &desk.work,
            &desk.anna,
            &by(&desk.anna),
            &new_check(),
            &form,
            page(),
            None,
        )
        .await;
        match why {
            None => drop(answer.expect("nobody else has it")),
            Some(why) => {
                let found = elsewhere_in(&form_of(answer));
                assert!(
                    found.others.iter().any(|o| o.reference == "K-1" && o.why == [why]),
                    "{reference}: {found:?}"
                );
            }
        }
    }
});

on_both!(what_people_say_of_two_references_is_recorded_and_links_them, |desk| async {
    let (one, two, three) = ("C-1", "C-2", "C-3");
    let mut checks = Vec::new();
    for reference in [one, two, three] {
        checks.push(launched_about(&desk, About { reference, ..ANNA }).await);
    }
    let relate =
        async |who: &domain::people::Caller, pair: (&str, &str), relation: Relation, note: &str| {
            customers::relate(&desk.work, who, &by(who), pair, relation, note).await
        };
    let refused = refusal(relate(&desk.adam, (one, two), Relation::Same, "").await);
    assert!(matches!(refused, Refusal::NotAllowed(_)), "{refused:?}");
    assert!(matches!(
        relate(&desk.anna, (one, "nobody"), Relation::Same, "").await,
        Err(Error::NotFound)
    ));
    assert!(form_of(relate(&desk.anna, (one, one), Relation::Same, "").await).error("").is_some());
    let long = "x".repeat(customers::NOTE_MAX + 1);
    let refused = form_of(relate(&desk.anna, (one, two), Relation::Same, &long).await);
    assert!(refused.error("link_note").is_some() && refused.value("link_note") == long);
    assert!(desk.review(&checks[0]).await.around.checks.is_empty(), "nothing is linked by itself");
    relate(&desk.anna, (one, two), Relation::Same, "Same passport.").await.expect("links");
    relate(&desk.anna, (two, one), Relation::Same, "Same passport.")
        .await
        .expect("the same word again");
    relate(&desk.ben, (two, three), Relation::Same, "").await.expect("links");
    let rows = |action: &str| {
        format!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM journal WHERE action = '{action}' AND subject = 'link'"
        )
    };
    assert_eq!(number(&desk.work.db, &rows("customers_linked")).await, 2, "each word is one entry");
    // Linked customers show each other's checks, also by way of another one.
    let around = desk.review(&checks[0]).await.around;
    let mut shown: Vec<_> = around.checks.iter().map(|c| c.reference.clone()).collect();
    shown.sort();
    assert_eq!(shown, [two, three]);
    let said = around
        .others
        .iter()
        .find(|o| o.reference == two)
        .and_then(|o| o.said.clone())
        .expect("said");
    assert!(
        said.relation == Relation::Same
            && said.by == desk.anna.name
            && said.note == "Same passport."
    );
    // Who said something is not asked again; a later word counts.
    relate(&desk.ben, (two, three), Relation::Other, "Twins.").await.expect("parts");
    relate(&desk.ben, (one, three), Relation::Other, "Twins.").await.expect("parts");
    let around = desk.review(&checks[0]).await.around;
    assert_eq!(around.checks.iter().map(|c| c.reference.as_str()).collect::<Vec<_>>(), [two]);
    let form = DueDiligenceForm {
        customer_reference: one.into(),
        birth_date: CPR_BORN.into(),
        country: "DEU".into(),
        ..desk.form("Anna Berg")
    };
    let confirmed = Confirmed { open_check: true, ..page() };
    checks::launch(&desk.work, &desk.anna, &by(&desk.anna), &new_check(), &form, confirmed, None)
        .await
        .expect("nothing is asked");
    assert_journal_intact(&desk.work).await;
    // An erasure takes marks, links and what the journal says of them.
    let customer = desk.check(&checks[0]).await.customer_id;
    let marks = format!(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_marks WHERE customer_id = '{customer}'"
    );
    assert!(number(&desk.work.db, &marks).await > 0);
    customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked by the person")
        .await
        .expect("erases");
    assert_eq!(number(&desk.work.db, &marks).await, 0);
    let words = format!(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_links WHERE one_id = '{customer}' OR other_id = '{customer}'"
    );
    assert_eq!(number(&desk.work.db, &words).await, 0);
    let told = texts(&desk.work.db, "SELECT details FROM journal_details").await.join("\n");
    assert!(
        !told.contains("Same passport.") && told.matches("Twins.").count() == 1,
        "the one between the two who are left"
    );
    assert!(desk.review(&checks[1]).await.around.others.iter().all(|o| o.reference != one));
    assert!(matches!(
        refusal(relate(&desk.anna, (one, two), Relation::Same, "").await),
        Refusal::Erased
    ));
    assert_journal_intact(&desk.work).await;
    assert_record_holds(&desk).await;
});

on_both!(a_change_goes_with_its_customer, |desk| async {
    launched_about(&desk, About { reference: "C-1", ..ANNA }).await;
    let form = DueDiligenceForm {
        customer_reference: "C-1".into(),
        kind: "dd_kyb".into(),
        ..desk.form("Kestrel Meridian")
    };
    let id = new_check();
    checks::launch(
        &desk.work,
        &desk.anna,
        &by(&desk.anna),
        &id,
        &form,
        Confirmed::everything(),
        None,
    )
    .await
    .expect("launches");
    let everything = async || {
        let mut all = vec![all_text(&desk.work.db).await];
        for query in [
            "SELECT COALESCE(about, '') FROM checks",
            "SELECT differences FROM customer_changes",
            "SELECT note FROM customer_links",
        ] {
            all.extend(texts(&desk.work.db, query).await);
        }
        all.join("\n")
    };
    let traces = ["Kestrel", "Anna Berg", CPR_BORN];
    let before = everything().await;
    assert!(traces.iter().all(|trace| before.contains(trace)));
    let customer = desk.check(&id).await.customer_id;
    customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked by the person")
        .await
        .expect("erases");
    let after = everything().await;
    assert_eq!(traces.iter().find(|trace| after.contains(**trace)), None);
    let review = desk.review(&id).await;
    assert!(
        review.changed.is_none() && review.differs.is_empty() && review.around.others.is_empty()
    );
    assert_record_holds(&desk).await;
});

/// What was said of customers, and what went with one of them, is as the journal says.
async fn assert_record_holds(desk: &Desk) {
    let found = casework::journal::verify_record(&desk.work.db, None, None).await.expect("reads");
    assert!(matches!(found, casework::journal::Record::Holds { .. }), "{found:?}");
}

on_both!(marks_are_made_again_by_new_rules_and_under_a_new_key, |desk| async {
    let ways = Ways::of(&desk).await;
    for way in ALL {
        let (reference, born) = (
            format!("M-{way}"),
            if matches!(way, "pid" | "rofus") { CPR_BORN } else { "1980-01-02" },
        );
        let about = About { reference: &reference, born, ..ANNA };
        ways.launch(&desk, way, about, &new_check(), false.into())
            .await
            .unwrap_or_else(|e| panic!("{way}: {e:?}"));
    }
    let db = &desk.work.db;
    let marks = async || {
        texts(db, "SELECT mark || ' ' || customer_id || ' ' || kind FROM customer_marks ORDER BY mark, customer_id").await
    };
    let made = marks().await;
    assert!(made.len() > 20, "{made:?}");
    assert_eq!(
        customers::mark_again(&desk.work).await.expect("marks"),
        ALL.len(),
        "a new desk has rules that it did not use yet"
    );
    assert_eq!(marks().await, made, "what was sealed is opened for it");
    assert_eq!(customers::mark_again(&desk.work).await.expect("marks"), 0, "once");
    // As a desk of before this version: without any.
    run_sql(db, "DELETE FROM customer_marks").await.expect("deletes");
    run_sql(db, "UPDATE customer_marking SET rules = 0").await.expect("updates");
    assert_eq!(customers::mark_again(&desk.work).await.expect("marks"), ALL.len());
    assert_eq!(marks().await, made);
    // A new master key makes other marks of the same, and nothing of the old ones is left.
    let newer = casework::Sealer::new(casework::MasterKey::random(), vec![desk.key.clone()]);
    let another = work_on(
        casework::Db::open(&desk.url).await.expect("opens"),
        newer,
        casework::Clock::default(),
        pace(),
        "http://127.0.0.1:9".into(),
    );
    assert_eq!(customers::mark_again(&another).await.expect("marks"), ALL.len());
    let renewed = marks().await;
    assert!(renewed.len() == made.len() && renewed.iter().all(|mark| !made.contains(mark)));
    another.close().await;
});

on_both!(with_several_connections_a_search_setting_is_its_connections_own, |desk| async {
    let form = connections_form(&desk, "2 = Everything");
    let second =
        casework::connections::add(&desk.work, &by(&desk.adam), &form).await.expect("a connection");
    let launch = |connection: &ConnectionId, setting: String| DueDiligenceForm {
        connection: connection.to_string(),
        search_setting: setting,
        ..desk.form("Ana Popović")
    };
    let code = domain::launch::setting_code;
    let refused = form_of(
        desk.try_launch(&new_check(), &launch(&second, code(desk.connection.as_str(), 2))).await,
    );
    assert!(
        refused
            .error("search_setting")
            .is_some_and(|words| words.contains("belongs to another connection")),
        "{refused:?}"
    );
    let id = desk.launch_form(&launch(&second, code(second.as_str(), 2))).await;
    assert_eq!(desk.review(&id).await.search_setting_name.as_deref(), Some("Everything"));
});

fn connections_form(desk: &Desk, settings: &str) -> casework::connections::Form {
    casework::connections::Form {
        name: format!("KryptoGO {}", new_id()),
        provider: "kryptogo".into(),
        base_url: format!("{}/kryptogo", desk.sandbox.base_url()),
        search_settings: settings.into(),
        allow_private: true,
        secret: zeroize::Zeroizing::new(TOKEN.into()),
        ..casework::connections::Form::default()
    }
}
