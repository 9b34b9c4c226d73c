//! Wallet analysis: where a wallet's money comes from and goes to, and which sanctioned addresses
//! are near.

mod flows;
mod launch;
mod picture;
mod review;

use super::{
    at_once::{AtOnce, Begun, Words, api},
    face::Look,
};
use crate::pages::{AppError, forms::answer, launching::Launching, parts, request::ctx};
use casework::{
    checks::review::Review,
    services::{self, Asked, Form, Said},
};
use domain::{
    checks::Kind,
    fields::Refused,
    findings::Source,
    people::Permission,
    wallet::{Address, WalletForm},
};
use leptos::prelude::*;

/// The service's face.
pub struct Wallet;

impl AtOnce for Wallet {
    const KIND: Kind = Kind::Kya;
    const WORDS: Words = Words {
        address: launch::ADDRESS,
        action: "/api/wallet/launch",
        about: "Wallet analysis at KryptoGO: where a wallet's money comes from and goes to, and which sanctioned addresses are near",
        will: "Only the address is sent, neither name nor reference.",
    };
    const FUNCTIONS: &[&str] = &["/api/wallet/read-again"];
    const IS_RATED: bool = true;
    /// What is sanctioned comes before the long list of transactions.
    const FINDINGS_FIRST: bool = true;

    fn labels() -> Vec<(String, &'static str)> {
        vec![("address".into(), "Address"), ("chain".into(), "Chain")]
    }

    fn fields(begun: &mut Begun) -> AnyView {
        launch::fields(begun)
    }

    fn given(_review: &Review, asked: Asked) -> Vec<Option<AnyView>> {
        let wallet = |a: Address| {
            view! { <div><dt>"Wallet"</dt><dd>{parts::copyable(a.as_str().to_owned())}</dd></div> }
                .into_any()
        };
        vec![asked.address.map(wallet)]
    }

    fn answered(look: Look<'_>) -> Option<AnyView> {
        match &look.review.said {
            Some(Said::Kya(kya)) => review::wallet(look.review, kya, look.caller),
            _ => None,
        }
    }

    fn nothing_found(_review: &Review) -> &'static str {
        "KryptoGO knows of no sanctioned address near this wallet."
    }

    fn notice(look: Look<'_>) -> Option<AnyView> {
        review::changed(look.review, look.caller)
    }

    fn in_short(source: Source) -> Option<&'static str> {
        (source == Source::WalletSanction).then_some("sanctioned wallets")
    }

    fn fact(source: Source, name: &str, value: &str) -> Option<(String, String)> {
        (source == Source::WalletSanction && name == "hops")
            .then(|| ("How near".into(), review::nearness(value)))
    }
}

#[server(endpoint = "wallet/launch")]
pub async fn launch_wallet_analysis(
    #[server(flatten)] sent: Launching,
    #[server(flatten)] form: WalletForm,
) -> Result<(), AppError> {
    api::launch(sent, Form::Kya(form)).await
}

#[server(endpoint = "wallet/read-again")]
pub async fn read_wallet_again(#[server(default)] check_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::LaunchChecks)?;
    let page = format!("/checks/{check_id}");
    let result = services::read_again(&ctx.work, &ctx.actor(), &check_id.as_str().into()).await;
    let done = result
        .map(|same| format!("{page}?done={}", if same { "read-same" } else { "read-changed" }));
    answer(&ctx, done.map_err(AppError::from), &page, Refused::default).await
}
