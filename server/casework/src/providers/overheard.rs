//! What a provider said that was no usable answer: bodies of refusals, and answers about somebody
//! else or in no known shape.
//!
//! They are evidence like answers. Whoever carries a check listens; clients note what they could
//! not take, and never the answers to sign-ins, which hold credentials.

use super::guard::{Answer, Exchange};
use std::{cell::RefCell, pin::Pin};

/// Evidence sources: a refusal, and an answer that was not taken.
pub const REFUSAL: &str = "refusal";
/// See [`REFUSAL`].
pub const NOT_TAKEN: &str = "not_taken";

/// A body that led to no outcome.
#[derive(Debug, Clone)]
pub(crate) struct Overheard {
    /// [`REFUSAL`] or [`NOT_TAKEN`].
    pub source: &'static str,
    pub answer: Answer,
}

tokio::task_local! {
    static HEARD: RefCell<Vec<Overheard>>;
}

/// Carries something out, and gives what was noted meanwhile beside its result. What is carried out
/// lies on the heap: with all that it waits for it is large, and would stand on the stack of its
/// thread once more with each function that hands it on.
pub(crate) async fn listen<F: Future>(call: Pin<Box<F>>) -> (F::Output, Vec<Overheard>) {
    HEARD
        .scope(RefCell::default(), async {
            let result = call.await;
            (result, HEARD.with(RefCell::take))
        })
        .await
}

/// Notes the body of an answer that is no success; nothing where nobody listens.
pub(super) fn refused(exchange: &Exchange) {
    if !exchange.status.is_success() && !exchange.shown_body().is_empty() {
        let content_type =
            exchange.header("content-type").unwrap_or("").chars().take(100).collect();
        note(REFUSAL, Answer { body: exchange.shown_body().to_vec(), content_type });
    }
}

/// Notes a body that is not packed as its header says, as it came: nobody knows what it says.
pub(super) fn not_unpacked(exchange: &Exchange) {
    if let Some(bytes) = exchange.not_unpacked() {
        let content_type =
            exchange.header("content-type").unwrap_or("").chars().take(100).collect();
        note(
            if exchange.status.is_success() { NOT_TAKEN } else { REFUSAL },
            Answer { body: bytes.to_vec(), content_type },
        );
    }
}

/// Notes an answer that cannot be taken for what was asked.
pub(crate) fn not_taken(answer: &Answer) {
    if !answer.body.is_empty() {
        note(NOT_TAKEN, answer.clone());
    }
}

fn note(source: &'static str, answer: Answer) {
    // Nobody listens outside of the workers.
    let _ = HEARD.try_with(|heard| heard.borrow_mut().push(Overheard { source, answer }));
}
