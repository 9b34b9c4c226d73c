//! A credential stays with the host that it was given for, and a test shows nothing of what
//! answers.

use crate::{on_both, support::*};
use casework::{
    Error,
    connections::{self, Credential, Form},
    inspection, outbox, webhooks,
};
use domain::{CheckId, ConnectionId, checks::Kind};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Made for tests; it opens nothing.
const KEY: &str = include_str!("../src/providers/camara/test-rsa-key.pem");

const CANARY: &str = "CANARY-that-only-the-other-host-says";

/// A provider that says one thing to everybody, with 400.
async fn elsewhere(desk: &Desk) -> (Stub, String) {
    let stub =
        Stub::start(desk, |_, _, _| (400, None, format!("{{\"message\":\"{CANARY}\"}}"))).await;
    let address = connections::get(&desk.work, &stub.connection).await.expect("there").base_url;
    (stub, address)
}

/// The form of a connection as its page shows it: without a secret.
async fn form_of_page(desk: &Desk, id: &ConnectionId) -> Form {
    let known = connections::list(&desk.work)
        .await
        .expect("lists")
        .into_iter()
        .find(|k| k.connection.id == id.as_str())
        .expect("there");
    let (c, options) = (known.connection, known.options);
    let operator = options.operator.unwrap_or_else(|| connections::Operator {
        version: domain::number_match::Version::V02,
        flow: domain::connections::TokenFlow::Ciba,
        proof: domain::connections::ProofKind::Secret,
        client_id: options.partner.map(|p| p.client_id).unwrap_or_default(),
        key_id: String::new(),
        authorize_url: String::new(),
        scope: String::new(),
    });
    Form {
        name: c.name,
        provider: c.provider,
        base_url: c.base_url,
        token_url: c.token_url.unwrap_or_default(),
        search_settings: "1 = Precise, five years\n2 = Fuzzy, all years".into(),
        allow_private: true,
        flow: operator.flow.code().into(),
        proof: operator.proof.code().into(),
        client_id: operator.client_id,
        authorize_url: operator.authorize_url,
        ..Form::default()
    }
}

async fn save(desk: &Desk, id: &ConnectionId, form: &Form) -> Credential {
    connections::change(&desk.work, &by(&desk.adam), id, form, true).await.expect("changes")
}

async fn launchable(desk: &Desk, id: &ConnectionId) -> bool {
    let all = casework::checks::review::launchable(&desk.work, Kind::DdKyc).await.expect("lists");
    all.iter().any(|(connection, _)| connection.id == id.as_str())
}

