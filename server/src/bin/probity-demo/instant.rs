//! Checks that answer at once: operators, registers and wallets, with something in every state.

use super::{Demo, Error, Then};
use casework::{
    checks, connections,
    customers::Confirmed,
    journal::Actor,
    services::{self, Form},
    workers,
};
use domain::{
    CheckId,
    decisions::Outcome,
    number_match::NumberMatchForm,
    registers::{PidCprForm, RofusForm},
    services::{age_verification::AgeVerificationForm, sim_swap::SimSwapForm, tenure::TenureForm},
    wallet::WalletForm,
};
use serde_json::Value;
use std::time::Duration;
use zeroize::Zeroizing;

/// The operator's best-known customer.
const FEDERICA: &str = "Federica Sanchez Arjona";
const FEDERICAS_PHONE: &str = "+34629255833";
const TIKA: &str = "Tika Klaussen";

impl Demo {
    /// Connects an operator of each wire version, one with signed-in permission for each number,
    /// and ZignSec.
    async fn connect_others(&self) -> Result<(String, String, String), Error> {
        let operator = |name: &str, path: &str, version: &str, flow: &str| connections::Form {
            name: name.into(),
            provider: "camara".into(),
            base_url: format!("{}/{path}", self.sandbox),
            token_url: format!("{}/{path}/token", self.sandbox),
            version: version.into(),
            flow: flow.into(),
            client_id: "sandbox".into(),
            allow_private: true,
            secret: Zeroizing::new("sandbox".into()),
            per_second: "20".into(),
            ..connections::Form::default()
        };
        let add = async |form: connections::Form| {
            connections::add(&self.work, &Actor::operator(), &form).await.map(|id| id.to_string())
        };
        let first = add(operator("Operator sandbox", "camara", "v0.2", "ciba")).await?;
        let strict = add(operator(
            "Operator sandbox, wants a document",
            "camara/op/requires-id",
            "v0.4",
            "client_credentials",
        ))
        .await?;
        let zignsec = add(connections::Form {
            name: "ZignSec sandbox".into(),
            provider: "zignsec".into(),
            base_url: format!("{}/zignsec", self.sandbox),
            allow_private: true,
            secret: Zeroizing::new("sandbox".into()),
            ..connections::Form::default()
        })
        .await?;
        Ok((first, strict, zignsec))
    }

    /// Asks operators, registers and the wallet analysis; gives how many checks came of it.
    pub(super) async fn ask_all(&self) -> Result<usize, Error> {
        let (operator, strict, zignsec) = self.connect_others().await?;
        let number = |reference: &str, connection: &str, phone: &str, values: &[(&str, &str)]| {
            Form::NumberMatch(NumberMatchForm {
                customer_reference: reference.into(),
                name: FEDERICA.into(),
                connection: connection.into(),
                phone: phone.into(),
                values: values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            })
        };
        let rofus = |reference: &str, name: &str, cpr: &str, mock: &str| {
            Form::Rofus(RofusForm {
                customer_reference: reference.into(),
                name: name.into(),
                connection: zignsec.clone(),
                cpr: cpr.into(),
                environment_mock: mock.into(),
            })
        };
        let pid = |reference: &str, cpr: &str| {
            Form::PidCprMatch(PidCprForm {
                customer_reference: reference.into(),
                name: TIKA.into(),
                connection: zignsec.clone(),
                pid: "9208-2002-2-577168596796".into(),
                cpr: cpr.into(),
            })
        };
        let known = [
            ("name", FEDERICA),
            ("givenName", "Federica"),
            ("familyName", "Sanchez Arjone"),
            ("birthdate", "1978-08-22"),
            ("email", "abc@example.com"),
            ("postalCode", "1028461"),
            ("country", "JP"),
        ];
        let mut asked = vec![
            (number("C-000301", &operator, FEDERICAS_PHONE, &known), Then::Wait),
            (number("C-000302", &operator, FEDERICAS_PHONE, &known[1..2]), Then::Accept),
            (number("C-000303", &strict, FEDERICAS_PHONE, &known[1..2]), Then::Leave),
            (pid("C-000304", "1506093330"), Then::Accept),
            (pid("C-000305", "2005803511"), Then::Wait),
            (rofus("C-000304", TIKA, "1506093330", ""), Then::Accept),
            (rofus("C-000306", "Mads Holm", "1508620003", ""), Then::Wait),
            (rofus("C-000307", "Freja Lund", "1508620002", "Mock"), Then::Mine),
        ];
        for (reference, label, then) in [
            ("C-000301", "exposed_2", Then::Wait),
            ("C-000308", "sanctioned", Then::Propose),
            ("C-000309", "clean", Then::Accept),
        ] {
            let form = WalletForm {
                customer_reference: reference.into(),
                name: if reference == "C-000301" { FEDERICA } else { "Nordlys Trading ApS" }.into(),
                connection: self.connection.clone(),
                chain: String::new(),
                address: self.wallet(label).await?,
            };
            asked.push((Form::Kya(form), then));
        }
        asked.extend(lines(&operator));
        let mut ids = Vec::new();
        for (form, _) in &asked {
            let id = CheckId::from(casework::new_id());
            // One asks about a family name that is spelt wrongly, which is asked about otherwise.
            services::launch(
                &self.work,
                &self.anna,
                &Self::actor(&self.anna),
                &id,
                form,
                Confirmed::everything(),
                None,
            )
            .await?;
            ids.push(id);
        }
        self.launch(&self.anna, &self.connection, 301, FEDERICA, "1978-08-22", "ESP", 'p').await?;
        let all_here = async || {
            for id in &ids {
                if checks::get(&self.work, id).await.map_or(true, |c| c.state == "queued") {
                    return false;
                }
            }
            true
        };
        workers::settle(&self.work, Duration::from_secs(30), all_here).await?;
        for (id, (_, then)) in ids.iter().zip(&asked) {
            match then {
                Then::Mine => {
                    checks::assign(
                        &self.work,
                        &Self::actor(&self.sofia),
                        std::slice::from_ref(id),
                        Some(&self.anna.id),
                    )
                    .await?;
                }
                Then::Accept | Then::Propose => {
                    self.decide(
                        id,
                        &self.ben,
                        Outcome::Accept,
                        "Looked at every row; nothing stands in the way.",
                    )
                    .await?;
                }
                _ => {}
            }
        }
        Ok(ids.len() + 1)
    }

