use super::*;
use domain::launch::DueDiligenceForm;
use proptest::prelude::*;

/// A table of three columns.
struct Three;

impl Format for Three {
    type Column = usize;
    type Form = DueDiligenceForm;

    fn needed(&self) -> Vec<(usize, &'static str)> {
        vec![(0, "reference")]
    }

    fn column(&self, name: &str, _: &[usize]) -> Option<usize> {
        ["reference", "name", "country"].iter().position(|known| *known == name)
    }

    fn field(&self, column: usize) -> String {
        column.to_string()
    }

    fn put(&self, form: &mut DueDiligenceForm, column: usize, cell: &str) {
        let place = [&mut form.customer_reference, &mut form.name, &mut form.country]
            .into_iter()
            .nth(column);
        place.expect("a column").push_str(cell);
    }

    fn empty(&self) -> Result<DueDiligenceForm, Error> {
        Ok(DueDiligenceForm::default())
    }
}

proptest! {
    /// Any text: no panic, no line that is not there, and a cell is never more than what stands
    /// in the text.
    #[test]
    fn s_52_any_text_is_a_table_or_is_refused_in_words(
        header in "reference[,;\t]name[,;\t]country|reference,name|(\"?[a-z]{0,9}\"?[,;\t]?){0,4}|\\PC{0,20}",
        ends in "\n|\r\n|\r|\n\n",
        body in "([a-zé0-9<=@\"' ]{0,6}[,;\t\n\r\"]){0,30}|\\PC{0,60}|[\0-\u{ff}]{0,60}",
    ) {
        let text = format!("{header}{ends}{body}");
        match read(&text, &Three) {
            Ok(raw) => {
                let lines = text.replace("\r\n", "\n").replace('\r', "\n").matches('\n').count() + 1;
                prop_assert!(!raw.forms.is_empty() && raw.headings.iter().any(|h| h.field == "0"));
                prop_assert!(raw.forms.windows(2).all(|two| two[0].0 < two[1].0), "in their order");
                for (number, form) in &raw.forms {
                    prop_assert!((2..=lines).contains(number), "line {} of {}", number, lines);
                    let is_unread = form.customer_reference.contains(['\0', char::REPLACEMENT_CHARACTER]);
                    prop_assert!(!is_unread && form.customer_reference.len() <= text.len());
                }
            }
            Err(Error::Form(refused)) => prop_assert!(refused.error("table").is_some_and(|why| !why.contains('\0'))),
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }
}
