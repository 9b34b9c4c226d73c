//! Server functions of the admin pages.

use super::{
    super::{
        AppError, Ctx,
        forms::{answer, go, show},
        request::ctx,
    },
    link,
};
use casework::{
    connections::{self, Credential, Form},
    inbox, outbox,
    people::{self, NewPerson},
    webhooks,
};
use domain::{
    connections::{ProofKind, Provider},
    fields::Refused,
    people::{Permission, Role},
};
use leptos::prelude::*;
use zeroize::Zeroizing;

#[server(endpoint = "admin/people/add")]
pub async fn add_person(
    #[server(default)] account: String,
    #[server(default)] name: String,
    #[server(default)] role: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManagePeople)?;
    let new = NewPerson { account, name, role, ..NewPerson::default() };
    let result = people::invite(&ctx.work, &ctx.actor(), &new).await;
    shown_once(&ctx, result, "/admin/people#add").await
}

#[server(endpoint = "admin/people/reset")]
pub async fn reset_person(
    #[server(default)] person: String,
    #[server(default)] knows: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManagePeople)?;
    let result = people::reset_asking(&ctx.work, &ctx.actor(), &person.into(), knows == "1").await;
    shown_once(&ctx, result, "/admin/people").await
}

/// Answers with a link that was made: as a page that has no address, so that nothing keeps it.
async fn shown_once(
    ctx: &Ctx,
    result: Result<people::Link, casework::Error>,
    page: &str,
) -> Result<(), AppError> {
    match result {
        Ok(made) => {
            show(link::shown(made));
            Ok(())
        }
        Err(error) => answer(ctx, Err(AppError::from(error)), page, Refused::default).await,
    }
}

#[server(endpoint = "admin/people/change")]
pub async fn change_person(
    #[server(default)] person: String,
    #[server(default)] role: String,
    #[server(default)] state: String,
    #[server(default)] knows: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManagePeople)?;
    let role = Role::parse(&role).ok_or(AppError::Unreadable)?;
    let active = match state.as_str() {
        "active" => true,
        "disabled" => false,
        _ => return Err(AppError::Unreadable),
    };
    let result =
        people::change_asking(&ctx.work, &ctx.actor(), &person.into(), role, active, knows == "1")
            .await;
    let done = |changed| {
        if changed {
            "/admin/people?done=person-changed"
        } else {
            "/admin/people?done=person-unchanged"
        }
        .to_owned()
    };
    answer(&ctx, result.map(done).map_err(AppError::from), "/admin/people", Refused::default).await
}

#[server(endpoint = "admin/people/reset-factor")]
pub async fn reset_factor(#[server(default)] person: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManagePeople)?;
    let result = people::factor::reset(&ctx.work, &ctx.actor(), &person.into()).await;
    answer(
        &ctx,
        result.map(|()| "/admin/people?done=factor-reset".to_owned()).map_err(AppError::from),
        "/admin/people",
        Refused::default,
    )
    .await
}

#[server(endpoint = "admin/connections/save")]
#[allow(clippy::too_many_arguments)] // the fields of a form
pub async fn save_connection(
    #[server(default)] connection: String,
    #[server(default)] name: String,
    #[server(default)] provider: String,
    #[server(default)] base_url: String,
    #[server(default)] token_url: String,
    #[server(default)] search_settings: String,
    #[server(default)] allow_private: String,
    #[server(default)] active: String,
    #[server(default)] secret: String,
    #[server(default)] private_key: String,
    #[server(default)] per_second: String,
    #[server(default)] version: String,
    #[server(default)] flow: String,
    #[server(default)] proof: String,
    #[server(default)] client_id: String,
    #[server(default)] key_id: String,
    #[server(default)] authorize_url: String,
    #[server(default)] scope: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManageConnections)?;
    let secret = credential(Zeroizing::new(secret), Zeroizing::new(private_key), &provider, &proof);
    let form = Form {
        name,
        provider,
        base_url,
        token_url,
        search_settings,
        allow_private: allow_private == "1",
        secret,
        per_second,
        version,
        flow,
        proof,
        client_id,
        key_id,
        authorize_url,
        scope,
    };
    let saved = || "/admin/connections?done=connection-saved".to_owned();
    let (result, page) = if connection.is_empty() {
        (
            connections::add(&ctx.work, &ctx.actor(), &form).await.map(|_| saved()),
            "/admin/connections#add".to_owned(),
        )
    } else {
        let page = format!("/admin/connections/{connection}");
        let changed = connections::change(
            &ctx.work,
            &ctx.actor(),
            &connection.as_str().into(),
            &form,
            active == "1",
        )
        .await;
        // Who saved it gives the new credential next.
        let to = |credential| {
            if credential == Credential::Removed {
                format!("{page}?done=connection-saved")
            } else {
                saved()
            }
        };
        (changed.map(to), page)
    };
    answer(&ctx, result.map_err(AppError::from), &page, Refused::default).await
}

