//! The commands of `portico`: what they are called and what they take. Each opens the server's parts
//! and hands over.

mod keys;
mod publish;
mod remote;

use crate::access::sign_in;
use crate::acts::people::{self, NewPerson, Standing};
use crate::app::App;
use crate::audit::Who;
use crate::batch::child::{self, Rows};
use crate::clock::{Clock, Entropy};
use crate::convert::{self, Convert};
use crate::demo;
use crate::error::Error;
use crate::http::serve::{listen, serve};
use crate::package::{self, Package};
use crate::scoring::EngineSettings;
use crate::settings::{CALL_BYTES, CALL_TIMEOUT, Settings};
use crate::throttle::load::LoadLimits;
use clap::{Args, Parser, Subcommand};
use portico_api::id::{CustomerId, WorkspaceId};
use portico_api::session::Role;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Trained models as web services: an endpoint, keys and a throttle for each customer.
#[derive(Debug, Parser)]
#[command(name = "portico", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(Serve),
    /// Publish a package (a folder or a zip) as a version of a web service.
    Import(Import),
    /// Publish a model (an ONNX file) or a package on a running server. PORTICO_TOKEN is the workspace's token.
    Publish(publish::Publish),
    /// Turn any table into CSV, XLSX or JSON: the spreadsheet's importer on the command line.
    Convert(Convert),
    /// Take a table apart: for the server, which starts this.
    #[command(hide = true)]
    Rows(Rows),
    /// Change the key-encryption key, and check that every key opens.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// What only somebody at the server's machine may do.
    #[command(subcommand)]
    Admin(Admin),
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// Add a person; prints a password, once.
    AddPerson(AddPerson),
}

/// Where the installation lives.
#[derive(Debug, Args)]
struct Place {
    /// The data folder: database and models. Made if it is not there.
    #[arg(long, env = "PORTICO_DATA", default_value = "portico-data")]
    data: PathBuf,
    /// The folder of the installation's secrets; beside the data folder, never inside. Keep a copy apart from backups.
    #[arg(long, env = "PORTICO_SECRETS")]
    secrets: Option<PathBuf>,
    /// The ONNX Runtime library.
    #[arg(long, env = "PORTICO_ONNXRUNTIME")]
    onnxruntime: Option<PathBuf>,
    /// Memory of each scoring process in MiB.
    #[arg(long, default_value_t = 4096)]
    scorer_memory: u64,
    /// Seconds that a model may take to load when it is published, and to score its sample rows.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    vetting_time: u64,
    /// How much of it loaded models may take, in MiB; those used least recently make room. Half of it if not given.
    #[arg(long)]
    model_memory: Option<u64>,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    place: Place,
    /// The address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    #[arg(long, env = "PORTICO_PORT", default_value_t = 8080)]
    port: u16,
    /// Where people reach this server; all links and URLs begin with it.
    #[arg(long, env = "PORTICO_PUBLIC_URL")]
    public_url: Option<String>,
    /// Listen beyond this machine without https. Keys and passwords then travel in clear.
    #[arg(long)]
    insecure: bool,
    /// Fill an empty installation with a workspace, two models, customers and accounts to try out.
    #[arg(long)]
    demo: bool,
    /// The longest time that any call may take, in milliseconds, whatever its workspace allows.
    #[arg(long, default_value_t = CALL_TIMEOUT.as_millis() as u64)]
    call_timeout: u64,
    #[command(flatten)]
    load: LoadArgs,
    /// A host that inputs of batch jobs may be fetched from; repeat it for several. One at a private address is
    /// allowed by that address.
    #[arg(long, value_name = "HOST")]
    allow_source: Vec<String>,
    /// A file for the scoring process's own record of what ran when.
    #[arg(long, hide = true)]
    scorer_stamps: Option<PathBuf>,
}

/// What the process takes on in all; beyond it calls are shed, which has nothing to do with the limit of
/// any endpoint.
#[derive(Debug, Args)]
struct LoadArgs {
    /// Calls at once over all endpoints. By default 1,024 for each core.
    #[arg(long)]
    load_calls: Option<u64>,
    /// MiB of calls' bodies at once. By default 128 for each core.
    #[arg(long)]
    load_mib: Option<u64>,
    /// How long calls may wait to be scored, in milliseconds: while all have waited longer for a second,
    /// further ones are shed. 0 never sheds for waiting.
    #[arg(long)]
    load_wait: Option<u64>,
}

