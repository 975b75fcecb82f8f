//! The help page of batch execution.

use super::json::{Json, object};
use super::markup::{code, page as whole, route, section, table, term};
use super::{Described, codes, example};
use serde_json::{Value, json};

/// The page.
pub(super) fn page(described: &Described) -> String {
    let base = format!("{}/jobs", described.api_location());
    let sections = [
        section("overview", "Overview", OVERVIEW),
        section("blobs", "Inputs and outputs", &blobs(described)),
        section("submit", "Submit a job", &submit(described, &base)),
        section("start", "Start it", &start(&base)),
        section("status", "Ask for its status and results", &status(&base)),
        section("cancel", "Cancel it", &cancel(&base)),
        section("errors", "Errors", &errors()),
    ];
    whole(
        described,
        "jobs",
        "Batch Execution API Documentation",
        &sections.concat(),
    )
}

const OVERVIEW: &str = "<p>A job scores a table of any length: a CSV file with the columns' names in its first row. It is submitted, started, and asked for until it has finished; jobs of an endpoint that can't run yet wait in line. All calls carry <code>Authorization: Bearer</code> and one of the endpoint's keys, and errors have the form of request-response calls.</p>\n";

fn blobs(described: &Described) -> String {
    let area = format!("{}/blobs", described.api_location());
    [
        format!(
            "<p>Inputs and outputs are referred to as blobs: by a connection string and a location ({container}), or by an address in three parts, {base}, {relative} and {token}. Each endpoint has a blob area of its own on this server. A file is put there, with a key of the endpoint, by</p>\n",
            container = term("/container/name.csv"),
            base = term("BaseLocation"),
            relative = term("RelativeLocation"),
            token = term("SasBlobToken"),
        ),
        route("PUT", &format!("{area}/<container>/<name>.csv")),
        "<p>which answers the reference that a job's input can be. Programs that upload with a storage client take the connection string of</p>\n".to_owned(),
        route("GET", &format!("{area}?comp=connectionstring")),
    ]
    .concat()
}

fn submit(described: &Described, base: &str) -> String {
    let blob = |name: &str| {
        object([
            ("ConnectionString", Json::from("<connection string>")),
            ("RelativeLocation", Json::from(name)),
        ])
    };
    let body = object([
        ("Inputs", object([("input1", blob("/jobs/input1.csv"))])),
        ("Outputs", object([("output1", blob("/jobs/output1.csv"))])),
        ("GlobalParameters", example::parameters(described)),
    ]);
    [
        route("POST", &format!("{base}?api-version=2.0")),
        code(&body.text()),
        "<p>Without <code>Outputs</code> the server chooses a place for the results. The answer is the job's id as a JSON string:</p>\n".to_owned(),
        code("\"539d0bc2fde945b6ac986b851d0000f0\""),
    ]
    .concat()
}

fn start(base: &str) -> String {
    let url = format!("{base}/<job id>/start?api-version=2.0");
    format!("{}<p>The body is empty.</p>\n", route("POST", &url))
}

fn status(base: &str) -> String {
    let answer = object([
        ("StatusCode", Json::from("Finished")),
        (
            "Results",
            object([(
                "output1",
                object([
                    ("ConnectionString", Json::from(Value::Null)),
                    ("RelativeLocation", Json::from("<location>")),
                    ("BaseLocation", Json::from("<address>")),
                    ("SasBlobToken", Json::from("<?token>")),
                ]),
            )]),
        ),
        ("Details", Json::from(json!(null))),
    ]);
    let states = [
        ["NotStarted", "Submitted, not started or waiting in line."],
        ["Running", "Being scored."],
        ["Failed", "Ended early; Details says why."],
        ["Cancelled", "Cancelled by a caller."],
        ["Finished", "Done: Results has the address of each output."],
    ];
    let rows: Vec<_> = states
        .iter()
        .map(|[name, text]| vec![term(name), (*text).to_owned()])
        .collect();
    [
        route("GET", &format!("{base}/<job id>?api-version=2.0")),
        code(&answer.text()),
        "<p>The three parts of a result, put together, are an address that can be fetched without a key. It expires after a while; asking again gives a fresh one.</p>\n".to_owned(),
        table(&["StatusCode", "Meaning"], &rows),
    ]
    .concat()
}

fn cancel(base: &str) -> String {
    let url = format!("{base}/<job id>?api-version=2.0");
    format!(
        "{}<p>Cancels a job that has not ended. For one that has, it changes nothing.</p>\n",
        route("DELETE", &url)
    )
}

fn errors() -> String {
    format!(
        "<p>Besides <a href=\"score#errors\">those of request-response calls</a>:</p>\n{}",
        codes::of_jobs()
    )
}
