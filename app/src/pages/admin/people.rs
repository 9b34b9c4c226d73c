//! Who uses the desk: invite, reset, disable, change roles.

use super::super::{
    AppError, Asked, Ctx, Page, Shown, flash,
    parts::{self, Field},
    people::roles::{same_name, standing},
};
use casework::people::Person;
use domain::{fields::Refused, people::Role};
use leptos::prelude::*;

const LABELS: &[(&str, &str)] = &[("account", "Account"), ("name", "Name"), ("role", "Role")];

/// # Errors
/// The database.
pub async fn list(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let people = casework::people::list(&ctx.work).await?;
    let holders = casework::people::factor::holders(&ctx.work).await?;
    let form = asked.refused(&ctx).await?.unwrap_or_default();
    let refused = !form.is_clean();
    let me = ctx.caller()?.id.to_string();
    let mut namesakes = casework::people::shared_names(&people);
    let view = move || {
        let count = people.len();
        let rows: Vec<_> = people
            .into_iter()
            .map(|p| {
                let others = namesakes.remove(&p.id).unwrap_or_default();
                let has_factor = holders.contains(&p.id);
                row(p, &me, others, has_factor)
            })
            .collect();
        view! {
            <header class="page-head"><div><h1>"People "<span class="n">{count}</span></h1><p class="meta">"Changing a role or disabling a person ends all their sessions at once. A role that you give waits until somebody else confirms it."</p></div><div class="actions"><a class="btn" href="/roles">"Roles to confirm"</a></div></header>
            {form.error("knows").is_none().then(|| parts::refusals(&form, LABELS))}
            {knows(&form)}
            <div class="table-wrap"><table class="rows stack"><caption class="sr">"People"</caption>
                <thead><tr><th scope="col">"Name"</th><th scope="col">"Account"</th><th scope="col">"State"</th><th scope="col">"Last sign-in"</th><th scope="col" class="c-do">"Role and state"</th></tr></thead>
                <tbody>{rows}</tbody></table></div>
            {add_form(&form)}
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new("People", view).refused(refused), &asked).into())
}

/// What has to be known before the last who may approve goes, or gets another password: ticked
/// once, it is done.
fn knows(form: &Refused) -> Option<AnyView> {
    let why = form.error("knows")?.to_owned();
    let hidden = |name: &'static str| view! { <input type="hidden" name=name value=form.value(name).to_owned()/> };
    let is_change = !form.value("state").is_empty();
    let address = if is_change { "/api/admin/people/change" } else { "/api/admin/people/reset" };
    Some(
        view! {
            <section class="notice" data-tone="danger" role="alert" tabindex="-1" data-focus aria-label="The last who may approve"><div>
                <p>{why}</p>
                <form class="form" method="post" action=address>
                    {hidden("person")}{is_change.then(|| (hidden("role"), hidden("state")))}
                    <label class="choice"><input type="checkbox" name="knows" value="1" required/><span><b>"I know that nobody can approve then"</b></span></label>
                    <div class="actions"><button class="btn">"Do it all the same"</button></div>
                </form>
            </div></section>
        }
        .into_any(),
    )
}

fn row(p: Person, me: &str, namesakes: Vec<String>, has_factor: bool) -> impl IntoView + use<> {
    let active = p.is_active();
    let own = p.id == me;
    let roles: Vec<_> = Role::ALL
        .iter()
        .map(|r| parts::option(r.code().into(), r.label().into(), &p.role))
        .collect();
    let label = format!("Role of {}", p.name);
    let control = if own {
        view! { <span class="why">"This is you; another admin changes your role."</span> }
            .into_any()
    } else {
        let (now, other, words) = if active {
            ("active", "disabled", "Disable")
        } else {
            ("disabled", "active", "Enable")
        };
        view! {
            <form class="actions" method="post" action="/api/admin/people/change">
                <input type="hidden" name="person" value=p.id.clone()/>
                <select name="role" aria-label=label>{roles}</select>
                <button class="btn" name="state" value=now>"Save role"</button>
                <button class="btn" name="state" value=other>{words}</button>
            </form>
            {active.then(|| {
                let words = if p.has_joined() { "Reset password" } else { "New invitation" };
                view! { <form class="actions" method="post" action="/api/admin/people/reset"><input type="hidden" name="person" value=p.id.clone()/><button class="btn quiet">{words}</button></form> }
            })}
            {has_factor.then(|| reset_form(&p.id, &p.name))}
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row">{parts::person(Some(&p.name))}{same_name(namesakes)}</th>
            <td data-label="Account"><span class="mono">{p.account.clone()}</span></td>
            <td data-label="State"><span class="tag" data-tone=if active { "good" } else { "neutral" }>{if active { "active" } else { "disabled" }}</span>" "{standing(&p)}{(active && !p.has_joined()).then(|| view! { " "<span class="tag" data-tone="neutral">"invited"</span> })}</td>
            <td data-label="Last sign-in">{p.signed_in_at_ms.map(parts::stamp)}</td>
            <td class="c-do" data-label="Role and state">{control}</td>
        </tr>
    }
}

/// For somebody who lost their telephone.
fn reset_form(person: &str, name: &str) -> impl IntoView + use<> {
    let label = format!("Reset the second factor of {name}");
    view! {
        <form class="actions" method="post" action="/api/admin/people/reset-factor">
            <input type="hidden" name="person" value=person.to_owned()/>
            <button class="btn quiet" aria-label=label>"Reset second factor"</button>
        </form>
    }
}

fn add_form(form: &Refused) -> impl IntoView + use<> {
    let role = parts::select(
        "role",
        Role::ALL.iter().map(|r| (r.code().to_owned(), r.label().to_owned())).collect(),
        form.value("role"),
        form,
        true,
    );
    view! {
        <section class="panel" id="add"><header><h2>"Invite a person"</h2></header>
            <p class="meta">"You get a link to hand over. The person sets a password with it that you never learn."</p>
            <form class="form" method="post" action="/api/admin/people/add" novalidate>
                <div class="fields">
                    {Field::text("account", "Account").required().hint("The name to sign in with: a–z, 0–9, dot, hyphen, underscore, @").maxlength("40").show(form)}
                    {Field::text("name", "Name").required().hint("As colleagues know the person").maxlength("100").show(form)}
                </div>
                <div class="fields">
                    {parts::field("role", "Role", true, Some("Analysts decide, supervisors approve and audit, admins keep the desk"), Some("medium"), form, role)}
                </div>
                <div class="actions"><button class="btn primary">"Invite person"</button></div>
            </form>
        </section>
    }
}
