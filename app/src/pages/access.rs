//! Who may open what: every page and every server function, with the permission it needs.

use super::{admin, checks, customers, decisions, home, journal, people, policies, services, team};
use domain::people::Permission;
use std::sync::LazyLock;

pub use super::route::{Answer, Need, Route};

/// What somebody may open who must have a second factor and has none yet: what it takes to get one,
/// and the way out.
pub const WITHOUT_FACTOR: [&str; 6] = [
    "/account/factor",
    "/api/account/factor/offer",
    "/api/account/factor/confirm",
    STEP_UP,
    "/api/session/stay",
    "/api/session/end",
];

/// Where a fresh factor is sent to, together with the form that needs it.
pub const STEP_UP: &str = "/api/session/fresh";

macro_rules! routes {
    ($($path:literal, $need:expr, $page:path;)+) => {
        const NAMED: &[Route] = &[$(Route { path: $path, need: $need, page: |ctx, asked| Box::pin($page(ctx, asked)) },)+];
    };
}

const fn may(permission: Permission) -> Need {
    Need::Permission(permission)
}

routes! {
    "/", Need::SignedIn, home::home;
    "/keys", Need::Nobody, home::keys;
    "/login", Need::Nobody, people::login::login;
    "/setup", Need::Nobody, people::login::setup;
    "/join", Need::Nobody, people::join::join;
    "/account", Need::SignedIn, people::account::account;
    "/account/factor", Need::SignedIn, people::factor::setting_up;
    "/checks", may(Permission::ViewChecks), checks::queue::queue;
    "/checks/next", may(Permission::DecideChecks), checks::queue::next;
    "/checks/views", may(Permission::ViewChecks), team::views::manage;
    "/checks/new", may(Permission::LaunchChecks), services::due_diligence::launch::launch;
    "/checks/new/id", may(Permission::LaunchChecks), services::idv::launch::launch;
    "/checks/tables/{batch}", may(Permission::ViewChecks), services::many::batch::batch;
    "/checks/decide-many", may(Permission::DecideChecks), checks::decide_many::page;
    "/checks/new/video", may(Permission::LaunchChecks), services::video::launch::launch;
    "/checks/{id}", may(Permission::ViewChecks), checks::review::review;
    "/checks/{id}/edit", may(Permission::LaunchChecks), services::due_diligence::launch::edit;
    "/checks/{id}/evidence/{evidence}", may(Permission::ViewChecks), checks::evidence::evidence;
    "/checks/{id}/pictures/{picture}", may(Permission::ViewChecks), services::idv::review::picture;
    "/checks/{id}/documents/{document}", may(Permission::ViewChecks), services::video::documents::document;
    "/checks/{id}/decisions/{decision}", may(Permission::ViewChecks), checks::decision::decision;
    "/customers", may(Permission::ViewChecks), customers::list;
    "/customers/{reference}", may(Permission::ViewChecks), customers::customer;
    "/customers/{reference}/persons/{person}", may(Permission::ViewChecks), services::video::person::person;
    "/decisions", may(Permission::ViewDecisions), decisions::list;
    "/policies", Need::SignedIn, policies::page;
    "/team", may(Permission::LeadTeam), team::load::team;
    "/journal", may(Permission::ViewJournal), journal::list;
    "/roles", may(Permission::ConfirmRoles), people::roles::list;
    "/admin/people", may(Permission::ManagePeople), admin::people::list;
    "/admin/sessions", may(Permission::ManagePeople), people::sessions::everybodys;
    "/admin/journal", may(Permission::ManagePeople), admin::start::journal;
    "/admin/connections", may(Permission::ManageConnections), admin::connections::list;
    "/admin/connections/{id}", may(Permission::ManageConnections), admin::connections::connection;
    "/admin/deliveries", may(Permission::ManageDeliveries), admin::deliveries::list;
    "/admin/callbacks", may(Permission::ManageDeliveries), admin::deliveries::callbacks;
}

/// All pages: those that stand above, and the services' own. The server makes its router from this
/// table and from nothing else.
pub static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let own = services::faces().flat_map(|face| face.pages());
    let own = own.map(|(path, page)| Route { path, need: may(Permission::LaunchChecks), page });
    NAMED.iter().copied().chain(own).collect()
});

/// All server functions by path: those that stand below, and the services' own. One that is missing
/// is refused, and a test finds it.
pub static API: LazyLock<Vec<(&'static str, Need)>> = LazyLock::new(|| {
    let own = services::faces().flat_map(|face| face.functions());
    FUNCTIONS.iter().copied().chain(own.map(|path| (path, may(Permission::LaunchChecks)))).collect()
});

