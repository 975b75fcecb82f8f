//! A service of models that say which of them ran (see `linear`), its endpoints, and what is done to them
//! over the REST API.

use crate::linear::{self, Slot};
use crate::support::{As, Reply, TestApp};
use portico_api::id::{PersonId, ServiceId, WorkspaceId};
use portico_api::routes::segment;
use portico_server::audit::Who;
use portico_server::package::{self, Package};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What an endpoint answers: the number of the model behind each column.
pub(crate) type Score = BTreeMap<String, u32>;

/// A slot `a` or `b` with a model of this number, one column wide.
pub(crate) fn slot(resource: &'static str, number: u32) -> Slot {
    Slot {
        resource,
        number,
        width: 1,
    }
}

pub(crate) struct Lab {
    pub(crate) at: TestApp,
    pub(crate) workspace: WorkspaceId,
    pub(crate) service: ServiceId,
    pub(crate) owner_id: PersonId,
    pub(crate) owner: As,
    pub(crate) token: As,
}

impl Lab {
    /// Version 1 has the slots `a` and `b`, with the models 11 and 12 after a preparation 10.
    pub(crate) async fn start() -> Self {
        let at = TestApp::start().await;
        let owner_id = at.person("olga", false).await;
        let (workspace, token) = at.workspace("lab", &owner_id).await;
        let owner = at.session(&owner_id).await;
        let service = publish(&at, &workspace, 10, &[slot("a", 11), slot("b", 12)]).await;
        Self {
            at,
            workspace,
            service,
            owner_id,
            owner,
            token,
        }
    }

    /// Publishes the next version.
    pub(crate) async fn publish(&self, prepare: u32, slots: &[Slot]) {
        let service = publish(&self.at, &self.workspace, prepare, slots).await;
        assert_eq!(service, self.service);
    }

    /// A path below the service.
    pub(crate) fn path(&self, rest: &str) -> String {
        let (workspace, service) = (&self.workspace, &self.service);
        format!("/api/v1/workspaces/{workspace}/services/{service}{rest}")
    }

    /// A path below an endpoint.
    pub(crate) fn of(&self, name: &str, rest: &str) -> String {
        self.path(&format!("/endpoints/{name}{rest}"))
    }

    /// Makes endpoints of these names.
    pub(crate) async fn endpoints(&self, names: &[&str]) {
        for name in names {
            let made = json!({"name": name});
            let path = self.path("/endpoints");
            self.at.post(&self.token, &path, made).await.expect(201);
        }
    }

    pub(crate) async fn upload(
        &self,
        who: &As,
        name: &str,
        resource: &str,
        model: Vec<u8>,
    ) -> Reply {
        let path = self.of(name, &format!("/models/{}", segment(resource)));
        let ask = self.at.ask(who, "POST", &path);
        ask.bytes(model.into()).send().await
    }

    /// Gives an endpoint a model of this number of its own.
    pub(crate) async fn customise(&self, name: &str, slot: Slot) -> Reply {
        let model = linear::model(slot.resource, slot.number, slot.width);
        self.upload(&self.token, name, slot.resource, model).await
    }

    pub(crate) async fn uncustomise(&self, name: &str, resource: &str) -> Reply {
        let path = self.of(name, &format!("/models/{resource}"));
        self.at.delete(&self.token, &path).await
    }

    pub(crate) async fn plan(&self, name: &str, query: &str) -> Reply {
        let path = self.of(name, &format!("/update-plan{query}"));
        self.at.get(&self.token, &path).await
    }

    pub(crate) async fn update(&self, name: &str, body: Value) -> Reply {
        let path = self.of(name, "/update");
        self.at.post(&self.token, &path, body).await
    }

    pub(crate) async fn restore(&self, name: &str, revision: u32) -> Reply {
        let path = self.of(name, &format!("/revisions/{revision}/restore"));
        self.at.ask(&self.token, "POST", &path).send().await
    }

