//! The search settings of a `KryptoGO` connection: a due diligence is run with one, and so is the
//! one that an ID verification begins.

/// A search setting with its connection: other connections have other settings under the same
/// number.
#[must_use]
pub fn setting_code(connection: &str, number: i64) -> String {
    format!("{connection}/{number}")
}

/// The number of a search setting of the chosen connection; with the connection in front, or alone.
///
/// # Errors
/// The message beside the field.
pub fn setting_of(text: &str, connection: &str, settings: &[i64]) -> Result<i64, &'static str> {
    let text = text.trim();
    let number = match text.split_once('/') {
        Some((of, number)) if of == connection => number,
        Some(_) => {
            return Err(
                "This search setting belongs to another connection. Choose one of the chosen connection's.",
            );
        }
        None => text,
    };
    number
        .parse()
        .ok()
        .filter(|id| settings.contains(id))
        .ok_or("Choose one of the connection's search settings.")
}
