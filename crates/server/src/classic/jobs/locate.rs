//! What a reference to a blob stands for: a blob in this server's areas, or an address on a host that an
//! administrator allowed.

use super::request::BlobRef;
use crate::app::App;
use crate::area::account::{Connection, ConnectionProblem};
use crate::area::name::{BlobName, Form, decoded};
use crate::area::{Address, link};
use crate::batch::submit::Input;
use crate::classic::blobs;
use crate::classic::error::ClassicError;
use crate::error::Error;
use crate::snapshot::Entry;
use crate::store::area;
use portico_api::id::EndpointId;
use portico_domain::key::KeyId;

/// Why a reference leads nowhere.
pub(super) enum LocateProblem {
    /// It is the caller's.
    Refused(ClassicError),
    /// It is the server's.
    Failed(Error),
}

impl From<ClassicError> for LocateProblem {
    fn from(error: ClassicError) -> Self {
        Self::Refused(error)
    }
}

impl From<Error> for LocateProblem {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Whose reference it is, and by which host the caller reached this server.
pub(super) struct Asker<'a> {
    pub app: &'a App,
    pub entry: &'a Entry,
    pub host: Option<&'a str>,
}

enum Spot {
    Here(Address),
    Elsewhere(String),
}

impl Asker<'_> {
    /// The input that a reference stands for, and what its ending says.
    pub async fn input(&self, reference: &BlobRef) -> Result<(Input, Form), LocateProblem> {
        match self.spot(reference)? {
            Some(Spot::Here(blob)) => {
                let shown = blob.name.in_url();
                let form = blob.name.form();
                let form = form.ok_or_else(|| ClassicError::blob_extension(&shown))?;
                let (container, name) = (&blob.name.container, &blob.name.name);
                let stored =
                    area::find(self.app.store.read(), &blob.endpoint, container, name).await?;
                let stored = stored.ok_or_else(|| ClassicError::blob_not_found(&shown))?;
                Ok((Input::Blob(stored), form))
            }
            Some(Spot::Elsewhere(url)) => {
                // The query may hold a token.
                let shown = url.split(['?', '#']).next().unwrap_or_default().to_owned();
                let checked = self.app.batch.outgoing.check(&url);
                checked
                    .map_err(|problem| ClassicError::invalid_blob(&shown, &problem.to_string()))?;
                let ending = shown
                    .rsplit_once('.')
                    .map(|(_, ending)| ending.to_ascii_lowercase());
                let form = match ending.as_deref() {
                    Some("csv") => Form::Csv,
                    Some("tsv") => Form::Tsv,
                    _ => return Err(ClassicError::blob_extension(&shown).into()),
                };
                Ok((Input::Remote(url), form))
            }
            None => Err(ClassicError::blob_missing().into()),
        }
    }

    /// The name that an output is given, in the endpoint's own area.
    pub fn output(&self, name: &str, reference: &BlobRef) -> Result<BlobName, LocateProblem> {
        match self.spot(reference)? {
            Some(Spot::Here(blob)) if blob.endpoint == self.entry.stored.id => {
                let shown = blob.name.in_url();
                blob.name
                    .form()
                    .map(|_| blob.name)
                    .ok_or_else(|| ClassicError::blob_extension(&shown).into())
            }
            Some(_) => {
                let why = "outputs are written to the endpoint's own blob area";
                Err(ClassicError::invalid_blob(name, why).into())
            }
            None => Err(ClassicError::output_missing(name).into()),
        }
    }

    fn spot(&self, reference: &BlobRef) -> Result<Option<Spot>, ClassicError> {
        let BlobRef {
            connection,
            relative,
            base,
            token,
        } = reference;
        if let Some(connection) = connection {
            let connection = Connection::parse(connection);
            let connection = connection
                .map_err(|problem| ClassicError::connection_string(&problem.to_string()))?;
            self.check(&connection)
                .map_err(|problem| ClassicError::connection_string(&problem.to_string()))?;
            let name = relative.as_deref().unwrap_or_default();
            // Here even the container is part of it, and its lack is the lack of a location.
            if name.trim_matches('/').is_empty() {
                return Err(ClassicError::blob_name(
                    crate::area::name::NameProblem::NoName,
                ));
            }
            let name = BlobName::parse(name).map_err(ClassicError::blob_name)?;
            let endpoint = self.entry.stored.id.clone();
            return Ok(Some(Spot::Here(Address { endpoint, name })));
        }
        let Some(base) = base else {
            return Ok(None);
        };
        let relative = relative.as_deref().unwrap_or_default();
        let mut url = format!(
            "{}/{}",
            base.trim_end_matches('/'),
            relative.trim_start_matches('/')
        );
        let query = token.as_deref().unwrap_or_default().trim_start_matches('?');
        if !query.is_empty() {
            url = format!("{url}?{query}");
        }
        let Some(path) = self.own_path(&url) else {
            return Ok(Some(Spot::Elsewhere(url)));
        };
        self.linked(path).map(|blob| Some(Spot::Here(blob)))
    }

    /// Whether a connection string is of this endpoint's area: by the account key of one of its keys, or by
    /// the key itself.
    fn check(&self, connection: &Connection) -> Result<(), ConnectionProblem> {
        let endpoint = &self.entry.stored.id;
        let (app, now) = (self.app, self.app.clock.now());
        let snapshot = app.snapshot();
        let text = connection.key.as_ref().map_or("", |key| key.as_str());
        if snapshot
            .endpoint_key(text, endpoint, &app.secrets, now)
            .is_some()
        {
            return Ok(());
        }
        let account = connection.account.as_deref().and_then(KeyId::parse);
        let known = account.filter(|id| snapshot.key_opens(id, endpoint, now));
        let fits = known.zip(app.secrets.pepper.as_ref());
        match fits {
            Some((id, pepper)) if connection.has_key_of(pepper, endpoint, &id) => Ok(()),
            _ => Err(ConnectionProblem::Foreign),
        }
    }

    /// Path and query of an address on this server.
    fn own_path<'a>(&self, url: &'a str) -> Option<&'a str> {
        let (_, rest) = url.split_once("://")?;
        let (host, path) = rest.split_at(rest.find('/')?);
        let public = self.app.settings.public_url.split_once("://");
        let own = public.is_some_and(|(_, known)| known.eq_ignore_ascii_case(host))
            || self
                .host
                .is_some_and(|known| known.eq_ignore_ascii_case(host));
        own.then_some(path)
    }

    /// The blob of an address on this server: one of the endpoint's own, or one that its link opens.
    fn linked(&self, path: &str) -> Result<Address, ClassicError> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let refused = |why: &str| ClassicError::invalid_blob(path, why);
        let (endpoint, name) =
            blobs::parse_path(path).ok_or_else(|| refused("it is no address of a blob"))?;
        let name = decoded(name).ok_or_else(|| refused("its escapes can't be read"))?;
        let name = BlobName::parse(&name).map_err(ClassicError::blob_name)?;
        let endpoint = EndpointId::parse(endpoint);
        let endpoint = endpoint.map_err(|_| refused("it is no address of a blob"))?;
        let blob = Address { endpoint, name };
        if blob.endpoint == self.entry.stored.id {
            return Ok(blob);
        }
        let pairs = crate::classic::pairs(query).unwrap_or_default();
        let pepper = self.app.secrets.pepper.as_ref();
        let opens =
            pepper.is_some_and(|pepper| link::opens(pepper, &blob, &pairs, self.app.clock.now()));
        if opens {
            Ok(blob)
        } else {
            Err(refused("its SasBlobToken does not open it, or has expired"))
        }
    }
}
