//! What the command line does. Secrets come from standard input or a file, never as an argument.

use crate::{
    backup,
    config::Config,
    desk::{self, Desk},
    say,
    serve::limits_of_this_process,
};
use casework::{
    Clock, Db, Error, Sealer, connections,
    inspection::{self, Fault},
    journal::{self, Actor, Record},
    people::{self, NewPerson},
};
use clap::{Args, Parser, Subcommand};
use std::{
    io::Read,
    path::{Path, PathBuf},
};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Probity: a review desk for compliance teams.
#[derive(Parser)]
#[command(name = "probity", version, about)]
pub struct Cli {
    /// A TOML file with settings; the environment wins over it.
    #[arg(long, global = true)]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve the desk.
    Serve,
    /// Print all settings as they are in force, secrets hidden.
    Config,
    /// Make a new one-time token for the first admin; makes a desk where none is.
    SetupToken,
    /// People.
    #[command(subcommand)]
    User(UserCommand),
    /// Provider accounts.
    #[command(subcommand)]
    Connection(ConnectionCommand),
    /// The journal.
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Inspect now what is inspected once a day: the database, the journal and every piece of
    /// evidence; ends with 1 and names what is not as it was written.
    Inspect,
    /// Copy the desk into a new folder, while it may be serving: the SQLite database and the files
    /// of evidence.
    Backup {
        /// The new folder.
        folder: PathBuf,
    },
    /// Put such a copy where nothing is yet, and check every hash and the journal.
    Restore {
        /// The folder that `backup` made.
        folder: PathBuf,
    },
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Take away the second factor of a person who lost it; they sign in with their password and
    /// set up another one.
    ResetFactor {
        #[arg(long)]
        account: String,
    },
    /// Add a person; the password is read from standard input or a file.
    Add {
        #[arg(long)]
        account: String,
        #[arg(long)]
        name: String,
        /// analyst, supervisor or admin.
        #[arg(long)]
        role: String,
        #[command(flatten)]
        secret: Secret,
    },
    /// Add a person who sets the password themself; prints the link for it, once. It works once and
    /// for a day.
    Invite {
        #[arg(long)]
        account: String,
        #[arg(long)]
        name: String,
        /// analyst, supervisor or admin.
        #[arg(long)]
        role: String,
    },
    /// Print a one-time link to set a new password with.
    Reset {
        #[arg(long)]
        account: String,
    },
    /// List people, and whose role is not confirmed.
    List,
    /// Confirm a role that an admin gave, where nobody else can.
    Confirm {
        #[arg(long)]
        account: String,
    },
    /// Disable a person; all their sessions end.
    Disable {
        #[arg(long)]
        account: String,
    },
    /// Enable a person again.
    Enable {
        #[arg(long)]
        account: String,
    },
}

#[derive(Args)]
pub struct Secret {
    /// A file to read the secret from; without it, standard input.
    #[arg(long)]
    pub secret_file: Option<PathBuf>,
}

/// What a connection to an operator (provider camara) or to Solaris needs besides; Solaris only
/// client id and scope.
#[derive(Args)]
pub struct OperatorArgs {
    /// Operators: v0.2 or v0.4; v0.2 without it.
    #[arg(long, default_value = "")]
    version: String,
    /// Operators: ciba, client_credentials or jwt_bearer; ciba without it.
    #[arg(long, default_value = "")]
    flow: String,
    /// Operators: secret or key: what the credential is; secret without it.
    #[arg(long, default_value = "")]
    proof: String,
    /// As Solaris or the operator gave it.
    #[arg(long, default_value = "")]
    client_id: String,
    /// Operators: the number of our public key at the operator.
    #[arg(long, default_value = "")]
    key_id: String,
    /// Operators: where permission is asked for; beside the token address without it.
    #[arg(long, default_value = "")]
    authorize_url: String,
    /// Without it the usual one: partners at Solaris, that of the flow at an operator.
    #[arg(long, default_value = "")]
    scope: String,
}

#[derive(Subcommand)]
pub enum ConnectionCommand {
    /// Add a connection; its credential is read from standard input or a file.
    Add {
        #[arg(long)]
        name: String,
        /// kryptogo, camara, zignsec or solaris.
        #[arg(long, default_value = "kryptogo")]
        provider: String,
        #[arg(long)]
        base_url: String,
        /// Where tokens are fetched, for providers that have such an address.
        #[arg(long, default_value = "")]
        token_url: String,
        /// KryptoGO: "number=name", once for each of the account's search settings.
        #[arg(long = "search-setting")]
        search_settings: Vec<String>,
        /// The most launches that are sent in a second; none is as they come.
        #[arg(long, default_value = "")]
        per_second: String,
        #[command(flatten)]
        operator: Box<OperatorArgs>,
        /// Let it call private addresses, and plain http there, in the networks that
        /// PROBITY_ALLOWED_PRIVATE names.
        #[arg(long)]
        allow_private: bool,
        #[command(flatten)]
        secret: Secret,
    },
    /// List connections, without secrets.
    List,
    /// Ask the provider something harmless.
    Test {
        /// The connection's name.
        name: String,
    },
}

