//! Roles that nobody has confirmed, for whoever may confirm them.

use super::super::{AppError, Asked, Ctx, Page, Shown, flash, forms::answer, parts, request::ctx};
use casework::people::{self, Unsure};
use domain::{
    fields::Refused,
    people::{Permission, Role},
};
use leptos::prelude::*;

/// # Errors
/// The database.
pub async fn list(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let caller = ctx.caller()?.clone();
    let unsure = people::unconfirmed(&ctx.work, caller.id.as_str()).await?;
    let form = asked.refused(&ctx).await?.unwrap_or_default();
    let refused = !form.is_clean();
    let labels: &[(&str, &str)] = &[];
    let view = move || {
        let empty = unsure.is_empty();
        view! {
            <header class="page-head"><div><h1>"Roles to confirm"</h1><p class="meta">"Nobody confirms a role that they gave. Confirm a role once the person has told you in person, not in writing, that they set the password themselves."</p></div></header>
            {parts::refusals(&form, labels)}
            {if empty { parts::empty("Every role is confirmed", "New and changed roles stand here until somebody confirms them.".into(), None).into_any() } else { table(unsure).into_any() }}
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new("Roles to confirm", view).refused(refused), &asked).into())
}

/// The table of unconfirmed roles.
pub fn table(unsure: Vec<Unsure>) -> impl IntoView {
    let rows: Vec<_> = unsure.into_iter().map(row).collect();
    view! {
        <div class="table-wrap"><table class="rows stack"><caption class="sr">"Roles to confirm"</caption>
            <thead><tr><th scope="col">"Name"</th><th scope="col">"Account"</th><th scope="col">"Role"</th><th scope="col">"Given"</th><th scope="col" class="c-do">"Confirm"</th></tr></thead>
            <tbody>{rows}</tbody></table></div>
    }
}

fn row(unsure: Unsure) -> impl IntoView {
    let Unsure { person, given_by, why_not, namesakes } = unsure;
    let role = Role::parse(&person.role).map_or("", Role::label);
    let label = format!("Confirm the role of {}", person.name);
    let control = match why_not {
        Some(why) => view! { <span class="why">{why}</span> }.into_any(),
        None => view! {
            <form method="post" action="/api/roles/confirm">
                <input type="hidden" name="person" value=person.id.clone()/>
                <input type="hidden" name="given" value=person.role_given_at_ms.to_string()/>
                <button class="btn" aria-label=label>"Confirm role"</button>
            </form>
        }
        .into_any(),
    };
    view! {
        <tr>
            <th scope="row">{parts::person(Some(&person.name))}{same_name(namesakes)}</th>
            <td data-label="Account"><span class="mono">{person.account.clone()}</span></td>
            <td data-label="Role">{role}" "{standing(&person)}</td>
            <td data-label="Given">{parts::stamp(person.role_given_at_ms)}" "<span class="meta">"by "<bdi>{given_by}</bdi></span></td>
            <td class="c-do" data-label="Confirm">{control}</td>
        </tr>
    }
}

/// That a role waits, or counts although nobody confirmed it; nothing for a confirmed one.
pub fn standing(person: &people::Person) -> Option<AnyView> {
    if person.waits() {
        return Some(view! { <span class="tag" data-tone="attention" data-needs="person">"waits for confirmation"</span> }.into_any());
    }
    person.counts_alone().then(|| {
        view! { <span class="tag" data-tone="attention">"unconfirmed, in force"</span> }.into_any()
    })
}

/// Points out that others have the same name.
pub fn same_name(accounts: Vec<String>) -> Option<AnyView> {
    (!accounts.is_empty())
        .then(|| view! { " "<span class="tag" data-tone="attention">"same name as "{accounts.join(", ")}</span> }.into_any())
}

#[server(endpoint = "roles/confirm")]
pub async fn confirm_role(
    #[server(default)] person: String,
    #[server(default)] given: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ConfirmRoles)?;
    let given = given.parse().unwrap_or(-1);
    let result = people::confirm(&ctx.work, &ctx.actor(), &person.as_str().into(), given).await;
    answer(
        &ctx,
        result.map(|()| "/roles?done=role-confirmed".to_owned()).map_err(AppError::from),
        "/roles",
        Refused::default,
    )
    .await
}
