//! A workspace with one real service, and endpoints to make and call in it.

use crate::support::{As, NOW, TestApp};
use portico_api::id::{PersonId, ServiceId, WorkspaceId};
use portico_server::settings::Settings;
use serde_json::{Value, json};

/// An endpoint that a test made.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    /// Its path in the REST API.
    pub(crate) path: String,
    /// Where it is called.
    pub(crate) call: String,
    pub(crate) primary: String,
    pub(crate) secondary: String,
}

/// A workspace with one service, its owner and its token.
pub(crate) struct World {
    pub(crate) at: TestApp,
    pub(crate) workspace: WorkspaceId,
    pub(crate) service: ServiceId,
    pub(crate) owner_id: PersonId,
    pub(crate) owner: As,
    pub(crate) token: As,
}

impl World {
    /// Serves the demo's model of penguin species.
    pub(crate) async fn start() -> Self {
        Self::on(TestApp::start().await).await
    }

    /// The same on a server that was told to run otherwise.
    pub(crate) async fn start_as(told: impl FnOnce(&mut Settings)) -> Self {
        let home = tempfile::tempdir().unwrap();
        Self::on(TestApp::start_as(home, NOW, told).await).await
    }

    async fn on(at: TestApp) -> Self {
        let owner_id = at.person_with("olga", "correct horse").await;
        let (workspace, token) = at.workspace("field", &owner_id).await;
        let service = at.publish(&workspace, "penguin-species").await;
        let owner = at.session(&owner_id).await;
        Self {
            at,
            workspace,
            service,
            owner_id,
            owner,
            token,
        }
    }

    /// A path below the service.
    pub(crate) fn path(&self, rest: &str) -> String {
        let (workspace, service) = (&self.workspace, &self.service);
        format!("/api/v1/workspaces/{workspace}/services/{service}{rest}")
    }

    /// Makes an endpoint of this name.
    pub(crate) async fn endpoint(&self, name: &str) -> Endpoint {
        self.endpoint_of(json!({"name": name})).await
    }

    /// Makes an endpoint.
    pub(crate) async fn endpoint_of(&self, request: Value) -> Endpoint {
        self.endpoint_at(self.path("/endpoints"), request).await
    }

    /// Makes an endpoint at the path of a service's endpoints.
    pub(crate) async fn endpoint_at(&self, path: String, request: Value) -> Endpoint {
        let made = self.at.post(&self.owner, &path, request).await.expect(201);
        let text = |pointer: &str| made.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let url = text("/endpoint/urls/request_response");
        Endpoint {
            id: text("/endpoint/id"),
            path: format!("{path}/{}", text("/endpoint/name")),
            call: url.strip_prefix(&self.at.base).unwrap().to_owned(),
            primary: text("/keys/primary"),
            secondary: text("/keys/secondary"),
        }
    }

    /// The status of a call with this key.
    pub(crate) async fn try_key(&self, endpoint: &Endpoint, key: &str) -> u16 {
        self.at.call(&endpoint.call, key, &penguin()).await.status
    }
}

/// One penguin, in classic's table form.
pub(crate) fn penguin() -> Value {
    json!({"Inputs": {"input1": {
        "ColumnNames": ["island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex"],
        "Values": [["Torgersen", "39.1", "18.7", "181", "3750", "male"]]
    }}, "GlobalParameters": {}})
}
