//! Who may do what: one row for each route, one cell for each kind of caller.
//!
//! What one may not see answers like what does not exist (*hide*); *forbid* stands only where the
//! object is visible and the act is not. The table is in the order of [`routes::ALL`], and a route
//! without its row does not compile. Must not know sessions, tokens or the database.

use portico_api::routes::{self, Route};
use portico_api::session::Role;

/// What a caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on. Lists still hold only what the caller may see.
    Allow,
    /// 404, exactly as if there were nothing.
    Hide,
    /// 403: visible, but not theirs to do.
    Forbid,
    /// 401: say who you are.
    SignIn,
}

/// What a route is about, and so what a caller's standing refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Nobody needs to be known.
    Public,
    /// The caller alone.
    Signed,
    /// The installation.
    Installation,
    /// One workspace.
    Workspace,
    /// One service: a customer sees it when one of its endpoints is granted.
    Service,
    /// One endpoint: a customer sees it when it is granted.
    Endpoint,
}

/// The row of one route.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The route.
    pub route: &'static Route,
    /// What it is about.
    pub scope: Scope,
    /// Nobody in particular.
    pub anonymous: Decision,
    /// A signed-in person without any standing here.
    pub person: Decision,
    /// An administrator of the installation.
    pub administrator: Decision,
    /// An owner of the workspace.
    pub owner: Decision,
    /// A publisher in the workspace.
    pub publisher: Decision,
    /// A customer of the workspace; for [`Scope::Service`] and [`Scope::Endpoint`] one to whom it is
    /// granted, others being told to *hide*.
    pub customer: Decision,
    /// A token of the workspace.
    pub token: Decision,
    /// A token of another workspace.
    pub other_token: Decision,
}

/// Who the caller is, as far as the route's object is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether a person is signed in.
    pub signed_in: bool,
    /// Whether that person administers the installation.
    pub administrator: bool,
    /// What that person is in the workspace.
    pub role_in_workspace: Option<Role>,
    /// Whether the endpoint (or one of the service) is granted to that person's organisation.
    pub granted: bool,
    /// Whether a valid workspace token came instead of a person, of whatever workspace.
    pub token: bool,
    /// Whether that token is one of this workspace.
    pub token_for_workspace: bool,
}

impl Standing {
    /// Nobody in particular.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// A signed-in person. `granted` matters for customers alone.
    pub fn person(administrator: bool, role_in_workspace: Option<Role>, granted: bool) -> Self {
        Self {
            signed_in: true,
            administrator,
            role_in_workspace,
            granted,
            ..Self::default()
        }
    }

    /// A valid workspace token.
    pub fn token(token_for_workspace: bool) -> Self {
        Self {
            token: true,
            token_for_workspace,
            ..Self::default()
        }
    }
}

/// The row of a route; every route of [`routes::ALL`] has one.
pub fn row(route: &Route) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.route.name == route.name)
}

/// What the caller is told. With several capacities (an administrator who is also a publisher) the
/// most generous counts.
pub fn decide(row: &Row, standing: Standing) -> Decision {
    if standing.token {
        return if standing.token_for_workspace {
            row.token
        } else {
            row.other_token
        };
    }
    if !standing.signed_in {
        return row.anonymous;
    }
    let as_administrator = standing.administrator.then_some(row.administrator);
    let as_member = standing.role_in_workspace.map(|role| match role {
        Role::Owner => row.owner,
        Role::Publisher => row.publisher,
        Role::Customer => match row.scope {
            Scope::Service | Scope::Endpoint if !standing.granted => Decision::Hide,
            _ => row.customer,
        },
    });
    [Some(row.person), as_administrator, as_member]
        .into_iter()
        .flatten()
        .min_by_key(|decision| match decision {
            Decision::Allow => 0,
            Decision::Forbid => 1,
            Decision::Hide => 2,
            Decision::SignIn => 3,
        })
        .unwrap_or(Decision::Hide)
}

macro_rules! cell {
    (yes) => {
        Decision::Allow
    };
    (no) => {
        Decision::Forbid
    };
    (hide) => {
        Decision::Hide
    };
    (sign_in) => {
        Decision::SignIn
    };
}

macro_rules! rows {
    ($($route:ident $scope:ident: $anonymous:ident $person:ident $administrator:ident $owner:ident
        $publisher:ident $customer:ident $token:ident $other:ident;)*) => {
        /// All rows, in the order of [`routes::ALL`].
        pub static ROWS: &[Row] = TABLE;
        const TABLE: &[Row] = &[$(Row {
            route: &routes::$route,
            scope: Scope::$scope,
            anonymous: cell!($anonymous),
            person: cell!($person),
            administrator: cell!($administrator),
            owner: cell!($owner),
            publisher: cell!($publisher),
            customer: cell!($customer),
            token: cell!($token),
            other_token: cell!($other),
        }),*];
    };
}

