//! Draws the documents of a session, off the async threads, when somebody first looks.

use super::{
    attempts::holder,
    call::Call,
    documents::{Origin, ToDraw},
    pdf,
};
use crate::pictures::{self, Side};

impl Call {
    /// Makes sure that the person's documents have bytes and sizes.
    pub async fn draw_documents(&self, person_id: &str) {
        let missing = self.look(|book| book.undrawn(person_id));
        if missing.is_empty() {
            return;
        }
        let seed = self.world.options.seed;
        let drawn = tokio::task::spawn_blocking(move || {
            missing
                .into_iter()
                .map(|one| (one.document_id.clone(), draw(seed, &one)))
                .collect::<Vec<_>>()
        });
        let Ok(drawn) = drawn.await else { return };
        self.change(|book, _| {
            for (id, bytes) in drawn {
                book.put_bytes(&id, bytes);
            }
        });
    }
}

fn draw(seed: u64, one: &ToDraw) -> Vec<u8> {
    let holder = holder(seed, &one.person, one.passport);
    let picture = |side| pictures::draw(&holder, side).unwrap_or_default();
    match one.origin {
        Origin::Uploaded => Vec::new(),
        Origin::Report => pdf::page("Video identification: report", &one.lines),
        Origin::Signed => pdf::page("Contract with a qualified electronic signature", &one.lines),
        Origin::Front => picture(Side::Front),
        Origin::Back => picture(Side::Back),
        Origin::Face => picture(Side::Face),
        Origin::Signature => pictures::signature(&holder.full_name),
    }
}