on_both!(s_31_an_address_at_another_host_takes_no_credential_along, |desk| async {
    let id = desk.connection.clone();
    let (stub, address) = elsewhere(&desk).await;
    let kept = form_of_page(&desk, &id).await;
    assert_eq!(save(&desk, &id, &kept).await, Credential::Kept);
    let path = Form { base_url: format!("{}/v2", kept.base_url), ..kept.clone() };
    assert_eq!(
        (save(&desk, &id, &path).await, save(&desk, &id, &kept).await),
        (Credential::Kept, Credential::Kept),
        "the same host"
    );
    assert!(launchable(&desk, &id).await);
    let waiting = desk.launch("Test Slow").await;

    let moved = Form { base_url: address.clone(), ..kept.clone() };
    assert_eq!(save(&desk, &id, &moved).await, Credential::Removed);
    let entries = casework::journal::timeline(&desk.work, id.as_str()).await.expect("reads");
    let told = entries
        .iter()
        .rev()
        .find(|e| e.action == "address_changed")
        .and_then(|e| e.details.clone())
        .expect("an entry of its own");
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["name"], "KryptoGO");
    assert_eq!(
        (told["base_url"].as_str(), told["base_url_before"].as_str()),
        (Some(address.as_str()), Some(kept.base_url.as_str()))
    );
    assert!(
        entries.iter().filter(|e| e.action == "address_changed").count() == 3,
        "a path is an address too, and saving it again is none"
    );
    let noticed =
        casework::people::watch::noticed(&desk.work, desk.sofia.id.as_str()).await.expect("reads");
    assert_eq!(
        noticed.rows.iter().filter(|row| row.action == "address_changed").count(),
        3,
        "supervisors see it on their start page"
    );
    let rows =
        format!("SELECT CAST(COUNT(*) AS BIGINT) FROM credentials WHERE connection_id = '{id}'");
    assert_eq!(number(&desk.work.db, &rows).await, 0, "it is gone, not hidden");
    // Neither a test nor what is promised nor a new launch reaches the other host.
    let words = connections::test(&desk.work, &by(&desk.adam), &id)
        .await
        .expect("answers")
        .expect_err("nothing is sent");
    assert!(words.contains("waits for the credential"), "{words}");
    desk.work_for(200).await;
    assert!(!launchable(&desk, &id).await);
    let check = CheckId::from(casework::new_id());
    let refused = casework::checks::launch(
        &desk.work,
        &desk.anna,
        &by(&desk.anna),
        &check,
        &desk.form("Ana"),
        false,
        None,
    )
    .await;
    assert!(matches!(refused, Err(Error::Form(form)) if form.error("connection").is_some()));
    assert_eq!(stub.calls(), Vec::<String>::new());
    assert!(
        desk.check(&waiting).await.trouble.is_none_or(|t| t.contains("waits for the credential"))
    );
    let known = connections::list(&desk.work)
        .await
        .expect("lists")
        .into_iter()
        .find(|k| k.connection.id == id.as_str())
        .expect("there");
    assert!(known.options.waits_for_secret && known.hint.is_empty());

    // Saved again, even as it was before, it waits still; it is no damage either.
    assert_eq!(save(&desk, &id, &kept).await, Credential::Removed);
    let found = inspection::inspect(&desk.work, &by(&desk.adam))
        .await
        .expect("inspects")
        .expect("one")
        .named;
    assert!(found.iter().all(|fault| !fault.words.contains("credential")), "{found:?}");
    assert_eq!(
        save(&desk, &id, &Form { secret: Zeroizing::new(TOKEN.into()), ..kept.clone() }).await,
        Credential::Replaced
    );
    assert!(connections::test(&desk.work, &by(&desk.adam), &id).await.expect("answers").is_ok());
    assert!(launchable(&desk, &id).await);
    let done = actions(&desk.work, id.as_str()).await;
    assert_eq!(done.iter().filter(|a| *a == "credential_removed").count(), 1);
    // With the new host's own credential nothing stands in the way.
    assert_eq!(
        save(&desk, &id, &Form { secret: Zeroizing::new("theirs".into()), ..moved }).await,
        Credential::Replaced
    );
    connections::test(&desk.work, &by(&desk.adam), &id)
        .await
        .expect("answers")
        .expect_err("it refuses everybody");
    assert_eq!(stub.calls().len(), 1);
    assert_journal_intact(&desk.work).await;
});

on_both!(s_31_two_changes_at_once_take_no_credential_to_the_other_host, |desk| async {
    let (id, adam) = (desk.connection.clone(), by(&desk.adam));
    let (_stub, address) = elsewhere(&desk).await;
    let ours = form_of_page(&desk, &id).await;
    let theirs = Form { base_url: address.clone(), ..ours.clone() };
    let with =
        |form: &Form, secret: &str| Form { secret: Zeroizing::new(secret.into()), ..form.clone() };
    for _ in 0..12 {
        save(&desk, &id, &with(&theirs, "0123456789-junk")).await;
        // One puts address and credential right, the other saves once more what they see.
        let good = with(&ours, "0123456789-good");
        let both = futures::future::join(
            connections::change(&desk.work, &adam, &id, &good, true),
            connections::change(&desk.work, &adam, &id, &theirs, true),
        );
        let (first, second) = both.await;
        first.and(second).expect("changes");
        let all = connections::list(&desk.work).await.expect("lists");
        let known = all.into_iter().find(|k| k.connection.id == id.as_str()).expect("there");
        assert!(known.connection.base_url != address || known.hint != "good", "{known:?}");
    }
});

on_both!(s_31_who_read_the_old_address_is_not_given_the_new_credential, |desk| async {
    let id = desk.connection.clone();
    let (_stub, address) = elsewhere(&desk).await;
    let kept = form_of_page(&desk, &id).await;
    let old = connections::get(&desk.work, &id).await.expect("there");
    assert!(connections::kryptogo_client(&desk.work, &old).await.is_ok());
    let moved = Form { base_url: address, secret: Zeroizing::new("theirs".into()), ..kept };
    assert_eq!(save(&desk, &id, &moved).await, Credential::Replaced);
    assert!(
        connections::kryptogo_client(&desk.work, &old).await.is_err(),
        "what it would send goes to the other host"
    );
    let new = connections::get(&desk.work, &id).await.expect("there");
    assert!(connections::kryptogo_client(&desk.work, &new).await.is_ok());
});

