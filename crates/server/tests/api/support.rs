//! A whole server in this process, people in it, and requests to it as one of them.

use axum::http::HeaderMap;
use portico_api::customer::CreateCustomer;
use portico_api::id::{CustomerId, PersonId, ServiceId, WorkspaceId};
use portico_api::session::Role;
use portico_api::workspace::CreateWorkspace;
use portico_server::access::session;
use portico_server::acts::{Made, customers as customer_acts, workspaces as workspace_acts};
use portico_server::app::App;
use portico_server::audit::Who;
use portico_server::clock::{Clock, Entropy};
use portico_server::http::serve::serve;
use portico_server::package::{self, Package};
use portico_server::scoring::EngineSettings;
use portico_server::settings::{CALL_BYTES, CALL_TIMEOUT, Settings};
use portico_server::store::customers;
use portico_server::store::people::{self, NewAccount};
use portico_server::throttle::load::LoadLimits;
use reqwest::Method;
use serde_json::Value;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// Where a held clock stands when a test begins: 18 November 2026.
pub(crate) const NOW: i64 = 1_795_000_000_000_000;

/// How long something may take that a test waits for.
const UNTIL: Duration = Duration::from_secs(60);

/// The demo's package of this name.
pub(crate) fn package_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../demo/packages")
        .join(name)
}

/// The ONNX Runtime library; without it a test fails and does not skip.
pub(crate) fn onnxruntime() -> PathBuf {
    std::env::var_os("PORTICO_ONNXRUNTIME")
        .expect("PORTICO_ONNXRUNTIME names the ONNX Runtime library")
        .into()
}

/// Who sends a request.
#[derive(Clone, Debug)]
pub(crate) enum As {
    Nobody,
    Cookie(String),
    Bearer(String),
}

/// A server on a port of its own, with a clock that only the test moves.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) base: String,
    pub(crate) home: tempfile::TempDir,
    http: reqwest::Client,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<Result<(), portico_server::error::Error>>,
}

