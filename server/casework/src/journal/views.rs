//! Views of personal data are recorded in groups: many readers, one durable write.
//!
//! A page is sent once its entry stands in this queue; the queue is bounded, written within a few
//! milliseconds, and drained at shutdown. Decisions never come this way: they record themselves in
//! their own transaction.

use super::Entry;
use crate::Db;
use std::sync::Mutex;
use tokio::sync::{mpsc, oneshot};

const QUEUE: usize = 4_096;
const GROUP: usize = 256;

enum Message {
    View(Box<Entry>),
    Flush(oneshot::Sender<()>),
    Stop,
}

/// Takes views and writes them in groups.
pub struct ViewRecorder {
    sender: mpsc::Sender<Message>,
    task: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

impl ViewRecorder {
    pub(crate) fn start(db: Db) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let task = tokio::spawn(run(db, receiver));
        Self { sender, task: Mutex::new(Some(task)) }
    }

    /// Hands over one view; waits when 4,096 are pending.
    ///
    /// # Errors
    /// The recorder has ended: the page must not be shown.
    pub async fn record(&self, entry: Entry) -> Result<(), crate::Error> {
        let sent = self.sender.send(Message::View(Box::new(entry))).await;
        sent.map_err(|_| crate::Error::Start("The journal no longer takes entries.".into()))
    }

    /// Waits until everything handed over so far is durable.
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.sender.send(Message::Flush(done)).await.is_ok() {
            wait.await.ok();
        }
    }

    /// Writes everything that was taken, and ends.
    pub async fn stop(&self) {
        let task = self.task.lock().ok().and_then(|mut t| t.take());
        if let Some(task) = task {
            self.sender.send(Message::Stop).await.ok();
            task.await.ok();
        }
    }
}

async fn run(db: Db, mut receiver: mpsc::Receiver<Message>) {
    let mut group = Vec::with_capacity(GROUP);
    while receiver.recv_many(&mut group, GROUP).await > 0 {
        let (mut entries, mut waiting) = (Vec::new(), Vec::new());
        for message in group.drain(..) {
            match message {
                Message::View(entry) => entries.push(*entry),
                Message::Flush(done) => waiting.push(done),
                // From now on nothing is taken; what was taken is still written.
                Message::Stop => receiver.close(),
            }
        }
        write(&db, &entries).await;
        for done in waiting {
            done.send(()).ok();
        }
        if !entries.is_empty() {
            // Views that follow closely share the next write.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

/// Keeps trying: a view is lost only with the process, and the queue holds readers back meanwhile.
async fn write(db: &Db, entries: &[Entry]) {
    if entries.is_empty() {
        return;
    }
    let mut wait = std::time::Duration::from_millis(50);
    while let Err(error) = super::record(db, entries).await {
        tracing::error!(%error, entries = entries.len(), "views could not be recorded; trying again");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(std::time::Duration::from_secs(5));
    }
}
