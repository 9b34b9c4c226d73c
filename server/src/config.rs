//! Settings: one struct, filled from an optional TOML file and then from the environment.

use crate::private;
use casework::{
    Error, MasterKey, Sealer,
    objects::{Access, Place},
    providers::Networks,
};
use domain::people::Role;
use ipnet::IpNet;
use serde::Deserialize;
use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};
use zeroize::Zeroizing;

/// Every setting of the program. In the TOML file the keys are the field names; in the environment
/// they are the names in [`KEYS`]. The environment wins.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen. Default `127.0.0.1:3000`.
    pub listen: Option<SocketAddr>,
    /// The address that people and providers use, with `https://`. Default `http://` and `listen`.
    pub public_url: Option<String>,
    /// The folder for the database and the master key. Default `data`.
    pub data: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://…`. Default `probity.db` in `data`.
    pub database_url: Option<String>,
    /// Where large files of evidence lie, sealed: a folder, or `s3://BUCKET/PREFIX`; several
    /// instances share one. Default `objects` in `data`.
    pub objects: Option<String>,
    /// The S3-compatible store's address, where it is not Amazon's: `https://s3.example`.
    pub s3_endpoint: Option<String>,
    /// Its region. Default what `AWS_REGION` says, or `us-east-1`.
    pub s3_region: Option<String>,
    /// The id of the key to it. Default what `AWS_ACCESS_KEY_ID` says, or the machine's role.
    pub s3_key_id: Option<String>,
    /// The key itself.
    pub s3_secret: Option<String>,
    /// The folder with what browsers download, as `cargo xtask site` makes it. Default
    /// `target/site`.
    pub site: Option<PathBuf>,
    /// A file with the master key (32 bytes in base64), one key a line; the first seals, all open.
    /// Default `master.key` in `data`, made at the first start.
    pub master_key_file: Option<PathBuf>,
    /// The master key itself, instead of a file.
    pub master_key: Option<String>,
    /// Private networks that connections may reach, when an admin ticks it for them:
    /// `["10.1.0.0/16"]`. Default none.
    pub allowed_private: Option<Vec<String>>,
    /// What to log, as tracing filters say it. Default `info`.
    pub log: Option<String>,
    /// `text` or `json`. Default `text`.
    pub log_format: Option<String>,
    /// After SIGTERM, `/readyz` says 503 for so many seconds before nothing new is accepted.
    /// Default 0.
    pub drain_seconds: Option<u64>,
    /// Addresses or networks of the proxies in front of the desk, with commas between them:
    /// `10.0.0.7, 2001:db8::/32`. What they say in `X-Forwarded-For` is believed. Default none.
    pub trusted_proxies: Option<String>,
    /// Of whom a second factor is required.
    pub second_factor: SecondFactor,
}

/// The table `[second_factor]`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecondFactor {
    /// The roles whose people sign in with a code besides their password: `["supervisor",
    /// "admin"]`. Default none.
    pub roles: Option<Vec<String>>,
}

