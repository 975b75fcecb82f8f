//! A server process with the demo in a folder of its own, the test packages published into it, and
//! endpoints on them.

use std::{
    collections::BTreeSet,
    env, fs,
    fs::OpenOptions,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    sync::{RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::timeout,
};

use super::http::{Answer, Client, request};

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(30);

type Said = Lines<BufReader<ChildStdout>>;

/// Tests whose figures are of use of the processor run while no other server does.
static TURNS: RwLock<()> = RwLock::const_new(());

/// Held for as long as the server runs.
enum Turn {
    Beside {
        _turn: RwLockReadGuard<'static, ()>,
    },
    Alone {
        _turn: RwLockWriteGuard<'static, ()>,
    },
}

pub(crate) struct Server {
    folder: TempDir,
    call_timeout: Duration,
    more: &'static [&'static str],
    child: Child,
    /// The other end of the process's standard output, kept open.
    _said: Said,
    pub(crate) address: SocketAddr,
    pub(crate) demo: Value,
    _turn: Turn,
}

fn portico() -> Command {
    checked(Command::new(env!("CARGO_BIN_EXE_portico")))
}

/// Allowed as few open files as a system may begin with: what more it needs, the server asks for itself.
fn portico_with_few_files() -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#"ulimit -S -n 256 && exec "$0" "$@""#])
        .arg(env!("CARGO_BIN_EXE_portico"));
    checked(shell)
}

fn checked(mut command: Command) -> Command {
    assert!(
        env::var_os("PORTICO_ONNXRUNTIME").is_some(),
        "PORTICO_ONNXRUNTIME names the ONNX Runtime library"
    );
    command.kill_on_drop(true);
    command
}

impl Server {
    pub(crate) async fn start(call_timeout: Duration) -> Self {
        let turn = Turn::Beside {
            _turn: TURNS.read().await,
        };
        Self::start_in(turn, call_timeout, &[]).await
    }

    /// A server that no other runs beside, with more on its command line.
    pub(crate) async fn start_alone(call_timeout: Duration, more: &'static [&'static str]) -> Self {
        let turn = Turn::Alone {
            _turn: TURNS.write().await,
        };
        Self::start_in(turn, call_timeout, more).await
    }

    async fn start_in(turn: Turn, call_timeout: Duration, more: &'static [&'static str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (child, said, address, demo) = spawn(folder.path(), call_timeout, more).await;
        Self {
            folder,
            call_timeout,
            more,
            child,
            _said: said,
            address,
            demo,
            _turn: turn,
        }
    }

    /// Ends the process as a system does; how it ended and how long that took.
    pub(crate) async fn stop(&mut self) -> (ExitStatus, Duration) {
        let asked = Instant::now();
        kill_process(self.pid(), Signal::TERM).unwrap();
        let ended = timeout(STOP, self.child.wait()).await;
        (
            ended
                .unwrap_or_else(|_| panic!("still running after {STOP:?}"))
                .unwrap(),
            asked.elapsed(),
        )
    }

    /// Ends the process as nobody is asked: it has no moment left for anything.
    pub(crate) async fn kill(&mut self) {
        kill_process(self.pid(), Signal::KILL).unwrap();
        self.child.wait().await.unwrap();
    }

    /// Starts a process on the data of the one before, which has ended.
    pub(crate) async fn start_again(&mut self) {
        (self.child, self._said, self.address, self.demo) =
            spawn(self.folder.path(), self.call_timeout, self.more).await;
    }

    /// The same with another deadline for calls.
    pub(crate) async fn start_again_with(&mut self, call_timeout: Duration) {
        self.call_timeout = call_timeout;
        self.start_again().await;
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap()
    }

    /// The scoring processes that are children of this server.
    pub(crate) fn scorers(&self) -> Vec<Pid> {
        let parent = self.pid().as_raw_nonzero().to_string();
        let is_scorer = |pid: &i32| {
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
                return false;
            };
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            // The name may hold anything, so the fields count from its closing bracket.
            let fields = stat.rsplit_once(')').unwrap().1;
            let mut fields = fields.split_whitespace();
            let (state, of) = (fields.next(), fields.next());
            state != Some("Z")
                && of == Some(&parent)
                && line.split(|byte| *byte == 0).nth(1) == Some(b"scorer")
        };
        fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
            .filter(is_scorer)
            .filter_map(Pid::from_raw)
            .collect()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// `group receive_ns end_ns outcome` of every call that reached the scoring process.
    pub(crate) fn stamps(&self) -> Vec<(String, u64, u64, String)> {
        let text = fs::read_to_string(self.folder.path().join("stamps")).unwrap();
        text.lines()
            .map(|line| {
                let words: Vec<_> = line.split(' ').collect();
                let time = |index: usize| words[index].parse().unwrap();
                (words[0].to_owned(), time(1), time(2), words[3].to_owned())
            })
            .collect()
    }

    /// Publishes a package with so much time for vetting; its exit code and what it said.
    pub(crate) async fn import(&self, package: &Path, vetting: Duration) -> (Option<i32>, String) {
        let workspace = self.demo["endpoints"][0]["workspace_id"].as_str().unwrap();
        let done = portico()
            .args(["import", "--workspace", workspace, "--vetting-time"])
            .arg(vetting.as_secs().to_string())
            .arg("--data")
            .arg(self.data())
            .arg(package)
            .output()
            .await
            .unwrap();
        let said = [done.stdout, done.stderr].concat();
        (
            done.status.code(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    /// The names of all files in the blob store.
    pub(crate) fn blobs(&self) -> BTreeSet<PathBuf> {
        let mut open = vec![self.data().join("blobs")];
        let mut found = BTreeSet::new();
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.insert(path);
                }
            }
        }
        assert!(!found.is_empty());
        found
    }

    /// The path of the workspace's services in the REST API.
    pub(crate) fn services(&self) -> String {
        let workspace = self.demo["endpoints"][0]["workspace_id"].as_str().unwrap();
        format!("/api/v1/workspaces/{workspace}/services")
    }

    /// Publishes a test package and makes an endpoint on it that takes so many calls at once.
    pub(crate) async fn endpoint(&self, package: &str, calls: u32) -> Endpoint {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models");
        let workspace = self.demo["endpoints"][0]["workspace_id"].as_str().unwrap();
        let done = portico()
            .args(["import", "--workspace", workspace, "--data"])
            .arg(self.data())
            .arg(fixtures.join(package))
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{said}{errors}");
        let service = said
            .lines()
            .next()
            .unwrap()
            .rsplit(' ')
            .next()
            .unwrap()
            .to_owned();
        let api = format!("/api/v1/workspaces/{workspace}/services/{service}/endpoints");
        let level = if calls == 4 { "low" } else { "high" };
        let made = json!({
            "name": package,
            "throttle": {"level": level, "max_concurrent_calls": calls}
        });
        let made = self.act("POST", &api, &made.to_string()).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        let id = made["endpoint"]["id"].as_str().unwrap().to_owned();
        Endpoint {
            execute: format!("/workspaces/{workspace}/services/{id}/execute?api-version=2.0"),
            key: made["keys"]["primary"].as_str().unwrap().to_owned(),
            api: format!("{api}/{package}"),
            id,
        }
    }

    /// A request to the REST API with the workspace's token.
    pub(crate) async fn act(&self, method: &str, path: &str, body: &str) -> Answer {
        let token = format!("Bearer {}", self.demo["workspace_token"].as_str().unwrap());
        self.send(&request(method, path, &[("Authorization", &token)], body))
            .await
    }

    /// Changes an endpoint, whatever state it is in.
    pub(crate) async fn patch(&self, path: &str, body: &str) -> Answer {
        let token = format!("Bearer {}", self.demo["workspace_token"].as_str().unwrap());
        let headers = [("Authorization", token.as_str()), ("If-Match", "*")];
        self.send(&request("PATCH", path, &headers, body)).await
    }

    /// One request over a connection of its own.
    pub(crate) async fn send(&self, request: &[u8]) -> Answer {
        Client::new(self.address).send(request).await.unwrap()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

async fn spawn(
    folder: &Path,
    call_timeout: Duration,
    more: &[&str],
) -> (Child, Said, SocketAddr, Value) {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("log"));
    let data = folder.join("data");
    let mut child = portico_with_few_files()
        .args(["serve", "--demo", "--port", "0", "--call-timeout"])
        .arg(call_timeout.as_millis().to_string())
        .arg("--data")
        .arg(&data)
        .arg("--scorer-stamps")
        .arg(folder.join("stamps"))
        .args(more)
        .stdout(Stdio::piped())
        .stderr(log.unwrap())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = timeout(START, said.next_line()).await.unwrap().unwrap();
    let line = line.unwrap_or_else(|| panic!("the server did not start; see {folder:?}"));
    let port = line.rsplit(':').next().unwrap().parse().unwrap();
    let demo = fs::read(data.join("demo.json")).unwrap();
    (
        child,
        said,
        SocketAddr::from(([127, 0, 0, 1], port)),
        serde_json::from_slice(&demo).unwrap(),
    )
}

