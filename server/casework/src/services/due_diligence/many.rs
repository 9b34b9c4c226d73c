//! Many due-diligence checks from one table: its columns, and what a line becomes. The rest is
//! [`crate::services::tables`].
//!
//! People and companies stand in one table, told apart by the column `subject`. What is searched,
//! and where, is chosen once for the whole table.

use crate::{
    Casework, Error,
    journal::Actor,
    records::{
        connections::{self, Connection},
        customers::who::{self, Fields},
        to_json,
    },
    services::{
        launch::{About, NewCheck, launch_new},
        tables::{self, Format, LineForm, Named, Sent, What, Write},
    },
    store::Conn,
};
use domain::{
    CheckId,
    checks::Kind,
    fields::Refused,
    launch::{self, DueDiligence, DueDiligenceForm, Target},
    people::Caller,
    who::Bears,
};
use std::collections::BTreeSet;

pub type Line = tables::Line<DueDiligenceForm, DueDiligence>;
pub type Table = tables::Table<DueDiligenceForm, DueDiligence>;

/// All columns, in the template's order.
const COLUMNS: [(Column, &str); 6] = [
    (Column::Reference, "customer_reference"),
    (Column::Subject, "subject"),
    (Column::Name, "name"),
    (Column::BirthDate, "birth_date"),
    (Column::Country, "country"),
    (Column::Registration, "registration_number"),
];

/// A table with all columns and two made-up lines, to begin with.
#[must_use]
pub fn template() -> String {
    let columns: Vec<&str> = COLUMNS.iter().map(|(_, name)| *name).collect();
    let lines = [
        "C-000123,person,王又曾,1990-06-21,TWN,",
        "C-000124,company,Acme Trading Ltd,,GBR,01234567",
    ];
    format!("{}\r\n{}\r\n", columns.join(","), lines.join("\r\n"))
}

/// What is the same for all lines, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    pub connection: String,
    pub search_setting: String,
    /// Codes of sources, separated by commas; none means all.
    pub sources: String,
}

/// Fields that are chosen for the whole table.
const CHOSEN: [&str; 3] = ["connection", "search_setting", "sources"];

/// Reads and checks a table; launches nothing.
///
/// # Errors
/// The table as a whole (`table`) or what is chosen for it; the database. Errors of lines are in
/// the lines.
pub async fn look(work: &Casework, search: &Search, text: &str) -> Result<Table, Error> {
    let raw = tables::read(text, search)?;
    let (chosen, settings) = connections::chosen(work, &search.connection, Kind::DdKyc).await?;
    if chosen.is_none() {
        return Err(Refused::default()
            .because("connection", "Choose a connection that is active.")
            .into());
    }
    let mut lines = Vec::with_capacity(raw.forms.len());
    for (number, form) in raw.forms {
        let result = check(&form, &settings, work.now());
        if let Err(refused) = &result
            && let Some(field) = CHOSEN.into_iter().find(|field| refused.error(field).is_some())
        {
            return Err(Refused::default()
                .because(field, refused.error(field).unwrap_or_default())
                .into());
        }
        lines.push(Line { number, form, result });
    }
    tables::refuse_repeated(work, &mut lines).await?;
    let (elsewhere, named) = tables::refuse_changed(work, &mut lines, &raw.changed).await?;
    Ok(Table { headings: raw.headings, lines, changed: raw.changed, elsewhere, named })
}

/// The launch form's rules, in the words of a table. What a line says and its check would leave out
/// is refused.
fn check(
    form: &DueDiligenceForm,
    settings: &[i64],
    now: domain::Moment,
) -> Result<DueDiligence, Refused> {
    let (checked, mut refused) = match launch::check(form, settings, now) {
        Ok(checked) => (Some(checked), form.as_typed()),
        Err(refused) => (None, refused),
    };
    for (field, words) in [
        ("kind", "Write person or company."),
        ("country", "Write the country's code of three letters, for example TWN."),
    ] {
        if let Some(message) = refused.errors.get_mut(field) {
            words.clone_into(message);
        }
    }
    match Kind::parse(&form.kind) {
        Some(Kind::DdKyb) if !form.birth_date.trim().is_empty() => {
            refused.refuse("birth_date", "Leave this empty for a company.")
        }
        Some(Kind::DdKyc) if !form.registration_number.trim().is_empty() => {
            refused.refuse("registration_number", "Leave this empty for a person.");
        }
        _ => {}
    }
    checked.filter(|_| refused.is_clean()).ok_or(refused)
}

/// Launches the lines of a table in one transaction. With a bad line nothing is launched, unless it
/// is left out on purpose.
///
/// # Errors
/// As [`look`]; a bad line that is not left out; the database.
pub async fn launch(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    search: &Search,
    sent: &Sent<'_>,
) -> Result<tables::Launched, Error> {
    if let Some(launched) = tables::before(work, sent).await? {
        return Ok(launched);
    }
    let table = look(work, search, sent.text).await?;
    let connection = connections::get(work, &search.connection.as_str().into()).await?;
    let about = (What::DueDiligence, connection.id.as_str());
    tables::launch(
        work,
        caller,
        actor,
        about,
        sent,
        &table,
        &Writer { work, caller, actor, connection: &connection, changed: &table.changed },
    )
    .await
}

