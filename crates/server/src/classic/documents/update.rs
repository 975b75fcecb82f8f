//! The help page about replacing an endpoint's trained models.

use super::Described;
use super::json::{Json, object};
use super::markup::{code, escape, page as whole, route, section, table, term};

/// The page.
pub(super) fn page(described: &Described) -> String {
    let resources = resources(described);
    let content = if described.entry.stored.is_default {
        "<p>The default endpoint follows the newest version of its web service and takes no models of its own. Use another endpoint of the service.</p>\n".to_owned()
    } else if resources.is_empty() {
        "<p>This Web Service has no updatable resources: none of the stages of its pipeline is marked as a trained model.</p>\n".to_owned()
    } else {
        request(described, &resources)
    };
    let sections = section("resources", "Updatable resources", &listed(&resources))
        + &section("request", "Request", &content);
    whole(
        described,
        "update",
        "Update Resource API Documentation",
        &sections,
    )
}

fn resources(described: &Described) -> Vec<&str> {
    let stages = described.entry.stored.stages.iter();
    stages
        .filter_map(|(resource, _)| resource.as_deref())
        .collect()
}

fn listed(resources: &[&str]) -> String {
    if resources.is_empty() {
        return "<p>None.</p>\n".to_owned();
    }
    let rows: Vec<_> = resources
        .iter()
        .map(|name| vec![term(name), "Trained model".to_owned()])
        .collect();
    table(&["Resource name", "Kind"], &rows)
}

fn request(described: &Described, resources: &[&str]) -> String {
    let name = resources.first().copied().unwrap_or_default();
    let location = object([
        (
            "BaseLocation",
            Json::from("<address of the server that holds the model>"),
        ),
        ("RelativeLocation", Json::from("<path of the model>")),
        ("SasBlobToken", Json::from("<?token>")),
    ]);
    let resource = object([("Name", Json::from(name)), ("Location", location)]);
    let body = object([("Resources", Json::List(vec![resource]))]);
    [
        route("PATCH", &described.management_location()),
        "<p>With <code>Authorization: Bearer</code> and a key of this endpoint, or the workspace's token. The model is an ONNX file whose inputs and outputs are those of the one that it replaces; it is vetted before it takes over.</p>\n".to_owned(),
        code(&body.text()),
        format!(
            "<p>{} stays linked to its web service: updating the endpoint to a newer version keeps its own models, unless it is asked to overwrite them.</p>\n",
            escape(described.entry.stored.name.as_str())
        ),
    ]
    .concat()
}
