//! The page that asks for a fresh factor before something grave, and goes on with what was to be
//! done.
//!
//! What was typed goes along in the page, to whoever typed it a moment ago. Secrets do not: they
//! are typed again beside the factor. What is sent from here is checked as the form itself would
//! be, and carried out as if it had come directly.

use super::super::{Ctx, Shown, access, area::Area, parts, parts::Field};
use domain::fields::{Refused, SECRETS, is_secret};
use leptos::prelude::*;

/// The field that says where the form goes.
pub const GOAL: &str = "step_to";
/// The field with the factor.
pub const FACTOR: &str = "factor";

type Pair = (String, String);

/// A form with a factor that goes before it.
#[derive(Debug, PartialEq, Eq)]
pub struct StepUp {
    /// The server function that the form is for.
    pub goal: String,
    pub factor: String,
    /// What was typed.
    pub form: Vec<Pair>,
}

impl StepUp {
    /// Reads what the page sent.
    #[must_use]
    pub fn read(pairs: Vec<Pair>) -> Self {
        let mut step = Self { goal: String::new(), factor: String::new(), form: vec![] };
        for (name, value) in pairs {
            match name.as_str() {
                GOAL => step.goal = value,
                FACTOR => step.factor = value,
                _ => step.form.push((name, value)),
            }
        }
        step
    }

    /// The form as its own page would have sent it.
    #[must_use]
    pub fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.form).finish()
    }
}

/// The page. `form` is what was typed for `goal`, and `trouble` what is wrong with the factor that
/// was given.
pub fn page(ctx: &Ctx, goal: &str, form: Vec<Pair>, trouble: Option<String>) -> Shown {
    let has_factor = ctx.signed_in.as_ref().is_some_and(|s| s.has_factor);
    let goal = goal.to_owned();
    let doing = doing(&goal);
    let (secrets, plain): (Vec<Pair>, Vec<Pair>) =
        form.into_iter().partition(|(name, _)| is_secret(name));
    let again: Vec<&'static str> = SECRETS
        .iter()
        .copied()
        .filter(|known| {
            secrets.iter().any(|(name, value)| name == known && !value.trim().is_empty())
        })
        .collect();
    let view = move || {
        let kept: Vec<_> = plain
            .into_iter()
            .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
            .collect();
        let typed = !kept.is_empty();
        let form = trouble
            .map_or_else(Refused::default, |words| Refused::default().because(FACTOR, words));
        let (label, hint) = if has_factor {
            ("Your code", "The six digits on your telephone, or one of your recovery codes")
        } else {
            ("Your password", "The one that you signed in with")
        };
        let asked = if has_factor { "your code" } else { "your password" };
        let (field, autocomplete, longest) = if has_factor {
            (Field::secret(FACTOR, label).legible(), "one-time-code", "40")
        } else {
            (Field::secret(FACTOR, label), "current-password", "1024")
        };
        let secrets_again = (!again.is_empty()).then(|| {
            view! { <p>"Secrets were not kept: type them again. Everything else is sent as you typed it."</p> }
        });
        let plain_kept = (typed && again.is_empty())
            .then(|| view! { <p>"What you typed is kept and sent along."</p> });
        view! {
            <header class="page-head"><div><h1>"Show that it is you"</h1></div></header>
            <p>"Nothing was done yet. What you are about to do: "<strong>{doing}</strong>". This asks again for "{asked}" unless you gave it in the last 5 minutes, so that nobody does it in a session that you left open."</p>
            {secrets_again}{plain_kept}
            {parts::refusals(&form, &[(FACTOR, label)])}
            <form class="form" method="post" action=access::STEP_UP novalidate>
                <input type="hidden" name=GOAL value=goal/>
                {kept}
                {again.into_iter().map(|name| secret(name, &form)).collect::<Vec<_>>()}
                {field.required().hint(hint).autocomplete(autocomplete).maxlength(longest).show(&form)}
                <div class="actions"><button class="btn primary">"Go on"</button><a class="btn" href="/">"Cancel"</a></div>
            </form>
        }
        .into_any()
    };
    Shown::new("Show that it is you", view).class("narrow")
}

/// What the form does, in words.
fn doing(goal: &str) -> &'static str {
    match access::api_need(goal) {
        Some(access::Need::Permission(permission)) => permission.label(),
        _ => "Change your account",
    }
}

/// A secret that was typed and is typed once more.
fn secret(name: &'static str, form: &Refused) -> AnyView {
    const AGAIN: &str = "As you typed it a moment ago";
    let label = match name {
        "private_key" => "Private key",
        "secret" => "Credential",
        "webhook_secret" => "Secret of the subscription",
        "password" => "Password of the person",
        "old" => "Current password",
        "new" => "New password",
        _ => "Secret",
    };
    if name == "private_key" {
        return parts::field(
            name,
            label,
            false,
            Some(AGAIN),
            None,
            form,
            Area::named(name, 5).secret().of(form, true).into_any(),
        )
        .into_any();
    }
    Field::secret(name, label)
        .hint(AGAIN)
        .autocomplete("off")
        .maxlength("8192")
        .show(form)
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back_as_it_was() {
        let pairs = [
            ("step_to", "/api/x"),
            ("a", "1 & 2"),
            ("factor", "123456"),
            ("a", "š\r\nb"),
            ("rows[x]", ""),
        ];
        let step = StepUp::read(pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec());
        assert_eq!((step.goal.as_str(), step.factor.as_str()), ("/api/x", "123456"));
        assert_eq!(step.encoded(), "a=1+%26+2&a=%C5%A1%0D%0Ab&rows%5Bx%5D=");
    }
}
