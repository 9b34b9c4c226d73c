//! Pictures of an ID verification: its own in the viewer, and the fields where they are chosen.
//!
//! Without a script the viewer is the pictures in order, and a field is a plain file input. The
//! browser half finds its places by the `data-` attributes (`islands/desk/viewer.rs`,
//! `islands/desk/upload.rs`).

use crate::{
    islands::size,
    pages::{
        parts,
        pictures::{Named, around, figure, tools},
    },
};
use domain::{
    fields::{Refused, thousands},
    idv::Slot,
};
use leptos::prelude::*;

/// A picture of a check.
pub struct Shown {
    pub slot: Slot,
    pub state: State,
    /// Where it is from: `as uploaded`, `from KryptoGO`.
    pub about: String,
}

pub enum State {
    Kept {
        /// The picture as it is looked at.
        href: String,
        /// The bytes as they were received, as a download.
        original: String,
        format: &'static str,
        width: u32,
        height: u32,
        bytes: u64,
    },
    /// No longer at the provider.
    Gone,
    /// Being fetched.
    Due,
    /// Why it is not here.
    Failed(String),
}

/// A picture that was kept when its form was refused.
pub struct Kept {
    pub id: String,
    /// `passport.jpg, 1,200 × 760`
    pub words: String,
}

/// All pictures with their tools; nothing when there is none.
pub fn viewer(pictures: &[Shown]) -> Option<AnyView> {
    let mut pictures: Vec<&Shown> = pictures.iter().collect();
    pictures.sort_by_key(|p| p.slot);
    let kept =
        |slot| pictures.iter().any(|p| p.slot == slot && matches!(p.state, State::Kept { .. }));
    let compares = kept(Slot::Front) && kept(Slot::Face);
    let tools = pictures
        .iter()
        .any(|p| matches!(p.state, State::Kept { .. } | State::Due))
        .then(|| tools(compares));
    around(pictures.into_iter().map(pane).collect(), tools.map(IntoAny::into_any))
}

const fn in_words(slot: Slot) -> &'static str {
    match slot {
        Slot::Front => "Front of the document",
        Slot::Back => "Back of the document",
        Slot::Face => "The customer's face",
        Slot::FaceWithId => "The customer's face with the document",
    }
}

/// Each is swapped when news comes; the browser half leaves one alone that shows the same picture
/// as before.
fn pane(picture: &Shown) -> AnyView {
    let (slot, label) = (picture.slot.code(), picture.slot.label());
    let State::Kept { href, original, format, width, height, bytes } = &picture.state else {
        let words = match &picture.state {
            State::Due => "It is being fetched and appears here by itself.".to_owned(),
            State::Failed(why) => format!("It could not be fetched. {why}"),
            State::Gone | State::Kept { .. } => {
                "It is no longer at KryptoGO and was not kept here.".to_owned()
            }
        };
        let about = picture.about.clone();
        return view! {
            <figure class="pane" data-live=format!("picture-{slot}")>
                <div class="frame"><p class="hush">{words}</p></div>
                <figcaption><div><b>{label}</b>" "<span class="meta">{about}</span></div></figcaption>
            </figure>
        }
        .into_any();
    };
    let sides = format!("{} × {}", thousands(*width as usize), thousands(*height as usize));
    let named = Named {
        code: slot.to_owned(),
        label: label.to_owned(),
        alt: format!("{}, {}", in_words(picture.slot), picture.about),
        about: [*format, &sides, &size(*bytes), &picture.about].join(" · "),
        href: href.clone(),
        original: original.clone(),
    };
    figure(named, Some((*width, *height)))
}

