//! Lists of checks that were shown, for the journal.

use super::{AppError, Ctx};
use casework::checks;
use domain::journal::{Action, Subject};
use serde_json::json;

/// Records that a list with these checks was shown.
///
/// # Errors
/// The journal takes no more entries.
pub async fn viewed_list(ctx: &Ctx, list: &str, ids: Vec<String>) -> Result<(), AppError> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut details = json!({ "list": list });
    details["checks"] = ids.into();
    Ok(checks::viewed(&ctx.work, &ctx.actor(), Action::ListViewed, Subject::System, list, details)
        .await?)
}
