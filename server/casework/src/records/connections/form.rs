//! What is typed to add or change a connection, and what is particular to one.

use crate::providers::{
    Networks,
    camara::{SCOPE_PROFILE, SCOPE_TELEFONICA, SigningKey, authorize_url_beside},
    solaris,
};
use domain::{
    connections::{ProofKind, Provider, TokenFlow},
    fields::{Refused, one_line},
    letters::hidden,
    number_match::Version,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The longest secret that is taken, in bytes.
const SECRET_MAX: usize = 8_192;
/// The most calls a second that a connection may be limited to.
const PER_SECOND_MAX: u32 = 1_000;

/// What is particular to a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// `KryptoGO`'s search settings by their number; the provider has no endpoint that lists them.
    pub search_settings: BTreeMap<i64, String>,
    /// A whole call may take this long, in milliseconds; absent means 30,000.
    pub deadline_ms: Option<u64>,
    /// Launches are sent no faster than this; absent means as they come.
    pub per_second: Option<u32>,
    /// How an operator is spoken with.
    pub operator: Option<Operator>,
    /// Who we are at Solaris.
    pub partner: Option<Partner>,
    /// Its credential was removed, because an address leads to another host than the one it was
    /// given for, or it was another's or another kind of thing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub waits_for_secret: bool,
}

/// Our account at Solaris.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    pub client_id: String,
    /// `partners`, unless Solaris says otherwise.
    pub scope: String,
}

/// What an operator of CAMARA's number match needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    pub version: Version,
    pub flow: TokenFlow,
    pub proof: ProofKind,
    pub client_id: String,
    /// The number under which the operator has our public key; may be empty.
    pub key_id: String,
    /// `…/bc-authorize`; empty unless permission is asked for each number.
    pub authorize_url: String,
    pub scope: String,
}

/// What is typed to add or change a connection.
#[derive(Debug, Clone, Default)]
pub struct Form {
    pub name: String,
    pub provider: String,
    pub base_url: String,
    pub token_url: String,
    /// One `number = name` a line.
    pub search_settings: String,
    pub allow_private: bool,
    /// Empty keeps the stored one.
    pub secret: Zeroizing<String>,
    /// Empty is no limit.
    pub per_second: String,
    /// The rest is for operators only. Codes of [`Version`], [`TokenFlow`] and [`ProofKind`]; empty
    /// is the first of each.
    pub version: String,
    pub flow: String,
    pub proof: String,
    pub client_id: String,
    pub key_id: String,
    /// Empty: beside the token address.
    pub authorize_url: String,
    /// Empty: the usual one of the flow.
    pub scope: String,
}

impl Form {
    pub(super) fn refused(&self) -> Refused {
        Refused::of([
            ("name", &self.name),
            ("provider", &self.provider),
            ("base_url", &self.base_url),
            ("token_url", &self.token_url),
            ("search_settings", &self.search_settings),
            ("allow_private", if self.allow_private { "1" } else { "" }),
            ("per_second", &self.per_second),
            ("version", &self.version),
            ("flow", &self.flow),
            ("proof", &self.proof),
            ("client_id", &self.client_id),
            ("key_id", &self.key_id),
            ("authorize_url", &self.authorize_url),
            ("scope", &self.scope),
        ])
    }
}

/// Checked values of a [`Form`].
pub(super) struct Checked {
    pub name: String,
    pub provider: Provider,
    pub base_url: String,
    pub token_url: Option<String>,
    pub options: Options,
}

