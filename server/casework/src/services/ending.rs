//! How a check ends that comes to nothing.

use crate::{
    Error,
    journal::{self, Actor},
    records::{checks as check_store, promises},
    store::Conn,
};
use domain::{
    CheckId,
    checks::State,
    journal::{Action, Subject},
};
use serde_json::json;

/// A withdrawn check asks nothing of its provider any more, and hands nothing out.
pub(crate) async fn end(
    conn: &mut Conn<'_>,
    id: &CheckId,
    now: domain::Moment,
) -> Result<(), Error> {
    check_store::stop_polling(conn, id).await?;
    promises::drop_promises(conn, id, now).await?;
    crate::services::idv::store::forget_handout(conn, id).await?;
    Ok(())
}

/// Marks a check as failed, with the reason in words.
pub(crate) async fn fail(
    conn: &mut Conn<'_>,
    actor: &Actor,
    id: &CheckId,
    why: &str,
    now: domain::Moment,
) -> Result<(), Error> {
    let Some(check) = check_store::hold(conn, id).await? else { return Ok(()) };
    if check.state()?.may_become(State::Failed)
        && check_store::move_to(conn, id, check.state()?, State::Failed, check.version, now).await?
            > 0
    {
        check_store::set_trouble(conn, id, Some(why), now).await?;
        check_store::stop_polling(conn, id).await?;
        crate::services::idv::store::forget_handout(conn, id).await?;
        journal::append(
            conn,
            &[actor.entry(
                now,
                Action::CheckFailed,
                Subject::Check,
                id.as_str(),
                json!({ "why": why }),
            )],
        )
        .await?;
    }
    Ok(())
}
