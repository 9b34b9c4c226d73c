//! The services that are run for a customer at their providers, one folder each.
//!
//! What the desk and the workers ask of each is [`Service`], and [`of`] is the one choice among
//! them. This file also has the one list of those that answer at once. A further one costs its
//! `mod` and a line in it; what it must say for itself is [`AtOnce`], and the compiler asks for all
//! of it.

pub mod age_verification;
pub mod at_once;
pub mod due_diligence;
pub mod ending;
pub mod idv;
pub mod launch;
mod lines;
pub mod marking;
pub mod number_match;
pub mod pid_cpr;
mod reading;
pub mod rofus;
mod service;
pub mod sim_swap;
pub mod tables;
pub mod tenure;
pub(crate) mod unread;
pub mod video;
pub mod wallet;

use crate::{
    Casework, Error,
    providers::{Answer, CallError},
    records::{
        checks::Check,
        connections::{Connection, Options},
        customers::who::Fields,
        to_json,
    },
    store::Conn,
};
use at_once::{Asked as InClear, AtOnce, Outcome, masked_phone};
use domain::{
    Moment,
    checks::Kind,
    fields::Refused,
    launch::Target,
    risk::Rating,
    services::LaunchForm,
    who::{Bears, Trait},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use at_once::{
    ANSWER, Asked, QUESTION,
    launch::{form_of, launch, masked, question},
    many,
};
pub(crate) use at_once::{
    ask::{Answered, prepare},
    outcome::arrived,
};
pub use lines::{LINES_CHECKS_MAX, Line, last_number, lines_of};
pub use number_match::{Known, known_of};
pub use reading::Read;
pub(crate) use reading::trouble_of;
pub use service::Shown;
pub(crate) use service::{GivenUp, Lost, SentAs, Service};
pub use wallet::{DETAIL, read_again};

/// A stored request, read, changed and written again; nothing for one that cannot be read.
fn rewritten<T: DeserializeOwned + Serialize>(
    request: &str,
    change: impl FnOnce(&mut T),
) -> Option<String> {
    let mut request: T = serde_json::from_str(request).ok()?;
    change(&mut request);
    to_json(&request).ok()
}

/// Throws away what services keep beside their checks and nobody came back for.
///
/// # Errors
/// The database.
pub(crate) async fn sweep(work: &Casework) -> Result<(), Error> {
    for kind in Kind::ALL {
        of(*kind).sweep(work).await?;
    }
    Ok(())
}

macro_rules! at_once {
    ($($variant:ident => $service:ty;)+) => {
        /// The whole question, as it is sent.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Question { $($variant(<$service as AtOnce>::Question)),+ }

        /// A launch form of any of them.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant)] // one is made for a page, and a thousand for the largest table
        pub enum Form { $($variant(<$service as AtOnce>::Form)),+ }

        /// The provider's answer, read again for the review page.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Said { $($variant(<$service as AtOnce>::Said)),+ }

        /// The client of a provider, for one service.
        pub(crate) enum Client { $($variant(Box<<$service as AtOnce>::Client>)),+ }

        impl Question {
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => Kind::$variant),+ }
            }

            /// What may stand in clear.
            fn asked(&self) -> InClear {
                let asked = match self { $(Self::$variant(question) => <$service>::asked(question)),+ };
                InClear { phone: self.phone().map(masked_phone).or(asked.phone.clone()), ..asked }
            }

            fn phone(&self) -> Option<&str> {
                match self { $(Self::$variant(question) => <$service>::phone(question)),+ }
            }

            /// What the customer's own page learns from it.
            #[must_use]
            pub fn target(&self) -> Target {
                let (birth_date, country) = match self {
                    $(Self::$variant(question) => (<$service>::birth_date(question), <$service>::country(question))),+
                };
                Target { kind: self.kind(), name: self.asked().name, birth_date, country, registration_number: None }
            }

            /// By what else whom it is about would be known again.
            pub(crate) fn bears(&self) -> Vec<Bears> {
                let own = match self { $(Self::$variant(question) => <$service>::bears(question)),+ };
                own.into_iter().chain(self.phone().map(|phone| (Trait::Phone, phone.to_owned()))).collect()
            }

            /// The name that somebody is asked about, where it is another than the customer's.
            fn another_name(&self) -> Option<String> {
                match self { $(Self::$variant(question) => <$service>::another_name(question)),+ }
            }

            fn fields(&self) -> Fields {
                match self { $(Self::$variant(question) => <$service>::fields(question)),+ }
            }

            fn masked(&self) -> Vec<(&'static str, String)> {
                match self { $(Self::$variant(question) => <$service>::masked(question)),+ }
            }

            /// The form that would ask the same again at this connection.
            fn into_form(self, connection: &str) -> Form {
                match self {
                    $(Self::$variant(question) => {
                        let mut form = <$service>::form(question);
                        form.set_connection(connection);
                        Form::$variant(form)
                    }),+
                }
            }

            async fn client(&self, work: &Casework, connection: &Connection) -> Result<Client, Error> {
                Ok(match self { $(Self::$variant(_) => Client::$variant(Box::new(<$service>::client(work, connection).await?))),+ })
            }
        }

        impl Form {
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => Kind::$variant),+ }
            }

            fn connection(&self) -> &str {
                match self { $(Self::$variant(form) => LaunchForm::connection(form)),+ }
            }

            /// The form's values under the names of its inputs.
            #[must_use]
            pub fn as_typed(&self) -> Refused {
                match self { $(Self::$variant(form) => LaunchForm::as_typed(form)),+ }
            }

            fn customer_reference(&self) -> &str {
                match self { $(Self::$variant(form) => LaunchForm::customer_reference(form)),+ }
            }

            /// Fills in the input of this name; gives whether there is one.
            pub fn put(&mut self, field: &str, text: &str) -> bool {
                match self { $(Self::$variant(form) => LaunchForm::put(form, field, text)),+ }
            }

            /// An empty form of a kind; nothing for one that does not answer at once.
            #[must_use]
            pub fn empty(kind: Kind) -> Option<Self> {
                $(if kind == Kind::$variant { return Some(Self::$variant(Default::default())); })+
                None
            }

            fn check(&self, connection: Option<&Options>, now: Moment) -> Result<Question, Refused> {
                Ok(match self { $(Self::$variant(form) => Question::$variant(<$service>::check(form, connection, now)?)),+ })
            }

            /// The columns of its table of many; none where it has no table.
            #[must_use]
            pub fn columns(&self) -> &'static [at_once::Column] {
                match self { $(Self::$variant(_) => <$service>::columns()),+ }
            }
        }

        /// The service that runs checks of this kind.
        pub(crate) const fn of(kind: Kind) -> &'static dyn Service {
            match kind {
                Kind::DdKyc | Kind::DdKyb => &due_diligence::service::Searches,
                Kind::Idv => &idv::service::Verifications,
                Kind::VideoIdent => &video::service::Identifications,
                $(Kind::$variant)|+ => &at_once::service::AnswersAtOnce,
            }
        }

        impl Said {
            /// Our score of it beside the provider's; nothing where the service has none.
            pub(crate) fn rating(&self) -> Option<Rating> {
                match self { $(Self::$variant(said) => <$service>::rating(said)),+ }
            }

            /// What was said when the answer was read again, where that is something else.
            pub(crate) async fn said_again(work: &Casework, conn: &mut Conn<'_>, check: &Check) -> Result<Option<Self>, Error> {
                let kind = check.kind()?;
                $(if kind == Kind::$variant {
                    return Ok(<$service>::said_again(work, conn, check).await?.map(Self::$variant));
                })+
                Ok(None)
            }

            /// Reads an answer of this kind; nothing for one that cannot be read.
            pub(crate) fn read(kind: Kind, body: &[u8], asked: &InClear) -> Option<Self> {
                $(if kind == Kind::$variant { return <$service>::read(body, asked).map(Self::$variant); })+
                None
            }

            /// What it comes to; nothing for the question of another service.
            pub(crate) fn outcome(&self, question: &Question, came: Moment) -> Option<Outcome> {
                match (self, question) {
                    $((Self::$variant(said), Question::$variant(question)) => Some(<$service>::outcome(said, question, came)),)+
                    _ => None,
                }
            }
        }

        impl Client {
            async fn make_ready(&self, question: &Question) -> Result<(), CallError> {
                match (self, question) {
                    $((Self::$variant(client), Question::$variant(question)) => <$service>::make_ready(client, question).await,)+
                    _ => Ok(()),
                }
            }

            async fn put(&self, question: &Question) -> Result<Answer, CallError> {
                match (self, question) {
                    $((Self::$variant(client), Question::$variant(question)) => <$service>::put(client, question).await,)+
                    _ => Err(CallError::NotSent("the connection is for another service".into())),
                }
            }
        }

        /// What a provider answered or how it refused, with the numbers of people in it masked;
        /// nothing where it has none.
        #[must_use]
        pub fn masked_answer(kind: Kind, body: &[u8]) -> Option<String> {
            let text = String::from_utf8_lossy(body);
            $(if kind == Kind::$variant { return <$service>::masked_answer(&text).filter(|masked| *masked != text); })+
            None
        }

        const _: () = { $(assert!(matches!(<$service as AtOnce>::KIND, Kind::$variant));)+ };
    };
}

at_once! {
    NumberMatch => number_match::Service;
    PidCprMatch => pid_cpr::Service;
    Rofus => rofus::Service;
    Kya => wallet::Service;
    Tenure => tenure::Service;
    AgeVerification => age_verification::Service;
    SimSwap => sim_swap::Service;
}
