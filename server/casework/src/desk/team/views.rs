//! Views of the queue that people save under a name: their own, and those that everybody sees.

use crate::{
    Casework, Error,
    journal::{self, Actor},
    new_id,
    records::team::{self as team_store, View},
    store::written,
};
use domain::{
    Refusal,
    fields::Refused,
    journal::{Action, Subject},
    people::{Caller, Permission},
    queue::Filter,
    search,
    team::{self, VIEWS_MAX},
};
use serde_json::json;
use std::sync::Arc;

/// A person's own views and those that all see, each by name; remembered for two seconds.
///
/// # Errors
/// The database.
pub async fn list(work: &Casework, caller: &Caller) -> Result<Arc<[View]>, Error> {
    let (me, now) = (caller.id.as_str(), work.now());
    if let Some(views) = work.saved.get(me, now) {
        return Ok(views);
    }
    let mut reader = work.db.read().await?;
    let views: Arc<[View]> = team_store::views(&mut reader.conn(), me).await?.into();
    work.db.keep(reader);
    work.saved.put(me, views.clone(), now);
    Ok(views)
}

/// Saves a filter and its sort under a name.
///
/// # Errors
/// A name that does not fit or is there already, too many views, a share by somebody who may not,
/// or the database.
pub async fn save(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    name: &str,
    shared: bool,
    filter: &Filter,
) -> Result<(), Error> {
    if shared && !caller.may(Permission::LeadTeam) {
        return Err(Refusal::NotAllowed(Permission::LeadTeam).into());
    }
    let refused = || Refused::of([("view_name", name)]);
    let name = team::check_view_name(name).map_err(|why| refused().because("view_name", why))?;
    let filter = Filter { text: crate::records::visible(&filter.text), ..filter.written_out() };
    let view = View {
        id: new_id(),
        owner_id: caller.id.to_string(),
        folded: search::fold(&name),
        name,
        pairs: crate::records::to_json(&filter.pairs())?,
        shared: i64::from(shared),
        owner: caller.name.clone(),
    };
    let now = work.now();
    written!(work, async |conn| {
        // One after the other for each person, so that the count holds.
        conn.take_turns(caller.id.as_str()).await?;
        if team_store::count_views(conn, caller.id.as_str()).await? >= VIEWS_MAX as i64 {
            return Err(refused()
                .because("view_name", "You keep 50 views already. Delete one first.")
                .into());
        }
        if team_store::insert_view(conn, &view, now).await? == 0 {
            return Err(refused().because("view_name", TAKEN).into());
        }
        let entry = actor.entry(
            now,
            Action::ViewSaved,
            Subject::View,
            &view.id,
            told(&view.name, shared, &filter),
        );
        journal::append(conn, &[entry]).await?;
        Ok(())
    })?;
    work.saved.forget();
    Ok(())
}

const TAKEN: &str = "You have a view of this name already.";

/// What the journal says of a view. A typed text may name a customer, and views outlive customers:
/// only that there is one.
fn told(name: &str, shared: bool, filter: &Filter) -> serde_json::Value {
    let shown: Vec<String> = filter
        .pairs()
        .into_iter()
        .map(|(name, value)| if name == "q" { "q".to_owned() } else { format!("{name}={value}") })
        .collect();
    json!({ "name": name, "shared": shared, "shows": shown.join(" ") })
}

/// Gives a view another name.
///
/// # Errors
/// Unknown or not this person's to change, a name that does not fit or is there already, or the
/// database.
pub async fn rename(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &str,
    name: &str,
) -> Result<(), Error> {
    let refused = || Refused::of([("view_id", id), ("name", name)]);
    let new = team::check_view_name(name).map_err(|why| refused().because("name", why))?;
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let view = changeable(team_store::hold_view(&mut conn, id).await?, caller)?;
        if view.name == new {
            return Ok(());
        }
        let folded = search::fold(&new);
        conn.take_turns(&view.owner_id).await?;
        if team_store::is_taken(&mut conn, &view.owner_id, &folded, id).await? {
            let why = if view.owner_id == caller.id.as_str() {
                TAKEN
            } else {
                "Its owner has a view of this name already."
            };
            return Err(refused().because("name", why).into());
        }
        team_store::rename_view(&mut conn, id, &new, &folded).await?;
        let details = json!({ "from": view.name, "to": new });
        journal::append(
            &mut conn,
            &[actor.entry(work.now(), Action::ViewChanged, Subject::View, id, details)],
        )
        .await?;
    }
    tx.commit().await?;
    work.saved.forget();
    Ok(())
}

/// Deletes a view.
///
/// # Errors
/// Unknown or not this person's to change, or the database.
pub async fn delete(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &str,
) -> Result<(), Error> {
    written!(work, async |conn| {
        let view = changeable(team_store::hold_view(conn, id).await?, caller)?;
        team_store::delete_view(conn, id).await?;
        let details = json!({ "name": view.name, "shared": view.is_shared() });
        journal::append(
            conn,
            &[actor.entry(work.now(), Action::ViewDeleted, Subject::View, id, details)],
        )
        .await?;
        Ok(())
    })?;
    work.saved.forget();
    Ok(())
}

/// A view that the person may change. What is somebody else's own is not there for others.
fn changeable(view: Option<View>, caller: &Caller) -> Result<View, Error> {
    let view = view
        .filter(|v| v.is_shared() || v.owner_id == caller.id.as_str())
        .ok_or(Error::NotFound)?;
    if team::may_change_view(caller, &view.owner_id, view.is_shared()) {
        Ok(view)
    } else {
        Err(Refusal::NotAllowed(Permission::LeadTeam).into())
    }
}