// A token never shows a key and never makes one in a slot: whoever holds it could take over what
// belongs to a customer without a person having asked for it. The same holds for tokens themselves. They do
// what an owner does, so they are the owners' alone: an administrator does not see into workspaces.
rows! {
    //                           anonymous person admin owner publisher customer token other
    SET_UP            Public:       yes     yes    yes   yes   yes       yes      yes   yes;
    SIGN_IN           Public:       yes     yes    yes   yes   yes       yes      yes   yes;
    SIGN_OUT          Signed:       sign_in yes    yes   yes   yes       yes      no    no;
    STEP_UP           Signed:       sign_in yes    yes   yes   yes       yes      no    no;
    REPORT_LEAKED_KEY Public:       yes     yes    yes   yes   yes       yes      yes   yes;
    ME                Signed:       sign_in yes    yes   yes   yes       yes      no    no;
    MY_ENDPOINTS      Signed:       sign_in yes    yes   yes   yes       yes      no    no;
    WORKSPACES        Signed:       sign_in yes    yes   yes   yes       yes      yes   yes;
    CREATE_WORKSPACE  Installation: sign_in no     yes   no    no        no       no    no;
    WORKSPACE         Workspace:    sign_in hide   yes   yes   yes       yes      yes   hide;
    UPDATE_WORKSPACE  Workspace:    sign_in hide   yes   yes   no        no       yes   hide;
    DELETE_WORKSPACE  Workspace:    sign_in hide   yes   yes   no        no       yes   hide;
    TOKENS            Workspace:    sign_in hide   no    yes   no        no       yes   hide;
    REVEAL_TOKEN      Workspace:    sign_in hide   no    yes   no        no       no    hide;
    ROTATE_TOKEN      Workspace:    sign_in hide   no    yes   no        no       no    hide;
    END_TOKEN_GRACE   Workspace:    sign_in hide   no    yes   no        no       yes   hide;
    CUSTOMERS         Workspace:    sign_in hide   yes   yes   yes       hide     yes   hide;
    CREATE_CUSTOMER   Workspace:    sign_in hide   yes   yes   yes       hide     yes   hide;
    SERVICES          Workspace:    sign_in hide   hide  yes   yes       yes      yes   hide;
    SERVICE           Service:      sign_in hide   hide  yes   yes       yes      yes   hide;
    UPDATE_SERVICE    Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    DELETE_SERVICE    Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    CREATE_DRAFT      Workspace:    sign_in hide   hide  yes   yes       hide     yes   hide;
    DRAFTS            Workspace:    sign_in hide   hide  yes   yes       hide     yes   hide;
    DRAFT             Workspace:    sign_in hide   hide  yes   yes       hide     yes   hide;
    UPDATE_DRAFT      Workspace:    sign_in hide   hide  yes   yes       hide     yes   hide;
    DELETE_DRAFT      Workspace:    sign_in hide   hide  yes   yes       hide     yes   hide;
    PREVIEW_DRAFT     Workspace:    sign_in hide   hide  yes   yes       hide     yes   hide;
    PUBLISH_DRAFT     Workspace:    sign_in hide   hide  yes   yes       hide     yes   hide;
    CHECK_VERSION     Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    VERSIONS          Service:      sign_in hide   hide  yes   yes       yes      yes   hide;
    VERSION           Service:      sign_in hide   hide  yes   yes       yes      yes   hide;
    ENDPOINTS         Service:      sign_in hide   hide  yes   yes       yes      yes   hide;
    CREATE_ENDPOINT   Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    ENDPOINT          Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    UPDATE_ENDPOINT   Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    DELETE_ENDPOINT   Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    RESTORE_ENDPOINT  Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    AVAILABILITY      Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    CUSTOMISE         Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    UNCUSTOMISE       Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    UPDATE_PLAN       Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    UPDATE_VERSION_OF Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    REVISIONS         Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    ROLL_BACK         Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    LEDGER            Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    PLAN_RUN          Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    START_RUN         Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    RUNS              Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    RUN               Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    RUN_LINES         Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    CANCEL_RUN        Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    KEYS              Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    UPDATE_KEY        Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    REVEAL_KEY        Endpoint:     sign_in hide   hide  yes   yes       yes      no    hide;
    ROTATE_KEY        Endpoint:     sign_in hide   hide  yes   yes       yes      no    hide;
    END_GRACE         Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    EXTEND_GRACE      Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    SCORE             Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    USAGE             Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    RELEASE           Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    UPDATE_VERSION    Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    CREATE_MANY       Service:      sign_in hide   hide  yes   yes       no       yes   hide;
    ROLLOUT           Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    START_ROLLOUT     Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    UPDATE_ROLLOUT    Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    END_ROLLOUT       Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    PROMOTE           Endpoint:     sign_in hide   hide  yes   yes       no       yes   hide;
    NOTICE            Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    STAY              Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
    REPLAY            Endpoint:     sign_in hide   hide  yes   yes       yes      yes   hide;
}

