//! Where pictures are looked at.
//!
//! Without a script the viewer is the pictures in order. The browser half finds its places by the
//! `data-` attributes (`islands/desk/viewer.rs`).

use leptos::prelude::*;

/// A picture of a check that has no fixed places for pictures.
pub struct Named {
    /// Tells it apart on its page, and is its anchor: `picture-` and this.
    pub code: String,
    /// `ID_FRONT.jpg`
    pub label: String,
    pub alt: String,
    pub about: String,
    /// The picture as it is looked at.
    pub href: String,
    /// The bytes as they were received, as a download.
    pub original: String,
}

/// The same for pictures that have names instead of places.
pub fn viewer_of(pictures: Vec<Named>) -> Option<AnyView> {
    around(pictures.into_iter().map(|p| figure(p, None)).collect(), Some(tools(false).into_any()))
}

/// Where pictures will stand that come while the page is open.
pub fn none_yet() -> AnyView {
    view! { <section class="viewer" data-live="viewer" hidden></section> }.into_any()
}

/// Panes and tools in their section; nothing where there is no pane.
pub fn around(panes: Vec<AnyView>, tools: Option<AnyView>) -> Option<AnyView> {
    let count = panes.len();
    (count > 0).then(|| {
        view! {
            <section class="viewer" data-viewer data-live="viewer" tabindex="-1" aria-labelledby="pictures">
                <header class="section-head"><h2 id="pictures">"Pictures " <span class="n">{count}</span></h2></header>
                {tools}
                <div class="panes" data-panes>{panes}</div>
                <p class="meta viewer-said" role="status" data-said></p>
            </section>
        }
        .into_any()
    })
}

/// A picture in its frame. Its sides, where they are known, keep its place before it is there.
pub fn figure(picture: Named, sides: Option<(u32, u32)>) -> AnyView {
    let Named { code, label, alt, about, href, original } = picture;
    let id = format!("picture-{code}");
    let (width, height) = (sides.map(|s| s.0.to_string()), sides.map(|s| s.1.to_string()));
    let (turn, large) = (format!("Turn: {label}"), format!("Large: {label}"));
    view! {
        <figure class="pane" data-pane=code data-live=id.clone() id=id>
            <div class="frame" data-frame=label.clone()>
                <div class="stage"><img src=href alt=alt width=width height=height decoding="async" draggable="false"/></div>
            </div>
            <figcaption>
                <div><b>{label}</b>" "<span class="meta">{about}</span>" "<a class="meta" href=original download>"Original as received"</a></div>
                <span class="pane-tools">
                    {tool("turn", turn, "t", TURN, None)}
                    {tool("one", large, "l", LARGE, None)}
                </span>
            </figcaption>
        </figure>
    }
    .into_any()
}

const SMALLER: &str = "M11.5 7a4.5 4.5 0 1 1-9 0a4.5 4.5 0 0 1 9 0zM10.2 10.2L14 14M5 7h4";
const LARGER: &str = "M11.5 7a4.5 4.5 0 1 1-9 0a4.5 4.5 0 0 1 9 0zM10.2 10.2L14 14M5 7h4M7 5v4";
const RESET: &str = "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10M6.5 8h3";
const TURN: &str = "M13.5 8A5.5 5.5 0 1 1 11.9 4.1L13.5 5.7M13.5 2.2v3.5H10";
const LARGE: &str = "M9.5 2.5h4v4M13.5 2.5L9 7M6.5 13.5h-4v-4M2.5 13.5L7 9";
const TOGETHER: &str = "M6.5 9.5l3-3M7.3 4.7l1.4-1.4a2.7 2.7 0 0 1 4 4l-1.4 1.4M8.7 11.3l-1.4 1.4a2.7 2.7 0 0 1-4-4l1.4-1.4";
const ALL: &str = "M2.5 2.5H7V7H2.5zM9 2.5h4.5V7H9zM2.5 9H7v4.5H2.5zM9 9h4.5v4.5H9z";
const PAIR: &str = "M2.5 3.5H7v9H2.5zM9 3.5h4.5v9H9z";
const OVERLAY: &str = "M2.5 2.5h7v7h-7zM6.5 6.5h7v7h-7z";
const ONE: &str = "M2.5 3.5h11v9h-11z";
const TALL: &str = "M8 2v12M5.5 4.5L8 2l2.5 2.5M5.5 11.5L8 14l2.5-2.5";

/// The tools above the panes. `compares`: a document and a face are there to be laid beside and
/// over each other.
pub fn tools(compares: bool) -> impl IntoView {
    let hidden = !compares;
    view! {
        <div class="viewer-tools" role="group" aria-label="Picture tools">
            <p class="sr" id="viewer-keys">"Arrow keys move, plus and minus change the size, t turns, 0 resets; ? shows all keys."</p>
            <span class="tools">
                {tool("smaller", "Smaller".into(), "-", SMALLER, None)}
                {tool("larger", "Larger".into(), "+", LARGER, None)}
                {tool("reset", "Reset".into(), "0", RESET, None)}
            </span>
            <span class="tools" role="group" aria-label="Layout">
                {tool("all", "All pictures".into(), "g", ALL, Some(true))}
                <span hidden=hidden data-compares>{tool("pair", "Document and face side by side".into(), "d", PAIR, Some(false))}</span>
                <span hidden=hidden data-compares>{tool("overlay", "Face over document".into(), "o", OVERLAY, Some(false))}</span>
                {tool("one", "One picture large".into(), "l", ONE, Some(false))}
            </span>
            <span class="tools">
                {tool("together", "Move together".into(), "s", TOGETHER, Some(true))}
                {tool("tall", "Full height".into(), "h", TALL, Some(false))}
            </span>
            <label class="slider" title="b, Shift+b">"Brightness" <input type="range" min="40" max="250" step="10" value="100" data-tone="0"/></label>
            <label class="slider" title="c, Shift+c">"Contrast" <input type="range" min="40" max="250" step="10" value="100" data-tone="1"/></label>
            <label class="slider" data-only="overlay" title="How much of the face is seen">"Face" <input type="range" min="0" max="100" step="5" value="50" data-opacity/></label>
        </div>
    }
}

/// A button with a sign; its name and key are told.
fn tool(
    act: &'static str,
    name: String,
    key: &'static str,
    sign: &'static str,
    pressed: Option<bool>,
) -> impl IntoView {
    let title = format!("{name} ({key})");
    let pressed = pressed.map(|p| if p { "true" } else { "false" });
    view! { <button type="button" class="tool" data-act=act aria-label=name title=title aria-pressed=pressed><svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=sign/></svg></button> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_picture_is_found_by_its_anchor() {
        let named = Named {
            code: "document-1".into(),
            label: "ID_FRONT.jpg".into(),
            alt: "Picture or scan, ID_FRONT.jpg".into(),
            about: "312 KB".into(),
            href: "/checks/1/pictures/e1".into(),
            original: "/checks/1/documents/d1".into(),
        };
        let html = viewer_of(vec![named]).into_view().to_html();
        assert!(
            html.contains(r#"id="picture-document-1""#)
                && html.contains(r#"data-live="picture-document-1""#),
            "{html}"
        );
        assert!(
            html.contains("Large: ID_FRONT.jpg") && html.contains("/checks/1/documents/d1"),
            "{html}"
        );
        assert!(viewer_of(vec![]).is_none());
    }
}
