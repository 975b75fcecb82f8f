//! Who is signed in, for the whole portal. Knows nothing of how it is shown.

use crate::client::{self, ClientError};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::id::WorkspaceId;
use portico_api::problem::Code;
use portico_api::session::{Me, Role};
use std::sync::Arc;

/// What is known of the session.
#[derive(Clone, PartialEq)]
pub enum SessionState {
    /// The server was asked and has not answered yet.
    Unknown,
    /// Nobody is signed in.
    SignedOut,
    /// This person is.
    SignedIn(Arc<Me>),
    /// The server could not say.
    Failed(ClientError),
}

/// The session; made once in the root of the application.
#[derive(Clone, Copy)]
pub struct Session {
    state: RwSignal<SessionState>,
}

impl Session {
    /// Makes the session, without asking the server yet.
    pub fn new() -> Self {
        let state = RwSignal::new(SessionState::Unknown);
        client::on_signed_out(move || {
            state.try_set(SessionState::SignedOut);
        });
        Self { state }
    }

    /// What is known, tracked.
    pub fn state(self) -> SessionState {
        self.state.get()
    }

    /// Asks the server who is signed in.
    pub fn load(self) {
        spawn_local(async move { self.reload().await });
    }

    /// Asks the server who is signed in, and waits for it.
    pub async fn reload(self) {
        let state = match client::session::me().await {
            Ok(me) => SessionState::SignedIn(Arc::new(me)),
            Err(error) if error.is(Code::Unauthenticated) => SessionState::SignedOut,
            Err(error) => SessionState::Failed(error),
        };
        self.state.try_set(state);
    }

    /// Forgets who was signed in; the next view is the sign-in page.
    pub fn forget(self) {
        self.state.try_set(SessionState::SignedOut);
    }

    /// Who is signed in, tracked.
    pub fn me(self) -> Option<Arc<Me>> {
        self.state.with(|state| match state {
            SessionState::SignedIn(me) => Some(Arc::clone(me)),
            _ => None,
        })
    }

    /// What the signed-in person is in a workspace, tracked. An administrator without membership
    /// has no role.
    pub fn role_in(self, ws: &WorkspaceId) -> Option<Role> {
        self.me().and_then(|me| {
            me.memberships
                .iter()
                .find(|place| &place.workspace_id == ws)
                .map(|place| place.role)
        })
    }

    /// Whether the signed-in person may add and change endpoints in a workspace, tracked.
    pub fn can_publish(self, ws: &WorkspaceId) -> bool {
        matches!(self.role_in(ws), Some(Role::Owner | Role::Publisher))
    }

    /// Whether the signed-in person only uses what was granted, tracked.
    pub fn only_customer(self) -> bool {
        self.me().is_some_and(|me| {
            !me.administrator
                && !me.memberships.is_empty()
                && me
                    .memberships
                    .iter()
                    .all(|place| place.role == Role::Customer)
        })
    }
}

/// The session of the application.
pub fn use_session() -> Session {
    expect_context()
}