impl LoadArgs {
    fn limits(&self) -> LoadLimits {
        let default = LoadLimits::default();
        LoadLimits {
            calls: self.load_calls.unwrap_or(default.calls),
            bytes: self
                .load_mib
                .map_or(default.bytes, |mib| mib.saturating_mul(1024 * 1024)),
            target: self.load_wait.map_or(default.target, Duration::from_millis),
            interval: default.interval,
        }
    }
}

#[derive(Debug, Args)]
struct Import {
    #[command(flatten)]
    place: Place,
    /// The package: a folder or a zip with `manifest.json`.
    package: PathBuf,
    /// The workspace's id.
    #[arg(long)]
    workspace: String,
}

#[derive(Debug, Args)]
struct AddPerson {
    #[command(flatten)]
    place: Place,
    /// The e-mail address to sign in with.
    #[arg(long)]
    email: String,
    /// The name.
    #[arg(long)]
    name: String,
    #[command(flatten)]
    standing: StandingWords,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct StandingWords {
    /// Administers the installation.
    #[arg(long)]
    administrator: bool,
    /// Owner of the workspace with this id.
    #[arg(long, value_name = "WORKSPACE")]
    owner_of: Option<String>,
    /// Publisher in the workspace with this id.
    #[arg(long, value_name = "WORKSPACE")]
    publisher_in: Option<String>,
    /// One of the people of the customer with this id.
    #[arg(long, value_name = "CUSTOMER")]
    customer: Option<String>,
}

impl StandingWords {
    fn standing(&self) -> Result<Standing, Error> {
        let workspace =
            |text: &str| WorkspaceId::parse(text).map_err(|error| Error::Start(error.to_string()));
        match self {
            Self {
                owner_of: Some(id), ..
            } => Ok(Standing::Member(workspace(id)?, Role::Owner)),
            Self {
                publisher_in: Some(id),
                ..
            } => Ok(Standing::Member(workspace(id)?, Role::Publisher)),
            Self {
                customer: Some(id), ..
            } => {
                let id = CustomerId::parse(id).map_err(|error| Error::Start(error.to_string()))?;
                Ok(Standing::Customer(id))
            }
            _ => Ok(Standing::Administrator),
        }
    }
}

/// Runs the command that was asked for.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Convert(convert) = &cli.command {
        return convert::main(convert);
    }
    if let Command::Rows(rows) = &cli.command {
        return child::main(rows);
    }
    let filter = tracing_subscriber::EnvFilter::try_from_env("PORTICO_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,portico_server=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Serve(serve) => run_server(serve).await,
            Command::Import(import) => run_import(import).await,
            Command::Publish(command) => publish::run(&command).await,
            Command::Keys(command) => return keys::run(command).await,
            Command::Admin(Admin::AddPerson(person)) => run_add_person(person).await,
            // Done already, without all this.
            Command::Convert(_) | Command::Rows(_) => Ok(()),
        }
        .map(|()| true)
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> ExitCode {
    say_error(&format!("portico: {error}"));
    ExitCode::FAILURE
}

/// Tells the person at the terminal, or the test that started this, what it waits for.
fn say(text: &str) {
    use std::io::Write;
    // A line that nobody reads is no reason to end the server.
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

#[expect(
    clippy::print_stderr,
    reason = "a command says on standard error why it failed"
)]
fn say_error(text: &str) {
    eprintln!("{text}");
}

/// Where the secrets of a data folder are unless another place is named.
fn secrets_beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_os_string();
    name.push("-secrets");
    data.with_file_name(name)
}

impl Place {
    fn secrets(&self) -> PathBuf {
        let named = self.secrets.clone();
        named.unwrap_or_else(|| secrets_beside(&self.data))
    }

    fn engine(&self) -> Result<EngineSettings, Error> {
        let mut engine = EngineSettings::new(std::env::current_exe()?);
        engine.onnxruntime.clone_from(&self.onnxruntime);
        engine.memory_mib = self.scorer_memory;
        engine.vetting_time = Duration::from_secs(self.vetting_time);
        engine.model_mib = self.model_memory.unwrap_or(self.scorer_memory / 2);
        Ok(engine)
    }