/// `private` are the networks that the configuration names.
pub(super) fn check(
    form: &Form,
    secret_needed: bool,
    private: &Networks,
) -> Result<Checked, Refused> {
    let private = &if form.allow_private { private.clone() } else { Networks::default() };
    let mut refused = form.refused();
    let name = one_line(&form.name);
    if name.is_empty()
        || name.chars().count() > 80
        || hidden(&name).is_some()
        || !name.chars().any(char::is_alphanumeric)
    {
        refused.refuse("name", "Give the connection a name of at most 80 visible characters.");
    }
    let Some(provider) = Provider::parse(&form.provider) else {
        return Err(refused.because("provider", "Choose the provider."));
    };
    let base_url =
        check_url(&form.base_url, private, provider.example()).unwrap_or_else(|message| {
            refused.refuse("base_url", message);
            String::new()
        });
    let token_url = match form.token_url.trim() {
        "" => None,
        url => check_url(url, private, "https://api.operator.example/token")
            .map_err(|message| refused.refuse("token_url", message))
            .ok(),
    };
    let search_settings = match provider {
        Provider::Kryptogo => read_settings(&form.search_settings).unwrap_or_else(|message| {
            refused.refuse("search_settings", message);
            BTreeMap::new()
        }),
        Provider::Camara | Provider::Zignsec | Provider::Solaris => BTreeMap::new(),
    };
    let per_second = match form.per_second.trim() {
        "" => None,
        text => {
            let number = text.parse().ok().filter(|n| (1..=PER_SECOND_MAX).contains(n));
            if number.is_none() {
                refused.refuse(
                    "per_second",
                    "Give a whole number from 1 to 1,000, or leave it empty for no limit.",
                );
            }
            number
        }
    };
    let operator = (provider == Provider::Camara)
        .then(|| operator(form, token_url.as_deref(), private, &mut refused))
        .flatten();
    let partner = (provider == Provider::Solaris).then(|| partner(form, &mut refused));
    check_secret(form, provider, operator.as_ref(), secret_needed, &mut refused);
    if refused.is_clean() {
        Ok(Checked {
            name,
            provider,
            base_url,
            token_url,
            options: Options {
                search_settings,
                per_second,
                operator,
                partner,
                ..Options::default()
            },
        })
    } else {
        Err(refused)
    }
}

/// What an operator needs; a message beside each field that stands in the way.
fn operator(
    form: &Form,
    token_url: Option<&str>,
    private: &Networks,
    refused: &mut Refused,
) -> Option<Operator> {
    if form.token_url.trim().is_empty() {
        refused.refuse("token_url", "Give the address where access tokens are fetched.");
    }
    let version = chosen(&form.version, Version::parse, Version::V02);
    let flow = chosen(&form.flow, TokenFlow::parse, TokenFlow::Ciba);
    let proof = chosen(&form.proof, ProofKind::parse, ProofKind::Secret);
    for (field, known) in
        [("version", version.is_some()), ("flow", flow.is_some()), ("proof", proof.is_some())]
    {
        if !known {
            refused.refuse(field, "Choose one of the list.");
        }
    }
    let (version, flow, proof) = (version?, flow?, proof?);
    if flow == TokenFlow::JwtBearer && proof == ProofKind::Secret {
        refused.refuse("proof", "A signed grant needs a private key.");
    }
    let mut plain = |field: &str, text: &str, needed: bool| {
        let text = text.trim();
        if (needed && text.is_empty())
            || text.len() > 300
            || text.chars().any(|c| !c.is_ascii_graphic())
        {
            refused.refuse(field, "Give it as the operator's console shows it: at most 300 visible ASCII characters, no spaces.");
        }
        text.to_owned()
    };
    let client_id = plain("client_id", &form.client_id, true);
    let key_id = plain("key_id", &form.key_id, false);
    let scope = match one_line(&form.scope) {
        empty if empty.is_empty() => {
            (if flow == TokenFlow::Ciba { SCOPE_TELEFONICA } else { SCOPE_PROFILE }).to_owned()
        }
        scope => scope,
    };
    if scope.len() > 300 || scope.chars().any(|c| c != ' ' && !c.is_ascii_graphic()) {
        refused.refuse(
            "scope",
            "A scope is made of visible ASCII characters, with spaces between several.",
        );
    }
    let authorize_url = match (flow, form.authorize_url.trim()) {
        (TokenFlow::Ciba, "") => token_url.and_then(authorize_url_beside).unwrap_or_default(),
        (TokenFlow::Ciba, url) => {
            check_url(url, private, "https://api.operator.example/bc-authorize").unwrap_or_else(
                |message| {
                    refused.refuse("authorize_url", message);
                    String::new()
                },
            )
        }
        _ => String::new(),
    };
    Some(Operator { version, flow, proof, client_id, key_id, authorize_url, scope })
}