on_both!(s_31_scheme_name_and_port_of_each_address_count, |desk| async {
    let (_stub, address) = elsewhere(&desk).await;
    let operator = desk.operator("camara", |form| form.flow = "ciba".into()).await;
    let bank = desk.solaris().await;
    let (ours, theirs) = (form_of_page(&desk, &operator).await, form_of_page(&desk, &bank).await);
    let port = ours
        .base_url
        .rsplit(':')
        .next()
        .expect("a port")
        .split('/')
        .next()
        .expect("a port")
        .to_owned();
    for (id, form) in [
        (&operator, Form { base_url: address.clone(), ..ours.clone() }),
        (
            &operator,
            Form { base_url: ours.base_url.replace("http://", "https://"), ..ours.clone() },
        ),
        (
            &operator,
            Form { base_url: ours.base_url.replace("127.0.0.1", "127.0.0.2"), ..ours.clone() },
        ),
        (&operator, Form { base_url: ours.base_url.replace(&port, "9"), ..ours.clone() }),
        (&operator, Form { token_url: format!("{address}/token"), ..ours.clone() }),
        (&operator, Form { authorize_url: format!("{address}/bc-authorize"), ..ours.clone() }),
        (&bank, Form { token_url: format!("{address}/oauth2/token"), ..theirs.clone() }),
        (&bank, Form { base_url: address.clone(), ..theirs.clone() }),
    ] {
        assert_eq!(save(&desk, id, &form).await, Credential::Removed, "{form:?}");
        let known = if id == &operator { &ours } else { &theirs };
        let back = Form { secret: Zeroizing::new(TOKEN.into()), ..known.clone() };
        assert_eq!(save(&desk, id, &back).await, Credential::Replaced);
        assert_eq!(save(&desk, id, known).await, Credential::Kept);
    }
});

on_both!(s_31_a_private_key_is_never_sent_as_a_client_secret, |desk| async {
    let id = desk
        .operator("camara", |form| {
            form.proof = "key".into();
            form.secret = Zeroizing::new(KEY.into());
        })
        .await;
    let key = form_of_page(&desk, &id).await;
    assert_eq!(key.proof, "key");
    let other = Form {
        key_id: "k2".into(),
        flow: "jwt_bearer".into(),
        scope: "other".into(),
        ..key.clone()
    };
    assert_eq!(
        (save(&desk, &id, &other).await, save(&desk, &id, &key).await),
        (Credential::Kept, Credential::Kept),
        "still a key"
    );
    let before = connections::get(&desk.work, &id).await.expect("there");
    assert!(connections::camara_client(&desk.work, &before).await.is_ok(), "the key opens");

    let secret = Form { proof: "secret".into(), ..key.clone() };
    assert_eq!(save(&desk, &id, &secret).await, Credential::Removed);
    let rows =
        format!("SELECT CAST(COUNT(*) AS BIGINT) FROM credentials WHERE connection_id = '{id}'");
    assert_eq!(number(&desk.work.db, &rows).await, 0, "it is gone, not hidden");
    let words = connections::test(&desk.work, &by(&desk.adam), &id)
        .await
        .expect("answers")
        .expect_err("nothing is sent");
    assert!(words.contains("waits for the credential"), "{words}");
    assert!(actions(&desk.work, id.as_str()).await.contains(&"credential_removed".to_owned()));
    assert_eq!(save(&desk, &id, &key).await, Credential::Removed, "nor does it come back");
    let given = Form { secret: Zeroizing::new(TOKEN.into()), ..secret.clone() };
    assert_eq!(
        (save(&desk, &id, &given).await, save(&desk, &id, &secret).await),
        (Credential::Replaced, Credential::Kept)
    );
    assert_eq!(save(&desk, &id, &key).await, Credential::Removed, "a secret is no key either");
    assert_journal_intact(&desk.work).await;
});

on_both!(s_31_another_client_id_takes_no_credential_along, |desk| async {
    let (operator, bank) = (desk.operator("camara", |_| ()).await, desk.solaris().await);
    for id in [&operator, &bank] {
        let form = form_of_page(&desk, id).await;
        assert_eq!(save(&desk, id, &form).await, Credential::Kept);
        let old = connections::get(&desk.work, id).await.expect("there");
        let theirs = Form { client_id: "somebody-else".into(), ..form.clone() };
        assert_eq!(save(&desk, id, &theirs).await, Credential::Removed);
        let words = connections::test(&desk.work, &by(&desk.adam), id)
            .await
            .expect("answers")
            .expect_err("nothing is sent");
        assert!(words.contains("waits for the credential"), "{words}");
        let given = Form { secret: Zeroizing::new("theirs".into()), ..theirs };
        assert_eq!(save(&desk, id, &given).await, Credential::Replaced);
        // Who read the connection before is not given what belongs to the other client.
        let stale = if id == &bank {
            connections::solaris_client(&desk.work, &old).await.is_err()
        } else {
            connections::camara_client(&desk.work, &old).await.is_err()
        };
        assert!(stale, "{id}");
    }
});