    /// The installation, without a server in front of it.
    async fn open(&self) -> Result<App, Error> {
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let settings = self.settings(nowhere, String::new());
        App::open(settings, self.engine()?, Clock::System, Entropy::System).await
    }

    fn settings(&self, listen: SocketAddr, public_url: String) -> Settings {
        Settings {
            data: self.data.clone(),
            secrets: self.secrets(),
            listen,
            public_url,
            call_timeout: CALL_TIMEOUT,
            call_bytes: CALL_BYTES,
            load: LoadLimits::default(),
            allowed_sources: Vec::new(),
        }
    }
}

fn check_reach(serve: &Serve) -> Result<(), Error> {
    let https = serve
        .public_url
        .as_deref()
        .is_some_and(|url| url.starts_with("https://"));
    if serve.host.is_loopback() || https || serve.insecure {
        if serve.demo && !serve.host.is_loopback() {
            return Err(Error::Start(
                "--demo listens on this machine only: its accounts are for trying out.".to_owned(),
            ));
        }
        return Ok(());
    }
    Err(Error::Start(format!(
        "Listening on {} without https would send keys and passwords in clear. Give --public-url https://…, or --insecure if you know what you do.",
        serve.host
    )))
}

/// Each connection is an open file; many systems begin with 1,024 and allow far more to whoever asks.
fn allow_connections() {
    let allowed = getrlimit(Resource::Nofile);
    let asked = Rlimit {
        current: allowed.maximum,
        ..allowed
    };
    if let Err(error) = setrlimit(Resource::Nofile, asked) {
        tracing::warn!(%error, ?allowed, "the limit of open files stays as it is");
    }
}

async fn run_server(serve_args: Serve) -> Result<(), Error> {
    check_reach(&serve_args)?;
    allow_connections();
    let listener = listen((serve_args.host, serve_args.port).into())?;
    let listen = listener.local_addr()?;
    let public_url = match &serve_args.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None if serve_args.host.is_loopback() => format!("http://localhost:{}", listen.port()),
        None => format!("http://{listen}"),
    };
    let mut settings = serve_args.place.settings(listen, public_url.clone());
    settings.call_timeout = Duration::from_millis(serve_args.call_timeout);
    settings.load = serve_args.load.limits();
    settings.allowed_sources = serve_args.allow_source;
    let mut engine = serve_args.place.engine()?;
    engine.stamps = serve_args.scorer_stamps;
    let app = App::open(settings, engine, Clock::System, Entropy::System).await?;
    let mut links = Vec::new();
    if serve_args.demo {
        let token = demo::prepare(&app).await?;
        links.push(format!(
            "sign in   {public_url}/signin#token={}",
            token.expose()
        ));
    } else if let Some(token) = sign_in::set_up_link(&app).await? {
        links.push(format!(
            "set up    {public_url}/setup#token={}",
            token.expose()
        ));
    }
    say(&format!("listening {public_url}"));
    links.iter().for_each(|link| say(link));
    serve(app, listener, stop_signal()).await
}

/// Resolves when the process is asked to end.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping: calls that are running may finish");
}

async fn run_import(import: Import) -> Result<(), Error> {
    let workspace = WorkspaceId::parse(&import.workspace)
        .map_err(|error| Error::Start(format!("--workspace: {error}")))?;
    let package = Package::read(&import.package)?;
    let app = import.place.open().await?;
    let done = package::import(&app, &Who::system(), &workspace, &package).await;
    app.close().await;
    let (published, parity) = done?;
    say(&format!(
        "published version {} of service {}",
        published.number, published.service
    ));
    say(&publish::parity_words(&parity));
    Ok(())
}

async fn run_add_person(person: AddPerson) -> Result<(), Error> {
    let new = NewPerson {
        email: person.email,
        name: person.name,
        standing: person.standing.standing()?,
    };
    let app = person.place.open().await?;
    let done = people::add(&app, &Who::system(), &new).await;
    app.close().await;
    let (_, password) = done?;
    say(&format!("added {}", new.email));
    say(&format!("password {}", *password));
    Ok(())
}