/// What Solaris needs to know us by; a message beside each field that stands in the way.
fn partner(form: &Form, refused: &mut Refused) -> Partner {
    if form.token_url.trim().is_empty() {
        refused.refuse(
            "token_url",
            "Give the address where access tokens are fetched: in production https://auth.solarisbank.de/oauth2/token.",
        );
    }
    let client_id = form.client_id.trim().to_owned();
    if client_id.is_empty()
        || client_id.len() > 300
        || client_id.contains(':')
        || client_id.chars().any(|c| !c.is_ascii_graphic())
    {
        refused.refuse("client_id", "Give the client id as Solaris sent it: visible ASCII characters, no spaces and no colon.");
    }
    let scope = match one_line(&form.scope) {
        empty if empty.is_empty() => solaris::SCOPE.to_owned(),
        scope => scope,
    };
    if scope.len() > 300 || scope.chars().any(|c| c != ' ' && !c.is_ascii_graphic()) {
        refused.refuse(
            "scope",
            "A scope is made of visible ASCII characters, with spaces between several.",
        );
    }
    Partner { client_id, scope }
}

fn chosen<T>(code: &str, parse: impl Fn(&str) -> Option<T>, first: T) -> Option<T> {
    if code.trim().is_empty() { Some(first) } else { parse(code.trim()) }
}

fn check_secret(
    form: &Form,
    provider: Provider,
    operator: Option<&Operator>,
    needed: bool,
    refused: &mut Refused,
) {
    let secret = form.secret.trim();
    if secret.is_empty() {
        if needed {
            refused.refuse("secret", format!("Give the {}.", provider.credential()));
        }
        return;
    }
    if operator.is_some_and(|o| o.proof == ProofKind::Key) {
        if let Err(why) = SigningKey::from_pem(secret, None) {
            refused.refuse("secret", why.to_string());
        }
    } else if secret.len() > SECRET_MAX || secret.chars().any(|c| !c.is_ascii_graphic()) {
        let what = match provider {
            Provider::Kryptogo => "An API token",
            Provider::Camara | Provider::Solaris => "A client secret",
            Provider::Zignsec => "An access key",
        };
        refused.refuse(
            "secret",
            format!("{what} is made of visible ASCII characters without spaces."),
        );
    }
}

