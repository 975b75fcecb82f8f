//! What asking for the password again says.

pub const TITLE: &str = "Confirm that it is you";
pub const WHY: &str =
    "You signed in a while ago. Give your password again to go on; it counts for 15 minutes.";
pub const PASSWORD: &str = "Password";
pub const WRONG: &str = "This is not the password of this account.";
pub const CANCEL: &str = "Cancel";
pub const CONFIRM: &str = "Confirm";
