//! What stands around every page says.

pub const PRODUCT: &str = "Portico";
pub const HOME: &str = "Portico, start";
pub const SKIP: &str = "Skip to the page";
pub const LOADING: &str = "Loading";
pub const TABS: &str = "Views of this page";

pub const ADMINISTRATOR: &str = "Administrator";
pub const OWNER: &str = "Owner";
pub const PUBLISHER: &str = "Publisher";
pub const CUSTOMER: &str = "Customer";
pub const NOTHING_YET: &str = "No workspace yet";
pub const LIGHT: &str = "Light";
pub const DARK: &str = "Dark";
pub const SYSTEM: &str = "As the system";
pub const THEME_LIGHT: &str = "Theme: light";
pub const THEME_DARK: &str = "Theme: dark";
pub const THEME_SYSTEM: &str = "Theme: as the system";
pub const SIGN_OUT: &str = "Sign out";

pub const BREADCRUMBS: &str = "Breadcrumbs";
pub const WORKSPACE: &str = "Workspace";
pub const SERVICE: &str = "Web service";
pub const SWITCH_WORKSPACE: &str = "Switch workspace";
pub const SWITCH_SERVICE: &str = "Switch web service";
pub const SWITCH_ENDPOINT: &str = "Switch endpoint";

pub const OFFLINE: &str =
    "You are offline. What you see may be out of date; changes can't be saved.";

pub const NOT_FOUND: &str = "Not found";
pub const NOT_FOUND_TITLE: &str = "There is nothing at this address";
pub const NOT_FOUND_TEXT: &str = "It may have been deleted, or it may belong to someone else. Check the address, or go back to the start.";
pub const TO_START: &str = "Go to the start";
pub const NOT_LOADED: &str = "This page could not be loaded";

/// The name of the account menu's button, which shows the initials.
pub fn account(initials: &str) -> String {
    format!("{initials}, your account")
}