on_both!(saving_an_unchanged_connection_changes_nothing, |desk| async {
    let (operator, bank) = (desk.operator("camara", |_| ()).await, desk.solaris().await);
    for id in [&desk.connection, &operator, &bank] {
        let form = form_of_page(&desk, id).await;
        save(&desk, id, &form).await;
        let done = actions(&desk.work, id.as_str()).await;
        assert_eq!(save(&desk, id, &form).await, Credential::Kept);
        assert_eq!(
            actions(&desk.work, id.as_str()).await,
            done,
            "nothing was changed, and nothing says so"
        );
        save(&desk, id, &Form { secret: Zeroizing::new(TOKEN.into()), ..form.clone() }).await;
        let replaced = actions(&desk.work, id.as_str()).await;
        assert_eq!(replaced[done.len()..], ["credential_replaced"]);
        save(&desk, id, &Form { name: format!("{} two", form.name), ..form }).await;
        assert_eq!(
            actions(&desk.work, id.as_str()).await[replaced.len()..],
            ["connection_changed"]
        );
    }
    assert_journal_intact(&desk.work).await;
});

on_both!(s_31_no_access_token_goes_to_another_host_than_it_was_fetched_for, |desk| async {
    let bank = desk.solaris().await;
    assert!(
        connections::test(&desk.work, &by(&desk.adam), &bank).await.expect("answers").is_ok(),
        "a token is held from now on"
    );
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let calls = seen.clone();
    let stub = Stub::start(&desk, move |method, path, _| {
        calls.lock().expect("not poisoned").push(format!("{method} {path}"));
        (400, None, "{}".into())
    })
    .await;
    let address = connections::get(&desk.work, &stub.connection).await.expect("there").base_url;
    let form = form_of_page(&desk, &bank).await;
    // Its own credential, and still a token of its own: the token's host refuses this one.
    let moved = Form { base_url: address, secret: Zeroizing::new("wrong".into()), ..form };
    assert_eq!(save(&desk, &bank, &moved).await, Credential::Replaced);
    connections::test(&desk.work, &by(&desk.adam), &bank)
        .await
        .expect("answers")
        .expect_err("no token");
    assert_eq!(*seen.lock().expect("not poisoned"), Vec::<String>::new());
});

on_both!(s_18_an_admin_reads_status_and_cause_and_no_word_of_whoever_answers, |desk| async {
    let (stub, _) = elsewhere(&desk).await;
    let words = connections::test(&desk.work, &by(&desk.adam), &stub.connection)
        .await
        .expect("answers")
        .expect_err("refused");
    assert!(words.contains("HTTP 400") && !words.contains("CANARY"), "{words}");
    let bank = Stub::of(&desk, "solaris", |_, path, _| match path {
        "/oauth2/token" => {
            (200, None, r#"{"access_token":"t","token_type":"bearer","expires_in":60}"#.into())
        }
        _ => (400, None, format!(r#"{{"errors":[{{"code":"odd","detail":"{CANARY}"}}]}}"#)),
    })
    .await;
    let listed = webhooks::list(&desk.work, &bank.connection)
        .await
        .expect("lists")
        .trouble
        .expect("trouble");
    let refused = form_of(
        webhooks::subscribe(&desk.work, &by(&desk.adam), &bank.connection, "IDENTIFICATION").await,
    );
    for words in [listed.as_str(), refused.error("webhooks").expect("a message")] {
        assert!(words.contains("HTTP 400") && !words.contains("CANARY"), "{words}");
    }
    let journal = texts(&desk.work.db, "SELECT details FROM journal_details").await.join("\n");
    assert!(!journal.contains("CANARY"), "nor does the journal keep it");
});

on_both!(s_18_deliveries_say_nothing_of_a_customer, |desk| async {
    let stub = Stub::start(&desk, |_, _, _| {
        (400, None, r#"{"message":"customer_name CANARY Mette Sørensen is not allowed"}"#.into())
    })
    .await;
    let form = domain::launch::DueDiligenceForm {
        connection: stub.connection.to_string(),
        ..desk.form("Mette Sørensen")
    };
    let check = desk.launch_form(&form).await;
    desk.until_state(&check, domain::checks::State::Failed).await;
    assert!(
        desk.check(&check).await.trouble.is_some_and(|t| t.contains("CANARY")),
        "who reviews it reads what the provider said"
    );
    let listed = outbox::list(&desk.work, None).await.expect("lists");
    let said: Vec<String> = listed.into_iter().filter_map(|d| d.last_error).collect();
    assert!(said.iter().any(|words| words.contains("HTTP 400")), "{said:?}");
    assert!(!said.join("\n").contains("CANARY") && !said.join("\n").contains("Mette"), "{said:?}");
});
