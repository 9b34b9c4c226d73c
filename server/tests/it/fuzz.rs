//! F-16: callbacks that nobody would send who knows how. A few thousand, always the same ones.

use crate::support::Running;
use casework::{connections, inbox, journal::Actor, people};
use domain::connections::Provider;
use std::time::Duration;
use zeroize::Zeroizing;

/// A small generator, so that a failure can be repeated.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below.max(1) as u64).expect("fits")
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| u8::try_from(self.roll(256)).expect("a byte")).collect()
    }
}

const BODY: &str =
    r#"{"id":"1","event_type":"PERSON_CHANGED","entity_id":"1cper","task_id":7,"progress":100}"#;

/// A body: whole, cut, bent, deep, or something else altogether.
fn body(dice: &mut Dice) -> Vec<u8> {
    let mut body = BODY.as_bytes().to_vec();
    match dice.roll(8) {
        0 => {}
        1 => body.truncate(dice.roll(body.len())),
        2 => {
            let at = dice.roll(body.len());
            body[at] ^= 1 << dice.roll(8);
        }
        3 => body = vec![b'['; 1 + dice.roll(60_000)],
        4 => body = r#"{"a":"#.repeat(1 + dice.roll(10_000)).into_bytes(),
        5 => {
            let length = dice.roll(2_000);
            body = dice.bytes(length);
        }
        6 => body.clear(),
        _ => body.extend(b"\0\xff\xfe"),
    }
    body
}

/// What stands in the signature's header, if anything.
fn signature(dice: &mut Dice) -> Option<Vec<u8>> {
    let good = "t=1,v1=".to_owned() + &"ab".repeat(32);
    Some(match dice.roll(8) {
        0 => return None,
        1 => vec![],
        2 => "ab".repeat(32).into_bytes(),
        3 => good.into_bytes(),
        4 => format!("sha256={}", "zz".repeat(dice.roll(500))).into_bytes(),
        5 => vec![b'a'; dice.roll(4_000)],
        6 => b"\xc3\xa9\xff".to_vec(),
        _ => {
            let length = dice.roll(64);
            dice.bytes(length).into_iter().filter(|b| *b >= 0x20 && *b != 0x7f).collect()
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_signed_leaves_no_row_and_stops_nothing() {
    let rounds = if std::env::var("PROBITY_FAULTS").is_ok_and(|how| how == "full") {
        100_000
    } else {
        2_000
    };
    let desk = Running::start().await;
    let form = connections::Form {
        name: "Solaris".into(),
        provider: Provider::Solaris.code().into(),
        token_url: "http://127.0.0.1:9/oauth2/token".into(),
        base_url: "http://127.0.0.1:9/solaris".into(),
        client_id: "sandbox".into(),
        allow_private: true,
        secret: Zeroizing::new("sandbox".into()),
        ..connections::Form::default()
    };
    let id = connections::add(&desk.work, &Actor::operator(), &form).await.expect("a connection");
    let address = connections::webhook_url(
        &desk.work,
        &connections::get(&desk.work, &id).await.expect("there"),
    )
    .expect("an address");
    let mut dice = Dice(0xf0_22ed);
    let mut answered = 0;
    for round in 0..rounds {
        let is_astray = dice.roll(20) == 0;
        let mut request =
            desk.client.post(if is_astray { format!("{address}x") } else { address.clone() });
        for name in [
            "solaris-webhook-signature",
            "solaris-webhook-id",
            "solaris-webhook-event-type",
            "solaris-entity-id",
        ] {
            if let Some(value) = signature(&mut dice) {
                request = request.header(name, value);
            }
        }
        let request = request.body(body(&mut dice));
        // Headers that HTTP itself does not allow never leave; an address that is not ours is
        // refused before its body is read, which may close the line under this request or the next.
        let mut status = None;
        for _ in 0..3 {
            match request.try_clone().expect("no stream").send().await {
                Ok(answer) => status = Some(answer.status().as_u16()),
                Err(error) if error.is_builder() => {}
                Err(_) => continue,
            }
            break;
        }
        let Some(status) = status else { continue };
        answered += 1;
        assert!([401, 404, 204].contains(&status), "round {round}: {status}");
    }
    assert!(answered > rounds / 4, "{answered} of {rounds}");
    let large = desk
        .client
        .post(&address)
        .body(vec![b'['; inbox::BODY_MAX + 1])
        .send()
        .await
        .expect("an answer");
    assert_eq!(large.status(), 413);
    assert!(inbox::list(&desk.work).await.expect("lists").is_empty(), "nothing of it is kept");
    assert!(!people::is_empty(&desk.work).await.expect("answers"), "the desk goes on");
    tokio::time::timeout(Duration::from_secs(20), desk.stop()).await.expect("and stops in order");
}
