//! Video identification: launches left at each step, outcomes of each kind, an alarm; and a
//! customer with every kind of check.

use super::{Demo, Error, Then};
use casework::{
    checks, connections,
    services::{self, Form},
    video::{self, Shown},
    workers,
};
use domain::{
    CheckId,
    registers::{PidCprForm, RofusForm},
    video::{IdentificationForm, PersonForm, State as There},
};
use std::time::Duration;

/// How far a launch goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Far {
    /// The identification is still to be made.
    Person,
    /// The session is still to be requested.
    Identification,
    Session,
}

/// First name (the sandbox's scenario), last name, how far, and the state that is waited for.
const IDENTIFICATIONS: [(&str, &str, Far, There); 9] = [
    ("X-AUTOTEST-HAPPYPATH", "Lindqvist", Far::Session, There::Successful),
    ("X-AUTOTEST-CHANGEALL", "Brandstätter", Far::Session, There::Successful),
    ("X-AUTOTEST-FRAUDIDENT", "Moser", Far::Session, There::Failed),
    ("X-AUTOTEST-ABORTIDENT", "Tech Video", Far::Session, There::Aborted),
    ("X-AUTOTEST-CANCELED", "Achterberg", Far::Session, There::Canceled),
    ("X-AUTOTEST-LONGREVIEW", "Okafor", Far::Session, There::PendingSuccessful),
    ("X-MANUALTEST-HAPPYPATH", "Sørensen", Far::Session, There::Pending),
    ("Leonie", "Wagner", Far::Identification, There::Created),
    ("Matteo", "Rossi", Far::Person, There::Missing),
];

impl Demo {
    /// Identifies some customers by video; gives how many checks came of it.
    pub(super) async fn identify_all(&self) -> Result<usize, Error> {
        let bank = self.bank().await?;
        let mut all = Vec::new();
        for (at, (first_name, last_name, far, waited)) in IDENTIFICATIONS.into_iter().enumerate() {
            let form = person(&bank, &format!("C-{:06}", 401 + at), first_name, last_name);
            all.push((self.identify(&form, far).await?, waited));
        }
        for (id, waited) in &all {
            self.until(id, |shown| shown.state() == *waited || shown.state().is_final()).await?;
        }
        Ok(all.len() + self.one_of_each(&bank).await?)
    }

    async fn bank(&self) -> Result<String, Error> {
        let known = connections::list(&self.work).await?;
        let bank =
            known.into_iter().find(|k| k.connection.provider == "solaris").map(|k| k.connection.id);
        bank.ok_or_else(|| Error::Start("there is no connection to Solaris".into()))
    }

    async fn identify(&self, form: &PersonForm, far: Far) -> Result<CheckId, Error> {
        let (id, actor) = (CheckId::from(casework::new_id()), Self::actor(&self.anna));
        video::start(&self.work, &self.anna, &actor, &id, form, true, None).await?;
        self.until(&id, |shown| shown.person_id.is_some()).await?;
        if far == Far::Person {
            return Ok(id);
        }
        let second = IdentificationForm { language: "EN".into(), ..IdentificationForm::default() };
        video::identify(&self.work, &self.anna, &actor, &id, &second).await?;
        self.until(&id, |shown| shown.supported.is_some()).await?;
        if far == Far::Session {
            video::request(&self.work, &self.anna, &actor, &id).await?;
            self.until(&id, |shown| shown.link.is_some()).await?;
        }
        Ok(id)
    }

    async fn until(&self, id: &CheckId, is: impl Fn(&Shown) -> bool) -> Result<(), Error> {
        let reached = async || {
            checks::review::get(&self.work, id)
                .await
                .is_ok_and(|review| review.video.as_ref().is_some_and(&is))
        };
        if workers::settle(&self.work, Duration::from_secs(40), reached).await? {
            Ok(())
        } else {
            Err(Error::Start(format!(
                "the video identification {id} did not come as far as it should"
            )))
        }
    }

    /// What the operator's best-known customer does not have yet, so that one customer, who trades
    /// under her own name, has every kind of check.
    async fn one_of_each(&self, bank: &str) -> Result<usize, Error> {
        const REFERENCE: &str = "C-000301";
        const NAME: &str = "Federica Sanchez Arjona";
        let known = connections::list(&self.work).await?;
        let zignsec = known
            .into_iter()
            .find(|k| k.connection.provider == "zignsec")
            .map(|k| k.connection.id)
            .unwrap_or_default();
        let pid = PidCprForm {
            customer_reference: REFERENCE.into(),
            name: NAME.into(),
            connection: zignsec.clone(),
            pid: "9208-2002-2-577168596796".into(),
            // Her own birthday, and a number that nobody has.
            cpr: "2208780000".into(),
        };
        let rofus = RofusForm {
            customer_reference: REFERENCE.into(),
            name: NAME.into(),
            connection: zignsec,
            cpr: "2208780000".into(),
            environment_mock: String::new(),
        };
        for form in [Form::PidCprMatch(pid), Form::Rofus(rofus)] {
            let id = CheckId::from(casework::new_id());
            services::launch(
                &self.work,
                &self.anna,
                &Self::actor(&self.anna),
                &id,
                &form,
                true,
                None,
            )
            .await?;
        }
        self.launch(&self.anna, &self.connection, 301, NAME, "", "ESP", 'c').await?;
        self.verify(301, &(NAME, "", "1978-08-22", "ESP", "link", Then::Leave)).await?;
        let form = PersonForm {
            first_name: "Federica".into(),
            last_name: "Sanchez Arjona".into(),
            nationality: "ES".into(),
            ..person(bank, REFERENCE, "", "")
        };
        self.identify(&form, Far::Session).await?;
        Ok(5)
    }
}

fn person(bank: &str, reference: &str, first_name: &str, last_name: &str) -> PersonForm {
    PersonForm {
        customer_reference: reference.into(),
        connection: bank.into(),
        salutation: "NONE".into(),
        first_name: first_name.into(),
        last_name: last_name.into(),
        birth_date: "1978-08-22".into(),
        nationality: "DE".into(),
        line_1: "Amrumer Straße".into(),
        line_2: "14".into(),
        postal_code: "13353".into(),
        city: "Berlin".into(),
        state: String::new(),
        country: "DE".into(),
        // Each their own: one number of many customers is something that a desk points out.
        mobile_number: format!("+4915112345{}", &reference[reference.len() - 3..]),
        terms_conditions_signed_at: "2026-11-02T09:30:00Z".into(),
        data_terms_signed_at: "2026-11-02T09:30:10Z".into(),
    }
}
