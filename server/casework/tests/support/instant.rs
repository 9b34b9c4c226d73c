//! Checks that answer at once: connections to operators and registers, launches, and what the
//! stand-in saw.

use super::{Desk, TOKEN, by};
use casework::{
    Error,
    checks::Launched,
    connections, new_id,
    services::{self, Form},
};
use domain::{
    CheckId, ConnectionId,
    checks::Kind,
    number_match::NumberMatchForm,
    registers::{PidCprForm, RofusForm},
    wallet::WalletForm,
};
use serde_json::Value;
use zeroize::Zeroizing;

impl Desk {
    /// A connection to the stand-in's operator of this path (`camara`, `camara/op/requires-id`),
    /// changed by the caller.
    pub async fn operator(
        &self,
        path: &str,
        change: impl FnOnce(&mut connections::Form),
    ) -> ConnectionId {
        let base_url = format!("{}/{path}", self.sandbox.base_url());
        let mut form = connections::Form {
            name: format!("Operator {}", new_id()),
            provider: "camara".into(),
            token_url: format!("{base_url}/token"),
            base_url,
            flow: "client_credentials".into(),
            client_id: TOKEN.into(),
            allow_private: true,
            secret: Zeroizing::new(TOKEN.into()),
            ..connections::Form::default()
        };
        change(&mut form);
        self.connect(form).await
    }

    pub async fn zignsec(&self) -> ConnectionId {
        let form = connections::Form {
            name: format!("ZignSec {}", new_id()),
            provider: "zignsec".into(),
            base_url: format!("{}/zignsec", self.sandbox.base_url()),
            allow_private: true,
            secret: Zeroizing::new(TOKEN.into()),
            ..connections::Form::default()
        };
        self.connect(form).await
    }

    async fn connect(&self, form: connections::Form) -> ConnectionId {
        let id = connections::add(&self.work, &by(&self.adam), &form).await.expect("a connection");
        connections::set_deadline(&self.work, &by(&self.adam), &id, Some(700))
            .await
            .expect("a short deadline");
        id
    }

    pub async fn try_ask(&self, id: &CheckId, form: &Form) -> Result<Launched, Error> {
        services::launch(&self.work, &self.anna, &by(&self.anna), id, form, false, None).await
    }

    pub async fn ask(&self, form: Form) -> CheckId {
        let id = CheckId::from(new_id());
        self.try_ask(&id, &form).await.expect("launches");
        id
    }

    /// Asks the control page something.
    pub async fn books(&self, path: &str) -> Value {
        let url = format!("{}/control/{path}", self.sandbox.base_url());
        reqwest::get(url).await.expect("answers").json().await.expect("JSON")
    }

    /// How many matches about a number the operators got.
    pub async fn matches_of(&self, number: &str) -> i64 {
        let all = self.books("camara/matches").await;
        let of = all.as_array().into_iter().flatten().filter(|m| m["number"] == number);
        of.map(|m| m["received"].as_i64().unwrap_or(0)).sum()
    }

    /// An address of the stand-in's chains by its label.
    pub async fn wallet(&self, chain: &str, label: &str) -> String {
        let all = self.books("kya/addresses").await;
        let found = all
            .as_array()
            .into_iter()
            .flatten()
            .find(|a| a["chain"] == chain && a["label"] == label);
        found.and_then(|a| a["address"].as_str()).expect("the label").to_owned()
    }
}

/// A match about the operator's best-known customer.
pub fn number_form(connection: &ConnectionId, phone: &str, values: &[(&str, &str)]) -> Form {
    Form::NumberMatch(NumberMatchForm {
        customer_reference: format!("C-{}", new_id()),
        name: "Federica Sanchez Arjona".into(),
        connection: connection.to_string(),
        phone: phone.into(),
        values: values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    })
}

pub fn pid_form(connection: &ConnectionId, pid: &str, cpr: &str) -> Form {
    Form::PidCprMatch(PidCprForm {
        customer_reference: format!("C-{}", new_id()),
        name: "Tika Klaussen".into(),
        connection: connection.to_string(),
        pid: pid.into(),
        cpr: cpr.into(),
    })
}

pub fn rofus_form(connection: &ConnectionId, cpr: &str) -> Form {
    Form::Rofus(RofusForm {
        customer_reference: format!("C-{}", new_id()),
        name: "Tika Klaussen".into(),
        connection: connection.to_string(),
        cpr: cpr.into(),
        environment_mock: String::new(),
    })
}

/// The provider's score of a wallet.
pub fn wallet_score(said: &casework::services::Said) -> Option<i64> {
    match said {
        casework::services::Said::Kya(kya) => kya.risk_score,
        other => panic!("{other:?} is no wallet's"),
    }
}

pub fn wallet_form(connection: &ConnectionId, address: &str) -> Form {
    Form::Kya(WalletForm {
        customer_reference: format!("C-{}", new_id()),
        name: "Wallet owner".into(),
        connection: connection.to_string(),
        chain: String::new(),
        address: address.into(),
    })
}

/// A form of a kind that answers at once, about somebody new, with these inputs filled in.
pub fn typed_form(kind: Kind, connection: &ConnectionId, inputs: &[(&str, &str)]) -> Form {
    let mut form = Form::empty(kind).expect("it answers at once");
    let reference = format!("C-{}", new_id());
    let own = [
        ("customer_reference", reference.as_str()),
        ("name", "Federica Sanchez Arjona"),
        ("connection", connection.as_str()),
    ];
    for (field, text) in own.iter().chain(inputs) {
        assert!(form.put(field, text), "{field}");
    }
    form
}
