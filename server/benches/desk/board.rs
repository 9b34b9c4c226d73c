//! Prints each ratio beside its goal, a miss as a miss.

use super::options::Options;

/// What a row has to reach.
#[derive(Clone, Copy)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(goal) => value <= goal,
            Self::AtLeast(goal) => value >= goal,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtMost(goal) => format!("<= {goal}"),
            Self::AtLeast(goal) => format!(">= {goal}"),
        }
    }
}

/// Where results go.
pub struct Board<'a> {
    pub options: &'a Options,
    pub misses: usize,
    notes: Vec<String>,
}

impl<'a> Board<'a> {
    pub fn new(options: &'a Options) -> Self {
        Self { options, misses: 0, notes: vec![] }
    }

    pub fn wants(&self, row: &str) -> bool {
        self.options.wants(row)
    }

    /// One row: the median of what the rounds gave, and their spread. Without any round it is a
    /// miss.
    pub fn row(&mut self, id: &str, what: &str, rounds: &[f64], goal: Goal) {
        let mut sorted = rounds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else {
            self.misses += 1;
            println!("{id}  no round counts  MISS  {what}");
            return;
        };
        let middle = sorted[sorted.len() / 2];
        let spread =
            if sorted.len() > 1 { format!("({least:.2} to {most:.2})") } else { String::new() };
        let met = goal.is_met(middle);
        self.misses += usize::from(!met);
        let verdict = if met { "met" } else { "MISS" };
        println!(
            "{id}  {middle:7.2}  {spread:<18}  goal {:<8}  {verdict:<4}  {what}",
            goal.words()
        );
    }

    /// Something behind a row, printed with the section's other notes.
    pub fn note(&mut self, words: String) {
        self.notes.push(words);
    }

    /// Ends a section: its notes, and an empty line.
    pub fn close(&mut self) {
        for note in self.notes.drain(..) {
            println!("      {note}");
        }
        println!();
    }
}
