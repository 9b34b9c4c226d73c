//! What a video identification shows of itself on the shared pages.

use super::{
    alarms, documents,
    launch::TAB,
    outcome, person, reference,
    review::{self, Extra},
    standing,
};
use crate::pages::{
    AppError, Ctx,
    services::face::{Extra as Loaded, Face, Loading, Look, Part, Tab},
};
use casework::{checks::review::Review, customers::Customer};
use domain::{CheckId, fields::Refused, findings::Source};
use leptos::prelude::*;

/// The service's face.
pub struct Video;

/// What was loaded for the page.
fn extra<'a>(look: &Look<'a>) -> Option<&'a Extra> {
    look.extra.as_ref()?.downcast_ref()
}

impl Face for Video {
    fn address(&self) -> &'static str {
        TAB.address
    }

    fn tabs(&self) -> Vec<Tab> {
        vec![TAB]
    }

    /// What was typed is erased with the customer.
    fn can_be_asked_again(&self, review: &Review) -> bool {
        review.video.as_ref().is_none_or(|video| video.typed.is_some())
    }

    fn follows(&self, review: &Review) -> Option<u32> {
        review::moving(review)
    }

    fn load<'a>(
        &self,
        ctx: &'a Ctx,
        review: &'a Review,
        refused: Option<&'a Refused>,
    ) -> Loading<'a, Loaded> {
        Box::pin(review::load(ctx, review, refused))
    }

    fn shows(&self, look: Look<'_>, refused: &Refused) -> bool {
        review::shows(look.review, look.caller, refused)
    }

    fn alarm(&self, look: Look<'_>) -> Option<AnyView> {
        alarms::alarm(look.review, look.caller, look.refused)
    }

    fn steps(&self, look: Look<'_>) -> Option<AnyView> {
        let steps = review::steps(look.review);
        Some(view! { <div data-live="video-steps">{steps}</div> }.into_any())
    }

    fn running(&self, look: Look<'_>) -> Option<AnyView> {
        review::running(look.review)
    }

    fn above(&self, look: Look<'_>) -> Option<AnyView> {
        let step = review::step(look.review, look.caller, extra(&look));
        let outcome = review::outcome(look.review, look.caller, look.now);
        Some(view! { <div data-live="video-step">{step}</div>{outcome} }.into_any())
    }

    fn below(&self, look: Look<'_>) -> Option<AnyView> {
        let Look { review, caller, refused, now, .. } = look;
        Some(
            view! {
                {outcome::attempts(review)}
                {outcome::data(review)}
                {standing::person(review, extra(&look), now)}
                {documents::viewer(review)}
                {documents::documents(review, caller, refused)}
            }
            .into_any(),
        )
    }

    fn given(&self, look: Look<'_>) -> Vec<Option<AnyView>> {
        outcome::given(look.review)
    }

    fn launched(&self, look: Look<'_>) -> Option<AnyView> {
        outcome::launched(look.review)
    }

    fn nothing_found(&self, review: &Review) -> String {
        let words =
            review.video.as_ref().map_or("Nothing of it can be shown.", outcome::nothing_found);
        words.to_owned()
    }

    fn in_short(&self, source: Source) -> Option<&'static str> {
        match source {
            Source::IdentField => Some("differences"),
            Source::IdentState => Some("state"),
            Source::IdentAttempt => Some("attempts"),
            _ => None,
        }
    }

    fn evidence_name(&self, _kind: domain::checks::Kind, source: &str) -> String {
        outcome::evidence_name(source)
    }

    /// The IDnow reference and the customer's address are for those who may see them.
    fn masked<'a>(
        &self,
        ctx: &'a Ctx,
        check: &'a CheckId,
        evidence: &'a str,
        body: &'a [u8],
    ) -> Loading<'a, Option<String>> {
        Box::pin(reference::secret(ctx, check, evidence, body))
    }

    fn not_sent(&self) -> &'static str {
        "There is nothing to decide before a session was requested."
    }

    fn accepting_means(&self, review: &Review) -> Option<&'static str> {
        domain::video::accepting_now_means(&review.video.as_ref()?.state())
    }

    /// The customer's persons at Solaris.
    fn of_customer<'a>(&self, ctx: &'a Ctx, customer: &'a Customer) -> Loading<'a, Option<Part>> {
        Box::pin(async move {
            let persons = casework::video::known_of(&ctx.work, &customer.id).await?;
            let reference = customer.reference.clone();
            let part: Part = Box::new(move || person::listed(&reference, &persons).into_any());
            Ok::<_, AppError>(Some(part))
        })
    }
}
