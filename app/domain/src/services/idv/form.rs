//! The launch form of an ID verification: what is typed, what is sent, and what is refused.
//!
//! Source: KryptoGO Compliance KYABC API 0.1.0: Create an IDV task, Initiating an IDV transaction
//! for web and for mobile app verification. Pictures are checked beside it (`pictures`).

use super::{Data, Engine, FollowUp, IdType, Way, lists};
use crate::{
    Moment,
    checks::Kind,
    countries,
    fields::{Refused, composed},
    letters::hidden,
    services::{
        form::{check_birth_date, check_name, check_reference},
        settings::setting_of,
    },
    time,
};
use serde::{Deserialize, Serialize};

/// The longest document number, in characters.
const NUMBER_MAX: usize = 50;
/// The longest customer reference that the customer's page takes.
pub const LINK_REFERENCE_MAX: usize = 100;
const SUCCESS_URL_MAX: usize = 2_047;
const ERROR_URL_MAX: usize = 255;

/// What a person typed, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Form {
    pub way: String,
    pub connection: String,
    pub customer_reference: String,
    pub name: String,
    pub birth_date: String,
    pub number: String,
    pub country: String,
    pub id_type: String,
    pub issuing_date: String,
    pub expiry_date: String,
    pub gender: String,
    pub engine: String,
    pub workflow: String,
    pub locale: String,
    pub success_url: String,
    pub error_url: String,
    pub tw_apply_code: String,
    pub tw_apply_date: String,
    pub tw_issue_site: String,
    pub follow_up: String,
    pub search_setting: String,
}

/// A launch that may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idv {
    pub way: Way,
    pub customer_reference: String,
    /// The document's country, ISO 3166-1 alpha-3.
    pub country: String,
    pub id_type: IdType,
    /// What we expect the document to say; `country` in it is the document's.
    pub expected: Data,
    /// Links only.
    pub engine: Option<Engine>,
    /// 100 to 102, 200 to 202 for Jumio's links; 3 for tokens.
    pub workflow: Option<i64>,
    pub locale: Option<String>,
    pub success_url: Option<String>,
    pub error_url: Option<String>,
    /// Taiwanese identity cards only.
    pub taiwan: Option<Taiwan>,
    pub follow_up: FollowUp,
    /// The search setting of the due diligence that follows.
    pub search_setting: Option<i64>,
}

/// How, when and where a Taiwanese identity card was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taiwan {
    pub apply_code: Option<i64>,
    /// Seven digits: year of the Republic of China, month, day.
    pub apply_date: Option<String>,
    pub issue_site: Option<String>,
}

impl Form {
    /// The form's values under the names of its inputs.
    #[must_use]
    pub fn as_typed(&self) -> Refused {
        Refused::of([
            ("way", &self.way),
            ("connection", &self.connection),
            ("customer_reference", &self.customer_reference),
            ("name", &self.name),
            ("birth_date", &self.birth_date),
            ("number", &self.number),
            ("country", &self.country),
            ("id_type", &self.id_type),
            ("issuing_date", &self.issuing_date),
            ("expiry_date", &self.expiry_date),
            ("gender", &self.gender),
            ("engine", &self.engine),
            ("workflow", &self.workflow),
            ("locale", &self.locale),
            ("success_url", &self.success_url),
            ("error_url", &self.error_url),
            ("tw_apply_code", &self.tw_apply_code),
            ("tw_apply_date", &self.tw_apply_date),
            ("tw_issue_site", &self.tw_issue_site),
            ("follow_up", &self.follow_up),
            ("search_setting", &self.search_setting),
        ])
    }
}

impl From<&Idv> for Form {
    /// The form that would make this launch again.
    fn from(idv: &Idv) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let number = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
        let taiwan = idv.taiwan.as_ref();
        Self {
            way: idv.way.code().into(),
            connection: String::new(),
            customer_reference: idv.customer_reference.clone(),
            name: text(&idv.expected.name),
            birth_date: text(&idv.expected.birth_date),
            number: text(&idv.expected.number),
            country: idv.country.clone(),
            id_type: idv.id_type.code().into(),
            issuing_date: text(&idv.expected.issuing_date),
            expiry_date: text(&idv.expected.expiry_date),
            gender: text(&idv.expected.gender),
            engine: idv.engine.map_or(String::new(), |e| e.code().into()),
            workflow: number(idv.workflow),
            locale: text(&idv.locale),
            success_url: text(&idv.success_url),
            error_url: text(&idv.error_url),
            tw_apply_code: number(taiwan.and_then(|t| t.apply_code)),
            tw_apply_date: taiwan.map(|t| text(&t.apply_date)).unwrap_or_default(),
            tw_issue_site: taiwan.map(|t| text(&t.issue_site)).unwrap_or_default(),
            follow_up: idv.follow_up.code().into(),
            search_setting: number(idv.search_setting),
        }
    }
}