const _: () = {
    assert!(
        TABLE.len() == routes::ALL.len(),
        "every route has one row, and every row a route"
    );
    let mut index = 0;
    while index < TABLE.len() {
        assert!(
            same(TABLE[index].route.name, routes::ALL[index].name),
            "rows stand in the order of the routes"
        );
        index += 1;
    }
};

/// Compares texts where the compiler can't yet do it by itself.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// Every kind of caller that there is.
    fn callers() -> Vec<(&'static str, Standing)> {
        let member = |role, granted| Standing::person(false, Some(role), granted);
        vec![
            ("anonymous", Standing::anonymous()),
            ("stranger", Standing::person(false, None, false)),
            ("administrator", Standing::person(true, None, false)),
            ("owner", member(Role::Owner, false)),
            ("publisher", member(Role::Publisher, false)),
            ("customer-granted", member(Role::Customer, true)),
            ("customer-other", member(Role::Customer, false)),
            (
                "admin-customer",
                Standing::person(true, Some(Role::Customer), false),
            ),
            ("token", Standing::token(true)),
            ("token-other", Standing::token(false)),
        ]
    }

    fn matrix() -> String {
        let mut text = format!("{:<28}", "route");
        for (name, _) in callers() {
            write!(text, "{name:<18}").unwrap();
        }
        text.truncate(text.trim_end().len());
        for route in routes::ALL {
            let mut line = format!("{:<28}", route.name);
            for (_, standing) in callers() {
                let decision = decide(row(route).unwrap(), standing);
                write!(
                    line,
                    "{:<18}",
                    match decision {
                        Decision::Allow => "allow",
                        Decision::Hide => "404",
                        Decision::Forbid => "403",
                        Decision::SignIn => "401",
                    }
                )
                .unwrap();
            }
            write!(text, "\n{}", line.trim_end()).unwrap();
        }
        text.push('\n');
        text
    }

    #[test]
    fn every_route_has_exactly_one_row() {
        for route in routes::ALL {
            let rows = ROWS.iter().filter(|row| row.route == route).count();
            assert_eq!(rows, 1, "{}", route.name);
        }
        assert_eq!(ROWS.len(), routes::ALL.len());
    }

    #[test]
    fn the_matrix_is_as_agreed() {
        let actual = matrix();
        assert!(
            actual == include_str!("access_matrix.txt"),
            "it is now\n{actual}"
        );
    }

    #[test]
    fn nothing_but_setting_up_signing_in_and_reporting_a_leaked_key_is_open() {
        for row in ROWS {
            let open = decide(row, Standing::anonymous()) == Decision::Allow;
            let open_to_all = [routes::SET_UP, routes::SIGN_IN, routes::REPORT_LEAKED_KEY];
            let expected = open_to_all.contains(row.route);
            assert_eq!(open, expected, "{}", row.route.name);
        }
    }

    #[test]
    fn who_may_not_look_is_never_told_that_there_is_something() {
        for row in ROWS.iter().filter(|row| row.route.path.contains("{ws}")) {
            for standing in [Standing::person(false, None, true), Standing::token(false)] {
                assert_eq!(decide(row, standing), Decision::Hide, "{}", row.route.name);
            }
        }
        for row in ROWS.iter().filter(|row| row.route.path.contains("{svc}")) {
            let other = Standing::person(false, Some(Role::Customer), false);
            assert_eq!(decide(row, other), Decision::Hide, "{}", row.route.name);
        }
    }

    #[test]
    fn scopes_fit_their_paths() {
        for row in ROWS {
            let path = row.route.path;
            let fits = match row.scope {
                Scope::Public | Scope::Signed | Scope::Installation => !path.contains('{'),
                Scope::Workspace => path.contains("{ws}") && !path.contains("{svc}"),
                Scope::Service => path.contains("{svc}"),
                Scope::Endpoint => path.contains("{name}"),
            };
            assert!(fits, "{}", row.route.name);
        }
    }
}
