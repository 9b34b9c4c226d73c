//! Sends the callbacks that the book owes: a task's summary or a verification's document as JSON,
//! POSTed to its own address.
//!
//! Published: a callback is sent at completion and, for tasks, at each change of the accepted
//! status. Reconstruction: three tries with pauses of one and two seconds, any 2xx counts as
//! received. Callbacks carry no signature, because none is published.

use std::time::Duration;

use serde_json::Value;

use super::{
    Book, View, bodies, idv,
    owed::{About, Owed},
};
use crate::{kryptogo::Kryptogo, text::now_ms, world::Shared};

const PAUSES_MS: [u64; 2] = [1_000, 2_000];

/// Sends what is due, sleeps until the next is, until the sandbox stops. What is under way then
/// stays owed in the state file and is sent at the next start.
pub(crate) async fn send(world: Shared) {
    loop {
        let (due, next) = world.current(|book, view| {
            let (due, next) = book.take_due(view.now_ms);
            (due, next.into_iter().chain(book.idvs.next_end()).min())
        });
        for owed in due {
            let job = world.clone();
            world.work.spawn(async move {
                tokio::select! {
                    delivered = deliver(&job, &owed) => job.change(|book| book.settle(&owed, delivered)),
                    () = job.stopping.cancelled() => {}
                }
            });
        }
        let pause = next.map_or(3_600_000, |at| u64::try_from(at - now_ms()).unwrap_or(0));
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(pause)) => {}
            () = world.provider::<Kryptogo>().to_send.notified() => {}
            () = world.stopping.cancelled() => return,
        }
    }
}

async fn deliver(world: &Shared, owed: &Owed) -> bool {
    for pause_ms in [Some(PAUSES_MS[0]), Some(PAUSES_MS[1]), None] {
        if try_once(world, owed.about, owed.pretend).await {
            return true;
        }
        if let Some(pause_ms) = pause_ms {
            world.sleep(pause_ms).await;
        }
    }
    tracing::info!(about = ?owed.about, "a callback was given up after three tries");
    false
}

/// One POST; `true` for any 2xx. What is gone (after a reset) has nobody to tell.
pub(crate) async fn try_once(world: &Shared, about: About, pretend: Option<i64>) -> bool {
    let made = world.current(|book, view| match about {
        About::Task(id) => task(book, view, id, pretend),
        About::Idv(id) => verification(book, view, id, pretend),
    });
    let Some((url, body)) = made else { return true };
    match world.http.post(url).json(&body).send().await {
        Ok(response) => response.status().is_success(),
        Err(error) => {
            tracing::debug!(?about, %error, "a callback was not received");
            false
        }
    }
}

fn task(book: &Book, view: &View, id: i64, pretend: Option<i64>) -> Option<(String, Value)> {
    let task = book.tasks.get(&id)?;
    let body = bodies::summary(task, view);
    let body = match pretend {
        Some(progress) => bodies::older(body, task, progress),
        None => body,
    };
    Some((task.callback_url.clone()?, body))
}

fn verification(
    book: &Book,
    view: &View,
    id: i64,
    pretend: Option<i64>,
) -> Option<(String, Value)> {
    let idv = book.idvs.get(id)?;
    Some((idv.asked.callback_url.clone()?, idv::detail(idv, book, view, pretend)))
}
