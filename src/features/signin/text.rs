//! What the sign-in page says.

pub const TITLE: &str = "Sign in to Portico";
pub const EMAIL: &str = "E-mail";
pub const PASSWORD: &str = "Password";
pub const SIGN_IN: &str = "Sign in";
pub const WITH_LINK: &str = "Signing you in with your link";
pub const WRONG: &str = "E-mail and password don't belong together. Check both and try again.";
pub const SPENT: &str =
    "This link was used before or has expired. Sign in with your password, or ask for a new link.";
pub const EMAIL_RULE: &str = "Give an e-mail address, such as ada@example.org.";
pub const PASSWORD_RULE: &str = "Give your password.";
pub const HELP: &str = "No account, or locked out? Whoever runs this server can hand you a link.";
