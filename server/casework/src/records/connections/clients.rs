//! Clients of connections, with their credentials opened; and whether a provider answers.

use super::{API_TOKEN, Connection, secret_place, store};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    providers::{
        CallError, Networks, Target,
        camara::{self, Account, Flow, Proof, SigningKey},
        kryptogo, solaris, zignsec,
    },
};
use domain::{
    ConnectionId,
    connections::{ProofKind, Provider, TokenFlow},
    journal::{Action, Subject},
};
use serde_json::json;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Why nothing is sent while a connection waits for its credential.
const WAITS: &str = "its address or how it signs in was changed, and it waits for the credential that belongs to it now";

/// Why nothing is sent as a connection was read before it was changed.
const MOVED: &str = "its address or how it signs in was changed meanwhile";

fn target(work: &Casework, connection: &Connection) -> Result<Target, Error> {
    Ok(Target {
        base_url: connection.base_url.clone(),
        private: if connection.allow_private == 0 {
            Networks::default()
        } else {
            work.private.clone()
        },
        deadline_ms: connection.options()?.deadline_ms,
    })
}

pub(super) async fn secret(
    work: &Casework,
    connection: &Connection,
) -> Result<Zeroizing<String>, Error> {
    let (sealed, stands) = {
        let mut reader = work.db.read().await?;
        let mut conn = reader.conn();
        let sealed = store::credential(&mut conn, &connection.id, API_TOKEN).await?;
        // Read after it: what came with this credential, its address and what it is, stands there
        // by now.
        (sealed, store::find(&mut conn, &connection.id).await?)
    };
    if let Some(stands) = &stands {
        let (now, read) = (stands.options()?, connection.options()?);
        let same_addresses =
            stands.base_url == connection.base_url && stands.token_url == connection.token_url;
        if !same_addresses || now.operator != read.operator || now.partner != read.partner {
            return Err(CallError::NotSent(MOVED.into()).into());
        }
    }
    let sealed = match sealed {
        Some(sealed) => sealed,
        None if connection.options()?.waits_for_secret => {
            return Err(CallError::NotSent(WAITS.into()).into());
        }
        None => {
            return Err(Error::Corrupt(format!("connection {} has no credential", connection.id)));
        }
    };
    let secret = work.sealer.open(&secret_place(&connection.id), &sealed)?;
    String::from_utf8(secret.to_vec())
        .map(Zeroizing::new)
        .map_err(|e| Error::Corrupt(e.to_string()))
}

/// What access tokens are kept for: the connection as it stands, so that none goes to another host
/// than it was fetched for, or for another client.
fn kept_for(connection: &Connection, client_id: &str) -> String {
    format!("{} {} {client_id}", connection.id, connection.base_url)
}

/// A client for a connection to `KryptoGO`.
///
/// # Errors
/// The credential cannot be opened.
pub async fn kryptogo_client(
    work: &Casework,
    connection: &Connection,
) -> Result<kryptogo::Client, Error> {
    let (target, token) = (target(work, connection)?, secret(work, connection).await?);
    Ok(kryptogo::Client::new(work.clients.http(&target)?, target, token))
}

/// A client for a connection to `ZignSec`.
///
/// # Errors
/// The credential cannot be opened.
pub async fn zignsec_client(
    work: &Casework,
    connection: &Connection,
) -> Result<zignsec::Client, Error> {
    let (target, key) = (target(work, connection)?, secret(work, connection).await?);
    Ok(zignsec::Client::new(work.clients.http(&target)?, target, key))
}

