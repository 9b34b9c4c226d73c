//! Sends what is owed to subscribers, and signs it.
//!
//! Published: the headers; `sha256=` and the lower-case hexadecimal HMAC-SHA256 of the raw body
//! with the subscription's secret. Reconstruction: the moment in
//! `Solaris-Webhook-Callout-Timestamp` is the event's and not part of what is signed.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{
    Solaris, Variant,
    deliveries::{Delivery, Webhook},
    moment,
};
use crate::{text::now_ms, world::Shared};

/// How long a subscriber may take.
const ANSWER: Duration = Duration::from_secs(30);

/// `sha256=` and the hexadecimal HMAC of the body.
pub(super) fn signature(secret: &str, body: &[u8]) -> String {
    // A key of any length makes a MAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    mac.finalize()
        .into_bytes()
        .iter()
        .fold("sha256=".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// Lets time pass and sends what is due until the sandbox stops. What is under way then is sent
/// again at the next start.
pub(super) async fn run(world: Shared) {
    loop {
        let mut next: Option<i64> = None;
        for variant in Variant::ALL {
            let (due, then) = world.solaris(variant, |book, now_ms| {
                let (due, next) = book.deliveries.take_due(now_ms);
                (due, next.into_iter().chain(book.next_ms()).min())
            });
            next = next.into_iter().chain(then).min();
            for delivery in due {
                let job = world.clone();
                world.work.spawn(async move {
                    tokio::select! {
                        () = deliver(&job, variant, &delivery) => {}
                        () = job.stopping.cancelled() => {}
                    }
                });
            }
        }
        let pause = next.map_or(3_600_000, |at| u64::try_from(at - now_ms()).unwrap_or(0));
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(pause)) => {}
            () = world.provider::<Solaris>().moved.notified() => {}
            () = world.stopping.cancelled() => return,
        }
    }
}

async fn deliver(world: &Shared, variant: Variant, delivery: &Delivery) {
    let webhook = world.solaris(variant, |book, _| {
        book.webhooks.iter().find(|webhook| webhook.id == delivery.subscription_id).cloned()
    });
    let Some(webhook) = webhook.filter(|webhook| !webhook.canceled) else {
        return world.change_solaris(variant, |book, _| book.deliveries.drop_for(delivery.number));
    };
    let answered = send(world, &webhook, delivery).await;
    world.change_solaris(variant, |book, now_ms| {
        if book.deliveries.settle(delivery.number, answered, now_ms, &world.options)
            && let Some(webhook) = book.webhooks.iter_mut().find(|other| other.id == webhook.id)
        {
            webhook.canceled = true;
        }
    });
}

async fn send(world: &Shared, webhook: &Webhook, delivery: &Delivery) -> Option<u16> {
    let secret = if delivery.forged { Some("not the secret") } else { webhook.secret.as_deref() };
    let mut request = world
        .http
        .post(&webhook.url)
        .timeout(ANSWER)
        .header("content-type", "application/json")
        .header("Solaris-Webhook-Id", &delivery.webhook_id)
        .header(
            "Solaris-Webhook-Subscription-Id",
            if delivery.is_fixed { "fixed" } else { &webhook.id },
        )
        .header("Solaris-Webhook-Event-Type", &delivery.event_type)
        .header("Solaris-Entity-Id", &delivery.entity_id)
        .header("Solaris-Webhook-Attempt", delivery.attempts)
        .header("Solaris-Webhook-Callout-Timestamp", moment::written(delivery.event_ms));
    if let Some(secret) = secret {
        request = request
            .header("Solaris-Webhook-Signature", signature(secret, delivery.body.as_bytes()));
    }
    match request.body(delivery.body.clone()).send().await {
        Ok(response) => Some(response.status().as_u16()),
        Err(error) => {
            tracing::debug!(webhook = %delivery.webhook_id, %error, "a webhook was not received");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_rfc_4231() {
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature("Jefe", b"what do ya want for nothing?"), expected);
    }
}
