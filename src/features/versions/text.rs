//! What the pages of versions say.

pub const VERSIONS: &str = "Versions";
pub const NO_VERSION_TITLE: &str = "No version yet";
pub const NO_VERSION_TEXT: &str = "A version comes about when a model is published.";
pub const PUBLISH: &str = "Publish a version";
pub const NEWEST: &str = "newest";
pub const FIRST: &str = "first";

pub const VERSION: &str = "Version";
pub const NOTES: &str = "Notes";
pub const CHANGES: &str = "Changes for callers";
pub const CHECK: &str = "Self-test";
pub const ENDPOINTS: &str = "Endpoints";
pub const BY: &str = "Published by";
pub const WHEN: &str = "Published";
pub const SERVED: &str = "Served by";

pub const STAGES: &str = "Models";
pub const SAMPLES: &str = "Sample rows";
pub const FILE: &str = "File";
pub const RESOURCE: &str = "Replaceable as";
pub const SIZE: &str = "Size";
pub const SHA: &str = "SHA-256";

pub const PUBLISHED_FIRST: &str = "Its endpoint default answers calls already. Give each customer an endpoint of their own: a URL, two keys, a limit and, where wanted, a model of their own.";
pub const PUBLISHED_NEXT: &str = "The endpoint default serves it already. The others stay where they are until they are updated, and keep their own models.";
pub const ADD_ENDPOINT: &str = "Add endpoint";

pub const STAY: &str = "How long customers may stay on the version before";
pub const STAY_LABEL: &str = "Last day";
pub const STAY_HINT: &str = "Customers hear of this version, see what it changes and choose when to move: until the end of this day (UTC) they may stay. Empty: without limit.";
pub const STAY_ACT: &str = "Save";
pub const STAY_SAME: &str = "Nothing has changed";
pub const STAY_WRONG: &str = "A day is wanted, such as 2027-01-31.";
pub const STAY_SAVED: &str = "The last day is saved";