/// The credential that the chosen proof needs, of the two that can be typed: a private key has
/// lines, a secret has none.
fn credential(
    secret: Zeroizing<String>,
    private_key: Zeroizing<String>,
    provider: &str,
    proof: &str,
) -> Zeroizing<String> {
    let wants_key = provider == Provider::Camara.code() && proof == ProofKind::Key.code();
    if wants_key { private_key } else { secret }
}

#[server(endpoint = "admin/connections/test")]
pub async fn test_connection(#[server(default)] connection: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManageConnections)?;
    let page = format!("/admin/connections/{connection}");
    let result =
        match connections::test(&ctx.work, &ctx.actor(), &connection.as_str().into()).await? {
            Ok(_) => Ok(format!("{page}?test=ok")),
            Err(why) => Err(AppError::Form(Box::new(Refused::default().because("test", why)))),
        };
    answer(&ctx, result, &page, Refused::default).await
}

#[server(endpoint = "admin/webhooks/subscribe")]
pub async fn subscribe_webhook(
    #[server(default)] connection: String,
    #[server(default)] event_type: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManageConnections)?;
    let page = format!("/admin/connections/{connection}");
    let result =
        webhooks::subscribe(&ctx.work, &ctx.actor(), &connection.as_str().into(), &event_type)
            .await;
    let done = result.map(|()| format!("{page}?done=webhook-added")).map_err(AppError::from);
    answer(&ctx, done, &format!("{page}#webhooks"), Refused::default).await
}

#[server(endpoint = "admin/webhooks/adopt")]
pub async fn adopt_webhook(
    #[server(default)] connection: String,
    #[server(default)] webhook: String,
    #[server(default)] webhook_event: String,
    #[server(default)] webhook_secret: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManageConnections)?;
    let page = format!("/admin/connections/{connection}");
    let adopted = webhooks::Adopted {
        webhook,
        event_type: webhook_event,
        secret: Zeroizing::new(webhook_secret),
    };
    let result =
        webhooks::adopt(&ctx.work, &ctx.actor(), &connection.as_str().into(), &adopted).await;
    let done = result.map(|()| format!("{page}?done=webhook-added")).map_err(AppError::from);
    answer(&ctx, done, &format!("{page}#webhooks"), Refused::default).await
}

#[server(endpoint = "admin/webhooks/unsubscribe")]
pub async fn unsubscribe_webhook(
    #[server(default)] connection: String,
    #[server(default)] webhook: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManageConnections)?;
    let page = format!("/admin/connections/{connection}");
    let result =
        webhooks::unsubscribe(&ctx.work, &ctx.actor(), &connection.as_str().into(), &webhook).await;
    let done = result.map(|()| format!("{page}?done=webhook-ended")).map_err(AppError::from);
    answer(&ctx, done, &format!("{page}#webhooks"), Refused::default).await
}

#[server(endpoint = "admin/deliveries/retry")]
pub async fn retry_delivery(#[server(default)] delivery: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManageDeliveries)?;
    let result = outbox::retry(&ctx.work, &ctx.actor(), &delivery.into()).await;
    answer(
        &ctx,
        result.map(|()| "/admin/deliveries?done=retried".to_owned()).map_err(AppError::from),
        "/admin/deliveries",
        Refused::default,
    )
    .await
}

#[server(endpoint = "admin/callbacks/retry")]
pub async fn retry_callback(#[server(default)] callback: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManageDeliveries)?;
    inbox::retry(&ctx.work, &ctx.actor(), &callback.into()).await?;
    go("/admin/callbacks?done=retried");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_taken_only_where_one_is_chosen() {
        let of = |provider: &str, proof: &str| {
            credential(
                Zeroizing::new("word".into()),
                Zeroizing::new("lines".into()),
                provider,
                proof,
            )
            .to_string()
        };
        assert_eq!(of("camara", "key"), "lines");
        for (provider, proof) in
            [("camara", "secret"), ("camara", ""), ("kryptogo", "key"), ("zignsec", "")]
        {
            assert_eq!(of(provider, proof), "word", "{provider} {proof}");
        }
    }
}