    /// All revisions of an endpoint, newest first.
    pub(crate) async fn revisions(&self, name: &str) -> Vec<Value> {
        self.all(&self.of(name, "/revisions")).await
    }

    /// Act, version and resources with own models of each revision, oldest first.
    pub(crate) async fn history(&self, name: &str) -> Vec<String> {
        let mut revisions = self.revisions(name).await;
        revisions.reverse();
        let line = |revision: &Value| {
            let own = revision["own_models"].as_object().unwrap();
            let own: Vec<&str> = own.keys().map(String::as_str).collect();
            let (act, version) = (revision["act"].as_str().unwrap(), &revision["version"]);
            format!("{act} {version} {}", own.join("+"))
                .trim_end()
                .to_owned()
        };
        revisions.iter().map(line).collect()
    }

    /// All items of a list.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        self.pages(path, 200).await
    }

    /// All items of a list, in pages of so many.
    pub(crate) async fn pages(&self, path: &str, size: u32) -> Vec<Value> {
        let (mut items, mut token) = (Vec::new(), None::<String>);
        loop {
            let next = token.map(|token| format!("&page_token={token}"));
            let path = format!("{path}?page_size={size}{}", next.unwrap_or_default());
            let mut page = self.at.get(&self.token, &path).await.expect(200);
            let Value::Array(more) = page["items"].take() else {
                panic!("{page}")
            };
            items.extend(more);
            match page["next_page_token"].as_str() {
                Some(next) => token = Some(next.to_owned()),
                None => return items,
            }
        }
    }

    /// Scores a row; answers which model stands behind each column, and the version and the revision that
    /// the answer names.
    pub(crate) async fn score(&self, name: &str) -> (Score, u32, u32) {
        let path = self.of(name, "/score");
        let rows = json!({"rows": [{"x": 1, "y": 0, "z": 0}]});
        let reply = self.at.post(&self.token, &path, rows).await;
        let answer = reply.expect(200);
        let columns = answer["columns"].as_array().unwrap();
        let numbers = answer["rows"][0].as_array().unwrap();
        let pair = |(column, number): (&Value, &Value)| {
            let number = number.as_f64().unwrap();
            assert_eq!(number.fract(), 0.0, "{answer}");
            (column.as_str().unwrap().to_owned(), number as u32)
        };
        let score = columns.iter().zip(numbers).map(pair).collect();
        let header = |name: &str| reply.header(name).parse().unwrap();
        (
            score,
            header("x-portico-version"),
            header("x-portico-revision"),
        )
    }

    /// Which model stands behind each column.
    pub(crate) async fn numbers(&self, name: &str) -> Vec<u32> {
        self.score(name).await.0.into_values().collect()
    }

    pub(crate) async fn start_run(&self, body: Value) -> Value {
        let path = self.path("/runs");
        self.at.post(&self.token, &path, body).await.expect(202)
    }

    /// Waits for the end of a run; answers it.
    pub(crate) async fn ended(&self, run: &Value) -> Value {
        let path = self.path(&format!("/runs/{}", run["id"].as_str().unwrap()));
        let ask = async || self.at.get(&self.token, &path).await.expect(200);
        let run = self.at.until(ask, |run| run["state"] != "running").await;
        assert!(run["ended_at"].is_string(), "{run}");
        run
    }

    /// What a run did: endpoint, state, versions.
    pub(crate) async fn lines(&self, run: &Value) -> Vec<Value> {
        let path = self.path(&format!("/runs/{}/lines", run["id"].as_str().unwrap()));
        self.all(&path).await
    }
}

async fn publish(at: &TestApp, workspace: &WorkspaceId, prepare: u32, slots: &[Slot]) -> ServiceId {
    let files = linear::package("Linear", prepare, slots);
    let files = files.into_iter().map(|(name, bytes)| (name, bytes.into()));
    let package = Package::from_files(files.collect()).unwrap();
    let done = package::import(&at.app, &Who::system(), workspace, &package).await;
    done.unwrap().0.service
}
