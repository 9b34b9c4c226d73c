//! The policy in force.

use crate::{Error, store::Conn};
use domain::policy::Policy;

/// The policy that counts now.
///
/// # Errors
/// The database.
#[allow(clippy::unused_async)] // it will be read
pub async fn current(_conn: &mut Conn<'_>) -> Result<Policy, Error> {
    Ok(Policy::default_first())
}
