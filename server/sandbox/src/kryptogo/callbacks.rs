//! Sends the callbacks that tasks owe: the summary as JSON, POSTed to the task's own address.
//!
//! Published: a callback is sent at completion and at each change of the accepted status.
//! Reconstruction: three tries with pauses of one and two seconds, any 2xx counts as received.
//! Callbacks carry no signature, because none is published.

use std::time::Duration;

use super::{bodies, tasks::Owed};
use crate::{text::now_ms, world::Shared};

const PAUSES_MS: [u64; 2] = [1_000, 2_000];

/// Sends what is due, sleeps until the next is, until the sandbox stops. What is under way then
/// stays owed in the state file and is sent at the next start.
pub(crate) async fn send(world: Shared) {
    loop {
        let (due, next) = world.kept().kryptogo.take_due(now_ms());
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
            () = world.to_send.notified() => {}
            () = world.stopping.cancelled() => return,
        }
    }
}

async fn deliver(world: &Shared, owed: &Owed) -> bool {
    for pause_ms in [Some(PAUSES_MS[0]), Some(PAUSES_MS[1]), None] {
        if try_once(world, owed.task_id, owed.pretend).await {
            return true;
        }
        if let Some(pause_ms) = pause_ms {
            world.sleep(pause_ms).await;
        }
    }
    tracing::info!(task = owed.task_id, "a callback was given up after three tries");
    false
}

/// One POST; `true` for any 2xx. A task that is gone (after a reset) has nobody to tell.
pub(crate) async fn try_once(world: &Shared, task_id: i64, pretend: Option<i64>) -> bool {
    let made = {
        let view = world.view();
        world.look(|book| {
            let task = book.tasks.get(&task_id)?;
            let body = bodies::summary(task, &view);
            let body = match pretend {
                Some(progress) => bodies::older(body, task, progress),
                None => body,
            };
            Some((task.callback_url.clone()?, body))
        })
    };
    let Some((url, body)) = made else { return true };
    match world.http.post(url).json(&body).send().await {
        Ok(response) => response.status().is_success(),
        Err(error) => {
            tracing::debug!(task = task_id, %error, "a callback was not received");
            false
        }
    }
}