/// A client for a connection to an operator.
///
/// # Errors
/// The credential cannot be opened, or the connection says nothing of its operator.
pub async fn camara_client(
    work: &Casework,
    connection: &Connection,
) -> Result<camara::Client, Error> {
    let (target, secret) = (target(work, connection)?, secret(work, connection).await?);
    let corrupt =
        |what: &str| Error::Corrupt(format!("connection {} has no {what}", connection.id));
    let operator = connection.options()?.operator.ok_or_else(|| corrupt("operator"))?;
    let proof = match operator.proof {
        ProofKind::Secret => Proof::Secret(secret),
        ProofKind::Key => Proof::Key(
            SigningKey::from_pem(&secret, Some(operator.key_id))
                .map_err(|e| Error::Corrupt(e.to_string()))?,
        ),
    };
    let account = Account {
        connection: kept_for(connection, &operator.client_id),
        client_id: operator.client_id,
        proof,
        flow: match operator.flow {
            TokenFlow::Ciba => Flow::Ciba,
            TokenFlow::ClientCredentials => Flow::ClientCredentials,
            TokenFlow::JwtBearer => Flow::JwtBearer,
        },
        authorize_url: operator.authorize_url,
        token_url: connection.token_url.clone().ok_or_else(|| corrupt("token address"))?,
        scope: operator.scope,
    };
    Ok(camara::Client::new(
        work.clients.http(&target)?,
        target,
        account,
        Arc::clone(&work.tokens),
        work.clock.clone(),
    ))
}

/// A client for a connection to Solaris.
///
/// # Errors
/// The credential cannot be opened, or the connection says nothing of our account.
pub async fn solaris_client(
    work: &Casework,
    connection: &Connection,
) -> Result<solaris::Client, Error> {
    let (target, client_secret) = (target(work, connection)?, secret(work, connection).await?);
    let corrupt =
        |what: &str| Error::Corrupt(format!("connection {} has no {what}", connection.id));
    let partner = connection.options()?.partner.ok_or_else(|| corrupt("account"))?;
    let account = solaris::Account {
        connection: kept_for(connection, &partner.client_id),
        client_id: partner.client_id,
        client_secret,
        token_url: connection.token_url.clone().ok_or_else(|| corrupt("token address"))?,
        scope: partner.scope,
    };
    Ok(solaris::Client::new(
        work.clients.http(&target)?,
        target,
        account,
        Arc::clone(&work.partner_tokens),
        work.clock.clone(),
    ))
}

/// Asks the provider something harmless and says how it went; recorded.
///
/// # Errors
/// An unknown connection or the database; the provider's failure is an answer, not an error.
pub async fn test(
    work: &Casework,
    actor: &Actor,
    id: &ConnectionId,
) -> Result<Result<String, String>, Error> {
    let connection = super::get(work, id).await?;
    let provider = Provider::parse(&connection.provider).ok_or(Error::NotFound)?;
    let started = std::time::Instant::now();
    let answer = match ask(work, provider, &connection).await {
        Ok(()) => {
            work.breakers.forget(id.as_str());
            Ok(format!(
                "{} answered in {} ms and accepted the {}.",
                connection.name,
                started.elapsed().as_millis(),
                provider.credential()
            ))
        }
        // Whoever tests can point the connection anywhere: of what answers there, nothing is shown.
        Err(Error::Provider(error)) => Err(error.cause(provider.at_the_start())),
        Err(error) => return Err(error),
    };
    let details = json!({ "ok": answer.is_ok(), "answer": answer.as_ref().unwrap_or_else(|e| e) });
    journal::record(
        &work.db,
        &[actor.entry(
            work.now(),
            Action::ConnectionTested,
            Subject::Connection,
            id.as_str(),
            details,
        )],
    )
    .await?;
    Ok(answer)
}

/// Asks the provider something harmless.
async fn ask(work: &Casework, provider: Provider, connection: &Connection) -> Result<(), Error> {
    match provider {
        Provider::Kryptogo => {
            kryptogo_client(work, connection).await?.history("", 1, 1).await.map(|_| ())?
        }
        Provider::Camara => camara_client(work, connection).await?.try_account().await?,
        Provider::Zignsec => zignsec_client(work, connection).await?.try_key().await?,
        Provider::Solaris => {
            solaris_client(work, connection).await?.try_account().await.map_err(CallError::from)?
        }
    }
    Ok(())
}
