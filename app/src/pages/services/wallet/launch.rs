//! The fields of the launch form of a wallet analysis.

use super::super::at_once::{Begun, launch::customer_part};
use crate::pages::{
    launching::fields::connection_field,
    parts::{self, Field},
};
use domain::wallet::Chain;
use leptos::prelude::*;

/// Where the form stands.
pub const ADDRESS: &str = "/checks/new/wallet";

const CHAIN_HINT: &str = "Only Bitcoin and Ethereum for now. Left to be detected, the address itself tells which one it is.";
const ADDRESS_HINT: &str =
    "The address alone, copied whole. Its checksum is tested before anything is sent.";

pub fn fields(begun: &Begun) -> AnyView {
    let form = &begun.form;
    let mut chains = vec![(String::new(), "detect it from the address".to_owned())];
    chains.extend(Chain::ALL.iter().map(|c| (c.code().to_owned(), c.label().to_owned())));
    let chain = parts::select("chain", chains, form.value("chain"), form, true);
    view! {
        {customer_part(form, "Who says that the wallet is theirs: a person or a company.")}
        <fieldset>
            <legend>"Wallet"</legend>
            {Field::text("address", "Address").required().hint(ADDRESS_HINT).maxlength("200").show(form)}
            <div class="fields">
                {parts::field("chain", "Chain", false, Some(CHAIN_HINT), Some("medium"), form, chain)}
                {connection_field(&begun.connections, form)}
            </div>
        </fieldset>
    }
    .into_any()
}
