//! Video identification: connections to the stand-in's banks, the three steps, and what was made
//! there.

use super::{Desk, LONG, TOKEN, by};
use casework::{
    Error,
    checks::{Launched, review::Review},
    connections, new_id,
    video::{self, Shown},
    workers,
};
use domain::{
    CheckId, ConnectionId,
    checks::State,
    video::{IdentificationForm, PersonForm},
};
use serde_json::Value;
use zeroize::Zeroizing;

impl Desk {
    /// A connection to one of the stand-in's banks: `solaris`, or `solaris/lax` as less careful
    /// ones build it.
    pub async fn bank(&self, path: &str) -> ConnectionId {
        self.bank_as(path, TOKEN, TOKEN).await
    }

    /// The same as another client.
    pub async fn bank_as(&self, path: &str, client_id: &str, secret: &str) -> ConnectionId {
        let base_url = format!("{}/{path}", self.sandbox.base_url());
        let form = connections::Form {
            name: format!("Solaris {}", new_id()),
            provider: "solaris".into(),
            token_url: format!("{base_url}/oauth2/token"),
            base_url,
            client_id: client_id.into(),
            allow_private: true,
            secret: Zeroizing::new(secret.into()),
            ..connections::Form::default()
        };
        let id = connections::add(&self.work, &by(&self.adam), &form).await.expect("a connection");
        connections::set_deadline(&self.work, &by(&self.adam), &id, Some(700))
            .await
            .expect("a short deadline");
        id
    }

    pub async fn try_start(&self, id: &CheckId, form: &PersonForm) -> Result<Launched, Error> {
        video::start(&self.work, &self.anna, &by(&self.anna), id, form, false, None).await
    }

    /// Takes the first step, and waits until the person exists.
    pub async fn person_made(&self, form: &PersonForm) -> CheckId {
        let id = CheckId::from(new_id());
        self.try_start(&id, form).await.expect("launches");
        self.until_video(&id, |v| v.sending.is_none() && v.person_id.is_some()).await;
        id
    }

    /// Takes all three steps.
    pub async fn requested(&self, form: &PersonForm) -> CheckId {
        let id = self.person_made(form).await;
        self.identify(&id).await;
        video::request(&self.work, &self.anna, &by(&self.anna), &id).await.expect("requests");
        self.until_video(&id, |v| v.link.is_some()).await;
        id
    }

    pub async fn identify(&self, id: &CheckId) {
        let form = IdentificationForm { language: "EN".into(), ..IdentificationForm::default() };
        video::identify(&self.work, &self.anna, &by(&self.anna), id, &form)
            .await
            .expect("identifies");
        self.until_video(id, |v| v.sending.is_none() && v.supported.is_some()).await;
    }

    /// Works until the video identification is so.
    pub async fn until_video(&self, id: &CheckId, is: impl Fn(&Shown) -> bool) -> Shown {
        self.until_review(id, |r| r.video.as_ref().is_some_and(&is))
            .await
            .video
            .expect("a video identification")
    }

    /// Works until the whole review is so.
    pub async fn until_review(&self, id: &CheckId, is: impl Fn(&Review) -> bool) -> Review {
        let mut last = None;
        let done = workers::settle(&self.work, LONG, async || {
            let review = self.review(id).await;
            let good = is(&review);
            last = Some(review);
            good
        });
        let reached = done.await.expect("works");
        let last = last.expect("a review");
        assert!(
            reached,
            "not reached: {:?} {:?} {:?} {:?}",
            last.check.state, last.check.trouble, last.check.provider_state, last.video
        );
        last
    }

    pub async fn in_state(&self, id: &CheckId, state: State) -> Review {
        self.until_review(id, |r| r.check.state == state.code()).await
    }

    /// Persons of this first name that the stand-in has.
    pub async fn persons_there(&self, first_name: &str) -> Vec<Value> {
        let all = self.books("solaris/persons").await;
        all.as_array()
            .into_iter()
            .flatten()
            .filter(|p| p["first_name"] == first_name)
            .cloned()
            .collect()
    }
}

/// A person whom the bank takes.
pub fn person_form(connection: &ConnectionId, first_name: &str, last_name: &str) -> PersonForm {
    PersonForm {
        customer_reference: format!("C-{}", new_id()),
        connection: connection.to_string(),
        salutation: "MS".into(),
        first_name: first_name.into(),
        last_name: last_name.into(),
        birth_date: "1992-12-11".into(),
        nationality: "DE".into(),
        line_1: "Amrumerstrasse".into(),
        line_2: "14".into(),
        postal_code: "13353".into(),
        city: "Berlin".into(),
        state: String::new(),
        country: "DE".into(),
        mobile_number: "+4915112345678".into(),
        terms_conditions_signed_at: "2026-01-01T00:00:00Z".into(),
        data_terms_signed_at: "2026-01-01T00:00:01Z".into(),
    }
}
