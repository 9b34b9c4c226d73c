//! How much each person has before them, for those who lead the team.

use crate::{Casework, Error, records::team as team_store};

pub use crate::records::team::{Member, Unassigned, members, unassigned};

/// The team's load: its people by name, and what is nobody's by kind.
#[derive(Debug, Clone)]
pub struct Load {
    pub members: Vec<Member>,
    pub unassigned: Vec<Unassigned>,
}

/// Reads the team's load. No count reads more than a thousand index entries.
///
/// # Errors
/// The database.
pub async fn get(work: &Casework) -> Result<Load, Error> {
    let now = work.now();
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let (members, unassigned) = (
        team_store::load_of_members(&mut conn, now).await?,
        team_store::load_unassigned(&mut conn, now).await?,
    );
    work.db.keep(reader);
    Ok(Load { members, unassigned })
}
