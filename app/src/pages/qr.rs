//! An address as a picture for a phone's camera.

use leptos::prelude::*;
use qrcode::{QrCode, render::svg};

/// An address as a picture for a phone's camera; nothing for one that is too long for it.
pub fn qr(text: &str) -> Option<AnyView> {
    let code = QrCode::new(text.as_bytes()).ok()?;
    let drawn = code
        .render::<svg::Color<'_>>()
        .min_dimensions(220, 220)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    // The renderer's own document, without its XML head: an element of the page.
    let drawn = drawn.find("<svg").map(|at| drawn[at..].to_owned())?;
    Some(view! { <figure class="qr"><div role="img" aria-label="QR code of the link" inner_html=drawn></div><figcaption class="meta">"For the camera of the customer's phone"</figcaption></figure> }.into_any())
}
