//! The client against the providers' stand-in, which shares no type with it: the bank, and the bank
//! as less careful implementations build it.

use super::{tests::jane, *};
use crate::{
    Clock,
    providers::{CallError, Clients, Networks, Target},
};
use bytes::Bytes;
use domain::{
    findings::Match,
    video::{DocumentType, IdentificationForm, Person, State, check_identification, plan, rows},
};
use sandbox::{Options, Sandbox, SolarisTimes};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use zeroize::Zeroizing;

async fn bank() -> Sandbox {
    let times = SolarisTimes {
        review_ms: 40,
        long_review_ms: 200,
        certificate_ms: 100,
        retry_ms: 10,
        ..SolarisTimes::default()
    };
    Sandbox::start(
        "127.0.0.1:0".parse().expect("an address"),
        Options { step_ms: 20, solaris: times, ..Options::default() },
    )
    .await
    .expect("a bank")
}

fn client(bank: &Sandbox, base: &str, secret: &str) -> Client {
    rustls::crypto::ring::default_provider().install_default().ok();
    let base_url = format!("{}{base}", bank.base_url());
    let account = Account {
        connection: "c1".into(),
        client_id: "sandbox".into(),
        client_secret: Zeroizing::new(secret.into()),
        token_url: format!("{base_url}/oauth2/token"),
        scope: SCOPE.into(),
    };
    let target = Target { base_url, private: Networks::loopback(), deadline_ms: Some(5_000) };
    Client::new(
        Clients::default().http(&target).expect("a client"),
        target,
        account,
        Arc::default(),
        Clock::default(),
    )
}

