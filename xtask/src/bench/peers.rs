//! The peers: each in a Python environment of its own under `target`.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::error::Error;
use crate::process;
use crate::repo::Repo;

/// How long a peer may take to listen.
const START: Duration = Duration::from_secs(90);

/// A server that runs until this is dropped.
pub struct Running {
    child: Child,
    pub address: SocketAddr,
}

impl Running {
    /// A server that has said where it listens.
    pub fn new(child: Child, address: SocketAddr) -> Self {
        Self { child, address }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Python of an environment; made from `bench/calls/requirements-NAME.txt` if it is not there.
pub fn environment(repo: &Repo, name: &str) -> Result<PathBuf, Error> {
    let folder = repo.target.join("bench").join(name);
    let python = folder.join("bin/python");
    let requirements = repo
        .root
        .join(format!("bench/calls/requirements-{name}.txt"));
    let text = std::fs::read(&requirements).map_err(Error::file(&requirements))?;
    let done = folder.join("installed.txt");
    if std::fs::read(&done).is_ok_and(|installed| installed == text) {
        return Ok(python);
    }
    println!("Installing the environment {name}.");
    process::run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
    ]);
    process::run(pip.arg(&requirements))?;
    std::fs::write(&done, text).map_err(Error::file(&done))?;
    Ok(python)
}

/// The versions of these packages in an environment.
pub fn versions(python: &Path, packages: &[&str]) -> String {
    let code = "import sys, importlib.metadata as m; print(', '.join(f'{p} {m.version(p)}' for p in sys.argv[1:]))";
    process::probe(Command::new(python).args(["-c", code]).args(packages)).unwrap_or_default()
}

/// FastAPI under uvicorn, one worker.
pub fn fastapi(repo: &Repo, data: &Path) -> Result<Running, Error> {
    let python = environment(repo, "fastapi")?;
    let address = free_address()?;
    let mut command = Command::new(python);
    command
        .args([
            "-m",
            "uvicorn",
            "fastapi_app:app",
            "--loop",
            "uvloop",
            "--http",
            "httptools",
        ])
        .args([
            "--workers",
            "1",
            "--no-access-log",
            "--log-level",
            "warning",
            "--port",
        ])
        .arg(address.port().to_string())
        .current_dir(repo.root.join("bench/calls"))
        .env("MODEL", data.join("whole.onnx"))
        .env("ROWS", data.join("rows.json"));
    start(command, address)
}

/// MLServer with its runtime in its own process.
pub fn mlserver(repo: &Repo, data: &Path) -> Result<Running, Error> {
    let python = environment(repo, "mlserver")?;
    let address = free_address()?;
    let folder = repo.target.join("bench/mlserver-models");
    std::fs::create_dir_all(folder.join("census")).map_err(Error::file(&folder))?;
    let settings = json!({
        "host": "127.0.0.1", "http_port": address.port(), "grpc_port": free_address()?.port(),
        "metrics_port": free_address()?.port(), "parallel_workers": 0, "debug": false,
    });
    let model = json!({
        "name": "census", "implementation": "mlserver_runtime.OnnxModel",
        "parameters": {"uri": data.join("whole.onnx")},
    });
    for (path, text) in [
        (folder.join("settings.json"), settings),
        (folder.join("census/model-settings.json"), model),
    ] {
        std::fs::write(&path, text.to_string()).map_err(Error::file(&path))?;
    }
    let mut command = Command::new(python.with_file_name("mlserver"));
    command
        .arg("start")
        .arg(&folder)
        .env("PYTHONPATH", repo.root.join("bench/calls"));
    let running = start(command, address)?;
    // It listens before it has loaded its model.
    std::thread::sleep(Duration::from_secs(3));
    Ok(running)
}

fn start(mut command: Command, address: SocketAddr) -> Result<Running, Error> {
    let shown = process::shown(&command);
    println!("  $ {shown}");
    let failed = |outcome: String| Error::Command {
        command: shown.clone(),
        outcome,
    };
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| failed(format!("could not be started: {error}")))?;
    let mut running = Running::new(child, address);
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        if let Ok(Some(status)) = running.child.try_wait() {
            return Err(failed(format!("has ended ({status})")));
        }
        if begun.elapsed() > START {
            return Err(failed("does not listen".to_owned()));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(running)
}

fn free_address() -> Result<SocketAddr, Error> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.map_err(|error| Error::Check(format!("no free port: {error}")))
}
