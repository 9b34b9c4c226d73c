//! Who asks for a token: HTTP Basic with one of the known pairs, or a signed client assertion; and
//! what for.

use http::{HeaderMap, header};

use crate::{
    basic::{ODD_CLIENT, pair},
    camara::{CLIENT, MATCH_CLIENT, MOCK_CLIENT},
    world::Shared,
};

use super::{
    Refused, assertion,
    form::Posted,
    scope::{MATCH_SCOPE, Scope},
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that proved who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub id: String,
}

impl Client {
    /// Clients in mock mode see the persona behind each number.
    pub fn mock(&self) -> bool {
        self.id == MOCK_CLIENT.0
    }

    /// Whether the client was given what it asks for; one was given KYC Match only.
    ///
    /// # Errors
    /// `invalid_scope` when it was not.
    pub fn may(&self, scope: &Scope) -> Result<(), Refused> {
        let given = self.id != MATCH_CLIENT.0
            || scope.technical.iter().all(|technical| technical == MATCH_SCOPE);
        if given {
            Ok(())
        } else {
            Err(Refused::bad("invalid_scope", "this client may not ask for the scope"))
        }
    }
}

/// # Errors
/// 401 `invalid_client` for no or a wrong proof; `invalid_request` for two at once.
pub(super) fn authenticate(
    world: &Shared,
    headers: &HeaderMap,
    posted: &Posted,
) -> Result<Client, Refused> {
    match (headers.get(header::AUTHORIZATION), posted.get("client_assertion")) {
        (Some(_), Some(_)) => Err(Refused::invalid_request("the client proves itself in two ways")),
        (Some(header), None) => {
            let client = header.to_str().ok().and_then(basic);
            client.ok_or_else(|| Refused::invalid_client("client id or secret is wrong"))
        }
        (None, Some(text)) => by_assertion(world, posted, text),
        (None, None) => Err(Refused::invalid_client("the client does not prove itself")),
    }
}

/// Whether the request tries to prove a client at all.
pub(super) fn is_tried(headers: &HeaderMap, posted: &Posted) -> bool {
    headers.contains_key(header::AUTHORIZATION) || posted.get("client_assertion").is_some()
}

fn basic(header: &str) -> Option<Client> {
    let (_, text) =
        header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))?;
    let (id, secret) = pair(text)?;
    [CLIENT, MATCH_CLIENT, MOCK_CLIENT, ODD_CLIENT]
        .contains(&(id.as_str(), secret.as_str()))
        .then_some(Client { id })
}

fn by_assertion(world: &Shared, posted: &Posted, text: &str) -> Result<Client, Refused> {
    if posted.get("client_assertion_type") != Some(ASSERTION_TYPE) {
        return Err(Refused::invalid_request("client_assertion_type is missing or unknown"));
    }
    let claims = assertion::claims(&mut world.camara().book(), &posted.addresses, text)
        .map_err(Refused::invalid_client)?;
    if claims.subject != claims.client {
        return Err(Refused::invalid_client("iss and sub differ"));
    }
    if posted.get("client_id").is_some_and(|id| id != claims.client) {
        return Err(Refused::invalid_client("client_id is another one"));
    }
    Ok(Client { id: claims.client })
}