#[derive(Subcommand)]
pub enum JournalCommand {
    /// Verify the whole chain, and of SQLite the file under it; ends with 1 and names the first bad
    /// entry or page.
    Verify {
        /// SEQ:HASH noted elsewhere; a rewritten or cut chain does not have it.
        #[arg(long)]
        anchor: Option<String>,
    },
}

/// Runs a command.
///
/// # Errors
/// The sentence that the operator reads.
pub async fn run(cli: Cli) -> Result<(), Error> {
    let config = Config::read(cli.config.as_deref(), |name| std::env::var(name).ok())?;
    start_log(&config);
    rustls::crypto::ring::default_provider().install_default().ok();
    match cli.command {
        Command::Config => {
            say::line(config.shown().trim_end());
            Ok(())
        }
        Command::Serve => serve(&config).await,
        Command::SetupToken => {
            let desk = Desk::open(&config).await?;
            say::line(people::new_setup_token(&desk.work).await?);
            close(desk).await
        }
        Command::User(UserCommand::Add { account, name, role, secret }) => {
            let new = NewPerson {
                account,
                name,
                role,
                password: read_secret(secret.secret_file.as_deref())?,
            };
            let desk = Desk::open_existing(&config).await?;
            let added = people::add(&desk.work, &Actor::operator(), &new).await.map_err(spoken)?;
            say::line(format_args!("Added {} ({added}).", new.account));
            close(desk).await
        }
        Command::User(command) => user(&config, command).await,
        Command::Connection(command) => connection(&config, command).await,
        Command::Journal(JournalCommand::Verify { anchor }) => {
            verify(&config, anchor.as_deref()).await
        }
        Command::Inspect => inspect(&config).await,
        Command::Backup { folder } => {
            let desk = Desk::open_existing(&config).await?;
            say::line(backup::back_up(&config, &desk.work.db, &folder).await?);
            close(desk).await
        }
        Command::Restore { folder } => {
            say::line(backup::restore(&config, &folder).await?);
            Ok(())
        }
    }
}

fn start_log(config: &Config) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(config.log.as_deref().unwrap_or("info"))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    // It would say on standard error that nobody reads standard error, and panic.
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    if config.log_format.as_deref() == Some("json") {
        log.json().try_init().ok();
    } else {
        log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init().ok();
    }
}

async fn serve(config: &Config) -> Result<(), Error> {
    let listener = desk::bind(config.listen()).await?;
    let limits = limits_of_this_process();
    let mut desk = Desk::open(config).await?;
    desk.limits = limits;
    if let Some(place) = desk.work.objects.place() {
        place.check().await?;
    }
    let _serving = casework::store::Serving::claim(&config.database_url())?;
    desk::announce_setup(&desk.work).await?;
    let stop = CancellationToken::new();
    let signal = stop.clone();
    tokio::spawn(async move {
        desk::stop_signal().await;
        signal.cancel();
    });
    say::line(format_args!(
        "Probity listens on http://{} and is reached at {}.",
        config.listen(),
        config.public_url()
    ));
    desk.serve(listener, stop).await
}

async fn close(desk: Desk) -> Result<(), Error> {
    desk.work.close().await;
    Ok(())
}

/// A secret from a file or standard input, without its last line break.
fn read_secret(file: Option<&Path>) -> Result<Zeroizing<String>, Error> {
    let mut text = Zeroizing::new(String::new());
    match file {
        Some(file) => {
            let mut opened = std::fs::File::open(file).map_err(|e| {
                Error::Start(format!("The file {} cannot be read: {e}.", file.display()))
            })?;
            opened.read_to_string(&mut text).map_err(|e| {
                Error::Start(format!("The file {} cannot be read: {e}.", file.display()))
            })?;
        }
        None => {
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|e| Error::Start(format!("Standard input cannot be read: {e}.")))?;
        }
    }
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// A refused form as one sentence for the terminal.
fn spoken(error: Error) -> Error {
    match error {
        Error::Form(refused) => {
            let words: Vec<String> =
                refused
                    .errors
                    .iter()
                    .map(|(field, message)| {
                        if field.is_empty() {
                            message.clone()
                        } else {
                            format!("{field}: {message}")
                        }
                    })
                    .collect();
            Error::Start(words.join("\n"))
        }
        other => other,
    }
}