    /// An address of the sandbox's chains.
    async fn wallet(&self, label: &str) -> Result<String, Error> {
        let odd = || Error::Start("the sandbox lists no such wallet".into());
        let listed = self
            .ask(reqwest::Client::new().get(format!("{}/control/kya/addresses", self.sandbox)))
            .await?;
        let all: Vec<Value> = serde_json::from_slice(&listed).map_err(|_| odd())?;
        let found = all.iter().find(|a| a["chain"] == "eth" && a["label"] == label);
        found.and_then(|a| a["address"].as_str()).map(str::to_owned).ok_or_else(odd)
    }
}

/// What an operator is asked of a line besides whose it is. The sandbox's first page says what each
/// of its numbers answers; each customer but the first has a number of their own.
fn lines(operator: &str) -> Vec<(Form, Then)> {
    let tenure = |reference: &str, name: &str, phone: &str| {
        Form::Tenure(TenureForm {
            customer_reference: reference.into(),
            name: name.into(),
            connection: operator.into(),
            phone: phone.into(),
            since: "2024-07-01".into(),
        })
    };
    let age = |reference: &str, name: &str, phone: &str| {
        Form::AgeVerification(AgeVerificationForm {
            customer_reference: reference.into(),
            name: name.into(),
            connection: operator.into(),
            phone: phone.into(),
            age: "18".into(),
            ..AgeVerificationForm::default()
        })
    };
    let swap = |reference: &str, name: &str, phone: &str, way: &str| {
        Form::SimSwap(SimSwapForm {
            customer_reference: reference.into(),
            name: name.into(),
            connection: operator.into(),
            phone: phone.into(),
            way: way.into(),
            max_age: String::new(),
        })
    };
    vec![
        (tenure("C-000301", FEDERICA, FEDERICAS_PHONE), Then::Wait),
        (age("C-000301", FEDERICA, FEDERICAS_PHONE), Then::Wait),
        (swap("C-000301", FEDERICA, FEDERICAS_PHONE, "within"), Then::Wait),
        (tenure("C-000310", "Livia Brandt", "+99900000101"), Then::Propose),
        (tenure("C-000311", "Nadia Roth", "+99900000102"), Then::Wait),
        (age("C-000312", "Emil Falk", "+99900000202"), Then::Wait),
        (swap("C-000313", "Bruno Keller", "+99900000301", "date"), Then::Mine),
    ]
}
