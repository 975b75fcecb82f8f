//! Portico as it is released, set up by the ways that anybody has: its demo, `portico import`, and
//! the REST API with the workspace's token.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::http::{self, Connection};
use super::peers::Running;
use crate::error::Error;
use crate::repo::Repo;
use crate::{process, tools};

/// A server with its data folder.
pub struct Product {
    pub running: Running,
    binary: PathBuf,
    data: PathBuf,
    library: PathBuf,
    token: String,
    pub workspace: String,
}

/// An endpoint with its key.
#[derive(Debug)]
pub struct Endpoint {
    pub id: String,
    pub path: String,
    pub key: String,
}

/// The binary as it is released.
pub fn binary(repo: &Repo) -> Result<PathBuf, Error> {
    println!("Building the server as it is released.");
    process::run(
        Command::new("cargo")
            .args([
                "build",
                "--release",
                "--package",
                "portico-server",
                "--bin",
                "portico",
            ])
            .current_dir(&repo.root),
    )?;
    Ok(repo.target.join("release/portico"))
}

impl Product {
    /// Starts a server on a new data folder under `target/bench`.
    pub fn start(repo: &Repo, binary: &Path, options: &[&str]) -> Result<Self, Error> {
        let data = repo.target.join("bench/portico");
        for folder in [data.clone(), data.with_file_name("portico-secrets")] {
            match std::fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::file(&folder)(error));
                }
                _ => {}
            }
        }
        let library = tools::onnxruntime(repo)?;
        let running = serve(binary, &data, &library, options)?;
        let described = data.join("demo.json");
        let text = std::fs::read(&described).map_err(Error::file(&described))?;
        let demo: Value = serde_json::from_slice(&text).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(Self {
            running,
            binary: binary.to_path_buf(),
            data,
            library,
            token: text(&demo["workspace_token"]),
            workspace: text(&demo["endpoints"][0]["workspace_id"]),
        })
    }

    /// Publishes a package; answers the service's id.
    pub fn import(&self, package: &Path) -> Result<String, Error> {
        let mut import = Command::new(&self.binary);
        import
            .arg("import")
            .arg(package)
            .arg("--data")
            .arg(&self.data);
        import.args(["--workspace", &self.workspace]);
        import.env(tools::ONNXRUNTIME_VARIABLE, &self.library);
        let said = process::output(&mut import)?;
        print!("{said}");
        let service = said
            .lines()
            .find_map(|line| line.rsplit_once(" of service "));
        service
            .map(|(_, id)| id.trim().to_owned())
            .ok_or_else(|| Error::Check("the package was not published".to_owned()))
    }

    /// Makes an endpoint that takes so many calls at once.
    pub fn endpoint(&self, service: &str, name: &str, calls: u32) -> Result<Endpoint, Error> {
        let path = format!(
            "/api/v1/workspaces/{}/services/{service}/endpoints",
            self.workspace
        );
        let throttle = json!({"level": "high", "max_concurrent_calls": calls});
        let body = json!({"name": name, "throttle": throttle}).to_string();
        let request = http::request(
            "POST",
            &path,
            self.running.address,
            &self.token,
            body.as_bytes(),
        );
        let failed = |why: String| Error::Check(format!("the endpoint {name} was not made: {why}"));
        let mut connection =
            Connection::open(self.running.address).map_err(|error| failed(error.to_string()))?;
        let (status, body) = connection
            .send(&request)
            .map_err(|error| failed(error.to_string()))?;
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (id, key) = (
            text(&answer["endpoint"]["id"]),
            text(&answer["keys"]["primary"]),
        );
        if status != 201 || id.is_empty() || key.is_empty() {
            return Err(failed(format!("{status} {answer}")));
        }
        let workspace = &self.workspace;
        Ok(Endpoint {
            path: format!(
                "/workspaces/{workspace}/services/{id}/execute?api-version=2.0&details=true"
            ),
            id,
            key,
        })
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A request that scores.
    pub fn call(&self, endpoint: &Endpoint, body: &[u8]) -> Vec<u8> {
        http::request(
            "POST",
            &endpoint.path,
            self.running.address,
            &endpoint.key,
            body,
        )
    }
}

fn serve(binary: &Path, data: &Path, library: &Path, options: &[&str]) -> Result<Running, Error> {
    let mut command = Command::new(binary);
    command
        .args(["serve", "--demo", "--port", "0", "--data"])
        .arg(data)
        .args(options);
    command.env(tools::ONNXRUNTIME_VARIABLE, library);
    println!("  $ {}", process::shown(&command));
    let failed = |outcome: String| Error::Command {
        command: "portico serve".to_owned(),
        outcome,
    };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("could not be started: {error}")))?;
    let stdout = child.stdout.take();
    let port = stdout.and_then(|stdout| {
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("listening "))?;
        line.rsplit_once(':')?.1.trim().parse().ok()
    });
    let address = SocketAddr::from(([127, 0, 0, 1], port.unwrap_or(0)));
    let running = Running::new(child, address);
    match port {
        Some(_) => Ok(running),
        None => Err(failed("does not listen".to_owned())),
    }
}