async fn user(config: &Config, command: UserCommand) -> Result<(), Error> {
    let desk = Desk::open_existing(config).await?;
    let (work, operator) = (&desk.work, Actor::operator());
    match command {
        // Its password is read before the desk is opened.
        UserCommand::Add { .. } => {}
        UserCommand::Invite { account, name, role } => {
            let new = NewPerson { account, name, role, ..NewPerson::default() };
            tell(&people::invite(work, &operator, &new).await.map_err(spoken)?);
        }
        UserCommand::Reset { account } => {
            let person = people::of_account(work, &account).await?;
            tell(&people::reset(work, &operator, &person.id.into()).await.map_err(spoken)?);
        }
        UserCommand::List => {
            for p in people::list(work).await? {
                let joined = if p.has_joined() { "" } else { "  invited" };
                let role = match (p.waits(), p.counts_alone()) {
                    (true, _) => "  waits for confirmation",
                    (_, true) => "  unconfirmed, in force",
                    _ => "",
                };
                say::line(format_args!(
                    "{}  {}  {}  {}{joined}{role}",
                    p.account, p.name, p.role, p.state
                ));
            }
        }
        UserCommand::Confirm { account } => {
            let person = people::of_account(work, &account).await?;
            let given = person.role_given_at_ms;
            people::confirm(work, &operator, &person.id.into(), given).await.map_err(spoken)?;
            say::line(format_args!("The role of {} is confirmed.", person.account));
        }
        UserCommand::ResetFactor { account } => {
            let person = people::of_account(work, &account).await?;
            people::factor::reset(work, &operator, &person.id.clone().into())
                .await
                .map_err(spoken)?;
            say::line(format_args!(
                "The second factor of {} was reset, and their sessions ended.",
                person.account
            ));
        }
        UserCommand::Disable { account } => switch(work, &account, false).await?,
        UserCommand::Enable { account } => switch(work, &account, true).await?,
    }
    close(desk).await
}

/// Disables or enables a person.
async fn switch(work: &casework::Work, account: &str, active: bool) -> Result<(), Error> {
    let person = people::of_account(work, account).await?;
    let role = person.caller()?.role;
    let operator = Actor::operator();
    let id: domain::PersonId = person.id.into();
    let changed = match people::change_asking(work, &operator, &id, role, active, false).await {
        // Whoever types this knows what they do; that nobody can approve then is said all the same.
        Err(Error::Form(refused)) if refused.error("knows").is_some() => {
            say::complaint(refused.error("knows").unwrap_or_default());
            people::change_asking(work, &operator, &id, role, active, true).await
        }
        answer => answer,
    };
    let changed = changed.map_err(spoken)?;
    let state = if active { "active" } else { "disabled" };
    say::line(format_args!(
        "{} is {state}{}.",
        person.account,
        if changed { "" } else { " already" }
    ));
    Ok(())
}

/// A one-time link on the terminal.
fn tell(link: &people::Link) {
    say::line(format_args!(
        "{} ({}) sets a password here, once and within a day. It is not shown again:\n\n    {}\n",
        link.name, link.account, link.address
    ));
}

async fn connection(config: &Config, command: ConnectionCommand) -> Result<(), Error> {
    match command {
        ConnectionCommand::Add {
            name,
            provider,
            base_url,
            token_url,
            search_settings,
            per_second,
            operator,
            allow_private,
            secret,
        } => {
            let secret = read_secret(secret.secret_file.as_deref())?;
            let form = connections::Form {
                name,
                provider,
                base_url,
                token_url,
                search_settings: search_settings.join("\n"),
                allow_private,
                secret,
                per_second,
                version: operator.version,
                flow: operator.flow,
                proof: operator.proof,
                client_id: operator.client_id,
                key_id: operator.key_id,
                authorize_url: operator.authorize_url,
                scope: operator.scope,
            };
            let desk = Desk::open_existing(config).await?;
            let id =
                connections::add(&desk.work, &Actor::operator(), &form).await.map_err(spoken)?;
            say::line(format_args!("Added {} ({id}).", form.name));
            close(desk).await
        }
        ConnectionCommand::List => {
            let desk = Desk::open_existing(config).await?;
            for known in connections::list(&desk.work).await? {
                let c = known.connection;
                let token = if known.options.waits_for_secret {
                    "waits for its credential".into()
                } else {
                    format!("token …{}", known.hint)
                };
                say::line(format_args!(
                    "{}  {}  {}  {}  {token}",
                    c.name, c.provider, c.base_url, c.state
                ));
            }
            close(desk).await
        }
        ConnectionCommand::Test { name } => {
            let desk = Desk::open_existing(config).await?;
            let known = connections::list(&desk.work)
                .await?
                .into_iter()
                .find(|k| k.connection.name == name);
            let id = known
                .ok_or_else(|| Error::Start(format!("There is no connection named {name}.")))?
                .connection
                .id;
            let answer = connections::test(&desk.work, &Actor::operator(), &id.into()).await?;
            close(desk).await?;
            say::line(answer.map_err(Error::Start)?);
            Ok(())
        }
    }
}

