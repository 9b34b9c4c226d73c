//! The launch form of a wallet analysis: what is typed, what is sent, and what is refused.

use super::{Address, Chain};
use crate::{
    checks::Kind,
    fields::Refused,
    services::form::{check_name, check_reference, launch_form, take},
};
use serde::{Deserialize, Serialize};

/// What a person typed, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WalletForm {
    pub customer_reference: String,
    pub name: String,
    pub connection: String,
    /// A code of [`Chain`]; empty leaves it to the address.
    pub chain: String,
    pub address: String,
}

/// An analysis that may be sent. The name is ours: the provider is not asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletAnalysis {
    pub customer_reference: String,
    pub name: String,
    pub address: Address,
}

launch_form!(WalletForm: customer_reference, name, connection, chain, address);

/// Checks the form.
///
/// # Errors
/// The form as typed, with a message beside each field that stands in the way.
pub fn check(form: &WalletForm) -> Result<WalletAnalysis, Refused> {
    let mut refused = form.as_typed();
    let customer_reference =
        take(&mut refused, "customer_reference", check_reference(&form.customer_reference));
    let name = take(&mut refused, "name", check_name(&form.name, Kind::Kya));
    if form.connection.is_empty() {
        refused.refuse("connection", "Choose a connection.");
    }
    let chain = match form.chain.trim() {
        "" => None,
        code => {
            let chain = Chain::parse(code);
            if chain.is_none() {
                refused.refuse("chain", "Choose Bitcoin or Ethereum, or leave it to be detected.");
            }
            chain
        }
    };
    let address = take(&mut refused, "address", Address::parse(&form.address, chain).map(Some));
    match address {
        Some(address) if refused.is_clean() => {
            Ok(WalletAnalysis { customer_reference, name, address })
        }
        _ => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> WalletForm {
        WalletForm {
            customer_reference: "C-1".into(),
            name: "Jane Doe".into(),
            connection: "c".into(),
            chain: String::new(),
            address: " 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed ".into(),
        }
    }

    #[test]
    fn a_good_form_becomes_an_analysis_with_its_chain() {
        for chain in ["", "eth"] {
            let launch = check(&WalletForm { chain: chain.into(), ..form() }).expect("good");
            assert_eq!(
                (launch.address.chain(), launch.address.as_str()),
                (Chain::Eth, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
            );
        }
    }

    #[test]
    fn each_field_is_refused_beside_its_cause_and_nothing_typed_is_lost() {
        for (form, field) in [
            (WalletForm { customer_reference: String::new(), ..form() }, "customer_reference"),
            (WalletForm { name: String::new(), ..form() }, "name"),
            (WalletForm { connection: String::new(), ..form() }, "connection"),
            (WalletForm { chain: "doge".into(), ..form() }, "chain"),
            (WalletForm { chain: "btc".into(), ..form() }, "address"),
            (WalletForm { address: "x".into(), ..form() }, "address"),
        ] {
            let refused = check(&form).expect_err(field);
            assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
            assert_eq!(refused.values, form.as_typed().values);
        }
    }
}
