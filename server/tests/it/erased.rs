//! The pages of an erased customer: they open, and say that something was here.

use crate::support::{Running, quick};
use casework::{
    Work, checks, connections,
    customers::{self, ERASED},
    idv::{self, Sent, pictures::Upload},
    journal::Actor,
    services,
};
use domain::{
    CheckId,
    checks::Kind,
    idv::{Form as IdvForm, Slot},
    launch::DueDiligenceForm,
    number_match::NumberMatchForm,
    people::Caller,
    registers::{PidCprForm, RofusForm},
    wallet::WalletForm,
};
use sandbox::{Options, Sandbox};
use std::time::Duration;
use zeroize::Zeroizing;

const NAME: &str = "Federica Sanchez Arjona";

async fn connect(work: &Work, provider: &str, base_url: String) -> String {
    let form = connections::Form {
        name: provider.into(),
        provider: provider.into(),
        token_url: if provider == "camara" { format!("{base_url}/token") } else { String::new() },
        base_url,
        search_settings: if provider == "kryptogo" { "1 = Precise".into() } else { String::new() },
        flow: "client_credentials".into(),
        client_id: "sandbox".into(),
        allow_private: true,
        secret: Zeroizing::new("sandbox".into()),
        ..connections::Form::default()
    };
    connections::add(work, &Actor::operator(), &form).await.expect("a connection").to_string()
}

/// A question to an operator about the customer's number.
fn typed(kind: Kind, connection: &str, own: (&str, &str)) -> services::Form {
    let mut form = services::Form::empty(kind).expect("it answers at once");
    for (field, text) in [
        ("customer_reference", "C-1"),
        ("name", NAME),
        ("connection", connection),
        ("phone", "+34629255833"),
        own,
    ] {
        assert!(form.put(field, text), "{field}");
    }
    form
}

