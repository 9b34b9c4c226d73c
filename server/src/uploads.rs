//! Forms that bring pictures, on their way in. Each person sends one at a time, what came lies in
//! memory, and a few are worked on at once. Whoever sends slowly keeps nobody else waiting: a place
//! is taken when all is here.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Forms that are worked on at the same time.
const PLACES: usize = 2;
/// How long somebody waits for a turn, for room and for a place.
const PATIENCE: Duration = Duration::from_secs(60);
/// Room for what came in and waits, in bytes: three of the largest forms.
const ROOM_MAX: usize = 3 * 62 * 1024 * 1024;

#[derive(Debug)]
pub struct Uploads {
    places: Arc<Semaphore>,
    room: Arc<Semaphore>,
    people: Mutex<HashMap<String, Arc<Semaphore>>>,
    patience: Duration,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(PLACES)),
            room: Arc::new(Semaphore::new(ROOM_MAX)),
            people: Mutex::default(),
            patience: PATIENCE,
        }
    }
}

/// A person's one form. What it holds is free again when this is dropped.
#[derive(Debug)]
pub struct Turn {
    uploads: Arc<Uploads>,
    person: String,
    own: Option<OwnedSemaphorePermit>,
    room: Mutex<Vec<OwnedSemaphorePermit>>,
}

impl Uploads {
    /// Waits for this person's turn; nothing when their other forms take too long.
    pub async fn turn(self: &Arc<Self>, person: &str) -> Option<Turn> {
        let own = self
            .people()
            .entry(person.to_owned())
            .or_insert_with(|| Arc::new(Semaphore::new(1)))
            .clone();
        // Kept until it has its turn or gives up, so that nobody else takes the name off the list
        // meanwhile.
        let mut turn = Turn {
            uploads: self.clone(),
            person: person.to_owned(),
            own: None,
            room: Mutex::default(),
        };
        turn.own = Some(tokio::time::timeout(self.patience, own.acquire_owned()).await.ok()?.ok()?);
        Some(turn)
    }

    fn people(&self) -> MutexGuard<'_, HashMap<String, Arc<Semaphore>>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Takes room for so many bytes; gives whether there was some in time.
    pub async fn take(&self, bytes: usize) -> bool {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let Ok(Ok(room)) = tokio::time::timeout(
            self.uploads.patience,
            self.uploads.room.clone().acquire_many_owned(bytes),
        )
        .await
        else {
            return false;
        };
        let mut all = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        match all.last_mut() {
            Some(first) => first.merge(room),
            None => all.push(room),
        }
        true
    }

    /// Waits for a place to be worked on.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        tokio::time::timeout(self.uploads.patience, self.uploads.places.clone().acquire_owned())
            .await
            .ok()?
            .ok()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.own = None;
        let mut people = self.uploads.people();
        // Whoever waits holds one as well, and so does the list.
        if people.get(&self.person).is_some_and(|own| Arc::strong_count(own) == 1) {
            people.remove(&self.person);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn slow_forms_keep_only_their_own_senders_waiting() {
        let uploads =
            Arc::new(Uploads { patience: Duration::from_millis(30), ..Uploads::default() });
        let slow = [
            uploads.turn("anna").await.expect("a turn"),
            uploads.turn("ben").await.expect("a turn"),
        ];
        assert!(slow[0].take(30 << 20).await && slow[1].take(30 << 20).await);
        let quick = uploads.turn("sofia").await.expect("a turn");
        assert!(quick.take(62 << 20).await);
        assert!(quick.place().await.is_some());
        assert!(uploads.turn("anna").await.is_none(), "one at a time");
        drop(slow);
        assert!(uploads.turn("anna").await.is_some());
        drop(quick);
        assert!(uploads.people().is_empty(), "nobody is remembered");
        assert_eq!(uploads.room.available_permits(), ROOM_MAX);
    }

    #[tokio::test]
    async fn what_came_in_has_room_or_is_refused() {
        let uploads =
            Arc::new(Uploads { patience: Duration::from_millis(30), ..Uploads::default() });
        let mut turns = Vec::new();
        for person in ["anna", "ben", "sofia"] {
            let turn = uploads.turn(person).await.expect("a turn");
            assert!(turn.take(62 << 20).await);
            turns.push(turn);
        }
        let late = uploads.turn("adam").await.expect("a turn");
        assert!(!late.take(1 << 20).await);
        turns.pop();
        assert!(late.take(1 << 20).await);
    }
}
