//! What the set-up page says.

pub const TITLE: &str = "Set up Portico";
pub const INTRO: &str = "You are the first here. Make the administrator's account: it can make workspaces and invite everyone else.";
pub const NAME: &str = "Your name";
pub const EMAIL: &str = "E-mail";
pub const EMAIL_RULE: &str = "Give an e-mail address, such as ada@example.org.";
pub const EMAIL_HINT: &str = "You sign in with it. Nothing is sent to it.";
pub const PASSWORD: &str = "Password";
pub const PASSWORD_HINT: &str = "8 to 128 characters of any kind. A long sentence is a good one.";
pub const CREATE: &str = "Create the account";
pub const NO_LINK: &str = "Setting up needs the one-time link that the server printed when it first started. Open that link; or, if the account exists already, sign in.";
pub const SPENT: &str = "This link was used before or has expired. If the account exists, sign in; otherwise start the server again for a new link.";
pub const SIGN_IN: &str = "Go to sign in";
