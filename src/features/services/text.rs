//! What the pages of a web service say.

pub const ENDPOINTS: &str = "Endpoints";
pub const VERSIONS: &str = "Versions";
pub const LEDGER: &str = "Ledger";
pub const PUBLISH: &str = "Publish a version";
pub const ADD: &str = "Add endpoint";
pub const ADD_MANY: &str = "Add many…";
pub const ADD_NOT_ALLOWED: &str = "Only owners and publishers of the workspace add endpoints";
pub const CHANGE_NOT_ALLOWED: &str = "Only owners and publishers can do this";
pub const DEFAULT_STAYS: &str = "The default endpoint stays while its service has others";

pub const FILTER: &str = "Filter endpoints";
pub const FILTER_PLACE: &str = "Filter by name, description, customer, tag";
pub const MORE: &str = "Show more";
pub const CLEAR: &str = "Clear the filter";
pub const NONE_TITLE: &str = "No endpoint yet";
pub const NONE_TEXT: &str =
    "An endpoint is what a customer is given: a URL, two keys and a limit of its own.";
pub const NO_MATCH_TITLE: &str = "No endpoint matches";

pub const NAME: &str = "Name";
pub const DESCRIPTION: &str = "Description";
pub const CUSTOMER: &str = "Customer";
pub const VERSION: &str = "Version";
pub const LIMIT: &str = "Limit";
pub const STATE: &str = "State";
pub const UPDATED: &str = "Updated";
pub const ACTIONS: &str = "Actions";

pub const OPEN: &str = "Open";
pub const COPY_URL: &str = "Copy URL";
pub const COPIED: &str = "URL copied";
pub const PAUSE: &str = "Pause";
pub const RESUME: &str = "Resume";
pub const DELETE: &str = "Delete";
pub const UNDO: &str = "Undo";
