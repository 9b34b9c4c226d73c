//! ID verifications in one line each.

use super::{Desk, by, form_of};
use casework::{
    Error,
    checks::Launched,
    idv::{self, Sent, pictures::Upload},
    new_id,
};
use domain::{
    CheckId,
    fields::Refused,
    idv::{Form, Slot},
};
use serde_json::Value;

/// A picture that the stand-in draws.
#[must_use]
pub fn drawn(slot: Slot) -> Upload {
    let name = match slot {
        Slot::Front => "front",
        Slot::Back => "back",
        Slot::Face => "face",
        Slot::FaceWithId => "face-with-id",
    };
    let (bytes, _) = sandbox::pictures::specimen("joerg-mueller", name).expect("a specimen");
    Upload { slot, name: format!("{name}.png"), bytes, turn: 0 }
}

impl Desk {
    /// A form that is good as it stands, but for its pictures.
    pub fn idv_form(&self, way: &str, name: &str) -> Form {
        Form {
            way: way.into(),
            connection: self.connection.to_string(),
            customer_reference: format!("C-{}", new_id()),
            name: name.into(),
            birth_date: "1984-09-05".into(),
            number: "L01X00T47".into(),
            country: "DEU".into(),
            id_type: "ID_CARD".into(),
            workflow: "200".into(),
            locale: "de".into(),
            follow_up: "none".into(),
            ..Form::default()
        }
    }

    pub async fn try_idv(&self, id: &CheckId, sent: Sent) -> Result<Launched, Error> {
        idv::launch(&self.work, &self.anna, &by(&self.anna), id, sent, false, None).await
    }

    pub async fn launch_idv(&self, form: Form) -> CheckId {
        let id = CheckId::from(new_id());
        let uploads = if form.way == "upload" {
            vec![drawn(Slot::Front), drawn(Slot::Back), drawn(Slot::Face)]
        } else {
            vec![]
        };
        self.try_idv(&id, Sent { form, uploads, kept: vec![] }).await.expect("launches");
        id
    }

    /// An upload about somebody of this name.
    pub async fn upload(&self, name: &str) -> CheckId {
        self.launch_idv(self.idv_form("upload", name)).await
    }

    /// What a refused launch says.
    pub async fn refused_idv(&self, sent: Sent) -> Refused {
        form_of(self.try_idv(&new_id().into(), sent).await)
    }

    /// What the stand-in's books say of the ID verifications with this expected name, newest first.
    pub async fn idvs(&self, name: &str) -> Vec<Value> {
        let url = format!("{}/control/idvs", self.sandbox.base_url());
        let all: Vec<Value> = reqwest::get(url).await.expect("answers").json().await.expect("JSON");
        all.into_iter().filter(|t| t["name"] == name).collect()
    }

    /// Plays the customer, or ends what is pending.
    pub async fn complete_idv(&self, check: &CheckId) {
        let id = self.check(check).await.provider_ref.expect("known at the provider");
        self.control(&format!("/idvs/{id}/complete"), serde_json::json!({})).await;
    }
}