#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    /// Its path in the REST API.
    pub(crate) api: String,
    execute: String,
    key: String,
}

impl Endpoint {
    /// The same endpoint, called with another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            ..self.clone()
        }
    }

    /// A call with rows of numbers.
    pub(crate) fn call(&self, columns: &[&str], rows: &[Vec<f64>]) -> Vec<u8> {
        let key = format!("Bearer {}", self.key);
        let body =
            json!({"Inputs": {"input1": {"ColumnNames": columns, "Values": rows}}}).to_string();
        request("POST", &self.execute, &[("Authorization", &key)], &body)
    }

    /// A call with one number for column `x`.
    pub(crate) fn call_x(&self, x: f64) -> Vec<u8> {
        self.call(&["x"], &[vec![x]])
    }

    /// A call with a text in each row.
    pub(crate) fn call_texts(&self, column: &str, rows: &[&str]) -> Vec<u8> {
        let key = format!("Bearer {}", self.key);
        let rows: Vec<[&str; 1]> = rows.iter().map(|text| [*text]).collect();
        let body =
            json!({"Inputs": {"input1": {"ColumnNames": [column], "Values": rows}}}).to_string();
        request("POST", &self.execute, &[("Authorization", &key)], &body)
    }

    /// The path of a version of its service in the REST API.
    pub(crate) fn version(&self, number: u32) -> String {
        let (service, _) = self.api.rsplit_once("/endpoints/").unwrap();
        format!("{service}/versions/{number}")
    }

    /// A call with one row for the matrix.
    pub(crate) fn call_matrix(&self) -> Vec<u8> {
        self.call(&["a", "b", "c"], &[vec![1.0, 2.0, 3.0]])
    }
}

/// A figure for whoever reads the test's output.
#[expect(
    clippy::print_stderr,
    reason = "shown where output is asked for, or the test fails"
)]
pub(crate) fn note(figures: &str) {
    eprintln!("{figures}");
}