const FUNCTIONS: &[(&str, Need)] = &[
    ("/api/session/start", Need::Nobody),
    ("/api/session/code", Need::Nobody),
    ("/api/session/end", Need::SignedIn),
    ("/api/session/stay", Need::SignedIn),
    ("/api/setup", Need::Nobody),
    ("/api/join", Need::Nobody),
    ("/api/account/look", Need::SignedIn),
    ("/api/account/password", Need::SignedIn),
    ("/api/account/factor/offer", Need::Fresh),
    ("/api/account/factor/confirm", Need::SignedIn),
    ("/api/account/factor/codes", Need::Fresh),
    ("/api/account/factor/remove", Need::Fresh),
    ("/api/account/end-sessions", Need::SignedIn),
    ("/api/account/end-session", Need::SignedIn),
    ("/api/checks/launch", may(Permission::LaunchChecks)),
    ("/api/customers/relate", may(Permission::ReviewChecks)),
    ("/api/idv/launch", may(Permission::LaunchChecks)),
    ("/api/idv/hand-out", may(Permission::LaunchChecks)),
    ("/api/idv/copied", may(Permission::LaunchChecks)),
    ("/api/video/person", may(Permission::LaunchChecks)),
    ("/api/video/identification", may(Permission::LaunchChecks)),
    ("/api/video/request", may(Permission::LaunchChecks)),
    ("/api/video/copied", may(Permission::LaunchChecks)),
    ("/api/video/reveal", may(Permission::RevealReferences)),
    ("/api/video/alarm", may(Permission::ReviewChecks)),
    ("/api/video/upload", may(Permission::LaunchChecks)),
    ("/api/video/change", may(Permission::LaunchChecks)),
    ("/api/checks/next", may(Permission::DecideChecks)),
    ("/api/checks/give-back", may(Permission::DecideChecks)),
    ("/api/checks/take", may(Permission::DecideChecks)),
    ("/api/checks/hand-over", may(Permission::DecideChecks)),
    ("/api/checks/here", may(Permission::ViewChecks)),
    ("/api/views/save", may(Permission::ViewChecks)),
    ("/api/views/rename", may(Permission::ViewChecks)),
    ("/api/views/delete", may(Permission::ViewChecks)),
    ("/api/checks/assign", may(Permission::ReviewChecks)),
    ("/api/checks/judge", may(Permission::ReviewChecks)),
    ("/api/checks/comment", may(Permission::ReviewChecks)),
    ("/api/checks/metadata", may(Permission::ReviewChecks)),
    ("/api/checks/withdraw", may(Permission::LaunchChecks)),
    ("/api/checks/decide", may(Permission::DecideChecks)),
    ("/api/checks/decide-many", may(Permission::DecideChecks)),
    ("/api/checks/approve", may(Permission::ApproveDecisions)),
    ("/api/checks/overturn", may(Permission::OverturnDecisions)),
    ("/api/policies/propose", may(Permission::ChangePolicies)),
    ("/api/policies/confirm", may(Permission::ChangePolicies)),
    ("/api/policies/withdraw", may(Permission::ChangePolicies)),
    ("/api/journal/verify", may(Permission::ViewJournal)),
    ("/api/home/looked", may(Permission::ViewJournal)),
    ("/api/roles/confirm", may(Permission::ConfirmRoles)),
    ("/api/admin/people/add", may(Permission::ManagePeople)),
    ("/api/admin/people/change", may(Permission::ManagePeople)),
    ("/api/admin/people/reset", may(Permission::ManagePeople)),
    ("/api/admin/people/end-session", may(Permission::ManagePeople)),
    ("/api/admin/people/reset-factor", may(Permission::ManagePeople)),
    ("/api/admin/connections/save", may(Permission::ManageConnections)),
    ("/api/admin/connections/test", may(Permission::ManageConnections)),
    ("/api/admin/webhooks/subscribe", may(Permission::ManageConnections)),
    ("/api/admin/webhooks/adopt", may(Permission::ManageConnections)),
    ("/api/admin/webhooks/unsubscribe", may(Permission::ManageConnections)),
    ("/api/admin/deliveries/retry", may(Permission::ManageDeliveries)),
    ("/api/admin/callbacks/retry", may(Permission::ManageDeliveries)),
];

/// What a server function needs; `None` for a path that nobody declared.
#[must_use]
pub fn api_need(path: &str) -> Option<Need> {
    API.iter().find(|(known, _)| *known == path).map(|(_, need)| *need)
}

/// Whether a server function takes a table of many, which is larger than other forms.
#[must_use]
pub fn takes_table(path: &str) -> bool {
    services::faces().any(|face| face.table().is_some_and(|table| table.action == path))
}