/// Setting, variable, whether it is secret.
pub const KEYS: [(&str, &str, bool); 18] = [
    ("listen", "PROBITY_LISTEN", false),
    ("public_url", "PROBITY_PUBLIC_URL", false),
    ("data", "PROBITY_DATA", false),
    ("database_url", "DATABASE_URL", true),
    ("objects", "PROBITY_OBJECTS", false),
    ("s3_endpoint", "PROBITY_S3_ENDPOINT", false),
    ("s3_region", "PROBITY_S3_REGION", false),
    ("s3_key_id", "PROBITY_S3_KEY_ID", false),
    ("s3_secret", "PROBITY_S3_SECRET", true),
    ("site", "PROBITY_SITE", false),
    ("master_key_file", "PROBITY_MASTER_KEY_FILE", false),
    ("master_key", "PROBITY_MASTER_KEY", true),
    ("allowed_private", "PROBITY_ALLOWED_PRIVATE", false),
    ("log", "PROBITY_LOG", false),
    ("log_format", "PROBITY_LOG_FORMAT", false),
    ("drain_seconds", "PROBITY_DRAIN_SECONDS", false),
    ("trusted_proxies", "PROBITY_TRUSTED_PROXIES", false),
    ("second_factor.roles", "PROBITY_SECOND_FACTOR_ROLES", false),
];

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Config {
    /// Reads the TOML file (given, or named by `PROBITY_CONFIG`), then the environment.
    ///
    /// # Errors
    /// A file that cannot be read, or a value that cannot be understood; the sentence names it.
    pub fn read(file: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let named = env("PROBITY_CONFIG").map(PathBuf::from);
        let mut config = match file.map(Path::to_path_buf).or(named) {
            Some(path) => {
                let text = std::fs::read_to_string(&path).map_err(|e| {
                    Error::Start(format!(
                        "The configuration file {} cannot be read: {e}.",
                        path.display()
                    ))
                })?;
                toml::from_str(&text).map_err(|e| {
                    Error::Start(format!(
                        "The configuration file {} is wrong: {}",
                        path.display(),
                        e.message()
                    ))
                })?
            }
            None => Self::default(),
        };
        for (key, variable, _) in KEYS {
            if let Some(value) = env(variable).filter(|v| !v.trim().is_empty()) {
                config.set(key, variable, value)?;
            }
        }
        Ok(config)
    }

    fn set(&mut self, key: &str, variable: &str, value: String) -> Result<(), Error> {
        match key {
            "listen" => {
                self.listen = Some(value.parse().map_err(|_| {
                    Error::Start(format!(
                        "{variable} must be an address and a port, for example 127.0.0.1:3000."
                    ))
                })?)
            }
            "public_url" => self.public_url = Some(value),
            "data" => self.data = Some(value.into()),
            "database_url" => self.database_url = Some(value),
            "objects" => self.objects = Some(value),
            "s3_endpoint" => self.s3_endpoint = Some(value),
            "s3_region" => self.s3_region = Some(value),
            "s3_key_id" => self.s3_key_id = Some(value),
            "s3_secret" => self.s3_secret = Some(value),
            "site" => self.site = Some(value.into()),
            "master_key_file" => self.master_key_file = Some(value.into()),
            "master_key" => self.master_key = Some(value),
            "allowed_private" => {
                self.allowed_private =
                    Some(value.split(',').map(|network| network.trim().to_owned()).collect())
            }
            "log" => self.log = Some(value),
            "log_format" => self.log_format = Some(value),
            "trusted_proxies" => self.trusted_proxies = Some(value),
            "second_factor.roles" => {
                self.second_factor.roles =
                    Some(value.split(',').map(|role| role.trim().to_owned()).collect())
            }
            "drain_seconds" => {
                self.drain_seconds = Some(value.trim().parse().map_err(|_| {
                    Error::Start(format!("{variable} must be a number of seconds."))
                })?);
            }
            _ => {}
        }
        Ok(())
    }

    #[must_use]
    pub fn listen(&self) -> SocketAddr {
        self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000)))
    }

    #[must_use]
    pub fn public_url(&self) -> String {
        self.public_url
            .clone()
            .unwrap_or_else(|| format!("http://{}", self.listen()))
            .trim_end_matches('/')
            .to_owned()
    }

    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| "data".into())
    }

    #[must_use]
    pub fn database_url(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.data().join("probity.db").display()))
    }

    #[must_use]
    pub fn objects(&self) -> String {
        self.objects.clone().unwrap_or_else(|| self.data().join("objects").display().to_string())
    }

    /// The place for large files of evidence; nothing is asked or made yet.
    ///
    /// # Errors
    /// An address that cannot be understood.
    pub fn place(&self) -> Result<Place, Error> {
        let access = Access {
            endpoint: self.s3_endpoint.clone(),
            region: self.s3_region.clone(),
            key_id: self.s3_key_id.clone(),
            secret: self.s3_secret.clone().map(Zeroizing::new),
        };
        Place::of(&self.objects(), &access)
    }

    #[must_use]
    pub fn site(&self) -> PathBuf {
        self.site.clone().unwrap_or_else(|| "target/site".into())
    }

    /// The private networks that connections may reach.
    ///
    /// # Errors
    /// What is no private network.
    pub fn private(&self) -> Result<Networks, Error> {
        let all = self.allowed_private.iter().flatten().map(String::as_str);
        Networks::read(all).map_err(|why| Error::Start(format!("PROBITY_ALLOWED_PRIVATE: {why}")))
    }

    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.unwrap_or(0))
    }

    /// The proxies that are believed when they say for whom they ask.
    ///
    /// # Errors
    /// What is neither an address nor a network.
    pub fn trusted_proxies(&self) -> Result<Vec<IpNet>, Error> {
        let texts = self
            .trusted_proxies
            .as_deref()
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let network = |text: &str| {
            text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
        };
        texts
            .map(|text| {
                network(text).ok_or_else(|| {
                    Error::Start(format!(
                        "PROBITY_TRUSTED_PROXIES must be addresses or networks with commas between them, for example 10.0.0.7, 2001:db8::/32; {text} is neither."
                    ))
                })
            })
            .collect()
    }

    /// The roles of which a second factor is required.
    ///
    /// # Errors
    /// What is no role.
    pub fn second_factor_roles(&self) -> Result<Vec<Role>, Error> {
        let all = self
            .second_factor
            .roles
            .iter()
            .flatten()
            .map(|role| role.trim())
            .filter(|role| !role.is_empty());
        let role = |text: &str| {
            let known: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
            Role::parse(text).ok_or_else(|| {
                Error::Start(format!(
                    "PROBITY_SECOND_FACTOR_ROLES: {text} is no role; the roles are {}.",
                    known.join(", ")
                ))
            })
        };
        all.map(role).collect()
    }

    /// All settings as they are in force, secrets hidden, one a line.
    #[must_use]
    pub fn shown(&self) -> String {
        let default = |value: &Option<String>| value.clone().unwrap_or_else(|| "(default)".into());
        let hidden =
            |set: bool| if set { "(set, hidden)".to_owned() } else { "(default)".to_owned() };
        let values = [
            self.listen().to_string(),
            self.public_url(),
            self.data().display().to_string(),
            hidden(self.database_url.is_some()),
            self.objects(),
            default(&self.s3_endpoint),
            default(&self.s3_region),
            default(&self.s3_key_id),
            hidden(self.s3_secret.is_some()),
            self.site().display().to_string(),
            self.key_file().display().to_string(),
            hidden(self.master_key.is_some()),
            self.allowed_private.as_ref().map_or_else(|| "(none)".into(), |all| all.join(", ")),
            self.log.clone().unwrap_or_else(|| "info".into()),
            self.log_format.clone().unwrap_or_else(|| "text".into()),
            self.drain().as_secs().to_string(),
            self.trusted_proxies.clone().unwrap_or_else(|| "(none)".into()),
            self.second_factor.roles.as_ref().map_or_else(|| "(none)".into(), |all| all.join(", ")),
        ];
        KEYS.iter()
            .zip(values)
            .map(|((key, variable, _), value)| format!("{key} = {value}  # {variable}\n"))
            .collect()
    }

    /// The SQLite database's file; nothing for PostgreSQL.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let url = self.database_url();
        let path =
            url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(&url);
        (!url.starts_with("postgres")).then(|| path.into())
    }

    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.master_key_file.clone().unwrap_or_else(|| self.data().join("master.key"))
    }

    /// The data folder, made if it is not there.
    ///
    /// # Errors
    /// It cannot be made or written.
    pub fn make_data_folder(&self) -> Result<(), Error> {
        let data = self.data();
        let cannot = |e: std::io::Error| {
            Error::Start(format!(
                "The data folder {} cannot be written: {e}. Set PROBITY_DATA to a folder that can.",
                data.display()
            ))
        };
        private::folder(&data).map_err(cannot)?;
        let probe = data.join(".write-test");
        std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)).map_err(cannot)
    }

    /// Whether an SQLite desk's file is there; PostgreSQL is asked by whoever opens it.
    ///
    /// # Errors
    /// That it is not, and where it was looked for.
    pub fn must_be_there(&self) -> Result<(), Error> {
        if self.sqlite_file().is_some_and(|file| !file.is_file()) {
            Err(self.no_desk())
        } else {
            Ok(())
        }
    }

    /// That there is no desk, with where it was looked for.
    #[must_use]
    pub fn no_desk(&self) -> Error {
        let absolute =
            |path: PathBuf| std::path::absolute(&path).unwrap_or(path).display().to_string();
        Error::Start(match self.sqlite_file() {
            Some(file) => format!(
                "There is no desk: {} is not there, or nothing is in it. Set PROBITY_DATA (or DATABASE_URL) to where the desk is. `probity serve` and `probity setup-token` make a new one.",
                absolute(file)
            ),
            None => "There is no desk: nothing of one is in the PostgreSQL database that DATABASE_URL names. Set it to the desk's. `probity serve` and `probity setup-token` make a new one.".into(),
        })
    }

    /// The master keys: from the environment, else from the file; a missing file is made when
    /// `may_make` says so.
    ///
    /// # Errors
    /// A missing or wrong key, named.
    pub fn sealer(&self, may_make: bool) -> Result<Sealer, Error> {
        let text = match (&self.master_key, self.key_file()) {
            (Some(key), _) => key.clone(),
            (None, file) if file.exists() => {
                private::must_be_private(&file)?;
                std::fs::read_to_string(&file).map_err(|e| {
                    Error::Start(format!(
                        "The master key file {} cannot be read: {e}.",
                        file.display()
                    ))
                })?
            }
            (None, file) if may_make => return make_key(&file),
            (None, file) => {
                return Err(Error::Start(format!(
                    "The master key file {} is missing, and the database holds data that was sealed with it. Put the file back; without it nothing sealed can be read.",
                    file.display()
                )));
            }
        };
        let mut keys = text
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .map(MasterKey::parse)
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(Error::Start("The master key is empty.".into()));
        }
        let current = keys.remove(0);
        Ok(Sealer::new(current, keys))
    }
}

fn make_key(file: &Path) -> Result<Sealer, Error> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let key = MasterKey::random();
    let cannot = |e: std::io::Error| {
        Error::Start(format!("The master key file {} cannot be written: {e}.", file.display()))
    };
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(cannot)?;
    writeln!(out, "# The master key of Probity. Keep a copy apart from the database's backups.")
        .map_err(cannot)?;
    writeln!(out, "{}", key.to_text().as_str()).and_then(|()| out.sync_all()).map_err(cannot)?;
    Ok(Sealer::new(key, vec![]))
}

#[cfg(test)]
mod tests;
