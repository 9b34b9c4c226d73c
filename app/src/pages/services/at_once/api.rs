//! What the server functions have in common that launch what is answered at once: authorise, call,
//! answer.

use crate::pages::{AppError, forms::answer, launching::Launching, request::ctx, services::face};
use casework::services::{self, Form};
use domain::people::Permission;

/// Launches what a form asks.
///
/// # Errors
/// Not allowed, unreadable, or the database.
pub async fn launch(sent: Launching, form: Form) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let result = match sent.id() {
        Ok(id) => {
            let launched = services::launch(
                &ctx.work,
                &caller,
                &ctx.actor(),
                &id,
                &form,
                sent.confirmed(),
                sent.again().as_ref(),
            )
            .await;
            launched
                .map(|l| {
                    format!(
                        "/checks/{}?done={}",
                        l.id,
                        if l.repeated { "launched-before" } else { "launched" }
                    )
                })
                .map_err(AppError::from)
        }
        Err(error) => Err(error),
    };
    answer(&ctx, result, face(form.kind()).address(), || sent.beside(form.as_typed())).await
}
