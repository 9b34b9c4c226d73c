//! Signs, fields and small pieces that pages are made of. Knows no feature.

use super::{Html, signs};
use domain::{
    Moment,
    checks::{Kind, State, Telling},
    fields::Refused,
    made::RiskThen,
    time,
};
use leptos::prelude::*;

/// A country's name with its code, or what else the code stands for; an unknown code as it came.
#[must_use]
pub fn country(code: &str) -> String {
    domain::countries::in_words(code)
}

/// A provider's own field name as words.
#[must_use]
pub fn setting_word(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The square with the kind's letters.
pub fn kind(kind: Kind) -> impl IntoView {
    Html::of(|html| signs::kind(html, kind))
}

/// Disc, score and word of a risk.
pub fn risk(score: Option<i64>) -> AnyView {
    Html::of(|html| signs::risk(html, score)).into_any()
}

/// The same of a risk as it was when a decision was made.
pub fn risk_then(risk: RiskThen) -> AnyView {
    match risk {
        RiskThen::NotRecorded => view! { <span class="hush">"not recorded"</span> }.into_any(),
        RiskThen::NoScore => self::risk(None),
        RiskThen::Scored(score, band) => {
            Html::of(|html| signs::scored(html, score, band)).into_any()
        }
    }
}

pub fn state(state: State) -> impl IntoView {
    Html::of(|html| signs::state(html, state))
}

/// The tag of a telling that people have to know of; nothing for the others.
pub fn telling(telling: Telling) -> impl IntoView {
    Html::of(|html| signs::telling(html, telling))
}

/// A moment in words, exact in UTC on hover; the browser half adds the reader's zone.
pub fn moment(at: Moment, words: String) -> impl IntoView {
    Html::of(|html| signs::moment(html, at, &words))
}

/// A moment as date and minute in UTC; the browser half shows it in the reader's zone.
pub fn stamp(at: Moment) -> impl IntoView {
    view! { <time datetime=time::iso(at) title=time::utc_minute(at) data-local="minute">{time::utc_minute(at)}</time> }
}

/// How long ago.
pub fn ago(at: Moment, now: Moment) -> impl IntoView {
    moment(at, format!("{} ago", time::in_words((now - at).max(0))))
}

/// The deadline's sign: time left in words, attention at a quarter left, danger when past.
pub fn due(from: Moment, at: Moment, now: Moment) -> AnyView {
    Html::of(|html| signs::due(html, from, at, now)).into_any()
}

/// Initials in a disc and the name.
pub fn person(name: Option<&str>) -> AnyView {
    Html::of(|html| signs::person(html, name)).into_any()
}

/// A value that one click copies.
pub fn copyable(text: String) -> impl IntoView {
    view! { <span class="copyable"><code>{text}</code><button type="button" hidden data-copy>"Copy"</button></span> }
}

pub fn link_button(href: &str, words: &'static str, primary: bool) -> impl IntoView + use<> {
    let class = if primary { "btn primary" } else { "btn" };
    view! { <a class=class href=href.to_owned()>{words}</a> }
}

/// A message with a tone: `info`, `good`, `attention`, `danger`.
pub fn notice(tone: &'static str, words: impl IntoView + 'static) -> impl IntoView {
    let role = if tone == "danger" { "alert" } else { "status" };
    view! { <div class="notice" data-tone=tone role=role><div><p>{words}</p></div></div> }
}

/// A place with nothing in it, and what to do first.
pub fn empty(heading: &'static str, words: String, action: Option<AnyView>) -> impl IntoView {
    view! { <section class="blank" data-blank="empty"><h2>{heading}</h2><p>{words}</p>{action.map(|a| view! { <div class="actions">{a}</div> })}</section> }
}

/// The summary above a refused form, with links to its fields. Nothing when the form is clean.
pub fn refusals<N: AsRef<str>>(form: &Refused, labels: &[(N, &'static str)]) -> Option<AnyView> {
    if form.is_clean() {
        return None;
    }
    let whole = form.error("").map(str::to_owned);
    let fields: Vec<_> = form
        .errors
        .iter()
        .filter_map(|(name, message)| Some((name, labels.iter().find(|(n, _)| n.as_ref() == name)?.1, message.clone())))
        .map(|(name, label, message)| view! { <li><a href=format!("#{name}")>{label}": "{message}</a></li> })
        .collect();
    let heading = match fields.len() {
        0 => None,
        1 => Some("One field needs a change.".to_owned()),
        n => Some(format!("{n} fields need a change.")),
    };
    Some(
        view! {
            <div class="notice" data-tone="danger" role="alert" tabindex="-1" id="errors" data-focus>
                <div>
                    {whole.map(|w| view! { <p><strong>{w}</strong></p> })}
                    {heading.map(|h| view! { <p><strong>{h}</strong></p><ul>{fields}</ul> })}
                </div>
            </div>
        }
        .into_any(),
    )
}

/// Why a form was refused, in one sentence; the focus goes there.
pub fn refusal(words: String) -> impl IntoView + use<> {
    view! { <div class="notice" data-tone="danger" role="alert" tabindex="-1" id="errors" data-focus><div><p>{words}</p></div></div> }
}

/// A text field of a form.
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: Option<&'static str>,
    pub kind: &'static str,
    pub required: bool,
    pub width: Option<&'static str>,
    pub autocomplete: &'static str,
    pub maxlength: Option<&'static str>,
    /// Which rule of the browser half looks at it while typing.
    pub check: Option<&'static str>,
    /// What is typed into it is never shown again.
    secret: bool,
}

impl Field {
    #[must_use]
    pub const fn text(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            hint: None,
            kind: "text",
            required: false,
            width: None,
            autocomplete: "off",
            maxlength: None,
            check: None,
            secret: false,
        }
    }

    /// A field for one of [`domain::fields::SECRETS`], unreadable while it is typed.
    #[must_use]
    pub const fn secret(name: &'static str, label: &'static str) -> Self {
        let mut field = Self::text(name, label);
        field.kind = "password";
        field.secret = true;
        field
    }

    /// The same, to be read while it is typed: for what is copied from paper or a terminal, once.
    #[must_use]
    pub const fn legible(mut self) -> Self {
        self.kind = "text";
        self
    }

    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    #[must_use]
    pub const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    #[must_use]
    pub const fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    #[must_use]
    pub const fn width(mut self, width: &'static str) -> Self {
        self.width = Some(width);
        self
    }

    #[must_use]
    pub const fn autocomplete(mut self, autocomplete: &'static str) -> Self {
        self.autocomplete = autocomplete;
        self
    }

    #[must_use]
    pub const fn maxlength(mut self, maxlength: &'static str) -> Self {
        self.maxlength = Some(maxlength);
        self
    }

    #[must_use]
    pub const fn check(mut self, check: &'static str) -> Self {
        self.check = Some(check);
        self
    }

    /// The field with what was typed and the message beside it.
    pub fn show(self, form: &Refused) -> impl IntoView + use<> {
        same_word(self.name, self.secret);
        let value = if self.secret { String::new() } else { form.value(self.name).to_owned() };
        let wrong = form.error(self.name).is_some();
        let input = view! {
            <input id=self.name name=self.name type=self.kind value=value required=self.required maxlength=self.maxlength autocomplete=self.autocomplete
                spellcheck="false" data-check=self.check aria-invalid=wrong.then_some("true") aria-describedby=described(self.name, self.hint.is_some())/>
        };
        field(self.name, self.label, self.required, self.hint, self.width, form, input.into_any())
    }
}

/// A field's declaration and the list of secrets say the same. A build with assertions stops at a
/// page that breaks this.
pub(super) fn same_word(name: &str, secret: bool) {
    debug_assert_eq!(
        domain::fields::is_secret(name),
        secret,
        "the field {name} and the list of secrets disagree"
    );
}

/// A label, hint, control and error that belong together.
pub fn field(
    name: &'static str,
    label: &'static str,
    required: bool,
    hint: Option<&'static str>,
    width: Option<&'static str>,
    form: &Refused,
    control: AnyView,
) -> impl IntoView + use<> {
    let error = form.error(name).map(str::to_owned);
    let clean = error.is_none();
    view! {
        <div class="field" data-width=width>
            <label for=name>{label} {required.then(|| view! { " " <span class="req">"required"</span> })}</label>
            {hint.map(|h| view! { <p class="hint" id=format!("{name}-hint")>{h}</p> })}
            {control}
            <p class="error" id=format!("{name}-error") hidden=clean>{error}</p>
        </div>
    }
}

/// The ids that describe a control.
#[must_use]
pub fn described(name: &str, hint: bool) -> String {
    if hint { format!("{name}-hint {name}-error") } else { format!("{name}-error") }
}

/// A select of codes and words.
pub fn select(
    name: impl Into<String>,
    options: Vec<(String, String)>,
    chosen: &str,
    form: &Refused,
    hint: bool,
) -> AnyView {
    let (name, chosen) = (name.into(), chosen.to_owned());
    let wrong = form.error(&name).is_some();
    let options: Vec<_> =
        options.into_iter().map(|(code, words)| option(code, words, &chosen)).collect();
    view! { <select id=name.clone() name=name.clone() aria-invalid=wrong.then_some("true") aria-describedby=described(&name, hint)>{options}</select> }
        .into_any()
}

/// One option of a select.
pub fn option(code: String, words: String, chosen: &str) -> impl IntoView + use<> {
    Html::of(|html| signs::option(html, &code, &words, chosen))
}

/// A row of a list of facts; nothing when the value is empty.
pub fn fact(name: impl Into<String>, value: impl Into<String>) -> Option<AnyView> {
    let (name, value) = (name.into(), value.into());
    (!value.trim().is_empty())
        .then(|| view! { <div><dt>{name}</dt><dd><bdi>{value}</bdi></dd></div> }.into_any())
}
