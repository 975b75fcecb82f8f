//! `portico publish`: a model or a package becomes a version of a service on a running server.

use super::remote::{Remote, Sent, json};
use super::say;
use crate::error::Error;
use clap::Args;
use portico_api::draft::{Draft, DraftState, PublishDraft, PublishedDraft, UpdateDraft};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::page::Page;
use portico_api::routes;
use portico_api::service::{Parity, Service, Version};
use std::fs::File;
use std::io::{Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// How long to wait between two looks at a draft.
const LOOK: Duration = Duration::from_millis(300);
/// Where the token is taken from: a command line is seen by everybody on the machine.
const TOKEN: &str = "PORTICO_TOKEN";

#[derive(Debug, Args)]
pub(super) struct Publish {
    /// An ONNX file, or a package: a folder or a zip with `manifest.json`.
    file: PathBuf,
    /// The server's address.
    #[arg(long, env = "PORTICO_URL", default_value = "http://localhost:8080")]
    url: String,
    /// The workspace's id.
    #[arg(long, env = "PORTICO_WORKSPACE")]
    workspace: String,
    /// The service whose next version it becomes, by id or name.
    #[arg(long, conflicts_with = "name")]
    service: Option<String>,
    /// The service's name: the next version of the one that has it, else a new service.
    #[arg(long)]
    name: Option<String>,
    /// Notes for customers.
    #[arg(long)]
    notes: Option<String>,
    /// Publish it though it breaks callers of the version before.
    #[arg(long)]
    accept_breaking: bool,
    /// Send the token without https to another machine.
    #[arg(long)]
    insecure: bool,
}

/// Publishes, telling what is done.
///
/// # Errors
/// [`Error::Start`] with what the server refuses, and why. Nothing is left on the server then.
pub(super) async fn run(command: &Publish) -> Result<(), Error> {
    let token = std::env::var(TOKEN)
        .map_err(|_| Error::Start(format!("Put the workspace's token into {TOKEN}.")))?;
    let workspace = WorkspaceId::parse(&command.workspace)
        .map_err(|error| Error::Start(format!("--workspace: {error}")))?;
    let remote = Remote::new(&command.url, token.trim().to_owned(), command.insecure)?;
    let place = Place {
        remote,
        workspace: workspace.to_string(),
    };
    let service = place.service(command).await?;
    let (file, name) = opened(&command.file)?;
    let mut query = vec![("file", name.as_str())];
    match &service {
        Some(id) => query.push(("service", id.as_str())),
        None if command.name.is_some() => query.push(("service", "none")),
        None => {}
    }
    say(&format!("uploading {name}"));
    let ws = [place.workspace.as_str()];
    let sent = Sent::File(file);
    let draft: Draft = place
        .remote
        .ask(&routes::CREATE_DRAFT, &ws, &query, sent)
        .await?;
    let done = place.publish(command, &draft.id, service.is_none()).await;
    if done.is_err() {
        // A draft that nobody asked for again would only be in the way.
        let at = [place.workspace.as_str(), draft.id.as_str()];
        let gone = place
            .remote
            .send(&routes::DELETE_DRAFT, &at, &[], Sent::Nothing);
        if let Err(error) = gone.await {
            tracing::warn!(%error, draft = draft.id, "the draft stays on the server");
        }
    }
    done
}

struct Place {
    remote: Remote,
    workspace: String,
}

impl Place {
    /// The service that was asked for, by id or name.
    async fn service(&self, command: &Publish) -> Result<Option<ServiceId>, Error> {
        let Some(wanted) = command.service.as_ref().or(command.name.as_ref()) else {
            return Ok(None);
        };
        if command.service.is_some()
            && let Ok(id) = ServiceId::parse(wanted)
        {
            return Ok(Some(id));
        }
        let mut token = None::<String>;
        loop {
            let mut query = vec![("page_size", "200")];
            query.extend(token.as_deref().map(|token| ("page_token", token)));
            let ws = [self.workspace.as_str()];
            let page: Page<Service> = self
                .remote
                .ask(&routes::SERVICES, &ws, &query, Sent::Nothing)
                .await?;
            if let Some(found) = page.items.iter().find(|service| service.name == *wanted) {
                return Ok(Some(found.id.clone()));
            }
            token = page.next_page_token;
            if token.is_none() {
                break;
            }
        }
        match &command.service {
            Some(name) => Err(Error::Start(format!(
                "--service: the workspace has no service “{name}”."
            ))),
            None => Ok(None),
        }
    }

    async fn publish(&self, command: &Publish, id: &str, is_new: bool) -> Result<(), Error> {
        let mut draft = self.vetted(id).await?;
        let at = [self.workspace.as_str(), id];
        let change = UpdateDraft {
            name: command.name.clone().filter(|_| is_new),
            notes: command.notes.clone(),
            ..UpdateDraft::default()
        };
        if change != UpdateDraft::default() {
            let body = json(&change)?;
            draft = self
                .remote
                .ask(&routes::UPDATE_DRAFT, &at, &[], Sent::Json(&body))
                .await?;
        }
        if !draft.step.is_empty() {
            say(&draft.step);
        }
        for change in draft.difference.iter().flat_map(|found| &found.changes) {
            let mark = if change.breaking {
                "breaking"
            } else {
                "change"
            };
            say(&format!("{mark}: {}", change.detail));
        }
        let body = json(&PublishDraft {
            accept_breaking: command.accept_breaking,
        })?;
        let published: PublishedDraft = self
            .remote
            .ask(&routes::PUBLISH_DRAFT, &at, &[], Sent::Json(&body))
            .await
            .map_err(|error| match error {
                Error::Start(why)
                    if draft.difference.as_ref().is_some_and(|d| d.breaking() > 0)
                        && !command.accept_breaking =>
                {
                    Error::Start(format!(
                        "{why}\nGive --accept-breaking to publish it all the same."
                    ))
                }
                other => other,
            })?;
        let number = published.version.to_string();
        let service = published.service_id.as_str();
        let at = [self.workspace.as_str(), service, number.as_str()];
        let version: Version = self
            .remote
            .ask(&routes::VERSION, &at, &[], Sent::Nothing)
            .await?;
        say(&format!("published version {number} of service {service}"));
        say(&parity_words(&version.parity));
        Ok(())
    }

    /// The draft once it has been vetted; tells each step.
    async fn vetted(&self, id: &str) -> Result<Draft, Error> {
        let at = [self.workspace.as_str(), id];
        let mut told = String::new();
        loop {
            let draft: Draft = self
                .remote
                .ask(&routes::DRAFT, &at, &[], Sent::Nothing)
                .await?;
            match draft.state {
                DraftState::Vetting => {}
                DraftState::Refused => {
                    let why = draft.refused.unwrap_or_default();
                    return Err(Error::Start(format!("refused: {why}")));
                }
                DraftState::Ready | DraftState::Published => return Ok(draft),
            }
            if draft.step != told {
                say(&draft.step.to_lowercase());
                told = draft.step;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// How a version scored its sample rows, in words.
pub(super) fn parity_words(parity: &Parity) -> String {
    if parity.compared == 0 {
        return format!(
            "{} sample rows scored, nothing to compare them with",
            parity.rows
        );
    }
    let at = parity.largest_at.as_ref();
    let at = at.map_or_else(String::new, |cell| {
        format!(" (row {}, {})", cell.row, cell.column)
    });
    format!(
        "{} sample rows scored: {} labels differ from the expected ones, largest difference {:.1e}{at}",
        parity.rows, parity.label_differences, parity.largest_difference
    )
}

/// What is uploaded, and what it is called: a folder goes as a zip.
fn opened(path: &Path) -> Result<(File, String), Error> {
    let named = |error: std::io::Error| Error::Start(format!("{}: {error}", path.display()));
    let whole = path.canonicalize().map_err(named)?;
    let name = whole.file_name().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    if whole.is_dir() {
        return Ok((zipped(&whole)?, format!("{name}.zip")));
    }
    Ok((File::open(&whole).map_err(named)?, name))
}

/// A folder's files as a zip that has no name any more.
fn zipped(folder: &Path) -> Result<File, Error> {
    let path = std::env::temp_dir().join(format!("portico-publish-{}.zip", std::process::id()));
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    let failed = |error: zip::result::ZipError| Error::Start(format!("The zip: {error}."));
    let mut zip = ZipWriter::new(file);
    let options = SimpleFileOptions::default().large_file(true);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.file_type()?.is_file() || name.starts_with('.') {
            continue;
        }
        zip.start_file(name, options).map_err(failed)?;
        std::io::copy(&mut File::open(entry.path())?, &mut zip)?;
    }
    let mut file = zip.finish().map_err(failed)?;
    file.flush()?;
    file.rewind()?;
    Ok(file)
}
