//! What the pages of workspaces say.

use portico_api::session::Role;

pub const WORKSPACES: &str = "Workspaces";
pub const CREATE: &str = "Create workspace";
pub const NONE_TITLE: &str = "No workspace yet";
pub const NONE_TEXT: &str = "A workspace holds the web services that belong together, with their endpoints, customers and members. Create the first one, or ask an administrator to add you to one.";
pub const NONE_TEXT_OTHERS: &str = "A workspace holds the web services that belong together. Ask an administrator to add you to one.";
pub const ONLY_ADMINISTRATORS: &str = "Only administrators create workspaces";

pub const NAME: &str = "Name";
pub const NAME_HINT: &str = "1 to 128 characters, such as a team or a product.";
pub const DESCRIPTION: &str = "Description";
pub const SERVICES: &str = "Web services";
pub const ENDPOINTS: &str = "Endpoints";
pub const ROLE: &str = "Your role";
pub const VERSION: &str = "Newest version";
pub const LATENCY: &str = "Median time";
pub const LATENCY_MORE: &str = "Median time of a scored call over the last 24 hours";
pub const NO_CALLS: &str = "no calls";
pub const UPDATED: &str = "Updated";

pub const NO_SERVICE_TITLE: &str = "No web service yet";
pub const NO_SERVICE_TEXT: &str = "A trained model becomes a web service when it is published: upload an .onnx file or a package, look at what it scores, press Publish. From a shell of the server:";
pub const NO_SERVICE_OTHERS: &str =
    "Nothing has been published into this workspace yet. Its publishers can do that.";
pub const SHELL: &str = "Shell";
pub const PUBLISH: &str = "Publish a model";

pub const MINE: &str = "My endpoints";
pub const MINE_NONE_TITLE: &str = "No endpoint yet";
pub const MINE_NONE_TEXT: &str = "What a publisher grants to your organisation stands here, with its URL, its keys and a form to try it.";
pub const SERVICE: &str = "Web service";
pub const WORKSPACE: &str = "Workspace";
pub const STATE: &str = "State";
pub const LIMIT: &str = "Limit";
pub const COPY_URL: &str = "Copy URL";

/// A role in words.
pub fn role(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::Owner) => "Owner",
        Some(Role::Publisher) => "Publisher",
        Some(Role::Customer) => "Customer",
        None => "Administrator",
    }
}
