//! Server functions of one's own second factor.

use super::{
    super::{
        AppError,
        forms::{answer, go, show},
        request::ctx,
    },
    factor::recovery,
};
use casework::people::factor;
use domain::fields::Refused;
use leptos::prelude::*;

const SETTING_UP: &str = "/account/factor";

#[server(endpoint = "account/factor/offer")]
pub async fn offer_factor() -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller()?.clone();
    let result = factor::offer(&ctx.work, &caller.id).await;
    answer(
        &ctx,
        result.map(|()| SETTING_UP.to_owned()).map_err(AppError::from),
        SETTING_UP,
        Refused::default,
    )
    .await
}

#[server(endpoint = "account/factor/confirm")]
pub async fn confirm_factor(#[server(default)] factor: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller()?;
    match factor::confirm(&ctx.work, &ctx.actor(), &factor).await {
        Ok(codes) => {
            show(recovery(codes, true));
            Ok(())
        }
        Err(error) => answer(&ctx, Err(error.into()), SETTING_UP, Refused::default).await,
    }
}

#[server(endpoint = "account/factor/codes")]
pub async fn new_recovery_codes() -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller()?;
    match factor::new_recovery_codes(&ctx.work, &ctx.actor()).await {
        Ok(codes) => {
            show(recovery(codes, false));
            Ok(())
        }
        Err(error) => answer(&ctx, Err(error.into()), "/account", Refused::default).await,
    }
}

#[server(endpoint = "account/factor/remove")]
pub async fn remove_factor() -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller()?;
    match factor::remove(&ctx.work, &ctx.actor()).await {
        Ok(()) => {
            go("/account?done=factor-removed");
            Ok(())
        }
        Err(error) => answer(&ctx, Err(error.into()), "/account", Refused::default).await,
    }
}