fn check_url(text: &str, private: &Networks, example: &str) -> Result<String, String> {
    let url = url::Url::parse(text.trim())
        .map_err(|_| format!("Give a full address, for example {example}."))?;
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err("Give the address alone, without user, password, ? or #.".into());
    }
    crate::providers::check_address(&url, private)
        .map_err(|why| format!("Give another address: {why}."))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn read_settings(text: &str) -> Result<BTreeMap<i64, String>, &'static str> {
    const HOW: &str = "Write one search setting a line: its number, an equals sign, and its name; for example 2 = Fuzzy, all years.";
    let mut settings = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (number, name) = line.split_once('=').ok_or(HOW)?;
        let number: i64 = number.trim().parse().map_err(|_| HOW)?;
        let name = one_line(name);
        if name.is_empty() || number < 1 || settings.insert(number, name).is_some() {
            return Err(HOW);
        }
    }
    if settings.is_empty() { Err(HOW) } else { Ok(settings) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form {
            name: "K".into(),
            provider: "kryptogo".into(),
            base_url: "https://external-api.kryptogo.com/".into(),
            search_settings: "1 = Precise\n\n 2=Fuzzy, all ".into(),
            secret: Zeroizing::new("0123456789abcdef-xyz".into()),
            ..Form::default()
        }
    }

    fn operator_form() -> Form {
        Form {
            provider: "camara".into(),
            base_url: "https://api.operator.example/gateway".into(),
            token_url: "https://api.operator.example/gateway/token".into(),
            client_id: "ours".into(),
            search_settings: String::new(),
            ..form()
        }
    }

    #[test]
    fn an_operator_gets_the_usual_values_where_nothing_is_typed() {
        let nowhere = Networks::default();
        let checked = check(&operator_form(), true, &nowhere).expect("good");
        let operator = checked.options.operator.expect("an operator");
        assert_eq!(
            (operator.version, operator.flow, operator.proof),
            (Version::V02, TokenFlow::Ciba, ProofKind::Secret)
        );
        assert_eq!(operator.authorize_url, "https://api.operator.example/gateway/bc-authorize");
        assert_eq!(operator.scope, SCOPE_TELEFONICA);
        let other = check(
            &Form { flow: "client_credentials".into(), per_second: "5".into(), ..operator_form() },
            true,
            &nowhere,
        )
        .expect("good");
        assert_eq!(other.options.per_second, Some(5));
        assert_eq!(
            other.options.operator.map(|o| (o.scope, o.authorize_url)),
            Some((SCOPE_PROFILE.to_owned(), String::new()))
        );
    }

    #[test]
    fn a_good_form_is_taken_and_tidied() {
        let checked = check(&form(), true, &Networks::default()).expect("good");
        assert_eq!(checked.base_url, "https://external-api.kryptogo.com");
        assert_eq!(checked.options.search_settings.get(&2).map(String::as_str), Some("Fuzzy, all"));
    }

    #[test]
    fn s_30_a_private_address_takes_the_configuration_and_the_tick() {
        let form = |allow_private| Form {
            base_url: "http://127.0.0.1:3999".into(),
            allow_private,
            ..form()
        };
        assert!(check(&form(true), true, &Networks::loopback()).is_ok());
        for (allow_private, networks) in [
            (true, Networks::default()),
            (false, Networks::loopback()),
            (false, Networks::default()),
        ] {
            assert!(check(&form(allow_private), true, &networks).is_err());
        }
    }

    #[test]
    fn each_bad_field_is_named() {
        for (bad, field) in [
            (Form { name: " ".into(), ..form() }, "name"),
            (Form { base_url: "kryptogo.com".into(), ..form() }, "base_url"),
            (Form { base_url: "http://external-api.kryptogo.com".into(), ..form() }, "base_url"),
            (Form { base_url: "https://127.0.0.1:1".into(), ..form() }, "base_url"),
            (Form { base_url: "https://user:pw@example.com".into(), ..form() }, "base_url"),
            // The tick alone opens nothing: the configuration names only this machine here.
            (
                Form { base_url: "https://10.0.0.1".into(), allow_private: true, ..form() },
                "base_url",
            ),
            (
                Form {
                    base_url: "http://external-api.kryptogo.com".into(),
                    allow_private: true,
                    ..form()
                },
                "base_url",
            ),
            (
                Form {
                    token_url: "http://169.254.169.254/token".into(),
                    allow_private: true,
                    ..operator_form()
                },
                "token_url",
            ),
            (Form { search_settings: "Precise".into(), ..form() }, "search_settings"),
            (Form { search_settings: "1=a\n1=b".into(), ..form() }, "search_settings"),
            (Form { secret: Zeroizing::new(String::new()), ..form() }, "secret"),
            (Form { secret: Zeroizing::new("a b".into()), ..form() }, "secret"),
            (Form { provider: "acme".into(), ..form() }, "provider"),
            (Form { per_second: "0".into(), ..form() }, "per_second"),
            (Form { token_url: String::new(), ..operator_form() }, "token_url"),
            (Form { client_id: "a b".into(), ..operator_form() }, "client_id"),
            (Form { flow: "other".into(), ..operator_form() }, "flow"),
            (Form { proof: "key".into(), ..operator_form() }, "secret"),
            (Form { flow: "jwt_bearer".into(), ..operator_form() }, "proof"),
            (
                Form { authorize_url: "http://operator.example/x".into(), ..operator_form() },
                "authorize_url",
            ),
        ] {
            let refused = check(&bad, true, &Networks::loopback()).err().expect("refused");
            assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
            assert!(
                !format!("{refused:?}").contains("0123456789abcdef"),
                "a secret is never handed back"
            );
        }
    }
}