/// Checks the form. `settings` are the connection's search settings by id.
///
/// # Errors
/// The form as typed, with a message beside each field that stands in the way.
pub fn check(form: &Form, settings: &[i64], now: Moment) -> Result<Idv, Refused> {
    let mut checker = Checker { refused: form.as_typed(), now };
    let way = checker
        .one_of("way", &form.way, Way::parse, "Choose how the document comes to KryptoGO.")
        .unwrap_or(Way::Upload);
    if form.connection.is_empty() {
        checker.refused.refuse("connection", "Choose a connection.");
    }
    let customer_reference =
        checker.kept("customer_reference", check_reference(&form.customer_reference));
    let name = checker.kept("name", check_name(&form.name, Kind::Idv));
    let country = checker.country(&form.country);
    let id_type = if way == Way::Token { IdType::IdCard } else { checker.id_type(&form.id_type) };
    let engine = (way == Way::Link).then(|| Engine::parse(&form.engine).unwrap_or(Engine::Jumio));
    let workflow = checker.workflow(way, engine, &form.workflow);
    let expected = checker.expected(form, way, name, &country);
    let is_taiwan = country == "TWN" && id_type == IdType::IdCard && way != Way::Upload;
    let taiwan = if is_taiwan { checker.taiwan(form) } else { None };
    let locale = (way == Way::Link).then(|| checker.locale(&form.locale)).flatten();
    let (success_url, error_url) = if way == Way::Link {
        (
            checker.address("success_url", &form.success_url, SUCCESS_URL_MAX),
            checker.address("error_url", &form.error_url, ERROR_URL_MAX),
        )
    } else {
        (None, None)
    };
    let follow_up =
        if form.follow_up.is_empty() { FollowUp::None } else { checker.follow_up(&form.follow_up) };
    let search_setting =
        (follow_up != FollowUp::None).then(|| checker.setting(form, settings)).flatten();
    if !checker.refused.is_clean() {
        return Err(checker.refused);
    }
    Ok(Idv {
        way,
        customer_reference,
        country,
        id_type,
        expected,
        engine,
        workflow,
        locale,
        success_url,
        error_url,
        taiwan,
        follow_up,
        search_setting,
    })
}

/// Checks a date of the document.
///
/// # Errors
/// The message beside the field.
pub fn check_date(text: &str) -> Result<Option<String>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match (time::parse_date(text), time::is_date_shaped(text)) {
        (Some(_), _) => Ok(Some(text.to_owned())),
        (None, true) => Err("This day does not exist."),
        (None, false) => Err("Give the date as YYYY-MM-DD, for example 2020-03-10."),
    }
}

struct Checker {
    refused: Refused,
    now: Moment,
}

impl Checker {
    fn kept<T: Default, E: Into<String>>(&mut self, field: &str, result: Result<T, E>) -> T {
        result.unwrap_or_else(|message| {
            self.refused.refuse(field, message);
            T::default()
        })
    }

    fn one_of<T>(
        &mut self,
        field: &str,
        code: &str,
        parse: fn(&str) -> Option<T>,
        message: &str,
    ) -> Option<T> {
        let chosen = parse(code);
        if chosen.is_none() {
            self.refused.refuse(field, message);
        }
        chosen
    }

    fn country(&mut self, text: &str) -> String {
        let found = countries::understand(text).map(|c| c.alpha3.to_owned());
        self.kept("country", found.ok_or("Choose the country that issued the document."))
    }

    fn id_type(&mut self, text: &str) -> IdType {
        self.one_of("id_type", text, IdType::parse, "Choose the kind of document.")
            .unwrap_or(IdType::IdCard)
    }

    fn follow_up(&mut self, text: &str) -> FollowUp {
        self.one_of("follow_up", text, FollowUp::parse, "Choose from the list.")
            .unwrap_or(FollowUp::None)
    }

    fn workflow(&mut self, way: Way, engine: Option<Engine>, text: &str) -> Option<i64> {
        match (way, engine) {
            (Way::Token, _) => Some(3),
            (Way::Link, Some(Engine::Jumio)) => {
                let chosen = text
                    .trim()
                    .parse()
                    .ok()
                    .filter(|n| lists::WORKFLOWS.iter().any(|(known, _)| known == n));
                if chosen.is_none() {
                    self.refused.refuse("workflow", "Choose what the customer takes pictures of.");
                }
                chosen
            }
            _ => None,
        }
    }