struct Writer<'a> {
    work: &'a Casework,
    caller: &'a Caller,
    actor: &'a Actor,
    connection: &'a Connection,
    changed: &'a BTreeSet<usize>,
}

impl Write<DueDiligenceForm, DueDiligence> for Writer<'_> {
    async fn write(&self, conn: &mut Conn<'_>, id: &CheckId, line: &Line) -> Result<bool, Error> {
        let Ok(launch) = &line.result else { return Ok(false) };
        let new = NewCheck {
            id,
            kind: launch.target.kind,
            customer_reference: &launch.customer_reference,
            target: &launch.target,
            connection: self.connection,
            request: to_json(launch)?,
            confirmed: &tables::confirmed(self.changed, line.number),
            about: About { bears: launch.bears(), ..About::default() },
            relaunch_of: None,
            typed: line.form.as_typed(),
        };
        Ok(launch_new(self.work, conn, self.caller, self.actor, new).await?.is_some())
    }
}

impl Named for DueDiligence {
    fn target(&self) -> Target {
        self.target.clone()
    }

    fn bears(&self) -> Vec<Bears> {
        who::of_target(&self.target)
    }

    fn fields(&self) -> Fields {
        Fields::default()
    }
}

impl LineForm for DueDiligenceForm {
    fn reference(&self) -> &str {
        &self.customer_reference
    }

    fn kind(&self) -> Kind {
        Kind::parse(&self.kind).unwrap_or(Kind::DdKyc)
    }

    fn typed(&self) -> Refused {
        self.as_typed()
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Reference,
    Subject,
    Name,
    BirthDate,
    Country,
    Registration,
}

impl Format for Search {
    type Column = Column;
    type Form = DueDiligenceForm;

    fn needed(&self) -> Vec<(Column, &'static str)> {
        COLUMNS[..3].to_vec()
    }

    fn column(&self, name: &str, _: &[Column]) -> Option<Column> {
        if name == "reference" {
            return Some(Column::Reference);
        }
        COLUMNS.iter().find(|(_, known)| *known == name).map(|(column, _)| *column)
    }

    fn field(&self, column: Column) -> String {
        match column {
            Column::Reference => "customer_reference",
            Column::Subject => "kind",
            Column::Name => "name",
            Column::BirthDate => "birth_date",
            Column::Country => "country",
            Column::Registration => "registration_number",
        }
        .into()
    }

    fn put(&self, form: &mut DueDiligenceForm, column: Column, cell: &str) {
        let field = match column {
            Column::Reference => &mut form.customer_reference,
            Column::Name => &mut form.name,
            Column::BirthDate => &mut form.birth_date,
            Column::Country => &mut form.country,
            Column::Registration => &mut form.registration_number,
            Column::Subject => {
                form.kind = match cell.to_lowercase().as_str() {
                    "person" => Kind::DdKyc.code().into(),
                    "company" => Kind::DdKyb.code().into(),
                    _ => cell.into(),
                };
                return;
            }
        };
        cell.clone_into(field);
    }

    fn empty(&self) -> Result<DueDiligenceForm, Error> {
        Ok(DueDiligenceForm {
            connection: self.connection.clone(),
            search_setting: self.search_setting.clone(),
            sources: self.sources.clone(),
            ..DueDiligenceForm::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const NOW: domain::Moment = 1_795_000_000_000;

    fn forms(text: &str) -> Vec<(usize, DueDiligenceForm)> {
        let search =
            Search { connection: "c".into(), search_setting: "1".into(), sources: String::new() };
        tables::read(text, &search).unwrap_or_else(|e| panic!("{text:?}: {e}")).forms
    }

    fn errors(line: &str) -> BTreeMap<String, String> {
        let (_, form) = forms(&format!(
            "customer_reference,subject,name,birth_date,country,registration_number\n{line}\n"
        ))
        .remove(0);
        check(&form, &[1], NOW).err().map(|refused| refused.errors).unwrap_or_default()
    }

    #[test]
    fn the_template_is_a_good_table_of_a_person_and_a_company() {
        let forms = forms(&template());
        let checked: Vec<DueDiligence> =
            forms.iter().map(|(_, form)| check(form, &[1], NOW).expect("good")).collect();
        let kinds: Vec<Kind> = checked.iter().map(|c| c.target.kind).collect();
        assert_eq!(kinds, [Kind::DdKyc, Kind::DdKyb]);
        assert_eq!(checked[0].target.birth_date.as_deref(), Some("1990-06-21"));
        assert_eq!(checked[1].target.registration_number.as_deref(), Some("01234567"));
    }

    #[test]
    fn each_cell_is_refused_in_its_own_column() {
        for (line, columns) in [
            ("C-1,person,Ana,1990-06-21,tw,", &[][..]),
            ("C-1,Company,Acme,,GBR,1", &[]),
            ("C 1,,,,,", &["customer_reference", "kind", "name"]),
            ("C-1,dog,Rex,,,", &["kind"]),
            ("C-1,person,Ana,21.06.1990,Atlantis,", &["birth_date", "country"]),
            ("C-1,person,Ana,,,01234567", &["registration_number"]),
            ("C-1,company,Acme,1990-06-21,,", &["birth_date"]),
        ] {
            assert_eq!(errors(line).keys().collect::<Vec<_>>(), columns, "{line}");
        }
        assert!(errors("C-1,person,Ana,,Atlantis,")["country"].contains("three letters"));
    }
}
