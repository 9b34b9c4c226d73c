//! The queue, the review page, launching, evidence, and the server functions behind them.

pub mod api;
pub mod decide_many;
mod decision_panel;
pub mod evidence;
mod findings;
pub mod idv;
pub mod instant;
pub mod launch;
pub mod many;
pub mod queue;
pub mod review;
pub mod video;

use super::{AppError, Ctx};
use domain::journal::{Action, Subject};
use serde_json::json;

/// Records that a list with these checks was shown.
pub(super) async fn viewed_list(ctx: &Ctx, list: &str, ids: Vec<String>) -> Result<(), AppError> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut details = json!({ "list": list });
    details["checks"] = ids.into();
    Ok(casework::checks::viewed(&ctx.work, &ctx.actor(), Action::ListViewed, Subject::System, list, details).await?)
}