    fn expected(&mut self, form: &Form, way: Way, name: String, country: &str) -> Data {
        let birth_date = self.kept("birth_date", check_birth_date(&form.birth_date, self.now));
        let number = self.number(&form.number);
        let mut data = Data {
            name: Some(name).filter(|n| !n.is_empty()),
            birth_date,
            number,
            country: Some(country.to_owned()).filter(|c| !c.is_empty()),
            ..Data::default()
        };
        if way == Way::Upload {
            data.issuing_date = self.date("issuing_date", &form.issuing_date);
            if data
                .issuing_date
                .as_deref()
                .and_then(time::parse_date)
                .is_some_and(|at| at > self.now + time::DAY)
            {
                self.refused.refuse("issuing_date", "This date is in the future.");
            }
            data.expiry_date = self.date("expiry_date", &form.expiry_date);
            if let (Some(issued), Some(expires)) = (&data.issuing_date, &data.expiry_date)
                && expires < issued
            {
                self.refused
                    .refuse("expiry_date", "The document would expire before it was issued.");
            }
            data.gender = match form.gender.trim() {
                "" => None,
                code @ ("M" | "F" | "X") => Some(code.to_owned()),
                _ => {
                    self.refused.refuse("gender", "Choose from the list.");
                    None
                }
            };
        }
        data
    }

    fn number(&mut self, text: &str) -> Option<String> {
        let number = composed(text);
        if number.chars().count() > NUMBER_MAX || hidden(&number).is_some() {
            self.refused.refuse("number", "Use at most 50 visible characters.");
        }
        Some(number).filter(|n| !n.is_empty())
    }

    fn date(&mut self, field: &str, text: &str) -> Option<String> {
        self.kept(field, check_date(text))
    }

    fn locale(&mut self, text: &str) -> Option<String> {
        let code = text.trim();
        if !code.is_empty() && lists::locale(code).is_none() {
            self.refused.refuse("locale", "Choose a language from the list.");
        }
        Some(code.to_owned()).filter(|c| !c.is_empty())
    }

    /// A page of ours that the customer comes back to: https, since the customer's browser must
    /// reach it.
    fn address(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let host = text
            .strip_prefix("https://")
            .map(|rest| rest.split(['/', '?', '#', ':']).next().unwrap_or_default());
        if text.chars().count() > max {
            self.refused.refuse(
                field,
                format!("Use at most {} characters.", crate::fields::thousands(max)),
            );
        } else if !host.is_some_and(|h| h.contains('.') && !h.starts_with("127."))
            || text.chars().any(char::is_whitespace)
            || hidden(text).is_some()
        {
            self.refused.refuse(
                field,
                "Give a public address that begins with https://; KryptoGO refuses others.",
            );
        }
        Some(text.to_owned())
    }

    fn taiwan(&mut self, form: &Form) -> Option<Taiwan> {
        let apply_code = match form.tw_apply_code.trim() {
            "" => None,
            text => {
                let code = text
                    .parse()
                    .ok()
                    .filter(|n| lists::APPLY_CODES.iter().any(|(known, _)| known == n));
                if code.is_none() {
                    self.refused.refuse("tw_apply_code", "Choose from the list.");
                }
                code
            }
        };
        let apply_date = self.roc_date(form.tw_apply_date.trim());
        let issue_site = match form.tw_issue_site.trim() {
            "" => None,
            code => {
                if lists::issue_site(code).is_none() {
                    self.refused.refuse("tw_issue_site", "Choose a place from the list.");
                }
                Some(code.to_owned())
            }
        };
        (apply_code.is_some() || apply_date.is_some() || issue_site.is_some()).then_some(Taiwan {
            apply_code,
            apply_date,
            issue_site,
        })
    }

    fn roc_date(&mut self, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let digits = text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit());
        let year = text.get(..3).and_then(|y| y.parse::<i32>().ok()).filter(|_| digits);
        let exists = year.is_some_and(|year| {
            time::parse_date(&format!("{:04}-{}-{}", year + 1_911, &text[3..5], &text[5..7]))
                .is_some()
        });
        if !exists {
            self.refused.refuse(
                "tw_apply_date",
                "Give seven digits: year of the Republic of China, month, day; for example 1070102 for 2 January 2018.",
            );
        }
        Some(text.to_owned())
    }

    fn setting(&mut self, form: &Form, settings: &[i64]) -> Option<i64> {
        let setting = setting_of(&form.search_setting, &form.connection, settings);
        setting.map_err(|words| self.refused.refuse("search_setting", words)).ok()
    }
}

#[cfg(test)]
mod tests;