/// The field of one picture. `kept`: what is still here of a refused form; it was turned when it
/// was kept.
pub fn picture_field(
    slot: Slot,
    label: &'static str,
    hint: &'static str,
    required: bool,
    kept: Option<Kept>,
    form: &Refused,
) -> impl IntoView + use<> {
    let name = slot.code();
    let wrong = form.error(name).is_some().then_some("true");
    let described = format!("{} {name}-about", parts::described(name, true));
    let kept_words =
        kept.as_ref().map(|k| format!("Kept: {}; choose another to replace it", k.words));
    let has_kept = kept.is_some();
    let kept = kept
        .map(|k| view! { <input type="hidden" name=format!("kept_{name}") value=k.id data-kept/> });
    let control = view! {
        <div class="drop" data-drop>
            <div class="preview" data-preview><p class="meta">"Drop a picture here"</p></div>
            <div class="chosen">
                <input id=name name=name type="file" accept="image/jpeg,image/png" aria-invalid=wrong aria-describedby=described/>
                {kept_words.map(|words| view! { <p class="meta" data-kept-words>{words}</p> })}
                <p class="meta" id=format!("{name}-about") role="status" data-about></p>
                <div class="actions" hidden=!has_kept data-picture-tools>
                    <button type="button" class="btn" hidden data-picture="turn" aria-label=format!("Turn: {label}")>"Turn"</button>
                    <button type="button" class="btn" data-picture="remove" aria-label=format!("Remove: {label}")>"Remove"</button>
                </div>
            </div>
            <input type="hidden" name=format!("rotate_{name}") value="0" data-rotate/>
            {kept}
        </div>
    };
    parts::field(name, label, required, Some(hint), None, form, control.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(slot: Slot, about: &str) -> Shown {
        let state = State::Kept {
            href: format!("/checks/1/images/{slot}"),
            original: format!("/checks/1/images/{slot}/original"),
            format: "JPEG",
            width: 1_200,
            height: 760,
            bytes: 319_488,
        };
        Shown { slot, state, about: about.into() }
    }

    fn html(view: impl IntoView) -> String {
        view.into_view().to_html()
    }

    #[test]
    fn pictures_stand_in_order_with_words_for_each() {
        let html =
            html(viewer(&[kept(Slot::Face, "from KryptoGO"), kept(Slot::Front, "as uploaded")]));
        assert!(
            html.find("Front of the document, as uploaded")
                < html.find("The customer's face, from KryptoGO")
        );
        assert!(html.contains("JPEG · 1,200 × 760 · 312 KB · as uploaded"), "{html}");
        assert!(html.contains(r#"width="1200""#) && html.contains(r#"height="760""#));
        assert!(!html.contains("style="), "the policy forbids style attributes");
    }

    #[test]
    fn what_is_not_here_says_why_in_its_place() {
        let of = |state| {
            html(viewer(&[Shown { slot: Slot::Back, state, about: "from KryptoGO".into() }]))
        };
        assert!(of(State::Gone).contains("no longer at KryptoGO"));
        assert!(of(State::Due).contains("being fetched"));
        assert!(
            of(State::Failed("It is no picture.".into()))
                .contains("It could not be fetched. It is no picture.")
        );
        assert!(!of(State::Gone).contains("viewer-tools"), "nothing to look at needs no tools");
        assert!(of(State::Due).contains(r#"data-live="picture-back""#), "it comes by itself");
        assert!(viewer(&[]).is_none());
    }

    #[test]
    fn a_field_says_what_is_kept_and_what_is_wrong() {
        let form = Refused::of([("rotate_front", "90")]).because("front", "Too small.");
        let kept = || Some(Kept { id: "k1".into(), words: "passport.jpg, 1,200 × 760".into() });
        let field =
            |kept| html(picture_field(Slot::Front, "Front", "JPEG or PNG", true, kept, &form));
        let with = field(kept());
        assert!(
            with.contains("Kept: passport.jpg, 1,200 × 760; choose another to replace it"),
            "{with}"
        );
        assert!(
            with.contains(r#"name="kept_front" value="k1""#)
                && with.contains(r#"name="rotate_front" value="0""#),
            "{with}"
        );
        assert!(
            with.contains(r#"aria-describedby="front-hint front-error front-about""#)
                && with.contains("Too small.")
        );
        let without = field(None);
        assert!(
            !without.contains("kept_front") && without.contains(r#"name="rotate_front" value="0""#),
            "{without}"
        );
        assert!(
            !without.contains("required>") && !without.contains("required="),
            "the server says it"
        );
    }
}