/// A check of each kind about one customer.
async fn launch_all(work: &Work, anna: &Caller, sandbox: &Sandbox) -> Vec<CheckId> {
    let url = |path: &str| format!("{}/{path}", sandbox.base_url());
    let (kryptogo, camara, zignsec) = (
        connect(work, "kryptogo", url("kryptogo")).await,
        connect(work, "camara", url("camara")).await,
        connect(work, "zignsec", url("zignsec")).await,
    );
    let (reference, name, actor) =
        ("C-1".to_owned(), NAME.to_owned(), Actor::new(anna.id.as_str(), ""));
    let mut ids = Vec::new();
    for kind in ["dd_kyc", "dd_kyb"] {
        let form = DueDiligenceForm {
            kind: kind.into(),
            connection: kryptogo.clone(),
            customer_reference: reference.clone(),
            name: name.clone(),
            search_setting: "1".into(),
            ..DueDiligenceForm::default()
        };
        let id = CheckId::from(casework::new_id());
        checks::launch(work, anna, &actor, &id, &form, false, None).await.expect("launches");
        ids.push(id);
    }
    for way in ["upload", "link"] {
        let form = IdvForm {
            way: way.into(),
            connection: kryptogo.clone(),
            customer_reference: reference.clone(),
            name: name.clone(),
            birth_date: "1984-09-05".into(),
            country: "DEU".into(),
            id_type: "PASSPORT".into(),
            workflow: "200".into(),
            locale: "de".into(),
            follow_up: "none".into(),
            ..IdvForm::default()
        };
        let pictures = if way == "upload" {
            vec![(Slot::Front, "front"), (Slot::Face, "face")]
        } else {
            vec![]
        };
        let uploads = pictures.into_iter().map(|(slot, file)| {
            let (bytes, _) =
                sandbox::pictures::specimen("joerg-mueller", file).expect("a specimen");
            Upload { slot, name: file.into(), bytes, turn: 0 }
        });
        let id = CheckId::from(casework::new_id());
        let sent = Sent { form, uploads: uploads.collect(), kept: vec![] };
        idv::launch(work, anna, &actor, &id, sent, customers::Confirmed::everything(), None)
            .await
            .expect("launches");
        ids.push(id);
    }
    let addresses: serde_json::Value = reqwest::get(url("control/kya/addresses"))
        .await
        .expect("answers")
        .json()
        .await
        .expect("JSON");
    let address = addresses
        .as_array()
        .into_iter()
        .flatten()
        .find(|a| a["label"] == "sanctioned")
        .expect("an address");
    let (pid, cpr) = ("9208-2002-2-577168596796".to_owned(), "150609-3330".to_owned());
    for form in [
        services::Form::NumberMatch(NumberMatchForm {
            customer_reference: reference.clone(),
            name: name.clone(),
            connection: camara.clone(),
            phone: "+34629255833".into(),
            values: [("givenName".to_owned(), "Federica".to_owned())].into(),
        }),
        services::Form::PidCprMatch(PidCprForm {
            customer_reference: reference.clone(),
            name: name.clone(),
            connection: zignsec.clone(),
            pid,
            cpr: cpr.clone(),
        }),
        services::Form::Rofus(RofusForm {
            customer_reference: reference.clone(),
            name: name.clone(),
            connection: zignsec,
            cpr,
            environment_mock: String::new(),
        }),
        services::Form::Kya(WalletForm {
            customer_reference: reference.clone(),
            name: name.clone(),
            connection: kryptogo,
            chain: String::new(),
            address: address["address"].as_str().expect("text").into(),
        }),
        typed(Kind::Tenure, &camara, ("since", "2024-07-01")),
        typed(Kind::AgeVerification, &camara, ("age", "18")),
        typed(Kind::SimSwap, &camara, ("max_age", "240")),
    ] {
        let id = CheckId::from(casework::new_id());
        services::launch(work, anna, &actor, &id, &form, customers::Confirmed::everything(), None)
            .await
            .expect("launches");
        ids.push(id);
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_an_erased_customer_opens_and_names_nobody() {
    let options = Options { step_ms: 15, ..Options::default() };
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), options).await.expect("the stand-in starts");
    let desk = Running::start_at(quick()).await;
    let people = casework::people::list(&desk.work).await.expect("lists");
    let anna =
        people.iter().find(|p| p.account == "anna").expect("anna").caller().expect("a caller");
    let ids = launch_all(&desk.work, &anna, &sandbox).await;
    let until = std::time::Instant::now() + Duration::from_secs(20);
    for (at, id) in ids.iter().enumerate() {
        // The customer of the link never comes.
        let wanted = if at == 3 { "running" } else { "to_review" };
        while checks::get(&desk.work, id).await.expect("there").state != wanted {
            assert!(std::time::Instant::now() < until, "check {at} is not {wanted}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
    let (cookie, sofia) = (desk.sign_in("anna").await, desk.sign_in("sofia").await);
    let pages: Vec<String> = ids
        .iter()
        .map(|id| format!("/checks/{id}"))
        .chain(["/customers/C-1".into(), "/customers".into(), "/checks?tab=all".into()])
        .collect();
    for page in &pages {
        let text = desk.get(page, Some(&cookie)).await.text().await.expect("text");
        assert!(text.contains("Federica"), "{page} would not show that anything was erased");
    }
    let numbers = desk.get("/customers/C-1", Some(&cookie)).await.text().await.expect("text");
    assert_eq!(
        numbers.matches("+34629255833</bdi></h3>").count(),
        1,
        "the number stands once, whatever was asked of it: {numbers}"
    );
    let customer = customers::get(&desk.work, "C-1").await.expect("there");
    customers::erase_now(&desk.work, &Actor::operator(), &customer.id, "asked by the person")
        .await
        .expect("erases");
    for page in pages.iter().map(String::as_str).chain(["/journal", "/decisions"]) {
        let answer = desk
            .get(
                page,
                Some(if page.starts_with("/j") || page.starts_with("/d") {
                    &sofia
                } else {
                    &cookie
                }),
            )
            .await;
        assert_eq!(answer.status(), 200, "{page}");
        let text = answer.text().await.expect("text");
        for trace in ["Federica", "Sanchez", "1984-09-05", "150609", "-3330", "629255", "•833"] {
            assert!(!text.contains(trace), "{page} still says {trace}");
        }
        assert!(
            page.starts_with("/j") || page.starts_with("/d") || text.contains(ERASED),
            "{page} says that something was here"
        );
    }
    // A form that would begin with what was asked, or with what is known of the customer, says why
    // it cannot.
    let forms = [
        "/checks/new",
        "/checks/new/id",
        "/checks/new/number",
        "/checks/new/pid-cpr",
        "/checks/new/rofus",
        "/checks/new/wallet",
    ];
    let more =
        ["/checks/new/video", "/checks/new/tenure", "/checks/new/age", "/checks/new/sim-swap"];
    for form in forms.into_iter().chain(more) {
        let again = ids.iter().map(|id| format!("{form}?again={id}"));
        for page in again.chain([format!("{form}?customer=C-1")]) {
            let answer = desk.get(&page, Some(&cookie)).await;
            assert_eq!(answer.status(), 410, "{page}");
            let text = answer.text().await.expect("text");
            assert!(
                text.contains("This customer was erased") && text.contains("Begin a new one"),
                "{page}"
            );
        }
    }
    desk.stop().await;
    sandbox.stop().await;
}
