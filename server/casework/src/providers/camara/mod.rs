//! CAMARA at an operator: KYC Match, versions 0.2 and 0.4, and the tokens that it and its siblings
//! take.
//!
//! `client` speaks HTTP, `endpoint` says what can be asked, `token` gets and keeps access tokens,
//! `proof` shows the operator who we are, `wire` reads their words. Each sibling has what it asks
//! and reads in a file of its own. The rest of Probity sees only what is exported here.

pub mod age_verification;
mod client;
mod endpoint;
mod proof;
pub mod sim_swap;
pub mod tenure;
mod token;
mod wire;

pub use client::Client;
pub use endpoint::Endpoint;
pub use proof::{KeyError, Proof, SigningKey};
pub use token::{Account, Flow, Patience, Tokens, authorize_url_beside};
pub use wire::MatchAnswer;

/// The provider's name in sentences.
pub const NAME: &str = "The operator";
/// The scope that Telefonica's gateway takes; `#` joins purpose and scope there.
pub const SCOPE_TELEFONICA: &str = "dpv:FraudPreventionAndDetection#kyc-match:match";
/// The scopes as the CAMARA security profile has them.
pub const SCOPE_PROFILE: &str = "openid dpv:FraudPreventionAndDetection kyc-match:match";