impl TestApp {
    /// An empty installation.
    pub(crate) async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), NOW).await
    }

    /// An installation in a folder that may hold one already.
    pub(crate) async fn start_in(home: tempfile::TempDir, now: i64) -> Self {
        Self::start_as(home, now, |_| ()).await
    }

    /// The same, told to run otherwise.
    pub(crate) async fn start_as(
        home: tempfile::TempDir,
        now: i64,
        told: impl FnOnce(&mut Settings),
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let listen = listener.local_addr().unwrap();
        let base = format!("http://{listen}");
        let mut settings = Settings {
            data: home.path().join("data"),
            secrets: home.path().join("secrets"),
            listen,
            public_url: base.clone(),
            call_timeout: CALL_TIMEOUT,
            call_bytes: CALL_BYTES,
            load: LoadLimits::default(),
            allowed_sources: Vec::new(),
        };
        told(&mut settings);
        let mut engine = EngineSettings::new(env!("CARGO_BIN_EXE_portico"));
        engine.onnxruntime = Some(onnxruntime());
        let app = App::open(settings, engine, Clock::held(now), Entropy::System)
            .await
            .unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopping = async move {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(app.clone(), listener, stopping));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            app,
            base,
            home,
            http,
            stop,
            task,
        }
    }

    /// Stops the server and leaves its folders.
    pub(crate) async fn stop(self) -> tempfile::TempDir {
        drop(self.http);
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
        self.home
    }

    /// Moves the clock on.
    pub(crate) fn wait(&self, micros: i64) {
        self.app.clock.advance(micros);
    }

    /// A request that is not sent yet.
    pub(crate) fn ask(&self, who: &As, method: &str, path: &str) -> Ask {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.base));
        Ask(match who {
            As::Nobody => request,
            As::Cookie(token) => request
                .header("cookie", format!("theme=dark; {}={token}", session::COOKIE))
                .header("sec-fetch-site", "same-origin"),
            As::Bearer(key) => request.header("authorization", format!("Bearer {key}")),
        })
    }

    pub(crate) async fn get(&self, who: &As, path: &str) -> Reply {
        self.ask(who, "GET", path).send().await
    }

    pub(crate) async fn post(&self, who: &As, path: &str, body: Value) -> Reply {
        self.ask(who, "POST", path).json(&body).send().await
    }

    /// A change of whatever state there is.
    pub(crate) async fn patch(&self, who: &As, path: &str, body: Value) -> Reply {
        let ask = self.ask(who, "PATCH", path).header("if-match", "*");
        ask.json(&body).send().await
    }

    pub(crate) async fn delete(&self, who: &As, path: &str) -> Reply {
        let ask = self.ask(who, "DELETE", path).header("if-match", "*");
        ask.send().await
    }

    /// Asks until the answer is as wanted: at once, and again after each commit. For what is committed;
    /// fails with the last answer where it never comes.
    pub(crate) async fn until<T: Debug>(
        &self,
        mut ask: impl AsyncFnMut() -> T,
        wanted: impl Fn(&T) -> bool,
    ) -> T {
        let mut commits = self.app.store.commits();
        let ends = Instant::now() + UNTIL;
        loop {
            // What is committed from here on asks again.
            commits.borrow_and_update();
            let answer = ask().await;
            if wanted(&answer) {
                return answer;
            }
            let next = timeout_at(ends, commits.changed()).await;
            assert!(matches!(next, Ok(Ok(()))), "never as wanted: {answer:?}");
        }
    }

    /// Calls an endpoint as classic's clients do.
    pub(crate) async fn call(&self, at: &str, key: &str, body: &Value) -> Reply {
        let who = As::Bearer(key.to_owned());
        self.ask(&who, "POST", at).json(body).send().await
    }

    /// An account without a password.
    pub(crate) async fn person(&self, name: &str, administrator: bool) -> PersonId {
        self.add_person(name, administrator, None).await
    }

    /// An account that can sign in.
    pub(crate) async fn person_with(&self, name: &str, password: &str) -> PersonId {
        let password = password.to_owned().into();
        let hash = self.app.passwords.hash(password, [7; 16]).await.unwrap();
        self.add_person(name, false, Some(&hash)).await
    }

    async fn add_person(
        &self,
        name: &str,
        administrator: bool,
        password_hash: Option<&str>,
    ) -> PersonId {
        let id = PersonId::from_bytes(self.app.entropy.bytes().unwrap());
        let email = format!("{name}@example.test");
        let account = NewAccount {
            id: &id,
            email: &email,
            name,
            password_hash,
            administrator,
        };
        let mut tx = self.app.store.begin().await.unwrap();
        people::insert(tx.conn(), &account, self.app.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A fresh session of a person.
    pub(crate) async fn session(&self, person: &PersonId) -> As {
        let mut tx = self.app.store.begin().await.unwrap();
        let token = session::start(&self.app, &mut tx, person).await.unwrap();
        tx.commit().await.unwrap();
        As::Cookie(token.expose().to_owned())
    }

    /// A workspace with its owner, and its token.
    pub(crate) async fn workspace(&self, name: &str, owner: &PersonId) -> (WorkspaceId, As) {
        let request = CreateWorkspace {
            name: name.to_owned(),
            description: String::new(),
        };
        let made = workspace_acts::create(&self.app, &Who::system(), &request, Some(owner), None)
            .await
            .unwrap();
        let (Made::New((id, token)) | Made::Before((id, token))) = made;
        (id, As::Bearer(token.unwrap().expose().to_owned()))
    }

    pub(crate) async fn member(&self, workspace: &WorkspaceId, person: &PersonId, role: Role) {
        let mut tx = self.app.store.begin().await.unwrap();
        people::add_member(tx.conn(), workspace, person, role)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// A customer with one person.
    pub(crate) async fn customer(
        &self,
        workspace: &WorkspaceId,
        name: &str,
        person: &PersonId,
    ) -> CustomerId {
        let request = CreateCustomer {
            name: name.to_owned(),
        };
        let made = customer_acts::create(&self.app, &Who::system(), workspace, &request, None)
            .await
            .unwrap();
        let (Made::New(id) | Made::Before(id)) = made;
        let mut tx = self.app.store.begin().await.unwrap();
        customers::add_person(tx.conn(), &id, person).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Publishes one of the demo's packages.
    pub(crate) async fn publish(&self, workspace: &WorkspaceId, name: &str) -> ServiceId {
        let package = Package::read(&package_folder(name)).unwrap();
        let done = package::import(&self.app, &Who::system(), workspace, &package).await;
        done.unwrap().0.service
    }

    /// Runs one statement on the database, past the server.
    pub(crate) async fn sql(&self, statement: &'static str) -> u64 {
        let mut tx = self.app.store.begin().await.unwrap();
        let done = sqlx::query(statement).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        self.app.refresh().await.unwrap();
        done.rows_affected()
    }

    /// The texts of one column.
    pub(crate) async fn texts(&self, query: &'static str) -> Vec<String> {
        sqlx::query_scalar(query)
            .fetch_all(self.app.store.read())
            .await
            .unwrap()
    }
}

/// A request on its way.
pub(crate) struct Ask(reqwest::RequestBuilder);

impl Ask {
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    pub(crate) fn text(self, body: impl Into<String>) -> Self {
        Self(self.0.body(body.into()))
    }

    pub(crate) fn bytes(self, body: bytes::Bytes) -> Self {
        Self(self.0.body(body))
    }

    pub(crate) async fn send(self) -> Reply {
        let response = self.0.send().await.unwrap();
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body, once the status is as it should be.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// Fails unless this is a problem with this status and code; answers it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        problem
    }

    /// A header's text; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> String {
        let value = self.headers.get(name);
        value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    }

    /// The session that the answer hands out.
    pub(crate) fn cookie(&self) -> As {
        let header = self.header("set-cookie");
        let pair = header.split(';').next().unwrap_or_default();
        let token = pair.strip_prefix("__Host-sid=").expect("a session cookie");
        As::Cookie(token.to_owned())
    }

    /// The body without what differs between any two answers.
    pub(crate) fn anonymous(&self) -> Value {
        let mut body = self.json();
        assert!(body["request_id"].take().is_string());
        body
    }
}
