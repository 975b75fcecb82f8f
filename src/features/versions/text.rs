//! What the pages of versions say.

pub const NO_VERSION_TITLE: &str = "No version yet";
pub const NO_VERSION_TEXT: &str = "A version comes about when a model is published.";
pub const NEWEST: &str = "newest";
pub const SCHEMA: &str = "Show columns and models";
pub const INPUTS: &str = "Inputs";
pub const OUTPUTS: &str = "Outputs";
pub const PARAMETERS: &str = "Parameters";
pub const STAGES: &str = "Models";
pub const PARITY: &str = "Checked when published";
pub const COLUMN: &str = "Column";
pub const NAME: &str = "Name";
pub const TYPE: &str = "Type";
pub const MISSING: &str = "May be missing";
pub const SEEN: &str = "Seen in training";
pub const MEANING: &str = "Meaning";
pub const DEFAULT: &str = "Default";
pub const FILE: &str = "File";
pub const RESOURCE: &str = "Replaceable as";
pub const SIZE: &str = "Size";
pub const SHA: &str = "SHA-256";