async fn verify(config: &Config, anchor: Option<&str>) -> Result<(), Error> {
    let anchor = match anchor {
        None => None,
        Some(text) => {
            let parsed = text.split_once(':').and_then(|(seq, hash)| {
                Some((seq.trim().parse::<i64>().ok()?, hash.trim().to_owned()))
            });
            Some(parsed.filter(|(_, hash)| hash.len() >= 16).ok_or_else(|| {
                Error::Start("An anchor is SEQ:HASH with at least 16 digits of the hash.".into())
            })?)
        }
    };
    let (db, sealer) = to_verify(config).await?;
    let record = journal::verify_record(&db, sealer.as_ref().ok(), anchor).await?;
    let damage = db.inspect(true).await?;
    if let Err(error) =
        journal::keep(&db, &Actor::operator(), &record, Clock::default().now()).await
    {
        tracing::warn!(%error, "what was found could not be written down");
    }
    db.close().await;
    if let Err(why) = &sealer {
        say::line(format_args!(
            "No master key that fits was read: details that an older version sealed were left closed. All else was verified.\nWhy: {why}"
        ));
    }
    if let (Some(first), Record::Holds { .. }) = (damage.first(), &record) {
        return Err(Error::Start(format!(
            "The journal is intact, but the database's file is damaged ({} places): {first}.",
            damage.len()
        )));
    }
    match record {
        Record::Holds { entries, erased, rows, head } => {
            say::line(format_args!(
                "The journal is intact: {entries} entries, {erased} with erased details.\n{rows} rows are as the entries say.\nHead {entries}:{head}\nKeep the head somewhere else; it shows later whether the chain was rewritten."
            ));
            Ok(())
        }
        Record::Differs(differs) => Err(Error::Start(format!("{}.", differs.words()))),
    }
}

/// The database to verify, and the master key if it is here and fits: an auditor's copy has none.
/// What an older version left to be done at a first start is done first, which takes the key.
async fn to_verify(config: &Config) -> Result<(Db, Result<Sealer, Error>), Error> {
    config.must_be_there()?;
    let url = config.database_url();
    if !Db::is_there(&url).await? {
        return Err(config.no_desk());
    }
    let mut sealer = config.sealer(false);
    if let Ok(key) = &sealer {
        let db = Db::open(&url).await?;
        let fits = casework::store::check_master_key(&db, key).await;
        db.close().await;
        match fits {
            Ok(()) => {}
            Err(why @ Error::Start(_)) => sealer = Err(why),
            Err(error) => return Err(error),
        }
    }
    if sealer.is_ok() {
        close(Desk::open_existing(config).await?).await?;
    }
    Ok((Db::open(&url).await?, sealer))
}

async fn inspect(config: &Config) -> Result<(), Error> {
    let desk = Desk::open_existing(config).await?;
    let found = inspection::inspect(&desk.work, &Actor::operator()).await?;
    close(desk).await?;
    let found = found.ok_or_else(|| {
        Error::Start(
            "An inspection is under way already; the journal's page tells what it found. One that was cut short is over in two minutes."
                .into(),
        )
    })?;
    say::line(found.words());
    if !found.head.is_empty() {
        say::line(format_args!(
            "Head {}:{}\nKeep the head somewhere else; it shows later whether the chain was rewritten.",
            found.entries, found.head
        ));
    }
    if found.faults == 0 {
        return Ok(());
    }
    let named: Vec<String> = found.named.iter().map(in_a_line).collect();
    Err(Error::Start(format!("The inspection found {}:\n{}", found.wrong(), named.join("\n"))))
}

fn in_a_line(fault: &Fault) -> String {
    match &fault.check {
        Some(check) => format!("{} It belongs to the check {check}.", fault.words),
        None => fault.words.clone(),
    }
}