/// The first state that `is` wants.
async fn reached(
    client: &Client,
    person_id: &str,
    id: &str,
    is: impl Fn(&State) -> bool,
) -> IdentificationRecord {
    for _ in 0..200 {
        let (_, record) = client.identification(person_id, id).await.expect("an identification");
        if is(&record.state) {
            return record;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the state was not reached")
}

/// A person and a requested session that plays itself.
async fn started(client: &Client, first_name: &str) -> (Person, String, String) {
    let sent = Person { first_name: first_name.into(), ..jane() };
    let (_, person) = client.create_person(&sent).await.expect("a person");
    assert!(!person.standing.is_onboardable());
    let form = IdentificationForm { language: "EN".into(), ..IdentificationForm::default() };
    let new = check_identification(&form, Clock::default().now()).expect("good");
    let (_, identification) =
        client.create_identification(&person.id, &new).await.expect("an identification");
    assert_eq!((&identification.state, identification.url.as_ref()), (&State::Created, None));
    let (_, session) = client.request(&person.id, &identification.id).await.expect("a session");
    assert!(
        session.url.is_some()
            && session.reference.is_some()
            && session.estimated_waiting_time.is_some()
    );
    (sent, person.id, identification.id)
}

#[tokio::test]
async fn a_whole_identification_is_followed_at_both_banks() {
    let bank = bank().await;
    for base in ["/solaris", "/solaris/lax"] {
        let client = client(&bank, base, "sandbox");
        client.try_account().await.expect("an account");
        let (sent, person_id, id) = started(&client, "X-AUTOTEST-CHANGEALL").await;
        assert_eq!(
            client.find_person(&sent).await.expect("a list").map(|p| p.id).as_ref(),
            Some(&person_id),
            "{base}"
        );
        assert!(
            client
                .supported_documents(&person_id, &id)
                .await
                .expect("documents")
                .iter()
                .any(|d| d.countries.iter().any(|c| c == "DE"))
        );
        let record = reached(&client, &person_id, &id, State::is_final).await;
        assert_eq!(record.state, State::Successful, "{base}");
        let (_, attempts) = client.attempts(&person_id, &id).await.expect("attempts");
        let userdata = rows(&attempts.last().expect("an attempt").userdata);
        let name = userdata.iter().find(|row| row.label == "First name").expect("a name");
        assert_eq!(
            (name.before.as_deref(), name.result),
            (Some("X-AUTOTEST-CHANGEALL"), Match::Differs)
        );
        assert!(
            client
                .legitimation_data(&person_id, &id)
                .await
                .expect("data")
                .1
                .iter()
                .any(|said| said.key == "number")
        );
        assert_eq!(client.identifications(&person_id).await.expect("a list").len(), 1);
        let (_, person) = client.person(&person_id).await.expect("a person");
        assert_ne!(
            person.field("first_name"),
            Some(sent.first_name.as_str()),
            "the session changed it"
        );
        assert!(person.standing.is_onboardable() && person.aml_confirmed_on.is_some(), "{base}");
    }
}

#[tokio::test]
async fn documents_and_changes_go_both_ways_at_both_banks() {
    let bank = bank().await;
    for base in ["/solaris", "/solaris/lax"] {
        let client = client(&bank, base, "sandbox");
        let (_, person_id, id) = started(&client, "X-AUTOTEST-HAPPYPATH").await;
        reached(&client, &person_id, &id, State::is_final).await;
        let documents = client.documents(&person_id).await.expect("documents");
        let report = documents
            .iter()
            .find(|d| d.document_type.as_deref() == Some("KYC_REPORT"))
            .expect("a report");
        let file = client.file(&person_id, &report.id).await.expect("a file");
        assert!(file.bytes.starts_with(b"%PDF") && file.content_type == "application/pdf");
        let upload = Upload {
            name: "Beleg \"1\".pdf".into(),
            content_type: "application/pdf",
            document_type: DocumentType::ProofOfAddress,
            bytes: Bytes::from(file.bytes.clone()),
        };
        for place in
            [Place::Person(&person_id), Place::Identification { person_id: &person_id, id: &id }]
        {
            let (_, kept) = client.upload(place, &upload).await.expect("a document");
            assert_eq!(kept.document_type.as_deref(), Some("PROOF_OF_ADDRESS"));
            assert_eq!(
                client.file(&person_id, &kept.id).await.expect("a file").bytes,
                file.bytes,
                "{base}"
            );
        }
        let (_, person) = client.person(&person_id).await.expect("a person");
        let wanted: BTreeMap<String, String> = [
            ("employment_status", "FREELANCER"),
            ("nace_code", "A 1.1"),
            ("email", "jane@example.org"),
            ("self_declared_as_pep", "false"),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
        let patch = plan(&person.fields, &wanted, false, Clock::default().now()).expect("good");
        assert!(patch.by_request.is_empty());
        let (_, changed) = client.change_person(&person_id, &patch).await.expect("changed");
        assert_eq!(
            (changed.field("nace_code"), changed.field("self_declared_as_pep")),
            (Some("A 1.1"), Some("false"))
        );
        let again: BTreeMap<String, String> =
            [("email".to_owned(), "joe@example.org".to_owned())].into();
        let patch = plan(&changed.fields, &again, false, Clock::default().now()).expect("good");
        assert_eq!(patch.by_request.len(), 1);
        let failure =
            client.change_person(&person_id, &patch).await.expect_err("needs the customer");
        assert!(matches!(failure.error, CallError::Refused(403, _)), "{base}: {failure}");
    }
}

#[tokio::test]
async fn aborted_sessions_and_wrong_values_say_why_at_both_banks() {
    let bank = bank().await;
    for base in ["/solaris", "/solaris/lax"] {
        let client = client(&bank, base, "sandbox");
        let (_, person_id, id) = started(&client, "X-AUTOTEST-ABORTIDENT").await;
        reached(&client, &person_id, &id, |state| *state == State::Aborted).await;
        let (_, attempts) = client.attempts(&person_id, &id).await.expect("attempts");
        let attempt = attempts.last().expect("an attempt");
        assert!(
            attempt.reason.as_deref().and_then(domain::video::explain).is_some()
                && attempt.document.is_empty()
        );
        assert_eq!(
            client.legitimation_data(&person_id, &id).await.expect_err("none").error,
            CallError::NotFound,
            "{base}"
        );
        let wrong = Person { first_name: "J@ne".into(), ..jane() };
        let failure = client.create_person(&wrong).await.expect_err("refused");
        assert!(
            failure.complaints.iter().any(|c| c.field.as_deref() == Some("first_name")),
            "{base}: {failure:?}"
        );
        assert_eq!(client.person("0cper").await.expect_err("nobody").error, CallError::NotFound);
        let refused = self::client(&bank, base, "wrong").try_account().await.expect_err("refused");
        assert_eq!(refused.error, CallError::Credentials(401));
        let unheard = client
            .subscribe("IDENTIFICATION", "http://127.0.0.1:9/hook")
            .await
            .expect_err("nobody there");
        assert!(matches!(unheard.error, CallError::Refused(400, _)), "{base}: {unheard}");
    }
}
